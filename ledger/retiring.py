"""
What is past its expiry leaves the balances, set by set: the writer beside ``ledger.posting``.

It writes the same transfers, uses, lots and balances as posting an entry for each account would,
under the same locks. A night may have a great many lots: an account passes through Python, a lot
never does. Statements that name the transfers just inserted work out from the locked rows what each
lot loses. What they did is counted and summed; anything else than was read forbids the commit.

Nothing follows from an expiry: its credit side is the house's, so that there is no debt to repay,
no lot to open and no balance to grow. Only the debit side moves, by what its own lots lose.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import uuid_utils.compat
from django.db import connection, transaction

from ledger import reading, writing
from ledger.book import AmountOutOfBounds
from ledger.models import TRANSFER_AMOUNT_MAX, Account, Transfer
from ledger.posting import ChangedMeanwhile, IdempotencyKeyReused, forbid_commit
from partners.fixed_sql import Asked, Row, among, listed, open_cursor, row_lock, together
from partners.models import Partner

# What is held stays until its hold ends. That something is left is said for the index's sake too.
DUE = "lot.remaining > 0 AND lot.remaining > lot.held AND lot.expires_at <= %s"


@dataclass(frozen=True, slots=True)
class Due:
    """What one account loses. ``mark`` changes with every change of what is left of the lots."""

    account_id: int
    partner_id: int
    member_id: int | None
    unit_id: int
    last_posted_at: datetime | None
    lots: int
    amount: int
    latest_at: datetime
    mark: str

    def key(self, as_of: datetime) -> str:
        return f"expire:{self.account_id}:{as_of.isoformat()}:{self.mark}"


def lock_and_read(
    *, account_ids: Collection[int], partner_ids: Collection[int], as_of: datetime
) -> list[Due]:
    """
    Lock the partners, then the accounts, each in id order; return what of them is past its expiry.

    Each is a statement of its own, so that the last one sees all that went on before the locks
    were granted: somebody may have spent, or run this very step.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("retiring needs the caller's transaction")
    lock = f"WHERE {among('id', 'bigint')} ORDER BY id{row_lock()}"
    with together():
        partners = Asked(Partner, lock, [listed(partner_ids)], columns=("id",))
        accounts = Asked(Account, lock, [listed(account_ids)], columns=("id",))
        due = open_cursor()
        due.execute(_build_due(connection.vendor), [listed(account_ids), _as_stored(as_of)])
    partners.fetch_rows()
    accounts.fetch_rows()
    with due as cursor:
        return [_as_due(row) for row in cursor.fetchall()]


def retire(dues: Sequence[Due], *, expired: Mapping[int, Account], as_of: datetime) -> None:
    """
    Retire what was read under the locks: a transfer for each account, a use for each lot.

    ``posted_at`` is ``as_of``, moved up to the account's latest where needed.

    :param expired: The house accounts that take it, by the id of their unit.
    :raises AmountOutOfBounds: If an account loses more than a transfer may move.
    :raises IdempotencyKeyReused: If a key already stands for something else.
    :raises ChangedMeanwhile: If the locks did not hold; the transaction can only be rolled back.
    """
    if not dues:
        return
    transfers = listed(_insert_transfers(dues, expired=expired, as_of=as_of))
    lots = [listed(due.account_id for due in dues), _as_stored(as_of)]
    lots_expected = sum(due.lots for due in dues)
    sql = _build_retirement(connection.vendor)
    # Planned anew for each chunk: a plan for arrays of any length would read whole tables.
    with connection.cursor() as cursor:
        for statement, parameters, expected in (
            (sql.uses, [transfers, *lots], lots_expected),
            (sql.lots, [transfers, *lots], lots_expected),
            (sql.balances, [transfers, transfers], len(dues)),
        ):
            cursor.execute(statement, parameters)
            if cursor.rowcount != expected:
                forbid_commit()
                raise ChangedMeanwhile


def _insert_transfers(
    dues: Sequence[Due], *, expired: Mapping[int, Account], as_of: datetime
) -> list[int]:
    # The mark names what is left of the lots, so that a known key is of lots that are gone.
    keys = [due.key(as_of) for due in dues]
    if known := reading.read_transfers_by_key(keys):
        raise IdempotencyKeyReused(next(iter(known)))
    largest = max(due.amount for due in dues)
    if largest > TRANSFER_AMOUNT_MAX:
        raise AmountOutOfBounds(amount=largest, bound=TRANSFER_AMOUNT_MAX)
    batch = uuid_utils.compat.uuid7()
    rows = [
        {
            "public_id": uuid_utils.compat.uuid7(),
            "idempotency_key": key,
            "kind": Transfer.Kind.EXPIRE.value,
            "debit_account_id": due.account_id,
            "credit_account_id": expired[due.unit_id].pk,
            "partner_id": due.partner_id,
            "amount": due.amount,
            "occurred_at": due.latest_at,
            "posted_at": max(as_of, due.last_posted_at or as_of),
            "reason_code": "",
            "reference": "",
            "reverses_id": None,
            "batch": batch,
        }
        for due, key in zip(dues, keys, strict=True)
    ]
    columns = list(writing.TRANSFERS.columns)
    ids = writing.insert(
        writing.TRANSFERS,
        [[row[name] for name in columns] for row in rows],
        unless_taken="idempotency_key",
    )
    if len(ids) != len(rows):
        forbid_commit()
        raise IdempotencyKeyReused(keys[0])
    return ids


@lru_cache
def _build_due(vendor: str) -> str:
    concatenated = "string_agg" if vendor == "postgresql" else "group_concat"
    # The seen parts are joined in the order of the rows they come from.
    return f"""
        SELECT account.id, account.partner_id, account.member_id, account.unit_id,
               account.last_posted_at, due.lots, due.amount, due.latest_at, due.seen
          FROM (SELECT account_id, count(*) AS lots, CAST(sum(free) AS bigint) AS amount,
                       max(expires_at) AS latest_at, {concatenated}(seen, ',') AS seen
                  FROM (SELECT lot.account_id, lot.remaining - lot.held AS free, lot.expires_at,
                               lot.id || ':' || lot.remaining || ':' || lot.held AS seen
                          FROM ledger_lot lot
                         WHERE {among("lot.account_id", "bigint")} AND {DUE}
                         ORDER BY lot.account_id, lot.id) AS each_lot
                 GROUP BY account_id) AS due
          JOIN ledger_account account ON account.id = due.account_id
         ORDER BY account.id
    """  # noqa: S608 - all names are constants


class Retirement(NamedTuple):
    """The statements that follow the transfers, in their order."""

    uses: str
    lots: str
    balances: str


@lru_cache
def _build_retirement(_vendor: str) -> Retirement:
    """Both sides of each join are named by their ids, so that the server looks up each of them."""
    lots = f"{among('lot.account_id', 'bigint')} AND {DUE}"
    return Retirement(
        # In spending order: what is given back one day begins with the last use.
        uses=f"""
            INSERT INTO ledger_lotuse (transfer_id, lot_id, amount)
            SELECT transfer.id, lot.id, lot.remaining - lot.held
              FROM ledger_transfer AS transfer
              JOIN ledger_lot AS lot ON lot.account_id = transfer.debit_account_id
             WHERE {among("transfer.id", "bigint")} AND {lots}
             ORDER BY transfer.id, lot.expires_at, lot.earned_at, lot.id
        """,  # noqa: S608 - all names are constants
        # Only where the lot still has what its use took.
        lots=f"""
            UPDATE ledger_lot AS lot SET remaining = lot.held
              FROM ledger_lotuse AS taken
             WHERE taken.lot_id = lot.id AND taken.amount = lot.remaining - lot.held
               AND {among("taken.transfer_id", "bigint")} AND {lots}
        """,  # noqa: S608 - all names are constants
        # Only where the uses add up to the transfer.
        balances=f"""
            UPDATE ledger_account AS account
               SET balance = account.balance - transfer.amount, last_posted_at = transfer.posted_at
              FROM ledger_transfer AS transfer
              JOIN (SELECT transfer_id, sum(amount) AS amount FROM ledger_lotuse
                     WHERE {among("transfer_id", "bigint")} GROUP BY transfer_id) AS taken
                ON taken.transfer_id = transfer.id AND taken.amount = transfer.amount
             WHERE {among("transfer.id", "bigint")} AND account.id = transfer.debit_account_id
        """,  # noqa: S608 - all names are constants
    )


def _as_due(row: Row) -> Due:
    account_id, partner_id, member_id, unit_id, last_posted_at, lots, amount, latest_at, seen = row
    return Due(
        account_id=account_id,
        partner_id=partner_id,
        member_id=member_id,
        unit_id=unit_id,
        last_posted_at=_as_moment(last_posted_at) if last_posted_at else None,
        lots=lots,
        amount=amount,
        latest_at=_as_moment(latest_at),
        mark=hashlib.sha256(seen.encode()).hexdigest()[:16],
    )


def _as_moment(value: datetime | str) -> datetime:
    """SQLite gives back what Django keeps there: UTC without saying so, as text out of max()."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _as_stored(moment: datetime) -> datetime | str | None:
    return connection.ops.adapt_datetimefield_value(moment)
