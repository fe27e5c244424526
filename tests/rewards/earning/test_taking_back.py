"""What is taken of which award when something comes back, and what is said of it."""

import pytest

from rewards.earning.judging import judge
from tests.rewards.earning.facts import always, cancelled, order, returned
from tests.rewards.earning.rules import campaign, definition, fixed, rule

A_STEP = {"kind": "each_full", "units": 25, "per": "500", "period": "month"}
STEPS = rule("steps", effect=A_STEP)
MONTHLY = {"per": "partner", "period": "month"}


def orders(*pounds):
    return [
        order(f"A{place}", day=place + 1, lines=[("mug", 1, each)])
        for place, each in enumerate(pounds, start=1)
    ]


def back(of, pounds, *, day=20):
    return returned(f"R{day}", day=day, order=of, lines=[("mug", 0, pounds)])


def judged(*facts, rules, campaigns=(), **settings):
    return judge(facts, version_of=always(definition(*rules, campaigns=campaigns, **settings)))


def taken(due):
    return [
        (each.activity.external_id, each.rule_code, each.cause.external_id, each.amount)
        for each in due.claw_backs
    ]


def left(due):
    points = {
        (each.activity.external_id, each.award.rule_code): each.award.amount for each in due.awards
    }
    for each in due.claw_backs:
        points[each.activity.external_id, each.rule_code] -= each.amount
    return {place: amount for place, amount in points.items() if amount}


class TestWhatIsSaid:
    def test_is_what_came_back_this_time_and_what_is_left_of_the_award(self):
        [first] = orders("100")
        due = judged(
            first, back(first, "20"), back(first, "30.50", day=21), rules=[rule(), fixed("b", 5)]
        )

        assert taken(due) == [("A1", "points", "R20", 20), ("A1", "points", "R21", 31)]
        assert [each.explanation for each in due.claw_backs] == [
            {
                "rule": "points",
                "steps": [
                    {"code": "awarded_before", "units": 100},
                    {"code": "returned", "amount": "20", "currency": "GBP"},
                    {"code": "earned_by_what_is_kept", "units": 80},
                ],
                "total": 20,
            },
            {
                "rule": "points",
                "steps": [
                    {"code": "awarded_before", "units": 80},
                    {"code": "returned", "amount": "30.5", "currency": "GBP"},
                    {"code": "earned_by_what_is_kept", "units": 49},
                ],
                "total": 31,
            },
        ]

    def test_is_that_it_was_cancelled_where_it_was(self):
        [first] = orders("100")

        [due] = judged(first, cancelled("X1", day=9, order=first), rules=[rule()]).claw_backs

        assert due.explanation["steps"][1] == {
            "code": "cancelled",
            "amount": "100",
            "currency": "GBP",
        }


class TestAnOrder:
    def test_that_nothing_is_kept_of_keeps_no_fixed_award(self):
        [first] = orders("100")
        rules = [rule(), fixed("b", 5)]

        assert left(judged(first, back(first, "99.99"), rules=rules)) == {("A1", "b"): 5}
        assert left(judged(first, back(first, "100"), rules=rules)) == {}

    def test_of_which_another_rule_gives_more_now_keeps_that(self):
        """
        Of 100 pounds 100 points, or 30 for less than 60. Of the 50 that are kept the other rule
        would give 30: they are kept of the award that there is.
        """
        [first] = orders("100")
        below = fixed("below", 30, when={"kind": "amount", "below": "60"})
        above = rule("above", when={"kind": "amount", "at_least": "60"})

        due = judged(first, back(first, "50"), rules=[above, below])

        assert left(due) == {("A1", "above"): 30}

    def test_of_which_another_award_grows_loses_less(self):
        """Of two awards that become smaller, the last keeps what the third gives more."""
        [first] = orders("100")
        rules = [
            rule("a"),
            rule("b", effect={"kind": "per_money", "units": 1, "per": "2"}),
            fixed("large", 10, when={"kind": "amount", "at_least": "60"}),
            fixed("small", 30, when={"kind": "amount", "below": "60"}),
        ]

        due = judged(first, back(first, "50"), rules=rules)

        # 100, 50 and 10 were given; 50, 25 and 30 are earned by what is kept.
        assert left(due) == {("A1", "a"): 50, ("A1", "b"): 45, ("A1", "large"): 10}

    def test_that_gives_no_less_by_what_is_kept_loses_nothing(self):
        [first] = orders("100")
        small = fixed("small", 30, when={"kind": "amount", "below": "60"})

        assert left(judged(first, back(first, "50"), rules=[fixed("b", 5), small])) == {
            ("A1", "b"): 5
        }

    def test_gives_back_nothing_that_an_earlier_return_took(self):
        """80 kept earn 80, 50 kept earn 90 by another rule: what was taken stays taken."""
        [first] = orders("100")
        rules = [
            rule("a"),
            fixed("small", 40, when={"kind": "amount", "below": "60"}),
        ]

        due = judged(first, back(first, "20"), back(first, "30", day=21), rules=rules)

        assert taken(due) == [("A1", "a", "R20", 20)]

    def test_loses_no_more_than_is_due_where_an_award_gave_too_much_before(self):
        """
        20 of 100 come back: 20, 20 and 10 are taken. 30 more: by another rule the rest earns 40,
        and 35 more are due of the first two, though the third had lost 10 that it need not.
        """
        [first] = orders("100")
        rules = [
            rule("p"),
            rule("r"),
            rule("q", effect={"kind": "per_money", "units": 1, "per": "2"}),
            fixed("small", 40, when={"kind": "amount", "below": "60"}),
        ]

        due = judged(first, back(first, "20"), back(first, "30", day=21), rules=rules)

        assert taken(due) == [
            ("A1", "p", "R20", 20),
            ("A1", "r", "R20", 20),
            ("A1", "q", "R20", 10),
            ("A1", "p", "R21", 30),
            ("A1", "r", "R21", 5),
        ]


class TestByValue:
    BY_VALUE = {"claw_back_basis": "by_value"}  # noqa: RUF012 - read only

    def test_every_award_loses_the_part_of_the_value_cumulatively(self):
        [first] = orders("90")
        rules = [rule(), fixed("b", 10)]

        due = judged(
            first, back(first, "30"), back(first, "30", day=21), rules=rules, **self.BY_VALUE
        )

        assert taken(due) == [
            ("A1", "points", "R20", 30),
            ("A1", "b", "R20", 3),
            ("A1", "points", "R21", 30),
            ("A1", "b", "R21", 3),
        ]
        due = judged(first, back(first, "90"), rules=rules, **self.BY_VALUE)
        assert left(due) == {}

    def test_is_rounded_as_the_programme_rounds(self):
        [first] = orders("90")

        due = judged(
            first, back(first, "50"), rules=[fixed("b", 10)], rounding="half_up", **self.BY_VALUE
        )

        # 5.56 of 10.
        assert left(due) == {("A1", "b"): 4}

    def test_steps_of_what_came_back_are_judged_by_the_volume(self):
        [first] = orders("600")

        assert left(judged(first, back(first, "150"), rules=[STEPS], **self.BY_VALUE)) == {}

    def test_steps_are_judged_by_the_volume_and_the_rest_by_value(self):
        first, second = orders("400", "200")
        due = judged(
            first, second, back(first, "150"), rules=[STEPS, fixed("b", 8)], **self.BY_VALUE
        )

        assert left(due) == {("A1", "b"): 5, ("A2", "b"): 8}


class TestStepsThatOthersHaveAPartIn:
    """
    Orders of 400, 200 and 500, 25 points for each full 500: the second and the third earn 25. The
    first comes back, and of the 700 that are kept only the third fills a step.
    """

    def left(self, *rules, campaigns=(), **settings):
        first, second, third = orders("400", "200", "500")
        due = judged(
            first,
            second,
            third,
            back(first, "400"),
            rules=rules,
            campaigns=campaigns,
            **settings,
        )
        return sum(left(due).values())

    def test_are_plain_where_nothing_has(self):
        assert self.left(STEPS) == 25

    def test_are_multiplied_by_the_tier_of_then(self):
        assert self.left(STEPS | {"tier_multiplier": True}) == 37

    def test_are_cut_to_what_was_left_of_a_limit(self):
        capped = {"caps": [MONTHLY | {"units": 30}]}

        assert self.left(STEPS | capped) == 5
        assert self.left(campaigns=[campaign("spring", STEPS, **capped)]) == 5

    def test_stand_behind_another_of_their_group(self):
        """The second earns the other's 10 instead of a step that is not full."""
        assert self.left(STEPS | {"group": "g"}, fixed("other", 10, group="g")) == 35

    def test_stop_no_other_rule_any_more(self):
        assert self.left(STEPS | {"stop": True}, fixed("other", 10)) == 35

    def test_are_weighed_against_a_campaign(self):
        spring = campaign("spring", fixed("other", 20), stacking="best")

        assert self.left(STEPS, campaigns=[spring]) == 45

    def test_are_not_weighed_against_one_that_adds_to_them(self):
        spring = campaign("spring", fixed("other", 20))

        assert self.left(STEPS, campaigns=[spring]) == 25 + 20 + 20

    def test_are_multiplied_by_another_rule(self):
        assert self.left(STEPS, rule("twice", effect={"kind": "multiply", "percent": 200})) == 50

    def test_are_stepped_by_the_volume_that_is_kept(self):
        slices = {
            "kind": "stepped",
            "by": "month",
            "mode": "slice",
            "steps": [
                {"from": "0", "percent": "1"},
                {"from": "500", "percent": "3"},
            ],
        }
        # 1 % of 500 and 3 % of 200, in points of a pound; an order of its own counts no volume.
        assert self.left(rule("steps", effect=slices), unit_value="1") == 5 + 6
        alone = slices | {"by": "activity"}
        assert self.left(rule("steps", effect=alone), unit_value="1") == 2 + 5


class TestStepsFollowTheVolumeBeforeThem:
    def test_over_several_returns_of_the_same_and_of_other_orders(self):
        """Kept are 1,100, 900, 700, 550, 350 and at last 150 pounds."""
        first, second, third = orders("400", "200", "500")
        backs = [
            back(of, pounds, day=day)
            for day, (of, pounds) in enumerate(
                [(first, "200"), (second, "200"), (first, "150"), (third, "200"), (third, "200")],
                start=20,
            )
        ]
        found = [
            sum(left(judged(first, second, third, *backs[:count], rules=[STEPS])).values())
            for count in range(6)
        ]

        assert found == [50, 25, 25, 25, 0, 0]

    def test_where_another_rule_gives_beside_them(self):
        first, second, third = orders("499", "1", "300")
        due = judged(first, second, third, back(first, "1"), rules=[STEPS, fixed("b", 5)])

        # The step is full with the third now: what it earns is kept of the second.
        assert left(due) == {
            ("A1", "b"): 5,
            ("A2", "steps"): 25,
            ("A2", "b"): 5,
            ("A3", "b"): 5,
        }

    def test_what_a_rule_gives_more_is_kept_of_its_own_awards_first(self):
        """
        The second order keeps no step, and a later one earns it: the two are one rule's. What its
        pounds lose is a matter of its own.
        """
        first, second, third = orders("300", "200", "300")
        due = judged(first, second, third, back(second, "150"), rules=[STEPS, rule()])

        assert left(due) == {
            ("A1", "points"): 300,
            ("A2", "steps"): 25,
            ("A2", "points"): 50,
            ("A3", "points"): 300,
        }

    def test_of_which_one_was_just_reached(self):
        """By 500 pounds the second earns two points a pound, by 400 one."""
        from_500 = [
            {"from": "0", "units": 1, "per": "1"},
            {"from": "500", "units": 2, "per": "1"},
        ]
        whole = {"kind": "stepped", "by": "month", "mode": "whole", "steps": from_500}
        first, second = orders("300", "200")

        due = judged(first, second, back(first, "100"), rules=[rule("steps", effect=whole)])

        assert left(due) == {("A1", "steps"): 200, ("A2", "steps"): 200}

    @pytest.mark.parametrize("pounds", ["200", "0.0001"])
    def test_of_which_one_begins_with_the_first_money(self, pounds):
        """The first order of the month has 50 points; when it comes back, the next one is it."""
        once = [{"from": "0", "fixed": 50}]
        entering = {"kind": "stepped", "by": "month", "mode": "slice", "steps": once}
        first, second = orders("300", pounds)

        due = judged(first, second, back(first, "300"), rules=[rule("steps", effect=entering)])

        assert sum(left(due).values()) == 50

    def test_of_their_own_month_only(self):
        first, second = orders("499", "1")
        april = order("B1", day=1, month=4, lines=[("mug", 1, "500")])

        due = judged(first, second, april, back(first, "499", day=30), rules=[STEPS])

        assert left(due) == {("B1", "steps"): 25}


class TestAVolumeIsExact:
    """To the ten-thousandth: just under a step is no step."""

    @pytest.mark.parametrize(
        ("first", "back_of_first", "second", "steps"),
        [
            ("100", "100", "499.9999", 0),
            ("0.0001", "0.0001", "499.9999", 0),
            ("100", "99.9999", "499.9999", 25),
            ("100", "100", "500", 25),
        ],
    )
    def test_what_comes_back_leaves_it_and_nothing_else(self, first, back_of_first, second, steps):
        one, two = orders(first, second)

        due = judged(one, two, back(one, back_of_first), rules=[STEPS])

        assert sum(left(due).values()) == steps

    def test_what_left_it_leaves_it_once(self):
        one, two = orders("100", "500")
        gone = cancelled("X1", day=25, order=one)

        assert left(judged(one, two, back(one, "100"), gone, rules=[STEPS])) == {
            ("A2", "steps"): 25
        }

    def test_an_order_that_came_back_and_was_cancelled_leaves_it_once(self):
        """300 and 200 are left of it, a full step."""
        zero, one, two = orders("300", "100", "200")
        gone = cancelled("X1", day=25, order=one)

        assert left(judged(zero, one, two, back(one, "100"), gone, rules=[STEPS])) == {
            ("A3", "steps"): 25
        }

    def test_an_order_that_is_gone_gives_nothing_whatever_leaves_before_it(self):
        one, two = orders("1000", "100")

        due = judged(one, two, back(two, "100"), back(one, "500", day=21), rules=[STEPS])

        assert left(due) == {("A1", "steps"): 25}

    @pytest.mark.parametrize(("first", "back_of_first"), [("300", "0.0001"), ("499.9999", "200")])
    def test_a_step_that_was_full_by_what_is_kept_is_looked_at_again(self, first, back_of_first):
        """Of 300 pounds 100 come back and a step is still full; then it lacks the smallest part."""
        one, two = orders(first, "300")
        half = back(two, "100")
        assert sum(left(judged(one, two, half, rules=[STEPS])).values()) == 25

        due = judged(one, two, half, back(one, back_of_first, day=21), rules=[STEPS])

        assert left(due) == {}
