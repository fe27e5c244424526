"""How much an activity earns: a pure function of facts, standing and rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rewards.earning.exact import Exact, as_decimal_text, round_units
from rewards.earning.facts import ActivityFacts
from rewards.programmes.definition import Definition, Rule, Tier


@dataclass(frozen=True, slots=True)
class RuleAward:
    """What one rule gives, in minor units, with every step that led there."""

    rule_code: str
    amount: int
    explanation: dict[str, Any]


def evaluate(
    activity: ActivityFacts, *, tier: Tier | None, definition: Definition
) -> list[RuleAward]:
    """
    Return what each rule gives for the activity, in the order of the rules; zero is left out.

    The same function serves live crediting, claw-backs (on what is kept of an order), previews
    and tests. ``tier`` is the one the partner stood in just before this activity.
    """
    awards = (_apply(rule, activity, tier, definition) for rule in _triggered(activity, definition))
    return [award for award in awards if award.amount > 0]


def amounts_by_rule(
    activity: ActivityFacts, *, tier: Tier | None, definition: Definition
) -> dict[str, int]:
    """Return only the amounts of ``evaluate``, for comparing before and after a return."""
    return {
        award.rule_code: award.amount
        for award in evaluate(activity, tier=tier, definition=definition)
    }


def _triggered(activity: ActivityFacts, definition: Definition) -> Iterable[Rule]:
    return (
        rule
        for rule in definition.rules
        if rule.trigger == activity.kind and rule.counts_on(activity.local_date)
    )


def _apply(
    rule: Rule, activity: ActivityFacts, tier: Tier | None, definition: Definition
) -> RuleAward:
    exact, steps = rule.effect.gives(activity)
    if rule.tier_multiplier and tier is not None and tier.multiplier_percent != 100:
        exact = exact * tier.multiplier_percent / 100
        steps.append(
            {
                "code": "multiplier",
                "percent": tier.multiplier_percent,
                "tier": tier.code,
                "result": as_decimal_text(exact),
            }
        )
    amount = round_units(Exact(exact), definition.settings.rounding)
    if exact != amount:
        steps.append({"code": "rounded", "mode": definition.settings.rounding, "result": amount})
    return RuleAward(
        rule_code=rule.code,
        amount=amount,
        explanation={
            "rule": rule.code,
            "rule_name": dict(rule.names),
            "steps": steps,
            "total": amount,
        },
    )
