"""Where a partner stands on the ladder, what the next tier needs, and what keeps this one."""

from dataclasses import dataclass

from partners.models.amounts import to_ten_thousandths
from rewards.models import Standing
from rewards.programmes.definition import Definition, Tier


@dataclass(frozen=True, slots=True)
class TierProgress:
    """
    A place on the ladder. Amounts are ten-thousandths of the programme's currency.

    ``to_next_e4`` is the net spend still missing within the window, 0 at the top.
    ``over_current_e4`` is how much of the window may still leave it before the tier falls.
    """

    tiers: tuple[Tier, ...]
    current: Tier | None
    next: Tier | None
    spend_e4: int
    orders: int
    to_next_e4: int
    over_current_e4: int

    @property
    def position_percent(self) -> float:
        """
        Place on a track on which tiers are equal steps, linear inside a step; 0 to 100.

        Only for drawing: nothing is decided on it.
        """
        steps = len(self.tiers) - 1
        if steps < 1 or self.current is None:
            return 0.0
        rank = self.tiers.index(self.current)
        if self.next is None:
            return 100.0
        width = self.next.threshold_e4 - self.current.threshold_e4
        inside = min(max(self.spend_e4 - self.current.threshold_e4, 0), width) / width
        return (rank + inside) / steps * 100


def progress(standing: Standing, definition: Definition) -> TierProgress:
    """Return the partner's place by the figures its tier was last decided on."""
    spend_e4 = to_ten_thousandths(standing.spend)
    current = definition.tier(standing.tier_code)
    rank = definition.rank(standing.tier_code)
    upper = definition.tiers[rank + 1] if rank + 1 < len(definition.tiers) else None
    return TierProgress(
        tiers=definition.tiers,
        current=current,
        next=upper,
        spend_e4=spend_e4,
        orders=standing.orders,
        to_next_e4=max(upper.threshold_e4 - spend_e4, 0) if upper else 0,
        over_current_e4=max(spend_e4 - current.threshold_e4, 0) if current else 0,
    )
