"""
What the hot path reads before it writes: accounts under their locks, known keys, open lots.

Fixed SQL, for the same reason as ``ledger.writing``.
"""

from collections.abc import Iterable, Sequence

from ledger.lots import OpenLot
from ledger.models import Account, Lot, Transfer
from partners.fixed_sql import among, listed, read, row_lock


def lock_accounts(accounts: Iterable[Account]) -> list[Account]:
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
    return read(Account, f"WHERE {wanted} ORDER BY id{row_lock()}", parameters)


def read_transfers_by_key(keys: Iterable[str]) -> dict[str, Transfer]:
    """Return the transfers that already carry one of the keys."""
    wanted = list(keys)
    if not wanted:
        return {}
    found = read(Transfer, f"WHERE {among('idempotency_key', 'text')}", [listed(wanted)])
    return {transfer.idempotency_key: transfer for transfer in found}


def read_open_lots(account_ids: Sequence[int] | set[int]) -> list[OpenLot]:
    """Read what is left of the lots of these accounts, in spending order."""
    if not account_ids:
        return []
    lots = read(
        Lot,
        f"WHERE {among('account_id', 'bigint')} AND remaining > 0"
        " ORDER BY expires_at IS NULL, expires_at, earned_at, id",
        [listed(account_ids)],
    )
    return [
        OpenLot(
            pk=lot.pk,
            account_id=lot.account_id,
            amount=lot.amount,
            remaining=lot.remaining,
            remaining_read=lot.remaining,
            held=lot.held,
            earned_at=lot.earned_at,
            expires_at=lot.expires_at,
            matures_at=lot.matures_at,
            origin=lot.origin_id,
            opened_by=lot.opened_by_id,
        )
        for lot in lots
    ]
