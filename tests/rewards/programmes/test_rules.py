"""What a programme's document may say of rules, campaigns and settings; each refusal has its place."""

from datetime import date

import pytest

from rewards.earning.facts import LineFacts
from rewards.programmes.definition import InvalidDefinition, Pending, parse
from rewards.programmes.rules import Cap
from tests.rewards.earning.rules import ONE_A_POUND, campaign, definition, document, fixed, rule

PER_PIECE = {"kind": "per_quantity", "units": 1}
DOUBLE = {"kind": "multiply", "percent": 200}
CAP = {"per": "partner", "period": "day"}
PERSONAL = {"allowed": True, "terms": {"en": "We agree."}}


def refused(*rules, **parts):
    """Return where, and the reason for which a document is refused."""
    with pytest.raises(InvalidDefinition) as caught:
        parse(document(*rules, **parts))
    return caught.value.path


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"code": ""}, "code"),
        ({"code": "x" * 65}, "code"),
        ({"code": 7}, "code"),
        ({"names": {"pl": "Punkty"}}, "names"),
        ({"names": {"en": "Points", "de": "Punkte"}}, "names"),
        ({"names": "Points"}, "names"),
        ({"colour": "red"}, ""),
        ({"campaign_code": "spring"}, ""),
        ({"trigger": "return"}, "trigger"),
        ({"trigger": "cancellation"}, "trigger"),
        ({"trigger": "dispute"}, "trigger"),
        ({"trigger": "two words"}, "trigger"),
        ({"trigger": None}, "trigger"),
        ({"starts_on": "2026-03-05", "ends_on": "2026-03-05"}, "ends_on"),
        ({"starts_on": "2026-02-30"}, "starts_on"),
        ({"tier_multiplier": "yes"}, "tier_multiplier"),
        ({"delivery": 1}, "delivery"),
        ({"tax": "no"}, "tax"),
        ({"stop": 0}, "stop"),
        ({"priority": 10_001}, "priority"),
        ({"priority": -10_001}, "priority"),
        ({"priority": "1"}, "priority"),
        ({"group": "two words"}, "group"),
        ({"expiry_days": 0}, "expiry_days"),
        ({"expiry_days": 36_501}, "expiry_days"),
        ({"to": "charity"}, "to"),
        ({"to": "member"}, "to"),
        ({"lines": ["mug"]}, "lines"),
        ({"lines": {"skus": ["mug"]}}, "lines"),
        ({"lines": {"include_skus": "mug"}}, "lines.include_skus"),
        ({"lines": {"include_skus": [""]}}, "lines.include_skus[0]"),
        ({"lines": {"include_skus": ["mug"]}, "trigger": "payment"}, "lines"),
        ({"trigger": "invoice", "delivery": False}, "delivery"),
        ({"trigger": "invoice", "tax": True}, "tax"),
        ({"early": [{"days": 5, "percent": 150}]}, "early"),
        ({"trigger": "payment", "early": [{"days": 5}]}, "early[0].percent"),
        ({"trigger": "payment", "early": [{"days": -1, "percent": 150}]}, "early[0].days"),
        ({"trigger": "payment", "early": [{"days": 3_651, "percent": 150}]}, "early[0].days"),
        ({"trigger": "payment", "early": [{"days": 1, "percent": 0}]}, "early[0].percent"),
        ({"trigger": "payment", "early": [{"days": 1, "percent": 10_001}]}, "early[0].percent"),
        ({"trigger": "payment", "early": [{"days": 1, "percent": 150, "x": 1}]}, "early[0]"),
        ({"trigger": "payment", "early": [{"days": 1, "percent": 150}] * 2}, "early[1].days"),
        ({"trigger": "payment", "early": {"days": 1, "percent": 150}}, "early"),
        ({"caps": [CAP]}, "caps[0]"),
        ({"caps": [CAP | {"units": 5, "times": 5}]}, "caps[0]"),
        ({"caps": [CAP | {"units": 0}]}, "caps[0].units"),
        ({"caps": [CAP | {"units": 10**12 + 1}]}, "caps[0].units"),
        ({"caps": [CAP | {"times": 1.5}]}, "caps[0].times"),
        ({"caps": [CAP | {"quantity": "5"}]}, "caps[0].quantity"),
        ({"caps": [CAP | {"quantity": "0"}], "effect": PER_PIECE}, "caps[0].quantity"),
        ({"caps": [{"per": "partner", "units": 5}]}, "caps[0].period"),
        ({"caps": [{"period": "day", "units": 5}]}, "caps[0].per"),
        ({"caps": [CAP | {"units": 5}, CAP | {"per": "country", "units": 5}]}, "caps[1].per"),
        ({"caps": [CAP | {"period": "decade", "units": 5}]}, "caps[0].period"),
        ({"caps": [CAP | {"units": 5, "x": 1}]}, "caps[0]"),
        ({"caps": ["5 a day"]}, "caps[0]"),
        ({"pending": {"until": "doomsday"}}, "pending.until"),
        ({"pending": {"until": "days"}}, "pending.days"),
        ({"pending": {"until": "days", "days": -1}}, "pending.days"),
        ({"pending": {"until": "days", "days": 3_651}}, "pending.days"),
        ({"pending": {"until": "days", "days": 5, "months": 1}}, "pending"),
        ({"pending": {"until": "month_end"}}, "pending.months"),
        ({"pending": {"until": "month_end", "months": 121}}, "pending.months"),
        ({"pending": {"until": "month_end", "months": 1, "x": 1}}, "pending"),
        ({"pending": {"until": "paid", "lost_after_days": -1}}, "pending.lost_after_days"),
        ({"pending": {"until": "paid", "days": 1}}, "pending"),
        ({"pending": {"until": "paid"}, "trigger": "invoice"}, "pending"),
        ({"pending": {"until": "purchases", "step": 0}}, "pending.step"),
        ({"pending": {"until": "purchases", "step": 3, "resets": "month"}}, "pending.resets"),
        ({"pending": {"until": "purchases", "step": 3, "x": 1}}, "pending"),
        ({"pending": {"until": "purchases", "step": 3}}, "pending"),
        ({"when": {"kind": "payment", "late_days_at_most": 3}}, "when"),
        ({"when": 0}, "when"),
        ({"lines": 0}, "lines"),
        ({"lines": {"include_skus": []}}, "lines.include_skus"),
        ({"group": []}, "group"),
        ({"pending": []}, "pending"),
        ({"starts_on": "20260331"}, "starts_on"),
        ({"starts_on": "2026-W10-1"}, "starts_on"),
        ({"effect": {"kind": "per_money", "units": 1, "per": "1_000"}}, "effect.per"),
        ({"effect": {"kind": "per_money", "units": 1, "per": "１２"}}, "effect.per"),
        ({"effect": {"kind": "per_money", "units": 1, "per": True}}, "effect.per"),
        ({"when": {"kind": "tier", "in": ["tin"]}}, "when.in[0]"),
    ],
)
def test_a_rule_is_refused_with_the_place(fields, path):
    assert refused(rule(**fields)) == f"rules[0].{path}".rstrip(".")


@pytest.mark.parametrize(
    ("effect", "path"),
    [
        (None, ""),
        ({}, ".kind"),
        ({"kind": "magic"}, ".kind"),
        ({"kind": "per_money", "units": 0, "per": "1"}, ".units"),
        ({"kind": "per_money", "units": 10**6 + 1, "per": "1"}, ".units"),
        ({"kind": "per_money", "units": 1, "per": "0"}, ".per"),
        ({"kind": "per_money", "units": 1}, ".per"),
        ({"kind": "per_money", "units": 1, "per": "0.00001"}, ".per"),
        ({"kind": "per_money", "units": 1, "per": "-1"}, ".per"),
        ({"kind": "per_money", "units": 1, "per": "1", "x": 1}, ""),
        ({"kind": "per_quantity", "units": 0}, ".units"),
        ({"kind": "per_quantity", "units": 10**6 + 1}, ".units"),
        ({"kind": "per_quantity", "units": 1, "per": "0"}, ".per"),
        ({"kind": "per_quantity", "units": 1, "x": 1}, ""),
        ({"kind": "fixed", "units": 0}, ".units"),
        ({"kind": "fixed", "units": 10**9 + 1}, ".units"),
        ({"kind": "fixed", "units": 1, "x": 1}, ""),
        ({"kind": "percent", "percent": "0"}, ".percent"),
        ({"kind": "percent", "percent": "100.0001"}, ".percent"),
        ({"kind": "percent", "percent": "5", "x": 1}, ""),
        ({"kind": "each_full", "units": 0, "per": "1", "period": "year"}, ".units"),
        ({"kind": "each_full", "units": 10**9 + 1, "per": "1", "period": "year"}, ".units"),
        ({"kind": "each_full", "units": 1, "per": "0", "period": "year"}, ".per"),
        ({"kind": "each_full", "units": 1, "per": "1"}, ".period"),
        ({"kind": "each_full", "units": 1, "per": "1", "period": "week"}, ".period"),
        ({"kind": "each_full", "units": 1, "per": "1", "period": "year", "x": 1}, ""),
        ({"kind": "multiply", "percent": 100}, ".percent"),
        ({"kind": "multiply", "percent": 10_001}, ".percent"),
        ({"kind": "multiply", "percent": 200, "rules": []}, ".rules"),
        ({"kind": "multiply", "percent": 200, "rules": ["a", "a"]}, ".rules"),
        ({"kind": "multiply", "percent": 200, "x": 1}, ""),
    ],
)
def test_an_effect_is_refused_with_the_place(effect, path):
    assert refused(rule(effect=effect)) == f"rules[0].effect{path}"


STEP = {"from": "0", "units": 1, "per": "10"}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"by": "week"}, "by"),
        ({"mode": "half"}, "mode"),
        ({"steps": []}, "steps"),
        ({"steps": [STEP, STEP]}, "steps"),
        ({"steps": [STEP | {"from": "5"}, STEP]}, "steps"),
        ({"steps": [{"units": 1, "per": "10"}]}, "steps[0].from"),
        ({"steps": [{"from": "0"}]}, "steps[0]"),
        ({"steps": [{"from": "0", "units": 1}]}, "steps[0]"),
        ({"steps": [STEP | {"percent": "5"}]}, "steps[0]"),
        ({"steps": [STEP | {"colour": 1}]}, "steps[0]"),
        ({"steps": [STEP | {"units": 0}]}, "steps[0].units"),
        ({"steps": [STEP | {"units": 10**9 + 1}]}, "steps[0].units"),
        ({"steps": [STEP | {"per": "0"}]}, "steps[0].per"),
        ({"steps": [{"from": "0", "percent": "101"}]}, "steps[0].percent"),
        ({"steps": [{"from": "0", "fixed": 0}]}, "steps[0].fixed"),
        ({"steps": [{"from": "0", "fixed": 10**9 + 1}]}, "steps[0].fixed"),
        ({"steps": [STEP], "x": 1}, ""),
    ],
)
def test_steps_are_refused_with_the_place(fields, path):
    effect = {"kind": "stepped", "by": "year", "mode": "slice", "steps": [STEP]} | fields

    assert refused(rule(effect=effect)) == f"rules[0].effect.{path}".rstrip(".")


@pytest.mark.parametrize(
    ("trigger", "effect", "path"),
    [
        ("training", ONE_A_POUND, "rules[0].effect"),
        ("training", PER_PIECE, "rules[0].effect"),
        ("training", {"kind": "percent", "percent": "5"}, "rules[0].effect"),
        (
            "training",
            {"kind": "each_full", "units": 1, "per": "1", "period": "year"},
            "rules[0].effect",
        ),
        (
            "training",
            {"kind": "stepped", "by": "year", "mode": "slice", "steps": [STEP]},
            "rules[0].effect",
        ),
        ("payment", PER_PIECE, "rules[0].effect"),
    ],
)
def test_an_effect_is_refused_where_the_kind_has_nothing_to_count(trigger, effect, path):
    assert refused(rule(trigger=trigger, effect=effect)) == path


@pytest.mark.parametrize(
    "fields",
    [
        {"trigger": "training", "effect": {"kind": "fixed", "units": 10**9}},
        {"trigger": "own-kind"},
        {"trigger": "own-kind", "effect": PER_PIECE, "lines": {"include_skus": ["x*"]}},
        {"effect": {"kind": "per_money", "units": 10**6, "per": "0.0001"}},
        {"effect": {"kind": "per_quantity", "units": 10**6}},
        {"effect": {"kind": "percent", "percent": "100"}},
        {"effect": {"kind": "multiply", "percent": 101}},
        {"effect": {"kind": "multiply", "percent": 10_000}},
        {"effect": {"kind": "stepped", "by": "year", "mode": "whole", "steps": [STEP]}},
        {"effect": {"kind": "each_full", "units": 10**9, "per": "1", "period": "lifetime"}},
        {
            "effect": {
                "kind": "stepped",
                "by": "quarter",
                "mode": "slice",
                "steps": [
                    {"from": "0", "units": 10**9, "per": "0.0001"},
                    {"from": "0.0001", "fixed": 10**9},
                    {"from": "0.0002", "percent": "100"},
                ],
            }
        },
        {"caps": [CAP | {"units": 10**12}, CAP | {"times": 1}]},
        {"priority": 10_000, "group": "a-b_C9", "expiry_days": 36_500},
        {"priority": -10_000, "expiry_days": 1, "code": "x" * 64},
        {
            "trigger": "payment",
            "early": [{"days": 0, "percent": 1}, {"days": 3650, "percent": 10000}],
        },
        {"pending": {"until": "days", "days": 3_650}},
        {"pending": {"until": "paid", "lost_after_days": 0}},
        {"when": {}, "lines": {}, "caps": [], "early": [], "group": ""},
        {"starts_on": "2026-03-05", "ends_on": "2026-03-06"},
    ],
)
def test_what_is_just_within_its_bounds_is_read(fields):
    assert definition(rule(**fields)).rule(fields.get("code", "points")) is not None


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"lines": {"include_skus": ["mug"]}}, "lines"),
        ({"delivery": False}, "delivery"),
        ({"tax": True}, "tax"),
        ({"tier_multiplier": True}, "tier_multiplier"),
        ({"trigger": "payment", "early": [{"days": 5, "percent": 150}]}, "early"),
        ({"stop": True}, "stop"),
    ],
)
def test_what_multiplies_takes_nothing_that_the_multiplied_have(fields, path):
    assert refused(rule(effect=DOUBLE, **fields)) == f"rules[0].{path}"


class TestWhatAMultiplierReaches:
    def path(self, *rules, campaigns=()):
        return refused(*rules, campaigns=campaigns)

    def multiply(self, *codes, **fields):
        return rule("m", effect=DOUBLE | {"rules": list(codes)}, **fields)

    def test_is_known(self):
        assert self.path(rule(), self.multiply("points", "x")) == "rules[1].effect.rules"

    def test_multiplies_nothing_itself(self):
        assert self.path(rule("n", effect=DOUBLE), self.multiply("n")) == "rules[1].effect.rules"
        assert self.path(self.multiply("m")) == "rules[0].effect.rules"

    def test_is_of_the_same_kind_of_activity(self):
        trained = fixed("t", 5, trigger="training")

        assert self.path(trained, self.multiply("t")) == "rules[1].effect.rules"

    def test_is_judged_before(self):
        assert self.path(self.multiply("points"), rule()) == "rules[0].effect.rules"
        low = rule(priority=-1)
        assert self.path(low, self.multiply("points")) == "rules[1].effect.rules"
        assert definition(self.multiply("points", priority=-1), rule()).rule("m")

    def test_is_of_the_base_or_of_its_own_campaign(self):
        spring = campaign("spring", rule("x"), self.multiply("points", "x"))
        assert definition(rule(), campaigns=[spring]).rule("m")

        assert self.path(
            rule(), self.multiply("x"), campaigns=[campaign("s", rule("x", priority=1))]
        ) == ("rules[1].effect.rules")
        other = campaign("other", rule("y"))
        of_other = campaign("spring", self.multiply("y"))
        assert self.path(campaigns=[other, of_other]) == "campaigns[1].rules[0].effect.rules"


class TestGroups:
    def test_mix_no_multipliers_with_others(self):
        mixed = [fixed("a", 1, group="g"), rule("m", effect=DOUBLE, group="g")]

        assert refused(*mixed) == "rules[1].group"
        assert refused(*reversed(mixed)) == "rules[1].group"

    def test_of_a_campaign_are_its_own(self):
        spring = campaign("spring", rule("m", effect=DOUBLE, group="g"))

        assert definition(fixed("a", 1, group="g"), campaigns=[spring]).rule("m")


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"code": "two words"}, "code"),
        ({"code": "x" * 65}, "code"),
        ({"code": None}, "code"),
        ({"names": {}}, "names"),
        ({"starts_on": None}, "starts_on"),
        ({"ends_on": None}, "ends_on"),
        ({"ends_on": "2026-03-01"}, "ends_on"),
        ({"stacking": "maybe"}, "stacking"),
        ({"budget": 5}, "budget"),
        ({"budget": {"units": 0}}, "budget.units"),
        ({"budget": {"units": 10**12 + 1}}, "budget.units"),
        ({"budget": {"units": 5, "x": 1}}, "budget"),
        ({"audience": {"kind": "channel", "in": ["web"]}}, "audience.kind"),
        ({"audience": {"kind": "tier", "in": ["tin"]}}, "audience.in[0]"),
        ({"caps": [CAP]}, "caps[0]"),
        ({"caps": [CAP | {"quantity": "5"}]}, "caps[0].quantity"),
        ({"rules": [rule(trigger="return")]}, "rules[0].trigger"),
        ({"rules": {}}, "rules"),
        ({"colour": "red"}, ""),
        ({"rules": [rule(effect=DOUBLE)], "stacking": "best"}, "rules[0].effect"),
        ({"rules": [rule(effect=DOUBLE)], "stacking": "instead"}, "rules[0].effect"),
    ],
)
def test_a_campaign_is_refused_with_the_place(fields, path):
    spring = campaign("spring", rule()) | fields

    assert refused(campaigns=[spring]) == f"campaigns[0].{path}".rstrip(".")


def test_a_campaign_is_read_whole():
    pieces = rule("x", effect=PER_PIECE)
    spring = campaign(
        "spring",
        pieces,
        rule("y", effect=PER_PIECE),
        audience={"kind": "tier", "at_least": "silver"},
        budget={"units": 10**12},
        caps=[CAP | {"quantity": "5"}, CAP | {"per": "member", "times": 2}],
        stacking="best",
    )

    [found] = definition(campaigns=[spring]).campaigns

    assert found.budget_units == 10**12
    assert found.caps == (
        Cap("partner", "day", "quantity", 50_000),
        Cap("member", "day", "times", 2),
    )
    assert [each.campaign_code for each in found.rules] == ["spring", "spring"]
    assert found.needs == {"tier", "lines", "members"}
    assert found.name("pl") == found.name("en") == "spring"
    days = [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)]
    assert [found.state_on(each) for each in days] == ["scheduled", "running", "running", "ended"]
    assert [found.runs_on(each) for each in days] == [False, True, True, False]


def test_a_campaign_without_audience_is_for_everybody_and_adds_to_the_base():
    [found] = definition(campaigns=[campaign("spring", rule())]).campaigns

    assert (found.audience, found.budget_units, found.caps, found.stacking) == (
        None,
        None,
        (),
        "sum",
    )


class TestCodes:
    def test_differ_between_the_base_and_campaigns(self):
        assert refused(rule(), campaigns=[campaign("spring", rule())]) == "campaigns"
        assert (
            refused(campaigns=[campaign("a", rule("x")), campaign("b", rule("x"))]) == "campaigns"
        )
        assert (
            refused(campaigns=[campaign("a", rule("x")), campaign("a", rule("y"))]) == "campaigns"
        )
        assert refused(rule(), rule()) == "rules"


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"unit_decimals": 5}, "unit_decimals"),
        ({"unit_decimals": -1}, "unit_decimals"),
        ({"rounding": "up"}, "rounding"),
        ({"round_to": 0}, "round_to"),
        ({"round_to": 10**6 + 1}, "round_to"),
        ({"rounding": "keep", "round_to": 10}, "round_to"),
        ({"pending": {"until": "days", "days": 1}, "pending_days": 1}, "pending"),
        ({"pending": {"until": "never"}}, "pending.until"),
        ({"pending_days": 3_651}, "pending_days"),
        ({"tier_of": "tomorrow"}, "tier_of"),
        ({"current_order_counts_for_tier": 1}, "current_order_counts_for_tier"),
        ({"points_payment_earns": "no"}, "points_payment_earns"),
        ({"personal_earning": {"allowed": True}}, "personal_earning.terms"),
        ({"personal_earning": {"allowed": True, "terms": {"pl": "Tak"}}}, "personal_earning.terms"),
        ({"personal_earning": {"terms": {"en": "x", "de": "y"}}}, "personal_earning.terms"),
        ({"personal_earning": {"allowed": "yes"}}, "personal_earning.allowed"),
        ({"personal_earning": {"yearly_cap": "-1"}}, "personal_earning.yearly_cap"),
        ({"personal_earning": {"terms_version": -1}}, "personal_earning.terms_version"),
        ({"personal_earning": {"x": 1}}, "personal_earning"),
        ({"personal_earning": True}, "personal_earning"),
        ({"unit_names": "points"}, "unit_names"),
        ({"colour": "red"}, ""),
    ],
)
def test_settings_are_refused_with_the_place(settings, path):
    assert refused(**settings) == f"settings.{path}".rstrip(".")


class TestSettings:
    def test_have_defaults(self):
        settings = definition().settings

        assert (settings.unit_decimals, settings.rounding, settings.round_to) == (0, "down", 1)
        assert (settings.tier_of, settings.current_order_counts_for_tier) == ("order_date", False)
        assert settings.points_payment_earns is False
        assert settings.pending == Pending("days", days=0)
        assert (settings.personal_earning.allowed, settings.personal_earning.terms_version) == (
            False,
            0,
        )
        assert settings.personal_earning.yearly_cap_e4 is None

    def test_say_pending_in_older_words(self):
        old = definition(pending_days=14)
        new = definition(pending={"until": "days", "days": 14})

        assert old.settings.pending == new.settings.pending
        assert old.settings.pending_days == new.settings.pending_days == 14

    def test_know_the_first_version_of_terms(self):
        personal = definition(personal_earning=PERSONAL | {"yearly_cap": "12.5"}).settings

        assert personal.personal_earning.terms_version == 1
        assert personal.personal_earning.yearly_cap_e4 == 125_000

    def test_a_yearly_cap_needs_the_worth_of_a_unit(self):
        earned = rule(to="member")

        assert refused(earned, unit_value="0", personal_earning=PERSONAL | {"yearly_cap": "9"}) == (
            "settings.unit_value"
        )
        assert definition(earned, unit_value="0", personal_earning=PERSONAL).rules


class TestPending:
    def test_goes_to_the_pool_so_that_nothing_for_a_member_waits(self):
        earned = rule(to="member")

        assert refused(earned, pending_days=1, personal_earning=PERSONAL) == "rules[0].to"
        own = earned | {"pending": {"until": "month_end", "months": 0}}
        assert refused(own, personal_earning=PERSONAL) == "rules[0].to"
        at_once = earned | {"pending": {"until": "days", "days": 0}}
        assert definition(at_once, pending_days=1, personal_earning=PERSONAL).rules

    def test_of_the_programme_until_orders_are_paid_says_nothing_of_other_kinds(self):
        paid = {"until": "paid", "lost_after_days": 30}
        trained = fixed("t", 5, trigger="training")

        assert refused(rule(), trained, pending=paid) == "rules[1].pending"
        own = definition(rule(), trained | {"pending": {"until": "days", "days": 0}}, pending=paid)
        assert own.pending_of("points") == Pending("paid", lost_after_days=30)
        assert own.pending_of("t") == Pending("days")
        assert own.pending_of("nobody") == Pending("paid", lost_after_days=30)

    def test_for_purchases_needs_a_unit_of_money(self):
        waits = rule(pending={"until": "purchases", "step": 300, "resets": "year"})

        assert refused(waits, unit_value="0.99") == "rules[0].pending"
        money = definition(waits, unit_value="1.00", unit_decimals=2)
        assert money.pending_of("points") == Pending("purchases", step=300)

    def test_for_months_counts_them(self):
        waits = rule(pending={"until": "month_end", "months": 120})

        assert definition(waits).pending_of("points") == Pending("month_end", months=120)

    def test_waits_for_a_day_or_for_something_to_happen(self):
        found = [Pending(until).is_event for until in ("days", "month_end", "paid", "purchases")]

        assert found == [False, False, True, True]


class TestADefinition:
    def test_gives_rules_by_trigger_in_the_order_of_judging(self):
        several = definition(
            rule("b"),
            fixed("t", 1, trigger="training"),
            rule("a", priority=1),
            campaigns=[campaign("spring", rule("d", priority=1), rule("e"))],
        )

        assert [each.code for each in several.rules_for("order")] == ["a", "d", "b", "e"]
        assert [each.code for each in several.rules_for("training")] == ["t"]
        assert several.rules_for("survey") == ()
        assert several.triggers == {"order", "training"}
        assert [each.code for each in several.rules] == ["b", "t", "a"]

    def test_finds_rules_and_campaigns_by_code(self):
        several = definition(rule(), campaigns=[campaign("spring", rule("x"))])

        assert several.rule("x").campaign_code == "spring"
        assert several.rule("points").campaign_code == ""
        assert several.rule("y") is None
        assert several.campaign("spring") is several.campaigns[0]
        assert several.campaign("autumn") is None

    @pytest.mark.parametrize(
        ("fields", "settings", "needs"),
        [
            ({}, {"points_payment_earns": True}, set()),
            ({}, {}, {"attributes"}),
            ({"trigger": "training", "effect": {"kind": "fixed", "units": 1}}, {}, set()),
            ({"trigger": "payment"}, {}, {"payments"}),
            ({"pending": {"until": "paid"}}, {}, {"attributes", "payments"}),
            ({}, {"pending": {"until": "paid"}}, {"attributes", "payments"}),
            ({"delivery": False}, {"points_payment_earns": True}, {"attributes"}),
            ({"tax": True}, {"points_payment_earns": True}, {"attributes"}),
            ({"effect": PER_PIECE}, {"points_payment_earns": True}, {"lines"}),
            ({"lines": {"include_skus": ["x"]}}, {"points_payment_earns": True}, {"lines"}),
            (
                {"caps": [CAP | {"per": "member", "times": 1}]},
                {"points_payment_earns": True},
                {"members"},
            ),
            (
                {"to": "member"},
                {"points_payment_earns": True, "personal_earning": PERSONAL},
                {"members", "consents"},
            ),
            ({"tier_multiplier": True}, {"points_payment_earns": True}, {"tier"}),
            (
                {"when": {"kind": "segment", "in": ["x"]}},
                {"points_payment_earns": True},
                {"segments"},
            ),
        ],
    )
    def test_says_what_must_be_known(self, fields, settings, needs):
        found = definition(rule(**fields), **settings)

        assert found.needs == needs | {fields.get("trigger", "order")}

    def test_needs_the_tier_only_where_it_changes_anything(self):
        plain = document(rule(tier_multiplier=True), points_payment_earns=True)
        for tier in (plain_tiers := [dict(each) for each in plain["tiers"]]):
            tier.pop("multiplier_percent", None)

        assert "tier" not in parse(plain | {"tiers": plain_tiers}).needs
        plain_tiers[0]["expiry_extra_months"] = 1
        assert "tier" in parse(plain | {"tiers": plain_tiers}).needs

    def test_needs_what_campaigns_need(self):
        spring = campaign(
            "spring", rule("x", trigger="survey", effect={"kind": "fixed", "units": 1})
        )

        assert "survey" in definition(campaigns=[spring]).needs

    @pytest.mark.parametrize(
        ("fields", "counts"),
        [
            ({}, False),
            ({"caps": [CAP | {"units": 1}]}, True),
            ({"effect": {"kind": "each_full", "units": 1, "per": "1", "period": "year"}}, True),
            (
                {"effect": {"kind": "each_full", "units": 1, "per": "1", "period": "activity"}},
                False,
            ),
            (
                {"effect": {"kind": "stepped", "by": "month", "mode": "whole", "steps": [STEP]}},
                True,
            ),
            (
                {"effect": {"kind": "stepped", "by": "activity", "mode": "whole", "steps": [STEP]}},
                False,
            ),
            ({"to": "member"}, True),
            ({"trigger": "payment"}, True),
        ],
    )
    def test_says_whether_what_was_used_before_matters(self, fields, counts):
        assert definition(rule(**fields), personal_earning=PERSONAL).counts_usage is counts

    def test_counts_usage_where_a_campaign_has_caps(self):
        spring = campaign("spring", rule(), caps=[CAP | {"units": 1}])

        assert definition(campaigns=[spring]).counts_usage is True

    def test_refuses_tables_where_lists_stand(self):
        for part in ("rules", "tiers", "campaigns"):
            with pytest.raises(InvalidDefinition) as caught:
                parse(document() | {part: {"x": 1}})
            assert caught.value.path == part


def test_lines_are_found_by_words_letter_by_letter():
    wanted = definition(rule(lines={"include_skus": ["Mug", "J*"]})).rules[0].lines

    found = [sku for sku in ("Mug", "mug", "Mug2", "J", "J9", "j9") if wanted.counts(line(sku))]

    assert found == ["Mug", "J", "J9"]
    assert wanted.includes is True
    assert definition(rule(lines={"exclude_skus": ["x"]})).rules[0].lines.includes is False
    assert definition(rule(lines={"include_categories": ["x"]})).rules[0].lines.includes is True


def line(sku):
    return LineFacts(None, sku, "", 10_000, 10_000)
