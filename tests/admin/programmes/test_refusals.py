"""What cannot be used is said beside its field, in the words of the form, and stays as typed."""

import re
from html import unescape
from typing import Any

import pytest

from rewards.models import ProgrammeVersion
from tests.admin.programmes.pages import BLANK, fields_of, page, rules, said, text_of
from tests.rewards.programmes.rules import BASE, DOCUMENT, SPRING, TONER

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]

CAP = {"caps-total": "1", "caps-0-period": "month", "caps-0-per": "partner"}
STEP = {"effect-kind": "stepped", "effect-stepped__by": "year", "effect-stepped__mode": "whole"}
EARLY = {"trigger": "payment", "early-total": "2", "early-0-kind": "", "early-1-kind": ""}


def when(kind: str, **fields: Any) -> dict[str, Any]:
    typed = {f"when-0-{kind}__{name}": value for name, value in fields.items()}
    return {"when-total": "1", "when-mode": "all", "when-0-kind": kind, **typed}


# What is typed into an empty form of a rule; the field; what is said beside it.
REFUSED = [
    ({"name_en": ""}, "name_en", "Give it a name."),
    ({"effect-per_money__units": ""}, "effect-per_money__units", "Fill this in."),
    ({"effect-per_money__units": "0"}, "effect-per_money__units", "This must be at least 1."),
    ({"effect-per_money__per": "x"}, "effect-per_money__per", "Enter a number."),
    ({"effect-per_money__per": "0"}, "effect-per_money__per", "Must be above zero."),
    ({"ends_on": "9999-12-31"}, "ends_on", "less than or equal to 9999-12-30"),
    (
        {"effect-kind": "multiply", "effect-multiply__percent": "1"},
        "effect-multiply__percent",
        "This must be at least 1.01.",
    ),
    (
        {"effect-kind": "multiply", "effect-multiply__percent": "200"},
        "effect-multiply__percent",
        "This must be at most 100.",
    ),
    (
        {"effect-kind": "multiply", "effect-multiply__percent": "2", "tax": "on"},
        "tax",
        "A rule that multiplies others leaves this to them.",
    ),
    (STEP, "effect-kind", "Add a step at least."),
    (
        STEP
        | {"steps-total": "2", "steps-0-kind": "percent", "steps-1-kind": "percent"}
        | {"steps-0-from": "100", "steps-0-percent__percent": "1"}
        | {"steps-1-from": "50", "steps-1-percent__percent": "2"},
        "steps-1-from",
        "This must be more than in the step before.",
    ),
    (
        EARLY
        | {"early-0-days": "5", "early-0-percent": "1.5"}
        | {"early-1-days": "5", "early-1-percent": "2"},
        "early-1-days",
        "The same number of days is there already.",
    ),
    (
        {"starts_on": "2026-03-01", "ends_on": "2026-02-01"},
        "ends_on",
        "This is before “First day”.",
    ),
    (when("tier"), "when-0-tier__in", "Fill in one of the two."),
    (
        when("tier", **{"in": ["gold"], "at_least": "gold"}),
        "when-0-tier__at_least",
        "Fill in only one of the two.",
    ),
    (when("amount"), "when-0-amount__at_least", "Fill in at least one of the two."),
    (
        when("amount", at_least="100", below="100"),
        "when-0-amount__below",
        "This must be more than “At least (GBP)”.",
    ),
    (
        when("order_count", at_least="5", at_most="2", period="month"),
        "when-0-order_count__at_most",
        "This must not be less than “From number”.",
    ),
    (
        when("dates", **{"from": "2026-03-02", "until": "2026-03-01"}),
        "when-0-dates__until",
        "This is before “First day”.",
    ),
    (when("payment", late_days_at_most="0"), "when-0-kind", "Only a rule for payments"),
    (CAP | {"caps-0-kind": "times", "caps-0-times__times": "0"}, "caps-0-times__times", "least 1."),
    (
        CAP | {"caps-0-kind": "quantity", "caps-0-quantity__quantity": "5"},
        "caps-0-quantity__quantity",
        "Pieces can be limited only where pieces are counted.",
    ),
    ({"to": "member"}, "to", "does not allow members"),
    ({"pending-kind": "days", "pending-days__days": "-1"}, "pending-days__days", "at least 0."),
    ({"expiry_days": "0"}, "expiry_days", "This must be at least 1."),
]


def beside(answer, field):
    """Return what is said beside a field, or nothing."""
    html = re.sub(r"<template.*?</template>", "", answer.content.decode(), flags=re.DOTALL)
    [part] = [each for each in html.split('class="e-field')[1:] if f'name="{field}"' in each]
    return unescape(" ".join(re.findall(r'<p class="e-error">(.*?)</p>', part)))


def lost(answer, typed):
    """Return what was typed and is not in the form that is shown again."""
    kept = fields_of(answer)
    return {
        name: value
        for name, value in typed.items()
        if value and kept.get(name) not in (value, [value])
    }


def test_of_a_rule_is_said_beside_its_field(draft, post):
    wrong = {}
    for changes, field, words in REFUSED:
        answer = post(draft, "rule_add", **{**BLANK, **changes})
        told = beside(answer, field)
        if answer.status_code != 422 or words not in told or lost(answer, changes):
            wrong[f"{field}: {words}"] = (answer.status_code, told, lost(answer, changes))
    assert wrong == {}
    assert rules(draft) == ["base", "toner"]


def test_of_a_page_that_claims_rows_without_end_is_none(draft, post):
    total = {"when-total": "9" * 5_000, "caps-total": "9" * 5_000}

    assert post(draft, "rule_add", **{**BLANK, **total, "name_en": "Mine"}).status_code == 302


def test_of_a_campaign_is_said_beside_its_field(draft, post):
    data = {"name_en": "Autumn", "starts_on": "2026-09-01", "ends_on": "2026-09-30"}
    data |= {"stacking": "sum"}
    cases = [
        ({"ends_on": "2026-08-01"}, "ends_on", "This is before “First day”."),
        ({"starts_on": ""}, "starts_on", "Fill this in."),
        ({"units": "0"}, "units", "This must be at least 1."),
        (CAP | {"caps-0-kind": "times", "caps-0-times__times": "0"}, "caps-0-times__times", "1."),
    ]
    for changes, field, words in cases:
        answer = post(draft, "campaign_add", **{**data, **changes})
        assert answer.status_code == 422
        assert words in beside(answer, field)
    # A limit of pieces where the rules of the campaign count money.
    spring = {**SPRING, "rules": [BASE | {"code": "spring-base"}]}
    ProgrammeVersion.objects.filter(pk=draft.pk).update(
        definition=DOCUMENT | {"campaigns": [spring]}
    )
    pieces = CAP | {"caps-0-kind": "quantity", "caps-0-quantity__quantity": "5"}
    answer = post(draft, "campaign_edit", "spring", **{**data, **pieces})
    assert "only where all its rules count pieces" in beside(answer, "caps-0-quantity__quantity")


def test_of_another_part_is_told_by_its_name(client, draft, post):
    # A setting that a rule cannot live with.
    ProgrammeVersion.objects.filter(pk=draft.pk).update(
        definition=DOCUMENT | {"rules": [BASE, TONER | {"expiry_days": 30}]}
    )
    shown = fields_of(client.get(page(draft, "settings")))
    rolling = {"expiry-kind": "rolling_months", "expiry-rolling_months__months": "12"}
    refused = post(draft, "settings", **{**shown, **rolling})
    assert refused.status_code == 422
    assert "The rule “Toner”: Cannot stand where expiry rolls" in text_of(refused)
    assert 'value="12"' in refused.content.decode()


def test_of_a_single_button_is_told_by_its_name(draft, post):
    double = {"kind": "multiply", "percent": 200, "rules": ["base"]}
    ProgrammeVersion.objects.filter(pk=draft.pk).update(
        definition=DOCUMENT
        | {"rules": [BASE, BASE | {"code": "twice", "names": {"en": "Double"}, "effect": double}]}
    )

    answer = post(draft, "rule_remove", "base")

    assert said(answer)[-1] == "The rule “Double”: Base: there is no such rule."
