"""What an earning rule gives: one file an effect. Pure arithmetic on whole numbers."""

from collections.abc import Mapping
from typing import Any, Protocol

from rewards.earning.effects.per_money import PerMoney
from rewards.earning.exact import Exact
from rewards.earning.facts import ActivityFacts

Steps = list[dict[str, Any]]


class Effect(Protocol):
    """Turns one activity into an exact number of units, and says how."""

    def gives(self, activity: ActivityFacts) -> tuple[Exact, Steps]: ...


EFFECTS = {"per_money": PerMoney}


def parse_effect(row: Mapping[str, Any]) -> Effect:
    """
    Read an effect of a rule.

    :raises ValueError: If the kind is unknown or its fields cannot be used.
    """
    kind = row.get("kind")
    if kind not in EFFECTS:
        raise ValueError(f"kind must be one of {', '.join(sorted(EFFECTS))}")
    return EFFECTS[kind].parse({key: value for key, value in row.items() if key != "kind"})
