"""An invoice after it went out: how late its payments are, what they count, when time is up."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.earning.facts import Reported
from rewards.earning.matching import OrderKept
from rewards.earning.paying import InvoiceKept, find_disputed
from tests.rewards.earning.facts import activity, order

DUE = date(2026, 3, 20)


def invoice(pounds="100.00", *, disputed=(), due_on=DUE, **fields):
    fact = activity("invoice", "I1", day=1, lines=[("goods", 1, pounds)], due_on=due_on)
    for name, value in fields.items():
        setattr(fact, name, value)
    return InvoiceKept(fact, disputed)


def payment(pounds, *, day=20, number="P1", **fields):
    fact = activity("payment", number, day=day, lines=[("money", 1, pounds)])
    for name, value in fields.items():
        setattr(fact, name, value)
    return fact


def disputes(*told):
    return [
        activity("dispute", f"D{place}", day=day, attributes={"state": state})
        for place, (day, state) in enumerate(told)
    ]


class TestADispute:
    def test_is_counted_from_opening_to_closing_whoever_says_it_twice(self):
        told = disputes((2, "closed"), (5, "opened"), (7, "opened"), (9, "closed"), (12, "opened"))

        assert find_disputed(reversed(told)) == [
            (date(2026, 3, 5), date(2026, 3, 9)),
            (date(2026, 3, 12), None),
        ]

    @pytest.mark.parametrize(
        ("day", "late"),
        [
            (date(2026, 3, 18), -2),
            (DUE, 0),
            # Days before it never make it an early one.
            (date(2026, 3, 21), 0),
            # Ten days before the day it was due, and four after it, do not count as late.
            (date(2026, 4, 3), 0),
            (date(2026, 4, 4), 1),
            (date(2026, 4, 10), 7),
        ],
    )
    def test_takes_its_days_off_those_that_are_late(self, day, late):
        spans = [
            (date(2026, 3, 5), date(2026, 3, 15)),
            (date(2026, 3, 21), date(2026, 3, 25)),
        ]
        assert invoice(disputed=spans).days_late(day) == late

    def test_of_later_days_changes_nothing_before(self):
        later = [(date(2026, 3, 25), date(2026, 3, 30)), (date(2026, 4, 5), None)]

        assert invoice(disputed=later).days_late(date(2026, 3, 22)) == 2
        one_before = [(date(2026, 3, 21), date(2026, 3, 25)), (date(2026, 4, 5), None)]
        assert invoice(disputed=one_before).days_late(date(2026, 3, 30)) == 6

    def test_holds_up_the_last_day_while_it_is_open(self):
        assert invoice().last_day(10) == date(2026, 3, 30)
        on_the_last_day = [(date(2026, 3, 30), None)]
        assert invoice(disputed=on_the_last_day).last_day(10) is None
        after_it = [(date(2026, 3, 31), None)]
        assert invoice(disputed=after_it).last_day(10) == date(2026, 3, 30)

    def test_ends_with_the_calendar_where_a_bill_says_that_it_is_never_due(self):
        never = invoice(due_on=date.max, disputed=[(date(2026, 3, 5), date(2026, 3, 15))])

        assert never.last_day(0) == date.max
        assert never.last_day(30) == date.max

    @given(
        spans=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), max_size=4),
        grace=st.integers(0, 30),
    )
    def test_leaves_a_last_day_that_is_just_in_time(self, spans, grace):
        day, disputed = date(2026, 3, 1), []
        for wait, length in spans:
            opened = day + timedelta(days=wait)
            day = opened + timedelta(days=length)
            disputed.append((opened, day))
        sent = invoice(disputed=disputed)

        last_day = sent.last_day(grace)

        assert last_day is not None
        assert (sent.days_late(last_day) or 0) <= grace
        assert (sent.days_late(last_day + timedelta(days=1)) or 0) > grace


class TestAPayment:
    def test_counts_no_more_than_is_open(self):
        sent = invoice()

        counted = [
            sent.pay(payment(pounds, number=f"P{place}")).counted_e4 // 10_000
            for place, pounds in enumerate(["30.00", "90.00", "5.00"])
        ]

        assert counted == [30, 70, 0]

    def test_pays_what_is_kept_of_the_goods(self):
        bought = order("A1", day=1, lines=[("goods", 1, "200.00")])
        sent = invoice()
        sent.order = OrderKept(bought, amount_e4=bought.amount_e4 // 2)

        timing = sent.pay(payment("90.00"))

        assert (timing.counted_e4, timing.invoice_e4) == (50 * 10_000, 50 * 10_000)

    def test_counts_nothing_where_less_is_owed_by_now_than_was_paid(self):
        sent = invoice()
        sent.pay(payment("90.00"))
        sent.credited_e4 = 50 * 10_000

        timing = sent.pay(payment("5.00", number="P2"))

        assert (timing.counted_e4, sent.counted_e4) == (0, 90 * 10_000)

    def test_pays_nothing_where_more_was_credited_than_billed(self):
        sent = invoice()
        sent.credited_e4 = 150 * 10_000

        assert sent.owed_e4 == 0

    def test_in_the_currency_of_the_invoice_pays_its_part(self):
        """A half of 0.10 euros, of which each ten-thousandth stands for 0.08 pounds."""
        sent = invoice("80.00", reported=Reported("EUR", 1_000))

        timing = sent.pay(payment("38.00", reported=Reported("EUR", 500)))

        assert timing.counted_e4 == 40 * 10_000

    def test_in_the_currency_of_the_invoice_pays_it_whatever_the_rate(self):
        """80 pounds at the rate of its day, paid in two parts of euros that come to 75."""
        sent = invoice("80.00", reported=Reported("EUR", 1_000_001))
        parts = [
            payment("40.00", number="P1", reported=Reported("EUR", 333_333)),
            payment("35.00", number="P2", reported=Reported("EUR", 666_668)),
        ]

        assert sum(sent.pay(part).counted_e4 for part in parts) == 80 * 10_000

    def test_without_a_due_date_is_neither_early_nor_late(self):
        assert invoice(due_on=None).pay(payment("10.00")).days_late is None
        assert invoice(due_on=None).last_day(5) is None
