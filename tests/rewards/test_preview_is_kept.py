"""A preview is what then happens: the same points, the same words, whoever shares in it."""

import random
from typing import Any

import pytest
from django.db import transaction

from partners.intake import ActivityReport, LineReport
from partners.models import Activity
from rewards import crediting
from rewards.models import Award
from rewards.supposing import suppose, suppose_report
from tests.rewards.dealings import TIERS
from tests.rewards.test_own_parts import works_for
from tests.worked_examples.customer import Customer, enrol, rule
from tests.worked_examples.test_cordiant import let_earn

pytestmark = pytest.mark.django_db

WORLDS = 1
WORLDS_LONG = 60
FACTS = 40

BY_POUND = {"kind": "per_money", "units": 1, "per": "1.00"}
FULL = {"kind": "each_full", "units": 9, "per": "70", "period": "month"}
EARLY = [{"days": 3, "percent": 200}]
TWICE = [{"per": "member", "period": "month", "times": 4}]
WAITS = {"until": "days", "days": 5}
RULES = [
    rule("order", BY_POUND, code="points", tier_multiplier=True),
    rule("order", FULL, code="full", pending=WAITS),
    rule("order", {"kind": "percent", "percent": "10"}, code="own", to="member"),
    rule("training", {"kind": "fixed", "units": 15}, code="learning", to="member", caps=TWICE),
    rule("invoice", {"kind": "fixed", "units": 3}, code="bill"),
    rule("payment", BY_POUND, code="paying", early=EARLY),
]
CAMPAIGN = {
    "code": "spring",
    "names": {"en": "Spring"},
    "starts_on": "2026-03-01",
    "ends_on": "2026-06-01",
    "budget": {"units": 400},
    "rules": [rule("order", BY_POUND, code="bonus")],
}
SETTINGS = {
    "unit_value": "0.01",
    "personal_earning": {
        "allowed": True,
        "yearly_cap": "1.50",
        "terms": {"en": "Yes."},
        "terms_version": 1,
    },
}


def open_world() -> list[tuple[Customer, Any]]:
    """Two companies of one programme, and a person who earns in both: at most 150 a year."""
    shop = enrol("starter", settings=SETTINGS, rules=RULES, campaigns=[CAMPAIGN], tiers=TIERS)
    bob = shop.hires("Bob")
    let_earn(shop, bob, on="2026-02-01")
    return [(shop, bob), works_for(shop, "99999", bob)]


def make_report(
    chance: random.Random, number: int, who: tuple[Customer, Any], invoices: list[str]
) -> ActivityReport:
    shop, bob = who
    kinds = ["order", "order", "order", "training", "invoice", *(["payment"] if invoices else [])]
    kind = chance.choice(kinds)
    # Few moments and no order of them: many share one, many are told late.
    day = f"2026-0{chance.randint(3, 5)}-{chance.choice([10, 20])}"
    told: dict[str, Any] = {"currency": "GBP"}
    if kind == "order":
        told["lines"] = [LineReport("mug", 10_000, chance.randint(1, 90 * 10_000))]
    elif kind == "training":
        told = {"currency": "", "attributes": {"course": "Safe lifting"}}
    else:
        told["amount_e4"] = chance.randint(1, 90 * 10_000)
    if kind == "invoice":
        told["due_on"] = shop.moment(day).date()
    if kind == "payment":
        told |= {"refers_to": ("erp", chance.choice(invoices)), "paid_on": shop.moment(day).date()}
    return ActivityReport(
        kind=kind,
        partner_id=shop.partner.pk,
        source="erp",
        external_id=f"{shop.partner.erp_number}-{chance.randint(10, 99)}-{number}",
        occurred_at=shop.moment(day),
        member_id=bob.pk if chance.random() < 0.8 else None,
        **told,
    )


def previewed(report: ActivityReport, shop: Customer, at: Any) -> dict[str, Any]:
    named = Activity.objects.filter(external_id=report.refers_to[1]) if report.refers_to else None
    found = suppose(
        partner=shop.partner,
        programme=shop.programme,
        supposed=suppose_report(report, names_id=named.get().pk if named else None),
        as_of=at,
    )
    return {
        one.rule_code: (one.amount, one.withheld, one.personal, _said(one.explanation))
        for one in (found.promised if found else ())
    }


def posted(report: ActivityReport) -> dict[str, Any]:
    return {
        award.rule_code: (award.amount, award.withheld, award.personal, _said(award.explanation))
        for award in Award.objects.filter(activity__external_id=report.external_id)
    }


def _said(explanation: Any) -> tuple[Any, Any]:
    return explanation["steps"], explanation["total"]


def test_what_is_previewed_is_what_is_then_given(request):
    seen: set[str] = set()
    is_long = request.config.getoption("long")
    for seed in range(WORLDS_LONG if is_long else WORLDS):
        chance = random.Random(seed)
        with transaction.atomic():
            both = open_world()
            at = both[0][0].moment("2026-06-02")
            invoices: dict[int, list[str]] = {0: [], 1: []}
            for number in range(FACTS):
                place = chance.randrange(2)
                shop = both[place][0]
                report = make_report(chance, number, both[place], invoices[place])
                promised = previewed(report, shop, at)
                crediting.take_in([report], as_of=at)

                given = posted(report)
                assert promised == given, f"world {seed}, {report}"
                if report.kind == "invoice":
                    invoices[place].append(report.external_id)
                seen |= {step["code"] for each in given.values() for step in each[3][0]}
                seen |= {
                    "year_is_shared"
                    for each in given.values()
                    if any("year_is_shared" in step for step in each[3][0])
                }
            transaction.set_rollback(True)
    # The worlds were worth it.
    assert seen >= {"withheld", "personal", "year_is_shared", "multiplier", "each_full"}
