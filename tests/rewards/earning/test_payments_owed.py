"""What is given for paying is shared by what is owed, and nothing is early without a due day."""

from datetime import date

import pytest

from rewards.earning.judging import VersionInForce, judge
from rewards.earning.paying import InvoiceKept
from rewards.earning.situation import PaymentTiming, Situation
from tests.rewards.earning.facts import activity, always, order, returned
from tests.rewards.earning.rules import definition, e4, fixed, passed_over, payment, rule

pytestmark = pytest.mark.once("SQLite")

FOR_PAYING = fixed("for-paying", 50, trigger="payment")
IN_TIME = {"kind": "payment", "late_days_at_most": 3_650}
EARLY = {"kind": "payment", "early_days_at_least": 0}
DUE = date(2026, 3, 30)


def bought():
    return order("O", day=1, lines=[("mug", 10, "100")])


def billed(bought, due_on=DUE):
    return activity("invoice", "I", day=2, lines=[("mug", 10, "100")], order=bought, due_on=due_on)


def paid(bill, pounds, *, day):
    return activity("payment", f"P{day}", day=day, lines=[("", 1, str(pounds))], invoice=bill)


def back(of, pounds, *, day):
    return returned(f"R{day}", day=day, order=of, lines=[("mug", 0, str(pounds))])


def told(*story):
    """Tell of an invoice for 100, and in the order of days what is paid and what comes back."""
    goods = bought()
    bill = billed(goods)
    facts = [goods, bill]
    for day, (what, pounds) in enumerate(story, start=3):
        facts.append(paid(bill, pounds, day=day) if what == "pay" else back(goods, pounds, day=day))
    return facts


def earned(facts, *rules, version_of=None, **settings):
    due = judge(facts, version_of=version_of or always(definition(*rules, **settings)))
    assert not due.claw_backs
    return [each.award.amount for each in due.awards]


class TestWhatIsGivenForPaying:
    @pytest.mark.parametrize(
        ("story", "points"),
        [
            ([("pay", 100)], [50]),
            # Whoever sends 20 back, before paying or after, pays all that is owed.
            ([("back", 20), ("pay", 80)], [50]),
            ([("pay", 100), ("back", 20)], [50]),
            ([("pay", 50), ("pay", 50)], [25, 25]),
            ([("pay", 50), ("back", 20), ("pay", 30)], [25, 25]),
            # Half of what is owed then is half of it, and never less than before.
            ([("back", 20), ("pay", 40)], [25]),
            ([("pay", 60), ("back", 20), ("pay", 10)], [30, 13]),
            ([("pay", 60), ("back", 20), ("pay", 10), ("back", 5), ("pay", 5)], [30, 13, 7]),
            ([("pay", 100), ("back", 20), ("pay", 10)], [50]),
        ],
    )
    def test_is_its_part_of_what_is_owed(self, story, points):
        assert earned(told(*story), FOR_PAYING) == points

    def test_is_rounded_over_all_payments(self):
        """Of ten points: 20 of 70 are 2.85, 40 of 70 are 5.71, 70 of 70 are all."""
        story = [("back", 30), ("pay", 20), ("pay", 20), ("pay", 30)]
        ten = fixed("ten", 10, trigger="payment")

        assert earned(told(*story), ten) == [2, 3, 5]
        assert earned(told(*story), ten, rounding="half_up") == [3, 3, 4]

    def test_says_what_was_owed(self):
        facts = told(("pay", 50), ("back", 20), ("pay", 10))

        due = judge(facts, version_of=always(definition(FOR_PAYING)))

        assert due.awards[1].award.explanation["steps"] == [
            {"code": "fixed", "units": 50, "result": "50"},
            {
                "code": "partial_payment",
                "paid": "10",
                "invoice": "80",
                "currency": "GBP",
                "result": "6.25",
            },
            {
                "code": "rounded",
                "mode": "down",
                "result": 12,
                "before": "31.25",
                "together": "37.5",
            },
        ]

    def test_by_money_follows_the_money_alone(self):
        story = [("pay", 50), ("back", 20), ("pay", 30)]

        assert earned(told(*story), rule(trigger="payment")) == [50, 30]

    def test_takes_nothing_where_a_later_version_rounds_down(self):
        """Of one point the first 60 gave it by the nearest whole; 10 more take nothing of it."""
        facts = told(("pay", 60), ("pay", 10))
        one = fixed("one", 1, trigger="payment")
        versions = [
            VersionInForce(number, number, definition(one, rounding=rounding))
            for number, rounding in enumerate(["half_up", "down"])
        ]

        points = earned(facts, version_of=lambda fact: versions[fact.external_id == "P4"])

        assert points == [1]

    def test_at_another_rate_is_rounded_apart(self):
        goods = bought()
        bill = billed(goods, date(2026, 3, 10))
        early = FOR_PAYING | {"early": [{"days": 5, "percent": 200}]}

        facts = [goods, bill, paid(bill, 50, day=3), paid(bill, 50, day=9)]

        assert earned(facts, early) == [50, 25]

    def test_is_counted_before_a_cap_cuts_it(self):
        """A cap that is free again in the next month does not give what it cut before."""
        goods = bought()
        bill = billed(goods)
        later = activity("payment", "P2", day=2, month=4, lines=[("", 1, "50")], invoice=bill)
        capped = FOR_PAYING | {"caps": [{"per": "partner", "period": "month", "units": 20}]}

        assert earned([goods, bill, paid(bill, 50, day=3), later], capped) == [20, 20]
        wide = FOR_PAYING | {"caps": [{"per": "partner", "period": "month", "units": 40}]}
        assert earned([goods, bill, paid(bill, 90, day=3), later], wide) == [40, 5]


class TestWithoutADueDay:
    def facts(self, due_on):
        goods = bought()
        bill = billed(goods, due_on)
        return [goods, bill, paid(bill, 100, day=28)]

    @pytest.mark.parametrize("when", [IN_TIME, EARLY])
    def test_nothing_is_paid_in_time(self, when):
        asked = FOR_PAYING | {"when": when}

        assert earned(self.facts(DUE), asked) == [50]
        assert earned(self.facts(None), asked) == []
        assert earned(self.facts(None), FOR_PAYING | {"when": {"not": when}}) == [50]

    def test_nothing_is_paid_early(self):
        early = FOR_PAYING | {"early": [{"days": 0, "percent": 200}]}

        assert earned(self.facts(DUE), early) == [100]
        assert earned(self.facts(None), early) == [50]

    @pytest.mark.parametrize(("days_late", "found"), [(None, "no_due_day"), (1, 1)])
    def test_is_said(self, days_late, found):
        when = {"kind": "payment", "late_days_at_most": 0}
        fact, _situation = payment(100)
        timing = PaymentTiming(days_late=days_late, counted_e4=e4(100), invoice_e4=e4(100))

        [(reason, detail)] = passed_over(
            FOR_PAYING | {"when": when}, fact, Situation(payment=timing)
        ).values()

        assert (reason, detail) == ("condition", when | {"found": found})

    def test_a_dispute_after_the_payment_changes_nothing(self):
        bill = billed(bought(), date(2026, 3, 20))
        later = [(date(2026, 4, 10), date(2026, 4, 12))]

        assert InvoiceKept(bill, later).days_late(date(2026, 4, 3)) == 14
