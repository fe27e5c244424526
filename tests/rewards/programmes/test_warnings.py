"""What to look at before publishing. Nothing is refused here."""

from datetime import date

import pytest

from rewards.programmes.presets import preset_names, read_preset
from rewards.programmes.warnings import Known, find_warnings, segments_asked, words_asked
from tests.rewards.programmes.rules import BASE, SPRING, TONER, document, with_rules

TODAY = date(2026, 2, 1)
KNOWN = Known(categories=frozenset({"Toner"}), segments=frozenset({"vip"}))


def codes(said, today=TODAY, known=KNOWN):
    return [(each.rule, each.code) for each in find_warnings(said, today=today, known=known)]


def of_base(today=TODAY, known=KNOWN, **changes):
    return [code for _rule, code in codes(with_rules({**BASE, **changes}), today, known)]


def test_a_plain_rule_is_fine():
    assert of_base() == []


class TestNeverMatches:
    @pytest.mark.parametrize(
        ("today", "expected"),
        [(date(2026, 3, 31), []), (date(2026, 4, 1), ["over"])],
    )
    def test_what_is_over(self, today, expected):
        assert of_base(today, ends_on="2026-04-01") == expected

    def test_what_is_over_says_nothing_else(self):
        assert of_base(date(2027, 1, 1), ends_on="2026-04-01", effect=RICH) == ["over"]

    def test_dates_without_a_common_day(self):
        when = {"kind": "dates", "from": "2026-06-01"}
        assert of_base(ends_on="2026-06-01", when=when) == ["no_common_day"]
        assert of_base(ends_on="2026-06-02", when=when) == []

    def test_a_rule_outside_the_days_of_its_campaign(self):
        rule = {**BASE, "starts_on": "2026-06-01"}
        said = document(rules=[], campaigns=[{**SPRING, "rules": [rule]}])
        assert codes(said) == [("base", "no_common_day")]

    def test_a_start_after_the_programme_has_ended(self):
        known = Known(ends_on=date(2026, 5, 1))
        assert of_base(known=known, starts_on="2026-05-01") == ["after_the_programme"]
        assert of_base(known=known, starts_on="2026-04-30") == []

    def test_words_that_nobody_ever_ordered(self):
        assert of_base(lines={"include_skus": ["A"]}) == ["unknown_sku"]
        assert of_base(lines={"include_categories": ["Toner"]}) == []
        assert of_base(when={"not": {"kind": "category", "in": ["X"]}}) == ["unknown_category"]

    def test_a_segment_with_nobody_in_it(self):
        assert of_base(when={"kind": "segment", "in": ["vip"]}) == []
        assert of_base(when={"kind": "segment", "in": ["new"]}) == ["empty_segment"]

    @pytest.mark.parametrize(
        "leaves",
        [
            [{"kind": "tier", "in": ["gold"]}, {"kind": "tier", "in": ["bronze"]}],
            [{"kind": "amount", "at_least": "100"}, {"kind": "amount", "below": "100"}],
            [{"kind": "amount", "at_least": "100", "below": "50"}],
            [{"kind": "first_order"}, {"not": {"kind": "first_order"}}],
            [{"kind": "electronic", "is": True}, {"kind": "electronic", "is": False}],
        ],
    )
    def test_conditions_that_contradict_each_other(self, leaves):
        assert of_base(when={"all": leaves}) == ["contradiction"]

    @pytest.mark.parametrize(
        "tree",
        [
            {"any": [{"kind": "tier", "in": ["gold"]}, {"kind": "tier", "in": ["bronze"]}]},
            {"all": [{"kind": "amount", "at_least": "100"}, {"kind": "amount", "below": "101"}]},
            {"all": [{"kind": "tier", "in": ["gold", "x"]}, {"kind": "tier", "in": ["x"]}]},
        ],
    )
    def test_conditions_that_can_be_true_together(self, tree):
        assert of_base(when=tree) == []


RICH = {"kind": "percent", "percent": "20.01"}


class TestUnboundedCost:
    @pytest.mark.parametrize(
        ("effect", "expected"),
        [
            (RICH, ["high_rate"]),
            ({"kind": "percent", "percent": "20"}, []),
            ({"kind": "percent", "percent": "100.01"}, ["gives_more_than_all"]),
            # A point is worth a penny: 21 for a pound are 21 percent.
            ({"kind": "per_money", "units": 21, "per": "1"}, ["high_rate"]),
            ({"kind": "per_money", "units": 20, "per": "1"}, []),
            ({"kind": "fixed", "units": 5_001}, ["high_worth"]),
            ({"kind": "fixed", "units": 5_000}, []),
            ({"kind": "multiply", "percent": 301}, ["many_times", "nothing_before"]),
            (
                {
                    "kind": "stepped",
                    "steps": [{"from": "0", "percent": "1"}, {"from": "9", **RICH}],
                },
                ["high_rate"],
            ),
        ],
    )
    def test_what_gives_much_without_a_limit(self, effect, expected):
        assert of_base(effect=effect) == expected

    def test_a_limit_or_a_budget_bounds_it(self):
        caps = [{"per": "partner", "period": "day", "units": 1}]
        assert of_base(effect=RICH, caps=caps) == []
        budgeted = {**SPRING, "rules": [{**BASE, "effect": RICH}]}
        assert codes(document(rules=[], campaigns=[budgeted])) == []

    def test_more_than_everything_is_told_in_spite_of_a_limit(self):
        caps = [{"per": "partner", "period": "day", "units": 1}]
        assert of_base(effect={"kind": "percent", "percent": "101"}, caps=caps) == [
            "gives_more_than_all"
        ]


class TestInEachOthersWay:
    def test_two_rules_for_the_same_money(self):
        assert codes(with_rules(BASE, TONER)) == [("toner", "overlap")]
        # Each rule is told once, however many pay for the same.
        three = [{**BASE, "code": code} for code in ("a", "b", "c")]
        assert codes(with_rules(*three)) == [("b", "overlap"), ("c", "overlap")]

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ({"group": "best"}, {"group": "best"}),
            ({}, {"trigger": "payment"}),
            ({"stop": True}, {}),
            ({"ends_on": "2026-05-01"}, {"starts_on": "2026-05-01"}),
            (
                {"when": {"kind": "tier", "in": ["gold"]}},
                {"when": {"kind": "tier", "in": ["bronze"]}},
            ),
            (
                {"lines": {"include_categories": ["Toner"]}},
                {"lines": {"exclude_categories": ["Toner"]}},
            ),
            ({}, {"effect": {"kind": "fixed", "units": 1}}),
        ],
    )
    def test_not_where_something_keeps_them_apart(self, one, other):
        first, second = {**BASE, **one}, {**BASE, "code": "other", **other}
        assert ("other", "overlap") not in codes(with_rules(first, second))

    def test_what_a_stop_leaves_unreachable(self):
        stopping = {**BASE, "code": "first", "stop": True}
        assert codes(with_rules(stopping, BASE)) == [("base", "unreachable")]
        before = {**BASE, "priority": 1}
        assert ("base", "unreachable") not in codes(with_rules(stopping, before))
        narrow = {**stopping, "when": {"kind": "first_order"}}
        assert ("base", "unreachable") not in codes(with_rules(narrow, BASE))

    def test_nothing_to_multiply(self):
        double = {**BASE, "code": "double", "effect": {"kind": "multiply", "percent": 200}}
        assert codes(with_rules(double, BASE)) == [("double", "nothing_before")]
        assert codes(with_rules(BASE, double)) == []
        assert codes(with_rules(double, {**BASE, "priority": 1})) == []
        paid = {**BASE, "trigger": "payment"}
        assert codes(with_rules(paid, double)) == [("double", "nothing_before")]
        # A campaign multiplies the base, never another campaign.
        spring = {**SPRING, "rules": [double]}
        assert codes(document(rules=[BASE], campaigns=[spring])) == []
        other = {**SPRING, "code": "other", "rules": [BASE]}
        assert ("double", "nothing_before") in codes(document(rules=[], campaigns=[other, spring]))


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_has_nothing_to_look_at(name):
    preset = read_preset(name)
    known = Known(
        skus=frozenset(words_asked(preset.definition, "sku")),
        categories=frozenset(words_asked(preset.definition, "category")),
        segments=frozenset(row["code"] for row in preset.segments),
        decimals=preset.unit.get("decimals", 0),
    )
    assert codes(preset.definition, known=known) == []


def test_what_the_database_is_asked_for():
    said = with_rules(
        {**TONER, "when": {"any": [{"kind": "sku", "in": ["A", "B-*"]}]}},
        {**BASE, "when": {"not": {"kind": "segment", "in": ["vip"]}}},
    )
    assert words_asked(said, "category") == {"Toner"}
    assert words_asked(said, "sku") == {"A", "B-*"}
    assert segments_asked(said) == {"vip"}
