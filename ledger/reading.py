"""
What the hot path reads before it writes: accounts under their locks, known keys, open lots.

Fixed SQL, for the same reason as ``ledger.writing``.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ledger.lots import OpenAccount, OpenLot
from ledger.models import Account, Lot, Transfer
from partners.fixed_sql import Asked, Row, among, listed, row_lock, together

ACCOUNT_COLUMNS = ("id", "unit_id", "kind", "partner_id", "balance", "held", "last_posted_at")
LOT_COLUMNS = (
    "id",
    "account_id",
    "amount",
    "remaining",
    "held",
    "earned_at",
    "expires_at",
    "matures_at",
    "origin_id",
    "opened_by_id",
)


@dataclass(frozen=True, slots=True)
class UnderLocks:
    """What a batch stands on; ``lots`` come in spending order."""

    accounts: list[OpenAccount]
    transfers_by_key: dict[str, Transfer]
    lots: list[OpenLot]


def lock_and_read(
    *, accounts: Iterable[Account], keys: Collection[str], lots_of: Collection[int]
) -> UnderLocks:
    """
    Lock the accounts that can run out; then read who carries the keys and which lots are open.

    The three are asked together. Each is a statement of its own that sees what was committed
    before it began, so that the last two see all that went on before the locks were granted.
    """
    with together():
        locked = _ask_for_locked(accounts)
        known = _ask_for_keys(keys) if keys else None
        lots = _ask_for_open_lots(lots_of) if lots_of else None
    return UnderLocks(
        accounts=[_as_open_account(row) for row in locked.fetch_rows()],
        transfers_by_key=_by_key(known.fetch() if known else ()),
        lots=[_as_open_lot(row) for row in lots.fetch_rows()] if lots else [],
    )


def read_transfers_by_key(keys: Iterable[str]) -> dict[str, Transfer]:
    """Return the transfers that already carry one of the keys."""
    wanted = list(keys)
    return _by_key(_ask_for_keys(wanted).fetch() if wanted else ())


def _ask_for_locked(accounts: Iterable[Account]) -> Asked[Account]:
    """
    Lock the accounts that store a balance, and what the pools among them owe, in id order.

    In one order, so that two opposite batches cannot wait for each other. House accounts store
    nothing and cannot run out: locking them would put the whole programme in one queue.
    """
    held = {account.pk: account for account in accounts if not account.is_house}
    pools = [account for account in held.values() if account.kind == Account.Kind.POOL]
    wanted = among("id", "bigint")
    parameters = [listed(held)]
    if pools:
        wanted += (
            " OR (kind = 'debt' AND partner_id IS NOT NULL AND member_id IS NULL"
            f" AND {among('partner_id', 'bigint')} AND {among('unit_id', 'bigint')})"
        )
        parameters += [
            listed({pool.partner_id for pool in pools}),
            listed({pool.unit_id for pool in pools}),
        ]
    return Asked(
        Account,
        f"WHERE {wanted} ORDER BY id{row_lock()}",
        parameters,
        columns=ACCOUNT_COLUMNS,
    )


def _ask_for_keys(keys: Collection[str]) -> Asked[Transfer]:
    return Asked(Transfer, f"WHERE {among('idempotency_key', 'text')}", [listed(keys)])


def _ask_for_open_lots(account_ids: Collection[int]) -> Asked[Lot]:
    return Asked(
        Lot,
        f"WHERE {among('account_id', 'bigint')} AND remaining > 0"
        " ORDER BY expires_at IS NULL, expires_at, earned_at, id",
        [listed(account_ids)],
        columns=LOT_COLUMNS,
    )


def _by_key(transfers: Iterable[Transfer]) -> dict[str, Transfer]:
    return {transfer.idempotency_key: transfer for transfer in transfers}


def _as_open_account(row: Row) -> OpenAccount:
    pk, unit_id, kind, partner_id, balance, held, last_posted_at = row
    return OpenAccount(
        pk=pk,
        unit_id=unit_id,
        kind=kind,
        partner_id=partner_id,
        balance=balance,
        held=held,
        last_posted_at=last_posted_at,
        balance_read=balance,
        held_read=held,
    )


def _as_open_lot(row: Row) -> OpenLot:
    pk, account_id, amount, remaining, held, earned, expires, matures, origin, opened_by = row
    return OpenLot(
        pk=pk,
        account_id=account_id,
        amount=amount,
        remaining=remaining,
        remaining_read=remaining,
        held=held,
        held_read=held,
        earned_at=earned,
        expires_at=expires,
        matures_at=matures,
        origin=origin,
        opened_by=opened_by,
    )
