"""What of an award that waits is available by now, what is lost, and what still waits."""

from datetime import date, timedelta

import pytest

from rewards.earning.judging import Dated, judge
from rewards.earning.paying import InvoiceKept
from rewards.earning.releasing import (
    MonthlyPurchases,
    Outcome,
    Waiting,
    by_payment,
    by_purchases,
)
from tests.rewards.earning.facts import activity, always, cancelled, order, returned
from tests.rewards.earning.rules import definition, fixed, march, rule

DUE = march(20)
LAST_DAY = DUE + timedelta(days=10)
POUND = 10_000


def invoice(pounds, *paid, number="I1", due=DUE):
    """An invoice, and payments of (day of March, pounds)."""
    kept = InvoiceKept(
        activity("invoice", number, day=1, lines=[("goods", 1, str(pounds))], due_on=due)
    )
    for day, part in paid:
        kept.pay(activity("payment", f"{number}-{day}", day=day, lines=[("m", 1, str(part))]))
    return kept


def released(net, *invoices, kept=0, today=None, lost_after_days=10):
    return by_payment(
        net, invoices, kept_e4=kept * POUND, lost_after_days=lost_after_days, today=today
    )


class TestByPayment:
    def test_waits_while_there_is_no_invoice(self):
        assert released(70, kept=70) == Outcome(0, waits=70)

    def test_is_free_where_nothing_has_to_be_paid(self):
        assert released(70, invoice(0)) == Outcome(70)

    def test_comes_in_the_proportion_paid_and_cut(self):
        one = invoice(300, (5, 100), (7, 50))

        assert released(99, one, today=march(20)) == Outcome(
            49, 50, [], decide_on=LAST_DAY, since=one.paid[1].payment.occurred_at
        )

    def test_of_what_is_not_invoiced_yet_waits(self):
        assert released(100, invoice(40, (5, 40)), kept=100).released == 40
        # Invoices of more are what has to be paid.
        assert released(100, invoice(60, (5, 60)), invoice(60), kept=100).released == 50

    @pytest.mark.parametrize(
        ("today", "outcome"),
        [
            (LAST_DAY, (40, 60, LAST_DAY)),
            (LAST_DAY + timedelta(days=1), (40, 0, None)),
            (None, (40, 60, LAST_DAY)),
        ],
    )
    def test_what_is_not_paid_is_lost_when_the_last_day_is_over(self, today, outcome):
        found = released(100, invoice(100, (20, 40)), kept=100, today=today)

        assert (found.released, found.waits, found.decide_on) == outcome
        assert sum(lost.amount for lost in found.lost) == 60 - found.waits

    def test_what_is_paid_after_the_last_day_is_lost_all_the_same(self):
        one = invoice(100, (30, 40), (31, 60))

        found = released(100, one, kept=100, today=date(2026, 4, 9))

        assert (found.released, found.waits) == (40, 0)
        [lost] = found.lost
        assert (lost.cause, lost.amount) == (one.invoice, 60)
        assert lost.step == {"code": "lost_overdue", "due_on": "2026-03-20", "days": 10}

    def test_what_is_not_lost_by_a_rule_waits_for_ever(self):
        found = released(
            100, invoice(100, (20, 40)), kept=100, today=date(2027, 1, 1), lost_after_days=None
        )

        assert (found.released, found.waits, found.decide_on, found.lost) == (40, 60, None, [])

    def test_an_invoice_without_a_due_date_is_never_overdue(self):
        found = released(100, invoice(100, due=None), kept=100, today=date(2027, 1, 1))

        assert (found.waits, found.decide_on) == (100, None)

    def test_is_exact_to_the_ten_thousandth(self):
        found = released(100, invoice(100, (20, "39.9999")), kept=100, today=march(31))

        assert (found.released, [lost.amount for lost in found.lost]) == (39, [61])

    def test_several_lose_together_what_is_not_paid(self):
        """10 points of three invoices of 100: 4 are lost by the first, then 3 and 3."""
        several = [invoice(100, number=f"I{n}") for n in "123"]

        found = released(10, *several, kept=300, today=march(31))

        assert [(lost.cause, lost.amount) for lost in found.lost] == [
            (several[0].invoice, 4),
            (several[1].invoice, 3),
            (several[2].invoice, 3),
        ]
        assert (found.released, found.waits) == (0, 0)

    def test_what_is_less_than_a_point_is_lost_by_no_second_invoice(self):
        several = [invoice(50, number=f"I{n}") for n in "12"]

        [lost] = released(1, *several, kept=100, today=march(31)).lost

        assert (lost.cause, lost.amount) == (several[0].invoice, 1)

    def test_is_decided_on_the_first_day_of_several_that_decides(self):
        later = invoice(100, number="I2", due=march(25))

        found = released(20, later, invoice(100), kept=200, today=march(1))

        assert found.decide_on == LAST_DAY
        assert released(20, later, invoice(100), kept=200, today=march(31)).decide_on == date(
            2026, 4, 4
        )

    def test_nothing_is_to_be_decided_where_nothing_waits(self):
        assert released(0, invoice(100), kept=100, today=march(1)).decide_on is None
        # One is paid, and another one overdue.
        over = [invoice(100, (5, 100)), invoice(100, number="I2")]
        assert released(10, *over, kept=200, today=march(31)).decide_on is None


def waiting(units, *, day=2, month=3, year=2026, step=3):
    fact = activity("recycling", "R", day=day, month=month, year=year)
    return Waiting(fact, units, step)


def bought(**months):
    """Purchases by name of a month, on its 20th."""
    numbers = {"february": 2, "march": 3, "april": 4}
    return {
        (2026, numbers[name]): (
            amount,
            activity("order", "A", day=20, month=numbers[name]).occurred_at,
        )
        for name, amount in months.items()
    }


class TestByPurchases:
    def test_in_whole_steps_and_nothing_is_carried_over(self):
        """60 wait: 48 for purchases of 50, 6 for 7 in the next month."""
        [found] = by_purchases([waiting(60)], bought(march=50, april=7), today=date(2026, 5, 1))

        assert found == Outcome(
            54,
            6,
            decide_on=date(2026, 12, 31),
            since=activity("order", "A", day=20, month=4).occurred_at,
        )

    def test_the_oldest_first(self):
        first, second = by_purchases(
            [waiting(30), waiting(30, day=3)], bought(march=50), today=date(2026, 5, 1)
        )

        assert (first.released, first.waits, first.decide_on) == (30, 0, None)
        assert (second.released, second.waits) == (18, 12)

    def test_of_its_own_month_or_a_later_one_of_its_year(self):
        for month, year in ((4, 2026), (1, 2025), (3, 2027)):
            [found] = by_purchases(
                [waiting(30, month=month, year=year)],
                bought(february=50, march=50),
                today=None,
            )
            assert found.released == 0
        [found] = by_purchases([waiting(30)], bought(february=50, march=15), today=None)
        assert found.released == 15

    def test_nothing_where_more_came_back_than_was_bought(self):
        [found] = by_purchases([waiting(30)], bought(march=-50, april=2), today=None)

        assert found == Outcome(0, 30, decide_on=date(2026, 12, 31))

    def test_a_smaller_step_never_takes_back_what_a_month_gave(self):
        """Of 50 the first takes 50 in steps of one; in steps of three 48 had been allowed."""
        first, second = by_purchases(
            [waiting(50, step=1), waiting(30, step=3)], bought(march=50), today=None
        )

        assert (first.released, second.released) == (50, 0)

    def test_since_it_was_earned_where_that_is_later(self):
        late = waiting(3, day=25)

        [found] = by_purchases([late], bought(march=50), today=None)

        assert found == Outcome(3, since=late.fact.occurred_at)

    @pytest.mark.parametrize(
        ("today", "waits"), [(date(2026, 12, 31), 18), (date(2027, 1, 1), 0), (None, 18)]
    )
    def test_what_waits_when_the_year_is_over_is_lost(self, today, waits):
        one = waiting(60)

        [found] = by_purchases([one], bought(march=44), today=today)

        assert (found.released, found.waits) == (42, waits)
        assert found.since == activity("order", "A", day=20).occurred_at
        lost = [(each.cause, each.amount, each.step) for each in found.lost]
        step = {"code": "lost_at_year_end", "year": 2026}
        assert lost == ([] if waits else [(one.fact, 18, step)])


class TestMonthlyPurchases:
    def test_are_orders_less_returns_in_minor_units(self):
        monthly = MonthlyPurchases()
        first = order("A1", day=2, lines=[("mug", 1, "10.999")])
        back = returned("R1", day=3, lines=[("mug", 1, "2.00")])
        monthly.add(first, first.amount_e4)
        monthly.add(back, -back.amount_e4)

        assert monthly.in_minor_units(2) == {(2026, 3): (899, back.occurred_at)}
        assert monthly.in_minor_units(0) == {(2026, 3): (8, back.occurred_at)}

    @pytest.mark.parametrize(("pounds", "pence"), [("9.9999", 999), ("10000", 1_000_000)])
    def test_are_cut_to_whole_units(self, pounds, pence):
        monthly = MonthlyPurchases()
        first = order("A1", day=2, lines=[("mug", 1, pounds)])
        monthly.add(first, first.amount_e4)

        assert monthly.in_minor_units(2) == {(2026, 3): (pence, first.occurred_at)}


UNTIL_PAID = {"until": "paid", "lost_after_days": 10}
FOR_PURCHASES = {"until": "purchases", "step": 300, "resets": "year"}


class TestTheEndOfAWait:
    """The same over all facts of a partner."""

    def judged(self, *facts, today, rules, **settings):
        return judge(
            facts, version_of=always(definition(*rules, **settings)), dated=Dated(today=today)
        )

    def test_what_is_lost_is_taken_back_by_the_invoice(self):
        first = order("A1", day=2, lines=[("mug", 1, "100")])
        bills = [
            activity("invoice", f"I{n}", day=2, lines=[("g", 1, "50")], order=first, due_on=DUE)
            for n in "12"
        ]
        back = returned("R1", day=3, order=first, lines=[("mug", 1, "20")])

        due = self.judged(
            first, *bills, back, today=march(31), rules=[rule(pending=UNTIL_PAID), fixed("b", 5)]
        )

        assert [(each.cause, each.amount, each.is_lost) for each in due.claw_backs] == [
            (back, 20, False),
            (bills[0], 40, True),
            (bills[1], 40, True),
        ]
        assert due.claw_backs[1].explanation == {
            "rule": "points",
            "steps": [
                {"code": "awarded_before", "units": 80},
                {"code": "lost_overdue", "due_on": "2026-03-20", "days": 10, "result": 40},
            ],
            "total": 40,
        }
        assert due.claw_backs[2].explanation["steps"][0]["units"] == 40
        by_rule = {each.award.rule_code: each.outcome for each in due.awards}
        assert (by_rule["points"].released, by_rule["points"].waits) == (0, 0)
        # What waits for nothing has no outcome.
        assert by_rule["b"] is None

    def test_what_was_paid_with_points_is_on_no_invoice(self):
        first = order(
            "A1",
            day=2,
            lines=[("mug", 1, "100")],
            attributes={"paid_with_points": "20"},
        )
        bill = activity("invoice", "I1", day=2, lines=[("g", 1, "40")], order=first)
        paid = activity("payment", "P1", day=3, lines=[("m", 1, "40")], invoice=bill)

        def available(*facts):
            rules = [rule(pending=UNTIL_PAID)]
            due = self.judged(*facts, today=march(31), rules=rules, points_payment_earns=True)
            return due.awards[0].outcome.released

        assert available(first, bill, paid) == 50
        # Of 50 that are kept, 40 are to be paid in money: half of what is billed stays billed.
        back = returned("R1", day=4, order=first, lines=[("mug", 1, "50")])
        assert available(first, bill, paid, back) == 25
        gone = cancelled("X1", day=4, order=first)
        assert available(first, bill, paid, gone) == 0

    def test_what_waits_for_purchases_takes_what_is_bought_and_kept(self):
        recycled = activity("recycling", "C1", day=2, quantity_e4=20 * POUND)
        first = order("A1", day=3, lines=[("mug", 1, "60.00")])
        back = returned("R1", day=4, lines=[("mug", 1, "10.00")])
        thrice = rule(
            "cartridges",
            trigger="recycling",
            effect={"kind": "per_quantity", "units": 300, "per": "1"},
            pending=FOR_PURCHASES,
        )
        later = rule("others", trigger="recycling", effect={"kind": "fixed", "units": 1200})

        due = self.judged(
            recycled,
            first,
            back,
            today=date(2027, 1, 1),
            rules=[thrice, later | {"pending": FOR_PURCHASES}],
            unit_decimals=2,
            unit_value="1",
        )

        outcomes = [each.outcome for each in due.awards]
        assert [(each.released, each.waits) for each in outcomes] == [(4800, 0), (0, 0)]
        assert [(each.rule_code, each.amount) for each in due.claw_backs] == [
            ("cartridges", 1200),
            ("others", 1200),
        ]
        assert {each.cause.external_id for each in due.claw_backs} == {"C1"}

    def test_that_nothing_was_bought_for_goes_on(self):
        recycled = activity("recycling", "C1", day=2)
        alone = fixed("alone", 5, trigger="recycling", pending=FOR_PURCHASES)

        due = self.judged(recycled, today=march(3), rules=[alone], unit_value="1")

        assert due.awards[0].outcome == Outcome(0, 5, decide_on=date(2026, 12, 31))

    def test_of_two_versions_each_waits_by_its_own(self):
        first, second = (order(f"A{n}", day=n, lines=[("mug", 1, "10")]) for n in (2, 3))
        waits, does_not = (
            always(definition(rule(**more)))(None) for more in ({"pending": UNTIL_PAID}, {})
        )
        does_not = type(does_not)(2, 2, does_not.definition)

        due = judge([first, second], version_of=lambda fact: waits if fact is first else does_not)

        assert [each.outcome for each in due.awards] == [Outcome(0, 10), None]
