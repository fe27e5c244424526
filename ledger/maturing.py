"""Pending awards become available when their waiting time is over."""

from dataclasses import dataclass
from datetime import datetime

from ledger import accounts
from ledger.due import DueLots, lock_due
from ledger.models import Account, Transfer, Unit
from ledger.posting import Entry, post
from partners import events
from partners.events import EventDraft


@dataclass(frozen=True, slots=True)
class MaturingCounts:
    """What one chunk moved to the pools; ``last_account_id`` is None when there is no more."""

    accounts: int
    lots: int
    amount: int
    last_account_id: int | None


def mature(
    *,
    as_of: datetime,
    unit: Unit | None = None,
    after_account_id: int = 0,
    accounts_max: int = 1000,
) -> MaturingCounts:
    """
    Move what has waited long enough at ``as_of`` from pending to the pool, lot by lot.

    Lots keep their origin, age and expiry; debt is repaid out of them first. The caller owns the
    transaction. Safe to run twice, and twice at once.
    """
    chunk = lock_due(
        column="matures_at",
        as_of=as_of,
        unit=unit,
        after_account_id=after_account_id,
        accounts_max=accounts_max,
    )
    pools = _find_pools(chunk.due)
    post(
        [
            Entry(
                kind=Transfer.Kind.MATURE,
                debit=one.account,
                credit=pools[one.account.pk],
                amount=one.amount,
                idempotency_key=f"mature:{one.account.pk}:{as_of.isoformat()}:{one.mark}",
                occurred_at=one.latest_at,
            )
            for one in chunk.due
        ],
        posted_at=as_of,
    )
    events.record(
        [
            EventDraft(
                partner_id=one.partner_id,
                kind="points_matured",
                occurred_at=one.latest_at,
                payload={"amount": one.amount, "unit": one.account.unit.code},
            )
            for one in chunk.due
        ],
        recorded_at=as_of,
    )
    return MaturingCounts(len(chunk.due), chunk.lots, chunk.amount, chunk.last_account_id)


def _find_pools(due: tuple[DueLots, ...]) -> dict[int, Account]:
    """Return the pool beside each pending account, by the id of the pending account."""
    found: dict[int, Account] = {}
    for unit in {one.account.unit for one in due}:
        of_unit = [one for one in due if one.account.unit_id == unit.pk]
        pools = accounts.of_partners(unit, Account.Kind.POOL, [one.partner_id for one in of_unit])
        found |= {one.account.pk: pools[one.partner_id] for one in of_unit}
    return found
