"""How campaigns stand to the base, to one another and to their own rules."""

from datetime import date

import pytest

from rewards.earning.situation import (
    Situation,
)
from rewards.earning.usage import (
    Usage,
)
from tests.rewards.earning.rules import (
    campaign,
    definition,
    each_earns,
    earns,
    fixed,
    judge,
    march,
    order,
    passed_over,
    rule,
)

DOUBLE = {"kind": "multiply", "percent": 200}


class TestACampaign:
    def test_adds_to_the_base_while_it_runs(self):
        spring = campaign("spring", fixed("extra", 5), starts_on="2026-03-04", ends_on="2026-03-06")
        both = definition(rule(), campaigns=[spring])

        found = [sum(earns(both, order(10, on=march(each))).values()) for each in (3, 4, 5, 6)]

        assert found == [10, 15, 15, 10]

    def test_names_itself_in_the_award(self):
        both = definition(rule(), campaigns=[campaign("spring", fixed("extra", 5))])
        base, extra = judge(both, order(10)).awards

        assert (base.campaign_code, extra.campaign_code) == ("", "spring")
        assert "campaign" not in base.explanation
        assert extra.explanation["campaign"] == "spring"

    def test_says_when_it_does_not_run(self):
        both = definition(campaigns=[campaign("spring", fixed("extra", 5))])

        assert passed_over(both, order(10, on=date(2026, 4, 1))) == {
            "extra": (
                "campaign_not_running",
                {"starts_on": "2026-03-01", "ends_on": "2026-04-01", "campaign": "spring"},
            )
        }

    def test_is_for_its_audience(self):
        vip = {"kind": "segment", "in": ["vip"]}
        both = definition(campaigns=[campaign("spring", fixed("extra", 5), audience=vip)])

        assert earns(both, order(10), Situation(segments=frozenset({"vip"}))) == {"extra": 5}
        assert passed_over(both, order(10)) == {"extra": ("audience", vip | {"found": []})}

    @pytest.mark.parametrize(
        ("stacking", "units", "earned"),
        [
            ("sum", 5, {"a": 4, "b": 6, "extra": 5}),
            ("best", 9, {"a": 4, "b": 6}),
            ("best", 10, {"a": 4, "b": 6}),
            ("best", 11, {"extra": 11}),
            ("instead", 1, {"extra": 1}),
        ],
    )
    def test_stacks_as_it_says(self, stacking, units, earned):
        spring = campaign("spring", fixed("extra", units), stacking=stacking)

        found = earns(definition(fixed("a", 4), fixed("b", 6), campaigns=[spring]), order(1))

        assert found == earned

    def test_weighs_all_its_rules_together(self):
        spring = campaign("spring", fixed("x", 6), fixed("y", 5), stacking="best")

        assert earns(definition(fixed("a", 10), campaigns=[spring]), order(1)) == {"x": 6, "y": 5}

    def test_says_what_it_gave_way_to(self):
        low, high = (
            campaign(code, fixed(f"of-{code}", units), stacking="best")
            for code, units in (("low", 5), ("high", 12))
        )
        base = fixed("a", 10)

        assert passed_over(definition(base, campaigns=[low]), order(1)) == {
            "of-low": (
                "lower_than_base",
                {"amount": 5, "best": {"campaign": "", "amount": 10}},
            )
        }
        assert passed_over(definition(base, campaigns=[low, high]), order(1)) == {
            "a": (
                "lower_than_campaign",
                {"amount": 10, "best": {"campaign": "high", "amount": 12}},
            ),
            "of-low": (
                "lower_than_campaign",
                {"amount": 5, "best": {"campaign": "high", "amount": 12}},
            ),
        }

    def test_that_stands_instead_leaves_the_base_where_it_gives_nothing_itself(self):
        big = {"kind": "amount", "at_least": "100"}
        spring = campaign("spring", fixed("extra", 5, when=big), stacking="instead")
        both = definition(fixed("a", 10), campaigns=[spring])

        assert earns(both, order(1)) == {"a": 10}
        assert earns(both, order(100)) == {"extra": 5}
        assert passed_over(both, order(100)) == {
            "a": ("replaced", {"amount": 10, "best": {"campaign": "spring", "amount": 5}})
        }

    def test_that_stands_instead_leaves_other_campaigns(self):
        several = definition(
            fixed("a", 10),
            campaigns=[
                campaign("sum", fixed("s", 1)),
                campaign("instead", fixed("i", 2), stacking="instead"),
                campaign("best", fixed("b", 3), stacking="best"),
            ],
        )

        assert earns(several, order(1)) == {"s": 1, "i": 2, "b": 3}

    def test_of_two_that_are_equal_keeps_the_first(self):
        two = [campaign(code, fixed(f"of-{code}", 5), stacking="best") for code in ("a", "b")]

        assert earns(definition(campaigns=two), order(1)) == {"of-a": 5}

    def test_multiplies_the_base_and_itself_but_no_other(self):
        spring = campaign("spring", fixed("x", 5), rule("m", effect=DOUBLE))
        other = campaign("other", fixed("y", 7), rule("n", effect=DOUBLE))

        assert earns(definition(fixed("a", 3), campaigns=[spring, other]), order(1)) == {
            "a": 3,
            "x": 5,
            "m": 8,
            "y": 7,
            "n": 10,
        }

    def test_multiplies_nothing_that_was_replaced(self):
        spring = campaign("spring", rule("m", effect=DOUBLE))
        other = campaign("other", fixed("y", 7), stacking="instead")

        assert earns(definition(fixed("a", 3), campaigns=[spring, other]), order(1)) == {"y": 7}

    def test_is_weighed_against_the_base_with_all_that_multiplies_it(self):
        spring = campaign("spring", fixed("x", 5), stacking="best")
        doubled = [fixed("a", 3), rule("m", effect=DOUBLE)]

        assert earns(definition(*doubled, campaigns=[spring]), order(1)) == {"a": 3, "m": 3}

    def test_leaves_its_rules_to_no_multiplier_of_the_base(self):
        spring = campaign("spring", fixed("x", 5, priority=9))

        assert earns(
            definition(fixed("a", 3), rule("m", effect=DOUBLE), campaigns=[spring]), order(1)
        ) == {"x": 5, "a": 3, "m": 3}

    def test_has_caps_over_all_its_rules(self):
        caps = [{"per": "partner", "period": "month", "units": 12}]
        spring = campaign("spring", fixed("x", 5), fixed("y", 4), caps=caps)
        usage = Usage()
        both = definition(fixed("a", 1), campaigns=[spring])

        found = [earns(both, order(1), usage=usage) for _each in range(3)]

        assert found == [{"a": 1, "x": 5, "y": 4}, {"a": 1, "x": 3}, {"a": 1}]
        assert passed_over(both, order(1), usage=usage)["y"] == (
            "cap_reached",
            {
                "measure": "units",
                "per": "partner",
                "period": "month",
                "limit": 12,
                "used": 12,
                "campaign": "spring",
            },
        )

    def test_counts_its_cap_on_the_rules_that_stay_in_a_group(self):
        caps = [{"per": "partner", "period": "month", "units": 10}]
        spring = campaign(
            "spring", fixed("x", 6, group="g"), fixed("y", 8, group="g"), fixed("z", 5), caps=caps
        )

        assert earns(definition(campaigns=[spring]), order(1)) == {"y": 8, "z": 2}

    def test_gives_back_what_a_loser_of_a_group_would_have_used(self):
        caps = [{"per": "partner", "period": "month", "units": 10}]
        spring = campaign(
            "spring", fixed("x", 6, group="g"), fixed("y", 5, group="g"), fixed("z", 5), caps=caps
        )

        assert earns(definition(campaigns=[spring]), order(1)) == {"x": 6, "z": 4}

    def test_uses_up_nothing_where_it_gives_way(self):
        caps = [{"per": "partner", "period": "month", "times": 1}]
        spring = campaign("spring", fixed("x", 50), caps=caps, stacking="best")
        both = definition(rule(), campaigns=[spring])

        assert each_earns(both, [order(60), order(10), order(20)]) == [60, 50, 20]
