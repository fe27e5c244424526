"""Conditions of conditions: all of them, any of them, not one."""

from dataclasses import dataclass
from typing import Any

from rewards.earning.asking import Condition
from rewards.earning.facts import ActivityFacts
from rewards.earning.situation import Situation


@dataclass(frozen=True, slots=True)
class All:
    conditions: tuple[Condition, ...]

    @property
    def needs(self) -> frozenset[str]:
        return frozenset().union(*(each.needs for each in self.conditions))

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        return all(each.holds(activity, situation) for each in self.conditions)

    def why_not(self, activity: ActivityFacts, situation: Situation) -> dict[str, Any] | None:
        """Return what the first asked that does not hold: it is enough."""
        for each in self.conditions:
            missing = each.why_not(activity, situation)
            if missing is not None:
                return missing
        return None


@dataclass(frozen=True, slots=True)
class AnyOf:
    conditions: tuple[Condition, ...]

    @property
    def needs(self) -> frozenset[str]:
        return frozenset().union(*(each.needs for each in self.conditions))

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        return any(each.holds(activity, situation) for each in self.conditions)

    def why_not(self, activity: ActivityFacts, situation: Situation) -> dict[str, Any] | None:
        if self.holds(activity, situation):
            return None
        return {"any": [each.why_not(activity, situation) for each in self.conditions]}


@dataclass(frozen=True, slots=True)
class Not:
    """``asked`` is what must not be, as it stands in the definition."""

    condition: Condition
    asked: dict[str, Any]

    @property
    def needs(self) -> frozenset[str]:
        return self.condition.needs

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        return not self.condition.holds(activity, situation)

    def why_not(self, activity: ActivityFacts, situation: Situation) -> dict[str, Any] | None:
        return None if self.holds(activity, situation) else {"not": self.asked}
