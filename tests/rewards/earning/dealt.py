"""A history of ``tests.rewards.dealings`` as policy sees it: facts that know what they name."""

from collections.abc import Sequence
from typing import Any

from rewards.earning.facts import ActivityFacts, LineFacts
from rewards.earning.judging import Judgement, VersionInForce
from rewards.programmes.definition import parse
from tests.rewards.dealings import PROGRAMMES, TIERS

UNIT_NAMES = {"unit_names": {"en": {"one": "point", "other": "points"}}}


def version_of_policy(policy: str) -> VersionInForce:
    parts = PROGRAMMES[policy]
    definition = parse(
        {
            "settings": {**UNIT_NAMES, "claw_back_policy": policy, **parts["settings"]},
            "rules": parts["rules"],
            "tiers": TIERS,
        }
    )
    return VersionInForce(version_id=1, number=1, definition=definition)


def facts_of(history: Sequence[dict[str, Any]]) -> list[ActivityFacts]:
    """Link each fact to what it names, as it is read from the database."""
    facts = {told["external_id"]: _fact(place, told) for place, told in enumerate(history)}
    for told in history:
        fact, named = facts[told["external_id"]], told["refers_to"]
        other = facts.get(named[1]) if named else None
        if fact.kind in ("payment", "dispute"):
            fact.invoice = other
        elif fact.kind == "invoice":
            fact.order = other
    for told in history:
        fact, named = facts[told["external_id"]], told["refers_to"]
        if fact.kind in ("return", "cancellation") and named:
            other = facts.get(named[1])
            fact.waits = other is None
            if other is not None and other.kind == "invoice":
                fact.order = other.order
                if other.order is None or fact.kind == "cancellation":
                    fact.invoice = other
            else:
                fact.order = other
    return list(facts.values())


def _fact(place: int, told: dict[str, Any]) -> ActivityFacts:
    lines = [
        LineFacts(place * 10 + number, line.sku, "", line.quantity_e4, line.amount_e4)
        for number, line in enumerate(told.get("lines", ()))
    ]
    return ActivityFacts(
        id=place + 1,
        kind=told["kind"],
        source=told["source"],
        external_id=told["external_id"],
        occurred_at=told["occurred_at"],
        local_date=told["occurred_at"].date(),
        amount_e4=told.get("amount_e4") or sum(line.amount_e4 for line in lines),
        currency="GBP",
        lines=lines,
        quantity_e4=told.get("quantity_e4", 0),
        due_on=told.get("due_on"),
        paid_on=told.get("paid_on"),
        attributes=told.get("attributes", {}),
    )


def due_of(judgement: Judgement) -> dict[tuple[str, str], int]:
    """Points due by fact and rule, after all that is taken back or lost."""
    due = {
        (each.activity.external_id, each.award.rule_code): each.award.amount
        for each in judgement.awards
    }
    for each in judgement.claw_backs:
        due[each.activity.external_id, each.rule_code] -= each.amount
    return due
