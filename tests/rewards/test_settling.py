"""Late facts that make awards smaller, and programmes that do not run at the moment."""

from datetime import UTC, date, datetime

import pytest
from django.db import transaction

from ledger import accounts
from ledger.auditing import audit
from ledger.expiring import expire
from ledger.models import Account, Transfer
from ledger.posting import Entry, post
from partners.intake import ActivityReport, LineReport
from partners.models import Activity, Event, Partner
from rewards import crediting
from rewards.models import ClawBack, ProgrammeVersion, Standing
from rewards.programmes.presets import load_preset
from rewards.tiers.recalculating import recalculate
from tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)


@pytest.fixture
def programme():
    """The starter preset, in which silver earns half as much again."""
    programme = load_preset("starter", as_of=NOW)
    version = programme.versions.get()
    definition = version.definition
    definition["rules"][0]["tier_multiplier"] = True
    for tier in definition["tiers"]:
        tier["multiplier_percent"] = 150 if tier["code"] == "silver" else 100
    ProgrammeVersion.objects.filter(pk=version.pk).update(definition=definition)
    return programme


@pytest.fixture
def partner():
    return PartnerFactory()


def take_in(partner, number, sku, pounds, *, day, kind="order", currency="GBP"):
    report = ActivityReport(
        kind=kind,
        partner_id=partner.pk,
        source="erp",
        external_id=number,
        occurred_at=datetime(2026, 3, day, 10, tzinfo=UTC),
        currency=currency,
        lines=[LineReport(sku, 10_000, pounds * 10_000)],
    )
    with transaction.atomic():
        return crediting.take_in([report], as_of=NOW)


def spend_everything(programme, partner):
    pool = accounts.pool(programme.main_unit, partner)
    entry = Entry(
        kind=Transfer.Kind.REDEEM,
        debit=pool,
        credit=accounts.house(programme.main_unit, Account.Kind.REDEEMED),
        amount=pool.balance,
        idempotency_key=f"test:{partner.pk}",
        occurred_at=NOW,
    )
    with transaction.atomic():
        Partner.objects.lock([partner.pk])
        post([entry], posted_at=NOW)


def take_back_within_balance(programme):
    version = programme.versions.get()
    version.definition["settings"]["claw_back_policy"] = "within_balance"
    ProgrammeVersion.objects.filter(pk=version.pk).update(definition=version.definition)


def balances(partner):
    return dict(partner.accounts.filter(balance__gt=0).values_list("kind", "balance"))


class TestALateFactThatLowersATier:
    def test_takes_back_what_the_tier_had_added_although_nothing_was_returned_of_it(
        self, programme, partner
    ):
        take_in(partner, "A1", "mug", 2_500, day=10)
        take_in(partner, "A2", "jug", 1_000, day=20)
        assert balances(partner) == {"pool": 4_000}
        spend_everything(programme, partner)

        # Before any purchase: it matches no order, but the spend before A2 is below silver now.
        take_in(partner, "C1", "pot", 500, day=1, kind="return")

        claw_back = ClawBack.objects.get()
        assert (claw_back.due, claw_back.debt) == (500, 500)
        assert balances(partner) == {"debt": 500}
        assert audit(as_of=NOW).ok

    def test_is_told_of_the_order_that_is_worth_less(self, programme, partner):
        take_in(partner, "A1", "mug", 2_500, day=10)
        take_in(partner, "A2", "jug", 1_000, day=20)

        take_in(partner, "C1", "pot", 500, day=1, kind="return")

        told = Event.objects.get(kind="points_taken_back").payload
        assert (told["kind"], told["document"], told["collected"]) == ("order", "A2", 500)


class TestAClawBackThatIsWaivedWhole:
    """It leaves nothing in the journal, so that what remembers it is its own row."""

    def test_collects_nothing_later_whatever_is_repeated(self, programme, partner):
        take_back_within_balance(programme)
        take_in(partner, "A1", "mug", 100, day=10)
        spend_everything(programme, partner)
        take_in(partner, "C1", "mug", 100, day=11, kind="return")
        waived = ClawBack.objects.values("pk", "due", "waived", "collected", "revision").get()

        # There is something to take now, and every way in which the claw-back may be asked again.
        take_in(partner, "A2", "jug", 70, day=12)
        take_in(partner, "C1", "mug", 100, day=11, kind="return")
        take_in(partner, "A0", "pot", 30, day=1)
        take_in(partner, "C2", "jug", 20, day=13, kind="return")

        assert (waived["due"], waived["waived"], waived["collected"]) == (100, 100, 0)
        kept = ClawBack.objects.filter(pk=waived["pk"])
        assert kept.values("pk", "due", "waived", "collected", "revision").get() == waived
        assert balances(partner) == {"pool": 70 + 30 - 20}
        keys = Transfer.objects.filter(idempotency_key__startswith="claw:")
        assert [transfer.amount for transfer in keys] == [20]

    def test_asks_under_another_key_when_more_is_due_and_when_less(self, programme, partner):
        take_back_within_balance(programme)
        take_in(partner, "A2", "mug", 100, day=10)
        spend_everything(programme, partner)
        take_in(partner, "C1", "mug", 100, day=12, kind="return")
        # A newer order of the same goods takes the return over.
        take_in(partner, "A3", "mug", 100, day=11)

        rows = ClawBack.objects.order_by("pk").values_list("due", "waived", "revision")
        assert list(rows) == [(0, 0, 1), (100, 0, 0)]
        assert balances(partner) == {}


class TestALateFactThatRaisesATier:
    def test_what_it_added_and_has_expired_is_no_debt_when_the_order_comes_back(
        self, programme, partner
    ):
        take_in(partner, "A2", "jug", 1_000, day=20)
        # Silver before A2: it earns 500 more, in a transfer of their own.
        take_in(partner, "A1", "mug", 2_500, day=10)
        with transaction.atomic():
            expire(as_of=datetime(2029, 1, 1, tzinfo=UTC))

        take_in(partner, "C1", "jug", 1_000, day=25, kind="return")

        claw_back = ClawBack.objects.get()
        assert (claw_back.due, claw_back.collected, claw_back.debt) == (1_500, 1_500, 0)
        assert balances(partner) == {}
        assert audit(as_of=NOW).ok


class TestALateOrderThatExplainsAReturnBetter:
    def test_is_told_as_points_given_back(self, programme, partner):
        take_in(partner, "A1", "mug", 10, day=3)
        take_in(partner, "C1", "mug", 10, day=9, kind="return")

        # The return now belongs to the newer order; of the older one nothing is taken back.
        take_in(partner, "A2", "mug", 20, day=6)

        kinds = list(Event.objects.order_by("sequence").values_list("kind", flat=True))
        assert kinds.count("points_given_back") == 1
        told = Event.objects.get(kind="points_given_back").payload
        assert (told["kind"], told["document"], told["amount"]) == ("return", "C1", 10)
        taken = Event.objects.filter(kind="points_taken_back").values_list("payload", flat=True)
        assert [payload["collected"] for payload in taken] == [10, 10]


class TestAProgrammeThatDoesNotRunNow:
    def test_takes_in_facts_of_the_time_when_it_ran_and_moves_nobody(self, programme, partner):
        programme.ends_on = date(2026, 3, 15)
        programme.save()

        take_in(partner, "A1", "mug", 2_500, day=14)
        take_in(partner, "A2", "mug", 2_500, day=15)

        assert balances(partner) == {"pool": 2_500}
        assert Activity.objects.count() == 2
        assert Standing.objects.get(partner=partner).tier_code == ""

    def test_has_nights_that_change_nothing(self, programme, partner):
        take_in(partner, "A1", "mug", 2_500, day=14)
        programme.ends_on = date(2026, 3, 15)
        programme.save()

        moved, last = recalculate(programme=programme, day=date(2028, 3, 1), as_of=NOW)

        assert (moved, last) == (0, partner.pk)
        assert Standing.objects.get(partner=partner).tier_code == "silver"


class TestPointsOnceEarned:
    def test_keep_their_version_when_the_programme_is_redated(self, programme, partner):
        take_in(partner, "A1", "mug", 100, day=10)
        programme.starts_on = date(2026, 3, 15)
        programme.save()

        take_in(partner, "A2", "mug", 50, day=11)

        assert balances(partner) == {"pool": 100}
        assert not ClawBack.objects.exists()

    def test_are_taken_back_by_the_version_that_gave_them(self, programme, partner):
        take_in(partner, "A1", "mug", 100, day=10)
        first = programme.versions.get()
        generous = first.definition["rules"][0] | {
            "effect": {"kind": "per_money", "units": 7, "per": "1.00"}
        }
        ProgrammeVersion.objects.create(
            programme=programme,
            number=2,
            definition=first.definition | {"rules": [generous]},
            valid_from=datetime(2026, 3, 1, tzinfo=UTC),
            published_at=NOW,
        )

        take_in(partner, "A2", "jug", 10, day=11)
        assert balances(partner) == {"pool": 170}
        take_in(partner, "C1", "mug", 100, day=12, kind="return")

        assert balances(partner) == {"pool": 70}
        assert ClawBack.objects.get().award.version == first
        assert audit(as_of=NOW).ok
