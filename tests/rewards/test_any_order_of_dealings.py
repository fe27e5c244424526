"""
Facts of every kind in any order, in any pieces, with spending in between: the same points are due.

Three programmes judge each history, one for each policy of claw-backs.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import hypothesis
import pytest
from django.db import transaction
from django.db.models import F, Sum
from hypothesis import given
from hypothesis import strategies as st

from ledger import accounts
from ledger.auditing import audit
from ledger.models import Account, Lot, Transfer
from ledger.posting import Entry, post
from partners.models import Partner
from rewards import crediting
from rewards.models import Award, ClawBack, Programme
from tests.rewards.cast import make_partner
from tests.rewards.dealings import FIRST_DAY, open_programmes, report, tell

pytestmark = pytest.mark.django_db

FACTS_MAX = 20
EXAMPLES, EXAMPLES_LONG = 3, 60
ORDERS_OF_ARRIVAL = 2
BEGIN = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)
ENDS = [BEGIN + timedelta(days=days) for days in (30, 75, 130)]
"""Before the turn of the year, when some is lost already, and after it."""


def what_is_due(partner: Partner, programme: Programme) -> dict[tuple[str, str], int]:
    """Points due by fact and rule."""
    awards = Award.objects.filter(partner=partner, version__programme=programme)
    rows = awards.annotate(taken=Sum("claw_backs__due", default=0)).values_list(
        "activity__external_id", "rule_code", F("amount") - F("taken")
    )
    return {(number.split("-")[1], rule_code): due for number, rule_code, due in rows if due != 0}


def issued_less_taken(partner: Partner, programme: Programme) -> int:
    awards = Award.objects.filter(partner=partner, version__programme=programme)
    rows = ClawBack.objects.filter(award__in=awards)
    taken = rows.aggregate(taken=Sum(F("collected") + F("debt"), default=0))["taken"]
    return int(awards.aggregate(issued=Sum("amount", default=0))["issued"] - taken)


def spend_some(chance: random.Random, partner: Partner, programme: Programme) -> None:
    pool = accounts.pool(programme.main_unit, partner)
    free = Lot.objects.open().filter(account=pool).aggregate(free=Sum("remaining", default=0))
    if not free["free"]:
        return
    entry = Entry(
        kind=Transfer.Kind.REDEEM,
        debit=pool,
        credit=accounts.house(programme.main_unit, Account.Kind.REDEEMED),
        amount=chance.randint(1, free["free"]),
        idempotency_key=f"test:{pool.pk}:{chance.getrandbits(60)}",
        occurred_at=BEGIN,
    )
    with transaction.atomic():
        Partner.objects.lock([partner.pk])
        post([entry], posted_at=BEGIN)


def live_through(
    chance: random.Random, partner: Partner, facts: list[dict], programmes: list[Programme], end
) -> None:
    """Tell the facts in pieces, spend in between, and close with the day of the end."""
    reports = [report(fact, partner_id=partner.pk, prefix=partner.erp_number) for fact in facts]
    at = BEGIN
    while reports:
        size = chance.randint(1, max(1, len(facts) // 3))
        at = min(end, at + timedelta(days=chance.randint(0, 40)))
        with transaction.atomic():
            taken = crediting.take_in(reports[:size], as_of=at, decide_tiers=False)
        assert all(result.is_new for result in taken.results)
        reports = reports[size:]
        spend_some(chance, partner, chance.choice(programmes))
    with transaction.atomic():
        Partner.objects.lock([partner.pk])
        crediting.settle_again([partner.pk], as_of=end)


@pytest.fixture
def programmes() -> Iterator[list[Programme]]:
    return open_programmes()


class TestAnyOrderOfDealings:
    def test_gives_the_same_points(self, programmes, request):
        count = EXAMPLES_LONG if request.config.getoption("long") else EXAMPLES

        @hypothesis.settings(max_examples=count, deadline=None, print_blob=True)
        @given(
            seed=st.integers(0, 2**32),
            count=st.integers(1, FACTS_MAX),
            end=st.sampled_from(ENDS),
        )
        def holds(seed: int, count: int, end: datetime) -> None:
            with transaction.atomic():
                self.check(random.Random(seed), count, end, programmes)
                transaction.set_rollback(True)

        holds()

    def check(
        self, chance: random.Random, count: int, end: datetime, programmes: list[Programme]
    ) -> None:
        facts = tell(chance, count)
        partners = []
        for place in range(ORDERS_OF_ARRIVAL):
            partner = make_partner(programmes[0], f"9{place}", tier="")
            arriving = chance.sample(facts, len(facts)) if place else facts
            live_through(chance, partner, arriving, programmes, end)
            partners.append(partner)
        for programme in programmes:
            first, *others = [what_is_due(partner, programme) for partner in partners]
            assert all(each == first for each in others), programme.code
            if programme.code == "allow-debt":
                left = {issued_less_taken(partner, programme) for partner in partners}
                assert left == {sum(first.values())}
        assert not ClawBack.objects.exclude(due=F("collected") + F("debt") + F("waived")).exists()
        assert audit(as_of=end).ok
