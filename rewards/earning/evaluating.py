"""How much an activity earns: a pure function of facts, standing and rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rewards.earning.counting import Counted, Steps, quantity_of
from rewards.earning.exact import Exact, as_decimal_text, e4_as_text, round_units
from rewards.earning.facts import ActivityFacts
from rewards.earning.situation import Situation
from rewards.earning.usage import Usage, UsageKey
from rewards.programmes.definition import Definition, Rule
from rewards.programmes.tiers import Tier


@dataclass(frozen=True, slots=True)
class RuleAward:
    """
    What one rule gives, in minor units, with every step that led there.

    ``personal`` is the part of it that goes to the wallet of the member who earned it.
    """

    rule_code: str
    amount: int
    explanation: dict[str, Any]
    campaign_code: str = ""
    personal: int = 0


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A rule of this kind of activity that gave nothing, with the reason and its figures."""

    rule_code: str
    reason: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What an activity earns; ``used`` is what the caller adds to the usage after it."""

    awards: tuple[RuleAward, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    used: Mapping[UsageKey, int] = field(default_factory=dict)

    @property
    def amounts(self) -> dict[str, int]:
        """What each rule gives, by its code."""
        return {award.rule_code: award.amount for award in self.awards}


def evaluate(
    activity: ActivityFacts, *, situation: Situation, definition: Definition, usage: Usage
) -> Evaluation:
    """
    Return what each rule gives for the activity, in the order of the rules; zero is left out.

    The same function serves live crediting, claw-backs (on what is kept of an order), previews
    and tests. ``situation`` is what held for the partner just before this activity, ``usage`` what
    its caps and volumes had counted by then; neither is changed.
    """
    awards = (
        _apply(rule, activity, situation.tier, definition)
        for rule in _triggered(activity, definition)
    )
    return Evaluation(awards=tuple(award for award in awards if award.amount > 0))


def _triggered(activity: ActivityFacts, definition: Definition) -> Iterable[Rule]:
    return (
        rule for rule in definition.rules_for(activity.kind) if rule.counts_on(activity.local_date)
    )


def _apply(
    rule: Rule, activity: ActivityFacts, tier: Tier | None, definition: Definition
) -> RuleAward:
    money = e4_as_text(activity.amount_e4)
    steps: Steps = [{"code": "net_amount", "amount": money, "currency": activity.currency}]
    exact, effect_steps = rule.effect.gives(
        Counted(activity.amount_e4, quantity_of(activity), activity.currency)
    )
    steps += effect_steps
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
