"""Holds lapse by themselves when nobody has decided in time."""

from dataclasses import dataclass
from datetime import datetime

from ledger.holds import draft_event
from ledger.models import Hold, Unit
from ledger.posting import Release, post
from partners import events
from partners.models import Partner


@dataclass(frozen=True, slots=True)
class LapseCounts:
    """What one chunk set free; ``last_hold_id`` is None when there is no more."""

    holds: int
    amount: int
    last_hold_id: int | None


def lapse(
    *,
    as_of: datetime,
    unit: Unit | None = None,
    after_hold_id: int = 0,
    holds_max: int = 1000,
) -> LapseCounts:
    """
    Set free what open holds reserve past their time at ``as_of``, for the next holds by id.

    What becomes free repays debt first. The caller owns the transaction. Safe to run twice, and
    twice at once. Whatever else ends with a hold (a request that waits) is ended before.
    """
    due = Hold.objects.open().filter(lapses_at__lte=as_of)
    if unit is not None:
        due = due.filter(account__unit=unit)
    rows = due.filter(pk__gt=after_hold_id).order_by("pk").values_list("pk", "partner")
    found: dict[int, int] = dict(rows[:holds_max])
    if not found:
        return LapseCounts(0, 0, None)
    Partner.objects.lock(set(found.values()))
    # Read again: somebody may have decided, or run this very step, until the lock was ours.
    lapsing = list(due.filter(pk__in=found).select_related("account__unit").order_by("pk"))
    post(
        [Release(hold=hold, occurred_at=hold.lapses_at or as_of, lapses=True) for hold in lapsing],
        posted_at=as_of,
    )
    events.record(
        [
            draft_event(
                hold,
                "hold_lapsed",
                unit_code=hold.account.unit.code,
                occurred_at=hold.lapses_at or as_of,
            )
            for hold in lapsing
        ],
        recorded_at=as_of,
    )
    amount = sum(hold.amount for hold in lapsing)
    return LapseCounts(len(lapsing), amount, max(found) if len(found) == holds_max else None)
