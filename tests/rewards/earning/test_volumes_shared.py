"""What several orders keep together of their volumes goes when they go, in whatever order."""

from itertools import permutations

import pytest

from rewards.earning.judging import judge
from rewards.earning.taking_back import JudgedOrder
from tests.rewards.earning.facts import always, cancelled, order, returned
from tests.rewards.earning.rules import definition, rule

pytestmark = pytest.mark.once("SQLite")

A_STEP = {"kind": "each_full", "units": 25, "per": "500", "period": "month"}
LARGE = {"kind": "amount", "at_least": "500"}
NOT_BETWEEN = {"any": [LARGE, {"kind": "amount", "below": "300"}]}
BULK = rule("bulk", effect=A_STEP, when=LARGE, stop=True)
SMALL = rule("small", effect={"kind": "per_money", "units": 1, "per": "10"})


def bought(number, pounds, *, day, month=3):
    return order(number, day=day, month=month, lines=[("mug", 1, pounds)])


def back(of, pounds, *, day, month=3):
    return returned(f"R{day}", day=day, month=month, order=of, lines=[("mug", 0, pounds)])


def left(facts, *rules):
    due = judge(facts, version_of=always(definition(*rules)))
    points = {
        (each.activity.external_id, each.award.rule_code): each.award.amount for each in due.awards
    }
    for each in due.claw_backs:
        points[each.activity.external_id, each.rule_code] -= each.amount
    return points


class TestWhatWasKeptOnAnotherOrder:
    """
    900 and 600 earn three times 25. Half of the first comes back: the 450 that are left of it earn
    45 by another rule, which are kept of what both were given.
    """

    first, second = bought("A", "900", day=1), bought("B", "600", day=2)
    half = back(first, "450", day=3)

    def test_stays_while_it_is_earned(self):
        found = left([self.first, self.second, self.half], BULK, SMALL)

        assert found == {("A", "bulk"): 20, ("B", "bulk"): 50}

    def test_goes_with_the_order_that_earned_it(self):
        gone = cancelled("CA", day=4, order=self.first)
        found = left([self.first, self.second, self.half, gone], BULK, SMALL)

        assert found == {("A", "bulk"): 0, ("B", "bulk"): 25}

    @pytest.mark.parametrize("days", [(4, 5), (5, 4)])
    def test_leaves_nothing_once_both_are_cancelled(self, days):
        both = zip((self.first, self.second), days, strict=True)
        gone = [cancelled(f"C{day}", day=day, order=each) for each, day in both]

        found = left([self.first, self.second, self.half, *gone], BULK, SMALL)

        assert found == {("A", "bulk"): 0, ("B", "bulk"): 0}


class TestOrdersThatOthersJoin:
    """
    25 for each full 500 of a month from orders of 500 on, 40 for each full 600 of a year from web
    orders: March and April stand together by what counts for both.
    """

    rules = (
        rule("month", effect=A_STEP, when=LARGE, stop=True, priority=1),
        rule("year", effect=A_STEP | {"units": 40, "per": "600", "period": "year"}),
    )
    # Of 700 in March 400 are left, which count for the year now; 300 and 900 come in April.
    facts = (
        bought("A", "700", day=1),
        bought("B", "300", day=2),
        bought("C", "900", day=3, month=4),
        bought("D", "300", day=4, month=4),
    )

    @pytest.mark.parametrize("days", list(permutations((20, 21, 22, 23))))
    def test_leave_nothing_once_all_are_cancelled(self, days):
        sent = back(self.facts[0], "300", day=5, month=4)
        other = back(self.facts[2], "500", day=6, month=4)
        gone = [
            cancelled(f"C{day}", day=day, month=4, order=each)
            for each, day in zip(self.facts, days, strict=True)
        ]

        found = left([*self.facts, sent, other, *gone], *self.rules)

        assert set(found.values()) == {0}


class TestAVolumeThatWasLeft:
    """Orders of 500 and more, or below 300, count: of 600 first 400 are left, then 200."""

    first, second = bought("A", "600", day=1), bought("B", "600", day=2)
    third = bought("C", "600", day=6)
    parts = (back(first, "200", day=3), back(first, "200", day=4))

    def test_is_not_left_twice(self):
        steps = rule("steps", effect=A_STEP, when=NOT_BETWEEN)
        orders = [self.first, self.second, self.third]
        gone = cancelled("CA", day=5, order=self.first)

        at_once = left([*orders, gone], steps)

        assert at_once == {("A", "steps"): 0, ("B", "steps"): 25, ("C", "steps"): 25}
        assert left([*orders, *self.parts, gone], steps) == at_once

    def test_is_not_entered_again(self):
        """1,200 count by now, with 250 more 1,450: not the 200 that would make them 1,650."""
        steps = rule("steps", effect=A_STEP, when=NOT_BETWEEN)
        orders = [self.first, self.second, self.third, bought("D", "250", day=7)]

        assert sum(left([*orders, *self.parts], steps).values()) == 50

    def test_is_no_measure_of_what_is_left_of_the_order(self):
        """
        25 for each full 100: 600 before it fill six, the 250 that are left of it two, of all that
        was taken. With 270 before, these fill two and it three: five are kept, on the first order.
        """
        steps = rule("steps", effect=A_STEP | {"per": "100"}, when=NOT_BETWEEN)
        parts = (back(self.second, "200", day=3), back(self.second, "150", day=4))
        facts = [self.first, self.second, *parts]

        assert left(facts, steps) == {("A", "steps"): 150, ("B", "steps"): 0}
        fewer = back(self.first, "330", day=5)
        assert left([*facts, fewer], steps) == {("A", "steps"): 125, ("B", "steps"): 0}


def test_two_volumes_that_a_third_order_joins():
    """25 for each full 500 of mugs in a month, 40 for each full 500 of jugs in a year."""
    rules = (
        rule("mugs", effect=A_STEP, lines={"include_skus": ["mug"]}),
        rule(
            "jugs",
            effect=A_STEP | {"units": 40, "period": "year"},
            lines={"include_skus": ["jug"]},
        ),
    )
    mugs = order("A", day=1, lines=[("mug", 1, "400")])
    jugs = order("B", day=2, lines=[("jug", 1, "400")])
    both = order("C", day=3, lines=[("mug", 1, "600"), ("jug", 1, "600")])
    orders = [mugs, jugs, both]

    assert left(orders, *rules) == {("C", "mugs"): 50, ("C", "jugs"): 80}
    for first, second in ((mugs, jugs), (jugs, mugs)):
        gone = [cancelled("X1", day=4, order=first), cancelled("X2", day=5, order=second)]
        assert left([*orders, *gone], *rules) == {("C", "mugs"): 25, ("C", "jugs"): 40}
    full = order("B", day=2, lines=[("jug", 1, "500")])
    gone = cancelled("X1", day=4, order=full)
    assert left([mugs, full, both, gone], *rules) == {
        ("B", "jugs"): 0,
        ("C", "mugs"): 50,
        ("C", "jugs"): 40,
    }


def test_what_came_back_before_is_judged_by_arithmetic_too(monkeypatch):
    """The last of ten orders comes back first: each is judged for its own return alone."""
    judged = []
    judge_again = JudgedOrder.judge_again
    monkeypatch.setattr(
        JudgedOrder, "judge_again", lambda order: judged.append(order) or judge_again(order)
    )
    orders = [bought(f"A{place}", "130", day=1 + place) for place in range(10)]
    backs = [back(each, "70", day=28 - place) for place, each in enumerate(orders)]

    found = left([*orders, *backs], rule("steps", effect=A_STEP))

    assert (sum(found.values()), len(judged)) == (25, 20)
