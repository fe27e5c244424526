"""How rules work together: when they run, what stays of them, and what everything says of itself."""

from datetime import date

import pytest

from rewards.earning.evaluating import RuleAward, evaluate
from rewards.earning.outcome import REASONS
from rewards.earning.situation import Situation
from rewards.earning.usage import Usage
from tests.rewards.earning.rules import (
    activity,
    campaign,
    definition,
    each_earns,
    earns,
    fixed,
    judge,
    order,
    passed_over,
    payment,
    rule,
    steps,
    tier,
)

DOUBLE = {"kind": "multiply", "percent": 200}


def day(of_march: int) -> date:
    return date(2026, 3, of_march)


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
        found = [of for of in (1, 3, 4, 5, 31) if earns(rule(**fields), order(10, on=day(of)))]

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


class TestACap:
    @pytest.mark.parametrize(
        ("cap", "earned"),
        [
            ({"units": 50}, [30, 20, 0]),
            ({"units": 60}, [30, 30, 0]),
            ({"units": 90}, [30, 30, 30]),
            ({"times": 2}, [30, 30, 0]),
            ({"times": 3}, [30, 30, 30]),
        ],
    )
    def test_on_units_or_times(self, cap, earned):
        capped = fixed("a", 30, caps=[{"per": "partner", "period": "year"} | cap])

        assert each_earns(capped, [order(1)] * 3) == earned

    def test_on_the_quantity_cuts_what_is_counted(self):
        recycled = rule(
            trigger="recycling",
            effect={"kind": "per_quantity", "units": 3},
            caps=[{"per": "partner", "period": "month", "quantity": "20"}],
        )
        brought = [activity("recycling", quantity=number) for number in (12, 8, 1)]

        assert each_earns(recycled, brought) == [36, 24, 0]
        assert each_earns(
            recycled, [activity("recycling", quantity=each) for each in (19, 25)]
        ) == [
            57,
            3,
        ]

    @pytest.mark.parametrize(
        ("period", "days", "earned"),
        [
            ("day", [(3, 5), (3, 5), (3, 6)], [1, 0, 1]),
            ("week", [(3, 2), (3, 8), (3, 9)], [1, 0, 1]),
            ("month", [(3, 1), (3, 31), (4, 1)], [1, 0, 1]),
            ("month", [(3, 31), (4, 30), (5, 1)], [1, 1, 1]),
            ("quarter", [(1, 1), (3, 31), (4, 1)], [1, 0, 1]),
            ("quarter", [(6, 30), (7, 1), (9, 30)], [1, 1, 0]),
            ("quarter", [(9, 30), (10, 1), (12, 31)], [1, 1, 0]),
            ("year", [(1, 1), (12, 31), (12, 31)], [1, 0, 0]),
            ("lifetime", [(1, 1), (12, 31), (12, 31)], [1, 0, 0]),
        ],
    )
    def test_begins_anew_with_its_period(self, period, days, earned):
        capped = fixed("a", 1, caps=[{"per": "partner", "period": period, "times": 1}])

        found = each_earns(capped, [order(1, on=date(2026, month, of)) for month, of in days])

        assert found == earned

    @pytest.mark.parametrize(
        ("period", "earned"),
        [("day", 1), ("week", 1), ("month", 1), ("quarter", 1), ("year", 1), ("lifetime", 0)],
    )
    def test_begins_anew_with_the_same_days_of_another_year(self, period, earned):
        capped = fixed("a", 1, caps=[{"per": "partner", "period": period, "times": 1}])
        orders = [order(1, on=date(year, 3, 5)) for year in (2026, 2027)]

        assert each_earns(capped, orders) == [1, earned]

    def test_of_members_is_counted_for_each_of_them(self):
        capped = fixed("a", 1, caps=[{"per": "member", "period": "year", "times": 1}])
        members = [7, 8, 7, None, None]

        assert each_earns(capped, [order(1, member_id=each) for each in members]) == [1, 1, 0, 1, 0]

    def test_of_the_partner_is_counted_for_all_of_them_together(self):
        capped = fixed("a", 1, caps=[{"per": "partner", "period": "year", "times": 1}])

        assert each_earns(capped, [order(1, member_id=each) for each in (7, 8)]) == [1, 0]

    def test_holds_beside_others(self):
        both = [
            {"per": "partner", "period": "day", "units": 6},
            {"per": "partner", "period": "year", "units": 10},
            {"per": "partner", "period": "year", "times": 4},
        ]
        capped = fixed("a", 4, caps=both)
        days = [5, 5, 5, 6, 7]

        assert each_earns(capped, [order(1, on=day(each)) for each in days]) == [4, 2, 0, 4, 0]

    def test_stated_twice_is_counted_once(self):
        capped = fixed("a", 4, caps=[{"per": "partner", "period": "year", "units": 10}] * 2)

        assert each_earns(capped, [order(1)] * 4) == [4, 4, 2, 0]

    def test_leaves_whole_multiples_where_awards_are(self):
        capped = rule(caps=[{"per": "partner", "period": "year", "units": 48}])

        assert each_earns(definition(capped, round_to=20), [order(20), order(40), order(20)]) == [
            20,
            20,
            0,
        ]

    def test_that_a_later_version_lowered_gives_nothing_and_takes_nothing(self):
        usage = Usage()
        high, low = (
            definition(fixed("a", 9, caps=[{"per": "partner", "period": "year", "units": limit}]))
            for limit in (20, 5)
        )

        assert earns(high, order(1), usage=usage) == {"a": 9}
        assert passed_over(low, order(1), usage=usage)["a"][0] == "cap_reached"

    def test_is_explained_where_it_cuts(self):
        usage = Usage()
        capped = rule(caps=[{"per": "member", "period": "month", "units": 15}])
        first, second = order(10, member_id=7), order(10, member_id=7)
        judge(capped, first, usage=usage)

        said = {"measure": "units", "per": "member", "period": "month", "limit": 15, "used": 10}
        assert steps(capped, second, usage=usage)[-1] == {"code": "capped", **said, "result": 5}
        assert passed_over(capped, second, usage=usage) == {
            "points": ("cap_reached", said | {"used": 15})
        }

    def test_on_the_quantity_is_explained_where_it_cuts(self):
        usage = Usage()
        capped = rule(
            trigger="recycling",
            effect={"kind": "per_quantity", "units": 3},
            caps=[{"per": "partner", "period": "month", "quantity": "20.5"}],
        )
        brought = activity("recycling", quantity=30)

        said = {
            "measure": "quantity",
            "per": "partner",
            "period": "month",
            "limit": "20.5",
            "used": "0",
        }
        assert steps(capped, brought, usage=usage) == [
            {"code": "quantity", "quantity": "30"},
            {"code": "capped", **said, "result": "20.5"},
            {"code": "per_quantity", "units": 3, "per": "1", "result": "61.5"},
            {"code": "rounded", "mode": "down", "result": 61},
        ]
        assert passed_over(capped, brought, usage=usage) == {
            "points": ("cap_reached", said | {"used": "20.5"})
        }

    def test_on_the_quantity_says_nothing_where_it_does_not_cut(self):
        capped = rule(
            trigger="recycling",
            effect={"kind": "per_quantity", "units": 3},
            caps=[{"per": "partner", "period": "month", "quantity": "20"}],
        )

        assert len(steps(capped, activity("recycling", quantity=20))) == 2

    def test_says_nothing_where_it_does_not_cut(self):
        capped = rule(caps=[{"per": "partner", "period": "month", "units": 10}])

        assert len(steps(capped, order(10))) == 2

    def test_is_not_used_up_by_what_gives_nothing(self):
        capped = rule(caps=[{"per": "partner", "period": "month", "times": 1}])

        assert each_earns(capped, [order("0.5"), order(3), order(3)]) == [0, 3, 0]


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

    def test_count_no_volume_twice_by_steps(self):
        full = {"kind": "each_full", "units": 5, "per": "100", "period": "year"}

        assert self.pays(rule(trigger="payment", effect=full), [60, 60], 120) == [0, 5]

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


class TestACampaign:
    def test_adds_to_the_base_while_it_runs(self):
        spring = campaign("spring", fixed("extra", 5), starts_on="2026-03-04", ends_on="2026-03-06")
        both = definition(rule(), campaigns=[spring])

        found = [sum(earns(both, order(10, on=day(each))).values()) for each in (3, 4, 5, 6)]

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


PERSONAL = {"allowed": True, "terms": {"en": "We agree."}}
AGREED = Situation(may_earn_personally=True)


class TestPersonalEarning:
    def personal(self, facts, *, situation=AGREED, cap=None, **settings):
        allowed = PERSONAL if cap is None else PERSONAL | {"yearly_cap": cap}
        to_member = definition(rule(to="member"), personal_earning=allowed, **settings)
        usage = Usage()
        evaluations = [judge(to_member, fact, situation, usage) for fact in facts]
        return [(each.awards[0].amount, each.awards[0].personal) for each in evaluations]

    def test_goes_to_the_member_who_may(self):
        assert self.personal([order(10, member_id=7)]) == [(10, 10)]

    def test_goes_to_the_pool_without_consent_or_without_a_member(self):
        assert self.personal([order(10, member_id=7)], situation=Situation()) == [(10, 0)]
        assert self.personal([order(10)]) == [(10, 0)]

    def test_goes_to_the_pool_where_the_rule_does_not_say_otherwise(self):
        pool = definition(rule(), personal_earning=PERSONAL)
        [award] = judge(pool, order(10, member_id=7), AGREED).awards

        assert award.personal == 0
        assert "personal" not in [step["code"] for step in award.explanation["steps"]]

    @pytest.mark.parametrize(
        ("unit_value", "decimals", "cap", "parts"),
        [
            # Worth a penny each: 25 pence are 25.
            ("0.01", 0, "0.25", [10, 10, 5, 0]),
            ("0.01", 0, "0.259", [10, 10, 5, 0]),
            ("0.01", 0, "0.40", [10, 10, 10, 10]),
            ("0.01", 0, "0", [0, 0, 0, 0]),
            # A unit worth one with two decimals: ten minor units are ten pence.
            ("1", 2, "0.25", [10, 10, 5, 0]),
            ("0.0001", 4, "0.0001", [10, 10, 10, 10]),
            ("3", 0, "50", [10, 6, 0, 0]),
            ("3", 0, "29.9999", [9, 0, 0, 0]),
        ],
    )
    def test_ends_with_the_yearly_cap_in_money(self, unit_value, decimals, cap, parts):
        orders = [order(10, member_id=7)] * 4

        found = self.personal(orders, cap=cap, unit_value=unit_value, unit_decimals=decimals)

        assert [personal for _amount, personal in found] == parts
        assert {amount for amount, _personal in found} == {10}

    def test_counts_the_smallest_worth_there_is(self):
        orders = [order(9_999, member_id=7), order(2, member_id=7)]

        found = self.personal(orders, cap="0.0001", unit_value="0.0001", unit_decimals=4)

        assert found == [(9_999, 9_999), (2, 1)]

    def test_counts_the_cap_for_each_member_and_year(self):
        orders = [
            order(10, member_id=7, on=date(2026, 12, 31)),
            order(10, member_id=8, on=date(2026, 12, 31)),
            order(10, member_id=7, on=date(2026, 1, 1)),
            order(10, member_id=7, on=date(2027, 1, 1)),
        ]

        found = self.personal(orders, cap="0.10")

        assert [personal for _amount, personal in found] == [10, 10, 0, 10]

    def test_shares_the_cap_between_rules(self):
        two = definition(
            rule("a", to="member"),
            rule("b", to="member"),
            personal_earning=PERSONAL | {"yearly_cap": "0.15"},
        )

        awards = judge(two, order(10, member_id=7), AGREED).awards

        assert [award.personal for award in awards] == [10, 5]

    def test_is_explained(self):
        capped = definition(rule(to="member"), personal_earning=PERSONAL | {"yearly_cap": "0.05"})
        endless = definition(rule(to="member"), personal_earning=PERSONAL)
        fact = order(10, member_id=7)

        assert steps(capped, fact, AGREED)[-1] == {
            "code": "personal",
            "amount": 5,
            "cap": "0.05",
            "currency": "GBP",
        }
        assert steps(endless, fact, AGREED)[-1]["cap"] is None


class TestWhatIsUsed:
    def test_is_named_by_what_is_counted_for_whom_and_when(self):
        caps = [
            {"per": "partner", "period": "week", "units": 50},
            {"per": "member", "period": "day", "times": 3},
        ]
        volume = {"kind": "each_full", "units": 1, "per": "10", "period": "quarter"}
        several = definition(
            rule(caps=caps, to="member"),
            rule("full", effect=volume),
            campaigns=[campaign("spring", fixed("x", 5), caps=caps[:1])],
            personal_earning=PERSONAL,
        )

        assert judge(several, order(12, member_id=7), AGREED).used == {
            ("cap", "rule", "points", "units", "partner", "", "week 2026-03-02"): 12,
            ("cap", "rule", "points", "times", "member", "7", "day 2026-03-05"): 1,
            ("volume", "full", "quarter 2026-1"): 120_000,
            ("cap", "campaign", "spring", "units", "partner", "", "week 2026-03-02"): 5,
            ("personal", "7", "year 2026"): 12_000_000,
        }

    def test_is_the_volume_looked_at_also_where_nothing_was_given(self):
        full = {"kind": "each_full", "units": 1, "per": "100", "period": "year"}
        rivals = definition(rule("full", effect=full, group="g"), fixed("b", 9, group="g"))

        assert each_earns(rivals, [order(60), order(60)]) == [9, 9]
        assert judge(rivals, order(60)).used == {("volume", "full", "year 2026"): 600_000}

    def test_is_no_volume_where_the_rule_did_not_count(self):
        full = {"kind": "each_full", "units": 1, "per": "100", "period": "year"}
        web = {"kind": "channel", "in": ["web"]}

        assert judge(rule(effect=full, when=web), order(60)).used == {}


def test_an_award_goes_to_the_pool_where_nothing_else_is_said():
    assert RuleAward("points", 5, {}).personal == 0


def test_every_reason_to_pass_over_a_rule_has_one_code():
    assert len(set(REASONS)) == len(REASONS) == 12


class TestUsage:
    def test_never_goes_down(self):
        usage = Usage({("a",): 1})
        usage.add(("a",), 0)

        with pytest.raises(ValueError, match="never given back"):
            usage.add(("a",), -1)
        assert usage.read(("a",)) == 1
        assert usage.read(("b",)) == 0

    def test_copies_are_counted_apart(self):
        usage = Usage({("a",): 1})
        copy = usage.copy()
        usage.add(("a",), 2)

        assert (usage.read(("a",)), copy.read(("a",))) == (3, 1)
