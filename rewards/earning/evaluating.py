"""How much an activity earns: a pure function of facts, situation, usage and rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from rewards.earning.effects.multiply import Multiply
from rewards.earning.facts import ActivityFacts
from rewards.earning.giving import Giving
from rewards.earning.outcome import (
    AUDIENCE,
    CAMPAIGN_NOT_RUNNING,
    CONDITION,
    LOWER_IN_GROUP,
    NOT_RUNNING,
    STOPPED,
    Given,
    Outcome,
    PassedOver,
)
from rewards.earning.personally import Allowance, allowance_of
from rewards.earning.situation import Situation
from rewards.earning.stacking import drop_what_does_not_stack
from rewards.earning.usage import UsageKey, Used
from rewards.programmes.definition import Definition, Judged

__all__ = ["Evaluation", "PassedOver", "RuleAward", "evaluate"]


@dataclass(frozen=True, slots=True)
class RuleAward:
    """
    What one rule gives, in minor units, with every step that led there.

    ``personal`` is the part of it that goes to the wallet of the member who earned it,
    ``multiplied`` are the rules of which it gives more.
    """

    rule_code: str
    amount: int
    explanation: dict[str, Any]
    campaign_code: str = ""
    personal: int = 0
    multiplied: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """
    What an activity earns. ``passed_over`` are the rules of its kind that give nothing, ``used``
    is what the caller adds to the usage after it.
    """

    awards: tuple[RuleAward, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    used: Mapping[UsageKey, int] = field(default_factory=dict)

    @property
    def amounts(self) -> dict[str, int]:
        """What each rule gives, by its code."""
        return {award.rule_code: award.amount for award in self.awards}


NOTHING = Evaluation()
EVERYWHERE: Final = ""


def evaluate(
    activity: ActivityFacts, *, situation: Situation, definition: Definition, usage: Used
) -> Evaluation:
    """
    Return what each rule gives for the activity, in the order of judging; zero is left out.

    The same function serves live crediting, claw-backs (on what is kept of an order), previews
    and tests. ``situation`` is what held for the partner just before this activity, ``usage`` what
    its caps and volumes had counted by then; neither is changed.

    Rules are judged by priority, then as they stand. First those that count something themselves,
    each with its caps; of a group (of the base, or of one campaign) the one that gives most stays,
    and one that stops leaves out all after it. One of a campaign that is weighed against the base
    leaves out rules of its campaign alone, as that may give way. Then those that multiply what
    others give. Then campaigns that do not simply add to the base are weighed against it.
    """
    judged = definition.judged_on(activity.kind)
    if not judged:
        return NOTHING
    giving = Giving(activity, situation, definition.settings, usage)
    if len(judged) == 1:
        # It has nothing to multiply, to stop or to be weighed against.
        return _evaluation([_outcome(judged[0], giving, ())], giving)
    walk = _Walk(judged, giving)
    walk.judge()
    walk.multiply(of_base=True)
    drop_what_does_not_stack(walk.outcomes)
    walk.multiply(of_base=False)
    return _evaluation(walk.outcomes, giving)


class _Walk:
    """The rules for one activity on their way to what each gives."""

    def __init__(self, judged: Sequence[Judged], giving: Giving) -> None:
        self.judged = judged
        self.giving = giving
        self.outcomes: list[Outcome | None] = [None] * len(judged)
        self.best: dict[tuple[str, str], int] = {}
        # By campaign, or for all rules: the one that stopped those after it.
        self.stopped_by: dict[str, str] = {}

    def judge(self) -> None:
        """Judge the rules that count something themselves."""
        for each in self.judged:
            if by := self.stopped_by.get(EVERYWHERE) or self.stopped_by.get(
                each.rule.campaign_code
            ):
                self.outcomes[each.place] = PassedOver(each.rule.code, STOPPED, {"by": by})
            elif not each.multiplies:
                self._judge(each)

    def multiply(self, *, of_base: bool) -> None:
        """Judge the rules that multiply, of the base or of the campaigns."""
        for each in self.judged:
            is_open = self.outcomes[each.place] is None
            if is_open and each.multiplies and (each.campaign is None) is of_base:
                self._judge(each)

    def _judge(self, judged: Judged) -> None:
        rival = self._best_of_group(judged)
        if rival is not None:
            self.giving.give_back(rival)
        others = self._in_reach(judged) if judged.multiplies else ()
        self._keep(judged, _outcome(judged, self.giving, others), rival)

    def _keep(self, judged: Judged, outcome: Outcome, rival: Given | None) -> None:
        """Keep what a rule gives; of it and the best of its group so far the one that gives more."""
        rule = judged.rule
        if rival is not None and not (isinstance(outcome, Given) and outcome.amount > rival.amount):
            self.giving.take(rival)
            if isinstance(outcome, Given):
                outcome = _lower(outcome, rival)
        elif isinstance(outcome, Given):
            group = (rule.campaign_code, rule.group)
            if rival is not None:
                self.outcomes[self.best[group]] = _lower(rival, outcome)
            if rule.group:
                self.best[group] = judged.place
            if rule.stop:
                is_weighed = judged.campaign is not None and judged.campaign.stacking != "sum"
                self.stopped_by[rule.campaign_code if is_weighed else EVERYWHERE] = rule.code
            self.giving.take(outcome)
        self.outcomes[judged.place] = outcome

    def _best_of_group(self, judged: Judged) -> Given | None:
        rule = judged.rule
        place = self.best.get((rule.campaign_code, rule.group)) if rule.group else None
        outcome = None if place is None else self.outcomes[place]
        return outcome if isinstance(outcome, Given) else None

    def _in_reach(self, judged: Judged) -> list[Given]:
        """Return what a rule multiplies: of the base and its own campaign, judged before it."""
        rule = judged.rule
        named = rule.effect.rules if isinstance(rule.effect, Multiply) else frozenset()
        return [
            given
            for given in self.outcomes[: judged.place]
            if isinstance(given, Given)
            and not given.rule.multiplies
            and given.rule.campaign_code in {"", rule.campaign_code}
            and (not named or given.rule.code in named)
        ]


def _outcome(judged: Judged, giving: Giving, others: Sequence[Given]) -> Outcome:
    """Return what a rule gives by itself, or more of what the others give that it multiplies."""
    passed_over = _why_not(judged, giving)
    if passed_over is not None:
        return passed_over
    if judged.multiplies:
        return giving.multiply(judged.rule, judged.campaign, others)
    return giving.give(judged.rule, judged.campaign)


def _evaluation(outcomes: Sequence[Outcome | None], giving: Giving) -> Evaluation:
    allowance = allowance_of(giving.activity, giving.situation, giving.settings)
    used = giving.counted
    awards: list[RuleAward] = []
    passed_over: list[PassedOver] = []
    for outcome in outcomes:
        if isinstance(outcome, Given):
            awards.append(_award(outcome, giving, allowance, used))
        elif outcome is not None:
            passed_over.append(outcome)
    return Evaluation(tuple(awards), tuple(passed_over), used)


def _why_not(judged: Judged, giving: Giving) -> PassedOver | None:
    """Say why a rule does not count for the activity; None where it does."""
    rule, campaign = judged.rule, judged.campaign
    activity, situation = giving.activity, giving.situation
    if not rule.counts_on(activity.local_date):
        return PassedOver(rule.code, NOT_RUNNING, _days(rule.starts_on, rule.ends_on))
    if campaign is not None:
        if not campaign.runs_on(activity.local_date):
            days = _days(campaign.starts_on, campaign.ends_on)
            return PassedOver(rule.code, CAMPAIGN_NOT_RUNNING, days | {"campaign": campaign.code})
        if campaign.audience is not None:
            missing = campaign.audience.why_not(activity, situation)
            if missing is not None:
                return PassedOver(rule.code, AUDIENCE, missing)
    if rule.when is not None:
        missing = rule.when.why_not(activity, situation)
        if missing is not None:
            return PassedOver(rule.code, CONDITION, missing)
    return None


def _days(starts_on: date | None, ends_on: date | None) -> dict[str, Any]:
    return {
        "starts_on": starts_on.isoformat() if starts_on else None,
        "ends_on": ends_on.isoformat() if ends_on else None,
    }


def _lower(given: Given, best: Given) -> PassedOver:
    detail = {"group": given.rule.group, "amount": given.amount, "best": best.said()}
    return PassedOver(given.rule.code, LOWER_IN_GROUP, detail)


def _award(
    given: Given, giving: Giving, allowance: Allowance | None, used: dict[UsageKey, int]
) -> RuleAward:
    """Return the award, and add to what is used what it takes of caps."""
    rule, personal = given.rule, 0
    if allowance is not None and rule.to == "member":
        key = allowance.key
        personal = allowance.part_of(given.amount, giving.usage.read(key) + used.get(key, 0))
        used[key] = used.get(key, 0) + personal * allowance.worth_of_one
        given.steps.append(allowance.step(personal, giving.activity.currency))
    for key, amount in given.uses.items():
        used[key] = used.get(key, 0) + amount
    explanation: dict[str, Any] = {
        "rule": rule.code,
        "rule_name": dict(rule.names),
        "steps": given.steps,
        "total": given.amount,
    }
    if rule.campaign_code:
        explanation["campaign"] = rule.campaign_code
    if giving.situation.country_of_partner:
        explanation["country"] = giving.situation.country
    return RuleAward(
        rule.code, given.amount, explanation, rule.campaign_code, personal, given.multiplied
    )
