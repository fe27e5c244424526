"""Points past their expiry leave the balance: one transfer for each account and night."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Sum

from ledger import accounts
from ledger.due import DueLots, lock_due
from ledger.models import Account, Lot, Transfer, Unit
from ledger.posting import Entry, post
from partners import events
from partners.events import EventDraft


@dataclass(frozen=True, slots=True)
class ExpiryCounts:
    """What one chunk retired; ``last_account_id`` is None when there is no more."""

    accounts: int
    lots: int
    amount: int
    last_account_id: int | None


def expire(
    *,
    as_of: datetime,
    unit: Unit | None = None,
    after_account_id: int = 0,
    accounts_max: int = 1000,
) -> ExpiryCounts:
    """
    Retire what is past its expiry at ``as_of``, for the next accounts after the given one.

    Pools, wallets and pending alike; what is held stays until its hold ends. The caller owns the
    transaction. Safe to run twice, and twice at once: the second finds nothing left to retire.
    """
    chunk = lock_due(
        column="expires_at",
        as_of=as_of,
        unit=unit,
        after_account_id=after_account_id,
        accounts_max=accounts_max,
    )
    post(_plan(chunk.due, as_of), posted_at=as_of)
    events.record([_draft_event(one) for one in chunk.due], recorded_at=as_of)
    return ExpiryCounts(len(chunk.due), chunk.lots, chunk.amount, chunk.last_account_id)


def schedule(account: Account, *, as_of: datetime) -> list[tuple[datetime | None, int]]:
    """
    Return what of the account's balance expires when, soonest first, if nothing is spent before.

    What never expires comes last, with None. Holds are included: they too expire.
    """
    open_lots = Lot.objects.filter(account=account).spendable(as_of).order_by()
    rows = open_lots.values_list("expires_at").annotate(Sum("remaining"))
    return list(rows.order_by(F("expires_at").asc(nulls_last=True)))


def _plan(due: Iterable[DueLots], as_of: datetime) -> list[Entry]:
    units = {one.account.unit_id: one.account.unit for one in due}
    expired = {pk: accounts.house(unit, Account.Kind.EXPIRED) for pk, unit in units.items()}
    return [
        Entry(
            kind=Transfer.Kind.EXPIRE,
            debit=one.account,
            credit=expired[one.account.unit_id],
            amount=one.amount,
            idempotency_key=f"expire:{one.account.pk}:{as_of.isoformat()}:{one.mark}",
            occurred_at=one.latest_at,
        )
        for one in due
    ]


def _draft_event(one: DueLots) -> EventDraft:
    return EventDraft(
        partner_id=one.partner_id,
        member_id=one.account.member_id,
        kind="points_expired",
        occurred_at=one.latest_at,
        payload={"amount": one.amount, "unit": one.account.unit.code},
    )
