"""
New facts that only follow what is known are judged alone, and come to what a full settling gives.

Each batch is taken in twice: once in full and undone, once as it is. Everything stored must agree.
"""

import random
from datetime import timedelta

import pytest
from django.db import transaction

from partners.models import Partner
from partners.rates import RateRow, store_rates
from rewards import crediting, hearing
from rewards.following import Following, find_following
from rewards.merging import merge
from rewards.models import Programme, ProgrammeVersion, Segment, SegmentPlace, Standing
from rewards.programmes.opening import open_programme as open_for_all
from rewards.programmes.publishing import draft_from_latest, publish
from rewards.segments import AlreadyOn
from tests.rewards.following_world import BEGIN, Dealer, make_up, open_programme, take_stock

pytestmark = pytest.mark.django_db

SEEDS, SEEDS_LONG = (107, 100), range(200)
BATCHES = 16


class World:
    """Two programmes, one of which may lean on history, one that opens later, three partners."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        rates = [RateRow("EUR", "GBP", BEGIN.date() - timedelta(days=60), 85_000_000)]
        store_rates(rates, source="bank", by=None, at=BEGIN)
        self.segment = Segment.objects.create(code="friends", name="Friends")
        self.programmes = [
            open_programme(code, make_up(self.chance, leaning=leaning), status=status)
            for code, leaning, status in (
                ("alone", False, Programme.Status.LIVE),
                ("any", True, Programme.Status.LIVE),
                ("later", False, Programme.Status.DRAFT),
            )
        ]
        self.partners = [
            Partner.objects.create(erp_number=f"{seed}-{place}", legal_name=f"Shop {place}")
            for place in range(3)
        ]
        self.dealer = Dealer(self.chance, self.partners)

    def take_in_twice(self, place: int) -> None:
        """Take a batch in, in full and as it is, and compare what came of it."""
        reports = self.dealer.tell()
        with transaction.atomic():
            Standing.objects.update(settled_by="")
            crediting.take_in(reports, as_of=self.dealer.now)
            in_full = take_stock()
            transaction.set_rollback(True)
        with transaction.atomic():
            crediting.take_in(reports, as_of=self.dealer.now)
        as_it_is = take_stock()
        # Those that are not touched keep what was blanked for the comparison.
        for stock in (in_full, as_it_is):
            stock["standings"] = [row.rpartition(",")[0] for row in stock["standings"]]
        assert as_it_is == in_full, f"batch {place}"

    def go_on(self) -> None:
        """Now and then something changes by which facts are judged."""
        happens = self.chance.choices(
            [None, self.publish, self.open, self.merge, self.put_on], [20, 1, 1, 1, 1]
        )[0]
        if happens is not None:
            with transaction.atomic():
                happens()

    def publish(self) -> None:
        programme = self.chance.choice(self.programmes)
        draft = draft_from_latest(programme=programme)
        document = make_up(self.chance, leaning=programme.code == "any")
        ProgrammeVersion.objects.filter(pk=draft.pk).update(definition=document)
        publish(version=draft, published_at=self.dealer.now)

    def open(self) -> None:
        if self.programmes[2].status == Programme.Status.DRAFT:
            self.programmes[2] = open_for_all(programme=self.programmes[2])

    def merge(self) -> None:
        kept, merged = self.partners[:2]
        merge(
            kept=kept,
            merged=merged,
            reason="One shop",
            by=None,
            at=self.dealer.now,
            request_key="1",
        )

    def put_on(self) -> None:
        partner = self.chance.choice(self.partners)
        partner.refresh_from_db()
        try:
            crediting.put_on_segment(
                self.segment,
                partner,
                since=self.dealer.now.date() - timedelta(days=20),
                as_of=self.dealer.now,
            )
        except AlreadyOn:
            assert SegmentPlace.objects.filter(partner=partner).exists()


@pytest.fixture
def found(monkeypatch) -> list[dict[int, Following]]:
    """What was found to follow, each time that somebody asked."""
    answers = []

    def ask(new, **more):
        answers.append(find_following(new, **more))
        return answers[-1]

    monkeypatch.setattr(hearing, "find_following", ask)
    return answers


def live_through(seed: int) -> None:
    with transaction.atomic():
        world = World(seed)
        for place in range(BATCHES):
            world.take_in_twice(place)
            world.go_on()
        transaction.set_rollback(True)


class TestAnyProgramme:
    def test_gives_what_settling_in_full_gives(self, found, request):
        seeds = SEEDS_LONG if request.config.getoption("long") else SEEDS
        for seed in seeds:
            live_through(seed)

        assert sum(map(len, found)) > 5 * len(seeds)

    @pytest.mark.once("SQLite")
    def test_would_not_if_everything_were_said_to_follow(self, monkeypatch):
        """The control: without the reasons, the first world already comes out otherwise."""

        def follow_always(new, *, programme, versions):
            settled = programme.standings.filter(settled_by=versions.edition)
            return {
                root_id: Following(frozenset(fact.pk for fact in new[root_id]))
                for root_id in settled.filter(partner__in=new).values_list("partner", flat=True)
            }

        monkeypatch.setattr(hearing, "find_following", follow_always)
        with pytest.raises((AssertionError, LookupError)):
            live_through(SEEDS[0])
