"""How rules work together: when they run, what stays of them, and what everything says of itself."""

import pytest

from ledger.models import TRANSFER_AMOUNT_MAX
from rewards.earning.evaluating import (
    RuleAward,
    evaluate,
)
from rewards.earning.exact import AWARD_MAX
from rewards.earning.outcome import (
    REASONS,
)
from rewards.earning.situation import (
    Situation,
)
from rewards.earning.usage import (
    Usage,
)
from tests.rewards.earning.rules import (
    activity,
    campaign,
    definition,
    earns,
    fixed,
    judge,
    march,
    order,
    passed_over,
    rule,
    steps,
    tier,
)

DOUBLE = {"kind": "multiply", "percent": 200}


class TestARule:
    def test_gives_for_the_kind_that_triggers_it_alone(self):
        both = definition(rule(), fixed("trained", 50, trigger="training"))

        assert earns(both, order(10)) == {"points": 10}
        assert earns(both, activity("training")) == {"trained": 50}
        assert judge(both, activity("survey")) == judge(both, activity("recycling"))
        assert earns(both, activity("survey")) == {}

    @pytest.mark.parametrize(
        ("fields", "days"),
        [
            ({}, [1, 3, 4, 5, 31]),
            ({"starts_on": "2026-03-04"}, [4, 5, 31]),
            ({"ends_on": "2026-03-04"}, [1, 3]),
            ({"starts_on": "2026-03-03", "ends_on": "2026-03-05"}, [3, 4]),
        ],
    )
    def test_counts_on_its_days(self, fields, days):
        found = [of for of in (1, 3, 4, 5, 31) if earns(rule(**fields), order(10, on=march(of)))]

        assert found == days

    def test_says_when_it_is_not_running(self):
        over = rule(starts_on="2026-03-01", ends_on="2026-03-02")

        assert passed_over(over, order(10)) == {
            "points": ("not_running", {"starts_on": "2026-03-01", "ends_on": "2026-03-02"})
        }
        assert passed_over(rule(starts_on="2027-01-01"), order(10)) == {
            "points": ("not_running", {"starts_on": "2027-01-01", "ends_on": None})
        }

    def test_says_which_condition_does_not_hold(self):
        big = {"kind": "amount", "at_least": "100"}

        assert passed_over(rule(when=big), order(10)) == {
            "points": ("condition", big | {"found": "10"})
        }
        assert earns(rule(when=big), order(100)) == {"points": 100}

    def test_explains_itself_from_the_amount_to_the_total(self):
        [award] = judge(rule(names={"en": "Points", "pl": "Punkty"}), order("19.99")).awards

        assert award.explanation == {
            "rule": "points",
            "rule_name": {"en": "Points", "pl": "Punkty"},
            "steps": [
                {"code": "net_amount", "amount": "19.99", "currency": "GBP"},
                {"code": "per_money", "units": 1, "per": "1", "result": "19.99"},
                {"code": "rounded", "mode": "down", "result": 19},
            ],
            "total": 19,
        }
        assert (award.rule_code, award.amount, award.campaign_code, award.personal) == (
            "points",
            19,
            "",
            0,
        )

    def test_does_not_say_that_it_rounds_what_is_whole(self):
        assert [step["code"] for step in steps(rule(), order(19))] == ["net_amount", "per_money"]

    def test_that_gives_less_than_one_unit_says_how_much(self):
        assert passed_over(rule(), order("0.99")) == {"points": ("too_little", {"exact": "0.99"})}

    def test_changes_nothing_that_it_is_given(self):
        usage = Usage()
        capped = definition(rule(caps=[{"per": "partner", "period": "day", "units": 5}]))

        for _again in range(2):
            evaluation = evaluate(order(10), situation=Situation(), definition=capped, usage=usage)
            assert evaluation.amounts == {"points": 5}


class TestRounding:
    @pytest.mark.parametrize(
        ("settings", "pounds", "earned"),
        [
            ({"rounding": "down"}, "7.99", 7),
            ({"rounding": "half_up"}, "7.50", 8),
            ({"rounding": "half_up"}, "7.49", 7),
            ({"rounding": "down", "round_to": 5}, "9.99", 5),
            ({"rounding": "half_up", "round_to": 5}, "7.50", 10),
            ({"rounding": "half_up", "round_to": 5}, "7.49", 5),
            ({"rounding": "keep", "unit_decimals": 2}, "7.50", 8),
        ],
    )
    def test_is_a_setting(self, settings, pounds, earned):
        assert earns(definition(rule(), **settings), order(pounds)) == {"points": earned}

    def test_keeps_decimals_where_the_unit_has_them(self):
        each = rule(effect={"kind": "per_quantity", "units": 23})
        kept = definition(each, rounding="keep", unit_decimals=1)

        # 2.3 points for each of three are 6.9: 69 tenths.
        assert earns(kept, order(0, ("mug", 3, 30))) == {"points": 69}

    def test_one_for_each_ten_of_105_is_ten(self):
        tenth = rule(effect={"kind": "per_money", "units": 1, "per": "10"})

        assert earns(tenth, order(105)) == {"points": 10}

    @pytest.mark.parametrize(
        ("per", "round_to", "earned"),
        [
            ("0.001", 1, 10**12),
            ("0.0005", 1, 10**12),
            ("0.0005", 300, 999_999_999_900),
        ],
    )
    def test_gives_no_more_at_once_than_the_ledger_moves(self, per, round_to, earned):
        much = rule(effect={"kind": "per_money", "units": 1, "per": per})
        rich = definition(much, round_to=round_to)

        assert earns(rich, order(1_000_000_000)) == {"points": earned}
        told = [step["code"] for step in steps(rich, order(1_000_000_000))]
        assert ("largest_award" in told) is (per == "0.0005")
        assert AWARD_MAX == TRANSFER_AMOUNT_MAX

    def test_says_to_what(self):
        fives = definition(rule(), rounding="half_up", round_to=5)

        assert steps(fives, order(8))[-1] == {
            "code": "rounded",
            "mode": "half_up",
            "result": 10,
            "to": 5,
        }


class TestTheTier:
    @pytest.mark.parametrize(
        ("code", "earned"), [("bronze", 11), ("silver", 16), ("gold", 22), (None, 11)]
    )
    def test_multiplies_where_the_rule_says_so(self, code, earned):
        situation = Situation(tier=tier(code) if code else None)

        assert earns(rule(tier_multiplier=True), order(11), situation) == {"points": earned}
        assert earns(rule(), order(11), situation) == {"points": 11}

    def test_is_explained_where_it_changes_anything(self):
        multiplied = rule(tier_multiplier=True)

        assert steps(multiplied, order(11), Situation(tier=tier("silver")))[2:] == [
            {"code": "multiplier", "percent": 150, "tier": "silver", "result": "16.5"},
            {"code": "rounded", "mode": "down", "result": 16},
        ]
        assert len(steps(multiplied, order(11), Situation(tier=tier("bronze")))) == 2


class TestPriority:
    def test_decides_the_order_then_the_place_in_the_document(self):
        several = definition(
            fixed("last", 1, priority=-1),
            fixed("third", 1),
            fixed("first", 1, priority=5),
            fixed("second", 1, priority=1),
            fixed("fourth", 1),
        )

        assert list(earns(several, order(1))) == ["first", "second", "third", "fourth", "last"]


class TestAGroup:
    @pytest.mark.parametrize(
        ("first", "second", "stays"), [(5, 4, "a"), (5, 5, "a"), (4, 5, "b"), (5, 6, "b")]
    )
    def test_keeps_the_rule_that_gives_most(self, first, second, stays):
        rival = definition(
            fixed("a", first, group="g"), fixed("other", 1), fixed("b", second, group="g")
        )

        assert set(earns(rival, order(1))) == {stays, "other"}

    def test_says_which_one_gave_more(self):
        rivals = [fixed("a", 4, group="g"), fixed("b", 5, group="g"), fixed("c", 5, group="g")]

        assert passed_over(definition(*rivals), order(1)) == {
            "a": (
                "lower_in_group",
                {"group": "g", "amount": 4, "best": {"rule": "b", "amount": 5}},
            ),
            "c": (
                "lower_in_group",
                {"group": "g", "amount": 5, "best": {"rule": "b", "amount": 5}},
            ),
        }

    def test_is_displaced_again_by_a_third(self):
        rivals = [fixed(code, units, group="g") for code, units in (("a", 4), ("b", 5), ("c", 6))]

        assert earns(definition(*rivals), order(1)) == {"c": 6}

    def test_is_of_its_own_name(self):
        two = definition(fixed("a", 4, group="g"), fixed("b", 5, group="h"), fixed("c", 1))

        assert earns(two, order(1)) == {"a": 4, "b": 5, "c": 1}

    def test_is_of_its_own_campaign(self):
        extra = campaign("spring", fixed("b", 5, group="g"))

        assert earns(definition(fixed("a", 4, group="g"), campaigns=[extra]), order(1)) == {
            "a": 4,
            "b": 5,
        }

    def test_keeps_the_first_where_the_second_does_not_count(self):
        rivals = definition(
            fixed("a", 4, group="g"),
            fixed("b", 5, group="g", when={"kind": "amount", "at_least": "9"}),
        )

        assert earns(rivals, order(1)) == {"a": 4}
        assert passed_over(rivals, order(1))["b"][0] == "condition"

    def test_uses_up_only_the_caps_of_the_one_that_stays(self):
        once = [{"per": "partner", "period": "year", "times": 1}]
        rivals = definition(
            fixed("a", 4, group="g", caps=once), fixed("b", 5, group="g", caps=once)
        )

        found = [earns(rivals, each, usage=usage) for usage in [Usage()] for each in [order(1)] * 3]

        assert found == [{"b": 5}, {"a": 4}, {}]

    def test_compares_what_is_left_after_caps(self):
        low = [{"per": "partner", "period": "year", "units": 3}]
        rivals = definition(fixed("a", 4, group="g"), fixed("b", 9, group="g", caps=low))

        assert earns(rivals, order(1)) == {"a": 4}


class TestStop:
    def test_leaves_out_all_rules_after_it(self):
        several = definition(
            fixed("a", 1), fixed("b", 1, stop=True), fixed("c", 1), rule("d", effect=DOUBLE)
        )

        assert earns(several, order(1)) == {"a": 1, "b": 1}
        assert passed_over(several, order(1)) == {
            "c": ("stopped", {"by": "b"}),
            "d": ("stopped", {"by": "b"}),
        }

    def test_stops_nothing_where_it_gives_nothing(self):
        big = {"kind": "amount", "at_least": "100"}
        several = definition(fixed("a", 1, stop=True, when=big), fixed("b", 1))

        assert earns(several, order(1)) == {"b": 1}
        assert earns(several, order(100)) == {"a": 1}

    def test_stops_nothing_where_another_of_its_group_gives_more(self):
        several = definition(
            fixed("a", 2, group="g"), fixed("b", 1, group="g", stop=True), fixed("c", 1)
        )

        assert earns(several, order(1)) == {"a": 2, "c": 1}

    def test_goes_by_priority(self):
        several = definition(fixed("a", 1), fixed("b", 1, stop=True, priority=1))

        assert earns(several, order(1)) == {"b": 1}


class TestMultiply:
    def test_doubles_what_was_judged_before_it(self):
        several = definition(fixed("a", 3), fixed("b", 4), rule("m", effect=DOUBLE), fixed("c", 9))

        assert earns(several, order(1)) == {"a": 3, "b": 4, "m": 7, "c": 9}

    @pytest.mark.parametrize(("percent", "gives"), [(150, 3), (200, 7), (300, 14), (101, 0)])
    def test_gives_what_is_missing_to_the_percentage(self, percent, gives):
        effect = {"kind": "multiply", "percent": percent}

        found = earns(definition(fixed("a", 7), rule("m", effect=effect)), order(1))

        assert found.get("m", 0) == gives

    def test_counts_only_the_rules_it_names(self):
        named = rule("m", effect=DOUBLE | {"rules": ["b"]})

        assert earns(definition(fixed("a", 3), fixed("b", 4), named), order(1))["m"] == 4

    def test_does_not_multiply_what_multiplies(self):
        two = definition(fixed("a", 3), rule("m", effect=DOUBLE), rule("n", effect=DOUBLE))

        assert earns(two, order(1)) == {"a": 3, "m": 3, "n": 3}

    def test_counts_the_rounded_amounts_that_stay(self):
        several = definition(
            rule("a", effect={"kind": "per_money", "units": 1, "per": "2"}),
            fixed("b", 1, group="g"),
            fixed("c", 2, group="g"),
            rule("m", effect=DOUBLE),
        )

        assert earns(several, order(3)) == {"a": 1, "c": 2, "m": 3}

    def test_looks_only_at_what_is_judged_before_it_though_a_later_one_displaces_that(self):
        several = definition(
            fixed("a", 1, group="g"), rule("m", effect=DOUBLE), fixed("b", 2, group="g")
        )

        assert earns(several, order(1)) == {"b": 2}
        assert passed_over(several, order(1))["m"] == ("nothing_to_count", {})

    def test_alone_gives_nothing(self):
        assert passed_over(rule("m", effect=DOUBLE), order(1)) == {"m": ("nothing_to_count", {})}

    def test_can_ask_conditions_and_stand_in_a_group(self):
        thrice = {"kind": "multiply", "percent": 300}
        web = {"kind": "channel", "in": ["web"]}
        several = definition(
            fixed("a", 3),
            rule("m", effect=DOUBLE, group="more"),
            rule("n", effect=thrice, group="more", when=web),
        )

        assert earns(several, order(1)) == {"a": 3, "m": 3}
        assert earns(several, order(1, attributes={"channel": "web"})) == {"a": 3, "n": 6}

    def test_has_caps_of_its_own(self):
        for cap, found in (
            ({"units": 2}, [5, 3, 3]),
            ({"times": 1}, [6, 3, 3]),
        ):
            capped = rule("m", effect=DOUBLE, caps=[{"per": "partner", "period": "year"} | cap])

            usage = Usage()
            both = definition(fixed("a", 3), capped)
            assert [sum(earns(both, order(1), usage=usage).values()) for _each in "123"] == found
            assert passed_over(both, order(1), usage=usage)["m"][0] == "cap_reached"

    def test_explains_itself(self):
        several = definition(
            fixed("a", 3), fixed("b", 4), rule("m", effect=DOUBLE | {"percent": 150})
        )

        assert steps(several, order(1), of="m") == [
            {"code": "multiply", "percent": 150, "of": 7, "rules": ["a", "b"], "result": "3.5"},
            {"code": "rounded", "mode": "down", "result": 3},
        ]


def test_an_award_goes_to_the_pool_where_nothing_else_is_said():
    assert RuleAward("points", 5, {}).personal == 0


def test_every_reason_to_pass_over_a_rule_has_one_code():
    assert len(set(REASONS)) == len(REASONS) == 12
