"""Points past their expiry leave the balance: one transfer for each account and night."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Min, Sum

from ledger import accounts
from ledger.models import Account, Lot, Unit
from ledger.retiring import Due, lock_and_read, retire
from partners import events
from partners.events import EventDraft

# About half a second for a chunk, whether its accounts have few lots or many.
LOTS_MAX = 10_000


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
    The number of queries depends neither on the accounts nor on their lots.
    """
    chunk = _find_chunk(
        as_of=as_of, unit=unit, after_account_id=after_account_id, accounts_max=accounts_max
    )
    if not chunk.partners:
        return ExpiryCounts(accounts=0, lots=0, amount=0, last_account_id=None)
    dues = lock_and_read(
        account_ids=chunk.partners.keys(), partner_ids=set(chunk.partners.values()), as_of=as_of
    )
    units = Unit.objects.in_bulk({due.unit_id for due in dues})
    expired = {pk: accounts.house(one, Account.Kind.EXPIRED) for pk, one in units.items()}
    retire(dues, expired=expired, as_of=as_of)
    events.record([_draft_event(due, units[due.unit_id]) for due in dues], recorded_at=as_of)
    return ExpiryCounts(
        accounts=len(dues),
        lots=sum(due.lots for due in dues),
        amount=sum(due.amount for due in dues),
        last_account_id=chunk.last_account_id,
    )


def schedule(account: Account, *, as_of: datetime) -> list[tuple[datetime | None, int]]:
    """
    Return what of the account's balance expires when, soonest first, if nothing is spent before.

    What never expires comes last, with None. Holds are included: they too expire.
    """
    open_lots = Lot.objects.filter(account=account).spendable(as_of).order_by()
    rows = open_lots.values_list("expires_at").annotate(Sum("remaining"))
    return list(rows.order_by(F("expires_at").asc(nulls_last=True)))


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The partners of the next accounts with something due, by account, and where to go on."""

    partners: dict[int, int]
    last_account_id: int | None


def _find_chunk(
    *, as_of: datetime, unit: Unit | None, after_account_id: int, accounts_max: int
) -> _Chunk:
    lots = Lot.objects.open().filter(
        remaining__gt=F("held"), expires_at__lte=as_of, account__gt=after_account_id
    )
    if unit is not None:
        lots = lots.filter(account__unit=unit)
    by_account = lots.values("account").annotate(partner=Min("account__partner"), lots=Count("pk"))
    found = by_account.order_by("account").values_list("account", "partner", "lots")
    partners: dict[int, int] = {}
    left = LOTS_MAX
    for account_id, partner_id, count in found[:accounts_max]:
        if partners and count > left:
            return _Chunk(partners, max(partners))
        partners[account_id] = partner_id
        left -= count
    return _Chunk(partners, max(partners) if len(partners) == accounts_max else None)


def _draft_event(due: Due, unit: Unit) -> EventDraft:
    return EventDraft(
        partner_id=due.partner_id,
        member_id=due.member_id,
        kind="points_expired",
        occurred_at=due.latest_at,
        payload={"amount": due.amount, "unit": unit.code},
    )
