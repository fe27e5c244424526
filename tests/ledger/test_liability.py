"""What is outstanding at any moment, by age and place, and what of it is expected to expire."""

from datetime import datetime, timedelta
from fractions import Fraction

import hypothesis
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ledger.liability import (
    BANDS,
    ENDED_LOTS_MIN,
    ENDED_UNITS_MIN,
    Outstanding,
    estimate_breakage,
    read_outstanding,
    work_out,
)
from ledger.liability.breakage import Flow
from ledger.models import Hold, HoldSlice, Lot
from ledger.statements import balance_as_of
from tests.factories import NOON, MemberFactory, PartnerFactory, UnitFactory
from tests.ledger.entries import Till, open_till, post_one

pytestmark = pytest.mark.once("PostgreSQL")

DAY = timedelta(days=1)
PLACES = ("pool", "wallet", "pending", "held")


@pytest.fixture
def till(db) -> Till:
    return open_till()


def outstanding(till: Till, at: datetime = NOON) -> Outstanding:
    return read_outstanding(as_of=at, unit_ids=[till.unit.pk])[till.unit.pk]


def by_band(till: Till, at: datetime = NOON) -> list[int]:
    found = outstanding(till, at)
    return [found.in_band(band) for band in BANDS]


def by_place(till: Till, at: datetime = NOON) -> dict[str, int]:
    found = outstanding(till, at)
    return {place: found.in_place(place) for place in PLACES}


class TestOutstanding:
    @pytest.mark.parametrize(
        ("age", "band"),
        [
            (timedelta(0), 0),
            (-5 * DAY, 0),
            (90 * DAY - timedelta(microseconds=1), 0),
            (90 * DAY, 1),
            (180 * DAY, 2),
            (365 * DAY, 3),
            (730 * DAY, 4),
            (4000 * DAY, 4),
        ],
    )
    def test_the_age_counts_from_the_day_it_was_earned(self, till, age, band):
        post_one(till.earn(100, occurred_at=NOON - age), at=NOON)

        assert by_band(till) == [100 if number == band else 0 for number in range(5)]

    def test_a_share_keeps_the_age_and_every_place_stands_apart(self, till):
        wallet = till.wallet()
        post_one(till.earn(100, occurred_at=NOON - 200 * DAY))
        post_one(till.pend(40))
        post_one(till.share(30, to=wallet))

        assert by_place(till) == {"pool": 70, "wallet": 30, "pending": 40, "held": 0}
        assert by_band(till) == [40, 0, 100, 0, 0]

    def test_what_a_hold_reserved_then_stands_apart_while_it_was_open(self, till):
        post_one(till.earn(100), at=NOON)
        lot = Lot.objects.get()
        hold = Hold.objects.create(
            idempotency_key="h",
            account=till.pool,
            partner=till.partner,
            amount=60,
            placed_at=NOON + DAY,
            ended_at=NOON + 3 * DAY,
            state=Hold.State.RELEASED,
        )
        HoldSlice.objects.create(hold=hold, lot=lot, amount=60)

        assert [by_place(till, NOON + days * DAY)["held"] for days in range(4)] == [0, 60, 60, 0]
        assert outstanding(till, NOON + DAY).amount == 100
        assert outstanding(till, NOON + DAY).expiring_by_band() == [0] * 5

    def test_debt_is_no_part_of_it(self, till):
        post_one(till.claw_back(25))

        assert (outstanding(till).amount, outstanding(till).debt) == (0, 25)
        post_one(till.earn(10), at=NOON + DAY)
        assert (outstanding(till, NOON + DAY).amount, outstanding(till, NOON + DAY).debt) == (0, 15)

    def test_the_past_does_not_change(self, till):
        post_one(till.earn(100, occurred_at=NOON - 80 * DAY), at=NOON)
        then = outstanding(till, NOON)
        post_one(till.redeem(70), at=NOON + 20 * DAY)

        assert outstanding(till, NOON) == then
        assert by_band(till, NOON + 20 * DAY) == [0, 30, 0, 0, 0]
        assert outstanding(till, NOON - DAY).amount == 0

    def test_it_takes_as_many_statements_for_many_partners_as_for_one(self, till):
        def count() -> int:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                read_outstanding(as_of=NOON, unit_ids=[till.unit.pk])
                estimate_breakage(
                    as_of=NOON, outstanding={till.unit.pk: [0] * 5}, decimals={till.unit.pk: 0}
                )
            return len(queries)

        post_one(till.earn(100))
        before = count()
        for _number in range(5):
            other = open_till(unit=till.unit, partner=PartnerFactory())
            post_one(other.earn(5))
            post_one(other.share(2, to=other.wallet()))

        assert count() == before == 8


class OutstandingAtAnyMoment(TestCase):
    @hypothesis.settings(max_examples=hypothesis.settings.default.max_examples // 5, deadline=None)
    @hypothesis.given(
        moves=st.lists(
            st.tuples(
                st.sampled_from(["earn", "pend", "redeem", "share", "claw back"]),
                st.integers(1, 100),
                st.integers(0, 400),
            ),
            max_size=12,
        )
    )
    def test_it_is_the_sum_of_the_balances_then(self, moves):
        till = open_till()
        wallet = till.wallet(MemberFactory(partner=till.partner))
        moments = []
        for number, (kind, amount, age) in enumerate(moves):
            at = NOON + number * DAY
            held = balance_as_of(till.pool, at)
            if kind in {"redeem", "share"}:
                amount = min(amount, held)  # noqa: PLW2901 - never more than there is
            if amount:
                post_one(
                    {
                        "earn": lambda a, o: till.earn(a, occurred_at=o),
                        "pend": lambda a, o: till.pend(a, occurred_at=o),
                        "redeem": lambda a, _o: till.redeem(a),
                        "share": lambda a, _o: till.share(a, to=wallet),
                        "claw back": lambda a, _o: till.claw_back(a),
                    }[kind](amount, at - age * DAY),
                    at=at,
                )
            moments.append(at)
        for at in moments:
            found = outstanding(till, at)
            assert {place: found.in_place(place) for place in PLACES} == {
                "pool": balance_as_of(till.pool, at),
                "wallet": balance_as_of(wallet, at),
                "pending": balance_as_of(till.pending, at),
                "held": 0,
            }
            assert sum(found.in_band(band) for band in BANDS) == found.amount
            assert found.debt == balance_as_of(till.debt, at)
            assert all(part.amount >= part.expiring >= 0 for part in found.parts)


# ---------------------------------------------------------------- breakage

# The example of docs/finance.md. Two years of lots have run off, half a year of lots has begun to.
WORKED = (
    Flow(now=4, happened=0, entered=10_000),
    Flow(now=4, happened=0, used=4_000),
    Flow(now=4, happened=1, used=2_000),
    Flow(now=4, happened=2, used=1_000),
    Flow(now=4, happened=3, used=1_000),
    Flow(now=4, happened=4, used=500, expired=1_500),
    Flow(now=2, happened=0, entered=5_000, used=1_000),
    Flow(now=2, happened=1, used=500),
    Flow(now=2, happened=2, used=100),
)


class TestWorkedExample:
    def test_an_accountant_comes_to_the_same(self):
        found = work_out(WORKED, outstanding=[8_000, 4_000, 1_000, 333, 10], ended_lots=120)

        table = [(one.at_risk, one.used, one.expired, one.went_on) for one in found.bands]
        assert table == [
            (15_000, 5_000, 0, 10_000),
            (10_000, 2_500, 0, 7_500),
            (4_000, 1_000, 0, 3_000),
            (3_000, 1_000, 0, 2_000),
            (2_000, 500, 1_500, 0),
        ]
        assert [one.share for one in found.bands] == [
            Fraction("0.1875"),
            Fraction("0.28125"),
            Fraction("0.375"),
            Fraction("0.5"),
            Fraction("0.75"),
        ]
        assert [one.expected for one in found.bands] == [1_500, 1_125, 375, 166, 7]
        assert found.expected == 3_173
        assert (found.ended, found.ended_lots, found.covered) == (11_600, 120, 13_343)

    def test_what_was_taken_back_counts_nowhere(self):
        taken_back = Flow(now=4, happened=0, entered=700, gone=700)

        assert [
            one.share
            for one in work_out([*WORKED, taken_back], outstanding=[0] * 5, ended_lots=120).bands
        ] == [one.share for one in work_out(WORKED, outstanding=[0] * 5, ended_lots=120).bands]

    def test_what_enters_old_is_at_risk_from_then_on(self):
        opened = Flow(now=4, happened=3, entered=1_000, expired=1_000)

        found = work_out([*WORKED, opened], outstanding=[0] * 5, ended_lots=120)

        assert (found.bands[3].at_risk, found.bands[3].expired) == (4_000, 1_000)
        assert found.bands[3].share == Fraction(1_000 + 1_500, 4_000)
        assert found.bands[0].at_risk == 15_000


class TestNotEnoughHistory:
    def test_too_few_lots_give_no_estimate(self):
        found = work_out(WORKED, outstanding=[8_000] * 5, ended_lots=ENDED_LOTS_MIN - 1)

        assert found.expected is None
        assert {one.share for one in found.bands} == {None}

    def test_a_young_programme_does_not_know_what_will_expire(self):
        young = [Flow(now=2, happened=0, entered=50_000, used=30_000)]

        assert work_out(young, outstanding=[1_000] * 5, ended_lots=900).expected is None

    def test_only_the_bands_that_lead_to_the_unknown_have_none(self):
        few_in_the_last = [
            Flow(now=4, happened=0, entered=ENDED_UNITS_MIN, used=ENDED_UNITS_MIN),
            Flow(now=4, happened=3, entered=2_000, used=1_500),
            Flow(now=4, happened=4, expired=500),
        ]

        found = work_out(few_in_the_last, outstanding=[10] * 5, ended_lots=50)

        # Whoever reached 365 days went on into a band with 500 units only: unknown.
        assert [one.share for one in found.bands] == [Fraction(0), None, None, None, None]
        assert (found.expected, found.covered, found.outstanding) == (0, 10, 50)

    def test_decimals_of_a_unit_do_not_lower_the_minimum(self):
        cents = [Flow(now=4, happened=4, entered=99_999, expired=99_999)]

        assert work_out(cents, outstanding=[1] * 5, ended_lots=50, decimals=2).expected is None
        assert work_out(cents, outstanding=[1] * 5, ended_lots=50, decimals=0).expected == 1


@hypothesis.settings(deadline=None)
@hypothesis.given(
    histories=st.lists(
        st.tuples(
            st.integers(0, 4),
            st.lists(
                st.tuples(st.integers(0, 5_000), *(st.integers(0, 100) for _part in range(3))),
                min_size=5,
                max_size=5,
            ),
        ),
        max_size=6,
    ),
    base=st.lists(st.integers(0, 10**12), min_size=5, max_size=5),
)
def test_what_is_expected_lies_between_nothing_and_all(histories, base):
    flows = []
    for now, bands in histories:
        left = 0
        for happened, (entered, *percents) in enumerate(bands[: now + 1]):
            left += entered
            used, expired, gone = (left * percent // 300 for percent in percents)
            left -= used + expired + gone
            flows.append(
                Flow(
                    now=now,
                    happened=happened,
                    entered=entered,
                    used=used,
                    expired=expired,
                    gone=gone,
                )
            )

    found = work_out(flows, outstanding=base, ended_lots=ENDED_LOTS_MIN)

    for band in found.bands:
        assert band.went_on >= 0
        assert band.share is None or 0 <= band.share <= 1
        assert band.expected is None or 0 <= band.expected <= band.outstanding
    assert found.expected is None or 0 <= found.expected <= found.covered <= sum(base)


@pytest.mark.django_db
def test_the_estimate_is_read_from_the_journal():
    till = open_till(unit=UnitFactory())
    wallet = till.wallet()
    start = NOON - 900 * DAY
    lives = {"expires_at": start + 731 * DAY, "occurred_at": start}
    first = post_one(till.earn(4_000, **lives), at=start).transfer
    for number in range(ENDED_LOTS_MIN):
        post_one(till.earn(10, **lives, idempotency_key=f"small:{number}"), at=start)
    never = post_one(till.earn(9_999, occurred_at=start), at=start)
    # A share moves slices on: it ends nothing.
    post_one(till.share(1_000, to=wallet), at=start + 10 * DAY)
    redeemed = post_one(till.redeem(2_000), at=start + 100 * DAY).transfer
    post_one(till.refund(redeemed, 500), at=start + 200 * DAY)
    post_one(till.claw_back(300, origin=first), at=start + 201 * DAY)
    for account in (till.pool, wallet):
        left = sum(
            lot.remaining for lot in Lot.objects.filter(account=account, expires_at__isnull=False)
        )
        post_one(till.expire(left, from_=account), at=start + 731 * DAY)
    assert never.transfer.amount == 9_999

    at = NOON - DAY
    base = outstanding(till, at).expiring_by_band()
    [found] = estimate_breakage(
        as_of=at, outstanding={till.unit.pk: base}, decimals={till.unit.pk: 0}
    ).values()

    table = [(one.at_risk, one.used, one.expired) for one in found.bands]
    assert table == [
        (4_300, 0, 0),
        (4_300, 2_000, 0),
        (2_500, 0, 0),
        (2_500, 0, 0),
        (2_500, 0, 2_500),
    ]
    assert base == [0] * 5
    assert found.ended_lots >= ENDED_LOTS_MIN
    # Before any of it ended, nobody could know.
    [early] = estimate_breakage(
        as_of=start + 50 * DAY,
        outstanding={till.unit.pk: [5_300, 0, 0, 0, 0]},
        decimals={till.unit.pk: 0},
    ).values()
    assert early.expected is None
