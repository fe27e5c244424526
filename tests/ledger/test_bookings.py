"""The journal for the seller's books: every transfer in exactly one booking, whatever the period."""

import itertools
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from django.db.models import Sum
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ledger.bookings import read_book_accounts, read_bookings
from ledger.models import Account, AccountCode, Transfer
from tests.factories import NOON, UnitFactory
from tests.ledger.entries import open_till, post_one

pytestmark = pytest.mark.once("SQLite")

LONDON = ZoneInfo("Europe/London")


@pytest.mark.django_db
def test_a_day_is_a_local_day_of_posting():
    till = open_till()
    # Half past eleven in the evening of 31 May in UTC is the first of June in London.
    post_one(till.earn(5, occurred_at=NOON), at=datetime(2026, 5, 31, 22, 59, tzinfo=UTC))
    post_one(till.earn(7, occurred_at=NOON), at=datetime(2026, 5, 31, 23, 30, tzinfo=UTC))

    found = list(read_bookings(unit_id=till.unit.pk, zone=LONDON))

    assert [(one.day, one.amount) for one in found] == [
        (date(2026, 5, 31), 5),
        (date(2026, 6, 1), 7),
    ]


@pytest.mark.django_db
def test_kinds_and_pairs_of_accounts_stand_apart_and_partners_together():
    till = open_till()
    other = open_till(unit=till.unit)
    for each in (till, other):
        post_one(each.earn(100))
        post_one(each.share(30, to=each.wallet()))
    post_one(till.redeem(10))
    open_till()

    found = list(read_bookings(unit_id=till.unit.pk, zone=LONDON))

    assert [
        (one.kind, one.debit_kind, one.credit_kind, one.amount, one.transfers) for one in found
    ] == [
        ("earn", "issued", "pool", 200, 2),
        ("redeem", "pool", "redeemed", 10, 1),
        ("share", "pool", "wallet", 60, 2),
    ]


@pytest.mark.django_db
def test_codes_of_the_unit_come_before_those_of_the_kind_and_the_kind_before_nothing():
    unit, other = UnitFactory(), UnitFactory()
    AccountCode.objects.create(account_kind="pool", code="2300", name="Deferred income")
    AccountCode.objects.create(account_kind="redeemed", code="4000")
    AccountCode.objects.create(unit=unit, account_kind="pool", code="2310")

    own, others = read_book_accounts(unit.pk), read_book_accounts(other.pk)

    assert set(own) == set(Account.Kind.values)
    assert (own["pool"].code, others["pool"].code) == ("2310", "2300")
    assert (others["pool"].name, others["redeemed"].name) == ("Deferred income", "Redeemed")
    assert own["issued"].code == "issued"


class AnyJournal(TestCase):
    @hypothesis.settings(max_examples=hypothesis.settings.default.max_examples // 5, deadline=None)
    @hypothesis.given(
        moves=st.lists(
            st.tuples(
                st.sampled_from(["earn", "pend", "claw back", "share", "redeem"]),
                st.integers(1, 500),
                st.integers(0, 30),
            ),
            max_size=14,
        ),
        cuts=st.lists(st.integers(0, 500), max_size=4),
    )
    def test_any_split_of_the_time_sums_to_the_journal(self, moves, cuts):
        till = open_till()
        wallet = till.wallet()
        at = NOON
        for kind, amount, hours in moves:
            at += timedelta(hours=hours)
            left = Account.objects.get(pk=till.pool.pk).balance
            if kind in {"share", "redeem"} and left < amount:
                continue
            post_one(
                {
                    "earn": till.earn,
                    "pend": till.pend,
                    "claw back": till.claw_back,
                    "share": lambda a: till.share(a, to=wallet),
                    "redeem": till.redeem,
                }[kind](amount),
                at=at,
            )
        edges = [None, *(NOON + timedelta(hours=cut) for cut in sorted(cuts)), None]

        summed: Counter = Counter()
        for from_at, until_at in itertools.pairwise(edges):
            for one in read_bookings(
                unit_id=till.unit.pk, zone=LONDON, from_at=from_at, until_at=until_at
            ):
                summed[one.stream[1:]] += one.amount

        journal = (
            Transfer.objects.values_list("kind", "debit_account__kind", "credit_account__kind")
            .annotate(Sum("amount"))
            .order_by()
        )
        assert dict(summed) == {tuple(stream): amount for *stream, amount in journal}
