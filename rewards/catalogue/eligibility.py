"""Who may take a reward now, and what would open it to whom it is closed: pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rewards.models import Reward


class Obstacle(StrEnum):
    """What stands between a taker and a reward, in the order in which they are looked at."""

    NOT_ON_OFFER = "not_on_offer"
    NOT_FOR_COMPANY = "not_for_company"
    NOT_FOR_PERSON = "not_for_person"
    TIER_TOO_LOW = "tier_too_low"
    LIMIT_REACHED = "limit_reached"
    OUT_OF_STOCK = "out_of_stock"


@dataclass(frozen=True, slots=True)
class Situation:
    """
    The taker's side at a moment.

    ``tiers`` are the codes of the programme's tiers from the lowest up; ``taken`` counts what the
    partner already took per reward id; ``emptied`` are rewards whose codes or seats ran out.
    """

    at: datetime
    for_company: bool
    tier_code: str
    tiers: tuple[str, ...]
    taken: dict[int, int]
    emptied: frozenset[int] = frozenset()


def find_obstacle(reward: Reward, situation: Situation) -> Obstacle | None:
    """Return the first thing that closes the reward in this situation, or None if it is open."""
    checks = (
        (Obstacle.NOT_ON_OFFER, not _is_on_offer(reward, situation.at)),
        (
            Obstacle.NOT_FOR_COMPANY,
            situation.for_company and reward.audience == Reward.Audience.PERSON,
        ),
        (
            Obstacle.NOT_FOR_PERSON,
            not situation.for_company and reward.audience == Reward.Audience.COMPANY,
        ),
        (Obstacle.TIER_TOO_LOW, not reaches_tier(reward, situation)),
        (Obstacle.LIMIT_REACHED, count_left(reward, situation) == 0),
        (Obstacle.OUT_OF_STOCK, reward.stock == 0 or reward.pk in situation.emptied),
    )
    return next((obstacle for obstacle, stands in checks if stands), None)


def reaches_tier(reward: Reward, situation: Situation) -> bool:
    """A tier that the programme no longer has opens to nobody: better closed than given away."""
    if not reward.min_tier:
        return True
    if reward.min_tier not in situation.tiers or situation.tier_code not in situation.tiers:
        return False
    return situation.tiers.index(situation.tier_code) >= situation.tiers.index(reward.min_tier)


def count_left(reward: Reward, situation: Situation) -> int | None:
    """Return how many more the partner may take by its limit, or None without a limit."""
    if reward.limit_per_partner is None:
        return None
    return max(0, reward.limit_per_partner - situation.taken.get(reward.pk, 0))


def _is_on_offer(reward: Reward, at: datetime) -> bool:
    not_ended = reward.offered_until is None or at < reward.offered_until
    return reward.is_active and reward.offered_from <= at and not_ended
