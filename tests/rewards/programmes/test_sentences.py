"""What a manager reads about a rule, a campaign and the settings."""

import dataclasses

import pytest
from django.utils import translation

from rewards.earning.conditions import CONDITIONS as CONDITIONS_KNOWN
from rewards.earning.effects import EFFECTS as EFFECTS_KNOWN
from rewards.programmes.presets import preset_names, read_preset
from rewards.programmes.sentences import (
    say_condition,
    say_conditions,
    say_validity,
    summarise_rule,
    tell_campaign,
    tell_settings,
    tell_tier,
    tell_unit_names,
)
from rewards.programmes.sentences.conditions import CONDITIONS
from rewards.programmes.sentences.effects import EFFECTS
from rewards.programmes.validity import RULES, Validity
from tests.rewards.programmes.rules import BASE, DOCUMENT, SPRING, TONER, speaker


def said(**changes):
    return summarise_rule({**BASE, **changes}, speaker()).replace("\N{NO-BREAK SPACE}", " ")


def test_a_rule_is_a_few_sentences():
    assert summarise_rule(TONER, speaker()).replace("\N{NO-BREAK SPACE}", " ") == (
        "For every £10 of goods in the category Toner, 2 points."
        " Only for partners in Gold and from 1 Mar 2026 to 31 Mar 2026."
        " At most 500 points a month for each partner."
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "For every £1 of an order, 1 point."),
        (
            {"effect": {"kind": "per_quantity", "units": 3, "per": "1"}},
            "For each piece of an order, 3 points.",
        ),
        (
            {"effect": {"kind": "per_quantity", "units": 1, "per": "12"}},
            "For every 12 pieces of an order, 1 point.",
        ),
        ({"effect": {"kind": "fixed", "units": 50}}, "50 points for an order."),
        (
            {"trigger": "payment", "effect": {"kind": "fixed", "units": 50}},
            "50 points for an invoice that is paid; a part payment earns its part.",
        ),
        (
            {"trigger": "training", "effect": {"kind": "fixed", "units": 1}},
            "1 point each time.",
        ),
        ({"effect": {"kind": "percent", "percent": "2.50"}}, "2.5 % of an order, as points."),
        (
            {"effect": {"kind": "each_full", "units": 25, "per": "500", "period": "month"}},
            "25 points for each full £500 of orders in a month.",
        ),
        (
            {
                "effect": {
                    "kind": "stepped",
                    "by": "year",
                    "mode": "slice",
                    "steps": [
                        {"from": "0", "units": 1, "per": "10"},
                        {"from": "1000", "percent": "2"},
                        {"from": "5000", "fixed": 300},
                    ],
                }
            },
            "By the volume of orders in a year: from £0 on 1 point for every £10;"
            " from £1,000 on 2 %; from £5,000 on 300 points."
            " Each part counts at the rate of its own step.",
        ),
        (
            {"effect": {"kind": "multiply", "percent": 150, "rules": ["toner", "base"]}},
            "1.5 times what is given by Toner and Base.",
        ),
        (
            {"effect": {"kind": "multiply", "percent": 200}},
            "2 times what the rules before it give.",
        ),
        (
            {"lines": {"include_skus": ["A-*", "B"], "exclude_categories": ["Gifts"]}},
            "For every £1 of goods with the SKU “A-…” or B, 1 point. Without the category Gifts.",
        ),
        (
            # A line must be of both.
            {"lines": {"include_skus": ["A-*"], "include_categories": ["Toner", "Ink"]}},
            "For every £1 of goods in the category Toner or Ink with the SKU “A-…”, 1 point.",
        ),
        (
            {"delivery": False, "tax": True},
            "For every £1 of an order, 1 point. Delivery does not count. Tax counts too.",
        ),
        (
            {"tier_multiplier": True, "group": "best", "priority": 5, "stop": True},
            "For every £1 of an order, 1 point. Times the tier's multiplier. Priority 5."
            " Of the rules of the group “best” only the best one counts."
            " If it gives something, later rules do not.",
        ),
        (
            {"caps": [{"per": "member", "period": "year", "times": 1}], "to": "member"},
            "For every £1 of an order, 1 point. At most 1 time a year for each person."
            " Goes to the person, as far as allowed.",
        ),
        (
            {"pending": {"until": "paid", "lost_after_days": 30}, "expiry_days": 1},
            "For every £1 of an order, 1 point. Available as the invoice is paid; lost when it is"
            " 30 days overdue. Expires 1 day after it was earned.",
        ),
        (
            {"pending": {"until": "month_end", "months": 1}},
            "For every £1 of an order, 1 point. Available at the end of the following month.",
        ),
        (
            {"ends_on": "2026-04-01"},
            "For every £1 of an order, 1 point. Until 31 Mar 2026.",
        ),
        (
            {
                "trigger": "payment",
                "early": [{"days": 1, "percent": 150}, {"days": 10, "percent": 200}],
            },
            "For every £1 of a payment, 1 point. Early payment: 1.5 times from 1 day early;"
            " 2 times from 10 days early.",
        ),
    ],
)
def test_each_part_has_words(changes, sentence):
    assert said(**changes) == sentence


def test_what_begins_so_goes_well_with_a_full_stop():
    assert said(lines={"exclude_skus": ["POST-*"]}).endswith("Without the SKU “POST-…”.")


def test_where_no_tier_multiplies_nobody_is_told_that_it_does():
    nobody = dataclasses.replace(speaker(), tiers_multiply=False)

    told = summarise_rule({**BASE, "tier_multiplier": True}, nobody)

    assert told.replace("\N{NO-BREAK SPACE}", " ") == "For every £1 of an order, 1 point."


@pytest.mark.parametrize(
    ("tree", "phrase"),
    [
        ({"kind": "tier", "at_least": "gold"}, "for partners in Gold or higher"),
        ({"kind": "segment", "in": ["vip"]}, "for partners in the segment “Best friends”"),
        ({"kind": "country", "in": ["Germany", "France", "Spain"]}, "in Germany, France or Spain"),
        ({"kind": "weekday", "in": ["mon", "sat"]}, "on Monday or Saturday"),
        ({"kind": "channel", "in": ["edi"]}, "through edi"),
        ({"kind": "amount", "at_least": "100"}, "for an amount of £100 or more"),
        ({"kind": "amount", "at_least": "100.005"}, "for an amount of £100.005 or more"),
        (
            {"kind": "amount", "at_least": "100", "below": "200"},
            "for an amount from £100 to below £200",
        ),
        ({"kind": "quantity", "below": "10"}, "for a quantity below 10"),
        ({"kind": "sku", "in": ["A"], "match": "none"}, "when no line has the SKU A"),
        ({"kind": "category", "in": ["A"]}, "when a line is in the category A"),
        (
            {"kind": "order_count", "at_least": 3, "period": "month"},
            "from order number 3 of the month on",
        ),
        (
            {"kind": "order_count", "at_most": 2, "period": "lifetime"},
            "up to order number 2 of all time",
        ),
        ({"kind": "first_order"}, "for a partner's first order"),
        ({"kind": "payment", "early_days_at_least": 1}, "when paid at least 1 day early"),
        ({"kind": "payment", "late_days_at_most": 0}, "when paid on time"),
        ({"kind": "payment", "late_days_at_most": 3}, "when paid at most 3 days late"),
        ({"kind": "electronic", "is": False}, "with a paper invoice"),
        (
            {"kind": "supplier_share", "at_least_percent": 50},
            "for partners who buy 50 % or more of what they need from us",
        ),
        ({"kind": "attribute", "name": "score", "at_least": "80"}, "when “score” is 80 or more"),
        ({"kind": "attribute", "name": "grade", "in": ["A", "B"]}, "when “grade” is A or B"),
        ({"kind": "attribute", "name": "passed", "in": [True]}, "when “passed” is yes"),
        ({"kind": "attribute", "name": "places", "in": [1, "false"]}, "when “places” is 1 or no"),
        (
            {
                "any": [
                    {"kind": "first_order"},
                    {"all": [{"kind": "channel", "in": ["web"]}, {"not": {"kind": "first_order"}}]},
                ]
            },
            "for a partner's first order or (through web and not for a partner's first order)",
        ),
    ],
)
def test_each_condition_has_words(tree, phrase):
    assert say_condition(tree, speaker()).replace("\N{NO-BREAK SPACE}", " ") == phrase


@pytest.mark.parametrize(
    ("trigger", "phrase"),
    [
        ("auto_order", "when “automatic orders” is on"),
        ("e_correspondence", "when “papers by e-mail” is on"),
        ("tasting", "when “state” is on"),
        ("", "when “state” is on"),
    ],
)
def test_what_a_fact_says_beside_the_basics_is_named_as_its_kind_does(trigger, phrase):
    about = dataclasses.replace(speaker(), trigger=trigger)

    assert say_condition({"kind": "attribute", "name": "state", "in": ["on"]}, about) == phrase


def test_what_must_hold_together_is_joined_by_and():
    either = {"any": [{"kind": "first_order"}, {"kind": "channel", "in": ["web"]}]}
    paper = {"kind": "electronic", "is": False}
    together = {"all": [either, {"all": [paper]}]}

    assert say_conditions(None, speaker()) == ""
    assert say_conditions({"all": [either]}, speaker()) == (
        "for a partner's first order or through web"
    )
    assert say_conditions(together, speaker()) == (
        "(for a partner's first order or through web) and with a paper invoice"
    )


def test_no_effect_and_no_condition_is_left_without_words():
    assert set(EFFECTS_KNOWN) == set(EFFECTS)
    assert set(CONDITIONS_KNOWN) == set(CONDITIONS)


def test_every_rule_of_every_preset_is_said_without_a_code():
    for name in preset_names():
        preset = read_preset(name)
        tells = speaker(preset.definition, decimals=preset.unit.get("decimals", 0))
        for rule in preset.definition["rules"]:
            sentence = summarise_rule(rule, tells)
            assert sentence.endswith("."), name
            assert not {"{", "_"} & set(sentence), (name, sentence)


def test_minor_units_are_said_in_units():
    tells = speaker(decimals=2)
    rule = {**BASE, "effect": {"kind": "fixed", "units": 250}}

    assert "2.50\N{NO-BREAK SPACE}points" in summarise_rule(rule, tells)


def test_names_are_in_the_language_of_the_reader():
    with translation.override("uk"):
        assert "бал" in summarise_rule(BASE, speaker(language="uk"))


def test_a_campaign_says_its_days_budget_and_stacking():
    told = {part.code: part.text for part in tell_campaign(SPRING, speaker())}

    assert told["window"] == "From 1 Mar 2026 to 31 May 2026."
    assert told["budget"] == "At most 10,000\N{NO-BREAK SPACE}points in all."
    assert told["stacking"] == "Comes on top of the other rules."


def test_a_tier_says_what_it_changes():
    told = [part.text for part in tell_tier(DOCUMENT["tiers"][1], speaker())]

    assert told == ["Gold", "£1,000", "1.5 times"]


def test_settings_say_their_defaults_too():
    told = {part.code: part.text for part in tell_settings({"pending_days": 14}, speaker())}

    assert told["pending"] == "Available after 14 days."
    assert told["expiry"] == "Never"
    assert told["personal"] == "Everything goes to the partner's pool"
    assert told["request_lapses"] == "30"


def test_old_documents_say_their_expiry_in_months():
    told = {part.code: part.text for part in tell_settings({"expiry_months": 12}, speaker())}

    assert told["expiry"] == "12 months after they were earned"


def test_names_of_points_stand_with_numbers():
    told = {part.code: part.text for part in tell_unit_names(DOCUMENT["settings"], speaker())}

    assert told["uk"].replace("\N{NO-BREAK SPACE}", " ") == "1 бал, 2 бали, 5 балів"


@pytest.mark.parametrize(
    ("validity", "words"),
    [
        (Validity("never"), "Never"),
        (Validity("after_days", 1), "1 day after they were earned"),
        (Validity("after_days", 90), "90 days after they were earned"),
        (Validity("after_months", 24), "24 months after they were earned"),
        (Validity("rolling_months", 12), "12 months after the partner's last order"),
        (Validity("end_of_month"), "At the end of the month in which they were earned"),
        (Validity("end_of_month", 1), "At the end of the month, 1 month after they were earned"),
        (Validity("end_of_year"), "At the end of the year in which they were earned"),
        (Validity("end_of_year", 2), "At the end of the year, 2 years after they were earned"),
    ],
)
def test_a_rule_of_expiry_is_a_sentence(validity, words):
    assert say_validity(validity) == words


def test_every_rule_of_expiry_can_be_said():
    for rule in RULES:
        counts = (0,) if rule == "never" else (1, 5)
        assert all(say_validity(Validity(rule, count)) for count in counts)
