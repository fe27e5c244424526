"""What payments earn: early ones, and parts of an invoice."""

import pytest

from rewards.earning.situation import (
    Situation,
)
from rewards.earning.usage import (
    Usage,
)
from tests.rewards.earning.rules import (
    definition,
    earns,
    fixed,
    judge,
    payment,
    rule,
    steps,
    tier,
)


class TestEarlyPayment:
    ROWS = ({"days": 5, "percent": 150}, {"days": 10, "percent": 200}, {"days": 0, "percent": 110})

    @pytest.mark.parametrize(
        ("late", "earned"),
        [(-20, 20), (-10, 20), (-9, 15), (-5, 15), (-4, 11), (0, 11), (1, 10), (9, 10)],
    )
    def test_earns_by_the_best_row_it_reaches(self, late, earned):
        early = rule(trigger="payment", early=list(self.ROWS))
        paid, situation = payment(10, late=late)

        assert earns(early, paid, situation) == {"points": earned}

    def test_is_multiplied_once_more_by_the_tier(self):
        paid, situation = payment(10, late=-7)
        early = rule(trigger="payment", early=list(self.ROWS), tier_multiplier=True)
        found = steps(early, paid, Situation(payment=situation.payment, tier=tier("gold")))

        assert found[-2:] == [
            {"code": "early", "days": 5, "percent": 150, "result": "15"},
            {"code": "multiplier", "percent": 200, "tier": "gold", "result": "30"},
        ]


class TestPartsOfAnInvoice:
    def pays(self, what, parts, of, *, late=0, **fields):
        usage, earned = Usage(), []
        for part in parts:
            paid, situation = payment(part, of=of, late=late, **fields)
            earned.append(sum(earns(what, paid, situation, usage).values()))
        return earned

    def test_earn_their_part_of_a_fixed_award(self):
        assert self.pays(fixed("a", 10, trigger="payment"), [50, 50], 100) == [5, 5]

    @pytest.mark.parametrize(("rounding", "earned"), [("down", [3, 3, 4]), ("half_up", [3, 4, 3])])
    def test_are_rounded_together(self, rounding, earned):
        ten = definition(fixed("a", 10, trigger="payment"), rounding=rounding)

        assert self.pays(ten, [100, 100, 100], 300) == earned

    def test_are_rounded_together_by_money_and_by_percent(self):
        percent = {"kind": "percent", "percent": "50"}
        for effect in (rule()["effect"] | {"per": "2"}, percent):
            found = self.pays(rule(trigger="payment", effect=effect), [1, 1, 1, 1], 4)

            assert found == [0, 1, 0, 1]

    def test_of_another_invoice_are_rounded_apart(self):
        half = rule(trigger="payment", effect=rule()["effect"] | {"per": "2"})
        usage = Usage()
        found = []
        for number in ("1", "2"):
            paid, situation = payment(1, of=4, invoice=number)
            found.append(earns(half, paid, situation, usage))

        assert found == [{}, {}]

    def test_at_another_rate_are_rounded_apart(self):
        usage = Usage()
        half = rule(
            trigger="payment",
            effect=rule()["effect"] | {"per": "2"},
            early=[{"days": 5, "percent": 300}],
        )
        found = []
        for late in (0, -5, 0):
            paid, situation = payment(1, of=4, late=late)
            found.append(earns(half, paid, situation, usage))

        assert found == [{}, {"points": 1}, {"points": 1}]

    def test_gain_nothing_by_being_many(self):
        for rounding in ("down", "half_up"):
            ten = definition(fixed("a", 10, trigger="payment"), rounding=rounding)

            assert sum(self.pays(ten, [1] * 37 + [63], 100)) == 10

    def test_count_each_for_itself_by_steps(self):
        full = {"kind": "each_full", "units": 5, "per": "50", "period": "activity"}

        assert self.pays(rule(trigger="payment", effect=full), [60, 40, 70], 170) == [5, 0, 5]

    def test_without_an_invoice_are_rounded_alone(self):
        half = rule(trigger="payment", effect=rule()["effect"] | {"per": "2"})
        usage = Usage()
        paid, situation = payment(1, of=4)
        paid.invoice = None

        assert [earns(half, paid, situation, usage) for _twice in "12"] == [{}, {}]

    def test_explain_the_part(self):
        usage = Usage()
        ten = fixed("points", 10, trigger="payment")
        for part in ("100", "100"):
            paid, situation = payment(part, of=300)
            judge(ten, paid, situation, usage)
        paid, situation = payment(100, of=300)

        assert steps(ten, paid, situation, usage) == [
            {"code": "fixed", "units": 10, "result": "10"},
            {
                "code": "partial_payment",
                "paid": "100",
                "invoice": "300",
                "currency": "GBP",
                "result": "3.3333",
            },
            {
                "code": "rounded",
                "mode": "down",
                "result": 4,
                "before": "6.6666",
                "together": "10",
            },
        ]

    def test_that_pay_all_at_once_are_no_parts(self):
        ten = fixed("points", 10, trigger="payment")
        paid, situation = payment(300)

        assert steps(ten, paid, situation) == [{"code": "fixed", "units": 10, "result": "10"}]
