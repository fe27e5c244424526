"""What of an activity a rule counts: its money, its quantity, and the steps that led there."""

from dataclasses import dataclass
from typing import Any

from rewards.earning.facts import ActivityFacts

Steps = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Counted:
    """
    What an effect computes on. ``volume_before_e4`` is what its rule counted before in the period
    of the effect. Of a payment ``invoice_e4`` is the whole of which the amount is a part.
    """

    amount_e4: int
    quantity_e4: int
    currency: str = ""
    volume_before_e4: int = 0
    invoice_e4: int = 0


def quantity_of(activity: ActivityFacts) -> int:
    """Return the quantity of an activity: of its lines together where it has any."""
    if activity.lines:
        return sum(line.quantity_e4 for line in activity.lines)
    return activity.quantity_e4
