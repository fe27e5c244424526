"""Requests that nobody decided about in time lapse: the points, stock and codes are free again."""

from dataclasses import dataclass
from datetime import datetime

from partners.models import Partner
from rewards.models import Programme, Redemption
from rewards.redeeming.moving import lapse_locked

State = Redemption.State


@dataclass(frozen=True, slots=True)
class RequestsLapsed:
    """What one chunk ended; ``last_redemption_id`` is None when there is no more."""

    redemptions: int
    last_redemption_id: int | None


def lapse(
    *,
    programme: Programme,
    as_of: datetime,
    after_redemption_id: int = 0,
    redemptions_max: int = 200,
) -> RequestsLapsed:
    """
    End the requests whose time is over at ``as_of``, for the next ones by id.

    The caller owns the transaction. Safe to run twice, and twice at once. Requests of before
    there were holds have no time to lapse at and wait on.
    """
    due = Redemption.objects.filter(
        state=State.REQUESTED, hold__lapses_at__lte=as_of, reward__programme=programme
    )
    rows = due.filter(pk__gt=after_redemption_id).order_by("pk").values_list("pk", "partner")
    found: dict[int, int] = dict(rows[:redemptions_max])
    Partner.objects.lock(set(found.values()))
    # Read again: somebody may have decided, or run this very step, until the lock was ours.
    lapsing = due.filter(pk__in=found).for_moving().order_by("pk")
    for redemption in lapsing:
        lapse_locked(redemption, at=as_of)
    last = max(found) if len(found) == redemptions_max else None
    return RequestsLapsed(len(lapsing), last)
