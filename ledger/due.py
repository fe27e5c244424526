"""Lots whose time has come, account by account: what the nightly steps move."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import F, Q

from ledger.models import Account, Lot, Unit
from partners.models import Partner


class LeftOfLot(NamedTuple):
    pk: int
    remaining: int
    held: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DueLots:
    """What of one account is due. ``mark`` changes with every change of what is left of the lots."""

    account: Account
    partner_id: int
    lots: int
    amount: int
    mark: str
    latest_at: datetime


@dataclass(frozen=True, slots=True)
class DueChunk:
    """The due lots of some accounts, and where to go on; None when there is no more."""

    due: tuple[DueLots, ...]
    last_account_id: int | None

    @property
    def lots(self) -> int:
        return sum(one.lots for one in self.due)

    @property
    def amount(self) -> int:
        return sum(one.amount for one in self.due)


def lock_due(
    *, column: str, as_of: datetime, unit: Unit | None, after_account_id: int, accounts_max: int
) -> DueChunk:
    """
    Lock the partners of the next accounts with due lots, and return what is due now.

    :param column: ``expires_at`` or ``matures_at``; a lot is due when that is ``as_of`` or before.
    """
    # That something is left follows from the rest; it is said for the sake of the partial index.
    due = Q(**{f"{column}__lte": as_of}) & Q(remaining__gt=0) & Q(remaining__gt=F("held"))
    rows = Lot.objects.filter(due, account__gt=after_account_id)
    if unit is not None:
        rows = rows.filter(account__unit=unit)
    owners = rows.order_by("account").values_list("account", "account__partner").distinct()
    found: Mapping[int, int] = dict(owners[:accounts_max])
    if not found:
        return DueChunk((), None)
    Partner.objects.lock(set(found.values()))
    # Read again: somebody may have spent, or run this very step, until the lock was ours.
    accounts = Account.objects.select_related("unit").in_bulk(found.keys())
    lots: dict[int, list[LeftOfLot]] = defaultdict(list)
    due_now = Lot.objects.filter(due, account__in=found.keys()).order_by("account", "pk")
    # Plain rows: a night may have a great many.
    for account_id, *left in due_now.values_list("account", "pk", "remaining", "held", column):
        lots[account_id].append(LeftOfLot(*left))
    chunk = tuple(_sum_up(accounts[pk], found[pk], lots[pk]) for pk in lots)
    return DueChunk(chunk, max(found) if len(found) == accounts_max else None)


def _sum_up(account: Account, partner_id: int, lots: list[LeftOfLot]) -> DueLots:
    seen = ",".join(f"{lot.pk}:{lot.remaining}:{lot.held}" for lot in lots)
    return DueLots(
        account=account,
        partner_id=partner_id,
        lots=len(lots),
        amount=sum(lot.remaining - lot.held for lot in lots),
        mark=hashlib.sha256(seen.encode()).hexdigest()[:16],
        latest_at=max(lot.due_at for lot in lots),
    )
