"""What of an activity a rule counts: its money, its quantity, and the steps that led there."""

from typing import Any, NamedTuple

from rewards.earning.facts import ActivityFacts

Steps = list[dict[str, Any]]


class Counted(NamedTuple):
    """
    What an effect computes on. ``volume_before_e4`` is what its rule counted before in the period
    of the effect. Of a payment ``invoice_e4`` is the whole of which the amount is a part.
    """

    amount_e4: int
    quantity_e4: int
    currency: str = ""
    volume_before_e4: int = 0
    invoice_e4: int = 0

    def of_quantity(self, quantity_e4: int) -> "Counted":
        return self._replace(quantity_e4=quantity_e4)

    def after_volume(self, volume_e4: int) -> "Counted":
        return self._replace(volume_before_e4=volume_e4)


def quantity_of(activity: ActivityFacts) -> int:
    """Return the quantity of an activity: of its lines together where it has any."""
    if activity.lines:
        return sum(line.quantity_e4 for line in activity.lines)
    return activity.quantity_e4
