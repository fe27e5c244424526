"""What can be said of a condition before there is any activity."""

from rewards.earning.asking import Question
from rewards.earning.conditions import Condition
from rewards.earning.conditions.combined import All, AnyOf, Not
from rewards.earning.facts import ActivityFacts
from rewards.earning.situation import Situation

SETTLED_BY_PARTNER = ("segment",)
"""Conditions a partner can do nothing about: who is on no such list never reads of the rule."""


def can_hold(condition: Condition | None, today: ActivityFacts, situation: Situation) -> bool:
    """Say whether a condition may hold for some activity of this partner from today on."""
    return condition is None or _known(condition, today, situation) is not False


def _known(condition: Condition, today: ActivityFacts, situation: Situation) -> bool | None:
    """Return whether it holds, or None where that depends on the activity."""
    match condition:
        case All(conditions):
            return _every([_known(each, today, situation) for each in conditions])
        case AnyOf(conditions):
            return _any([_known(each, today, situation) for each in conditions])
        case Not(inner):
            known = _known(inner, today, situation)
            return None if known is None else not known
    if isinstance(condition, Question) and condition.KIND in SETTLED_BY_PARTNER:
        return condition.holds(today, situation)
    return None


def _every(answers: list[bool | None]) -> bool | None:
    if False in answers:
        return False
    return None if None in answers else True


def _any(answers: list[bool | None]) -> bool | None:
    if True in answers:
        return True
    return None if None in answers else False
