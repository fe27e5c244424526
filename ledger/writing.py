"""
What the hot path writes: many rows in one fixed statement, however many there are.

``ledger.reading`` is its counterpart.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from django.db.backends.utils import CursorWrapper

from partners import fixed_sql
from partners.fixed_sql import Row, build_source, give_rows, on_postgresql, open_cursor


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table and the columns written here, with their types on PostgreSQL."""

    name: str
    columns: Mapping[str, str]


# Text, not varchar(n): a cast would cut what is too long, the column refuses it.
TRANSFERS = Table(
    "ledger_transfer",
    MappingProxyType(
        {
            "public_id": "uuid",
            "idempotency_key": "text",
            "kind": "text",
            "debit_account_id": "bigint",
            "credit_account_id": "bigint",
            "partner_id": "bigint",
            "amount": "bigint",
            "occurred_at": "timestamptz",
            "posted_at": "timestamptz",
            "reason_code": "text",
            "reference": "text",
            "reverses_id": "bigint",
            "batch": "uuid",
        }
    ),
)
LOTS = Table(
    "ledger_lot",
    MappingProxyType(
        {
            "account_id": "bigint",
            "opened_by_id": "bigint",
            "origin_id": "bigint",
            "amount": "bigint",
            "remaining": "bigint",
            "held": "bigint",
            "earned_at": "timestamptz",
            "matures_at": "timestamptz",
            "expires_at": "timestamptz",
        }
    ),
)
LOT_USES = Table(
    "ledger_lotuse",
    MappingProxyType({"transfer_id": "bigint", "lot_id": "bigint", "amount": "bigint"}),
)
LOT_EXTENSIONS = Table(
    "ledger_lotextension",
    MappingProxyType(
        {
            "lot_id": "bigint",
            "expired_before": "timestamptz",
            "expires_at": "timestamptz",
            "extended_at": "timestamptz",
            "reference": "text",
        }
    ),
)
HOLDS = Table(
    "ledger_hold",
    MappingProxyType(
        {
            "public_id": "uuid",
            "idempotency_key": "text",
            "account_id": "bigint",
            "partner_id": "bigint",
            "amount": "bigint",
            "captured": "bigint",
            "state": "text",
            "reason_code": "text",
            "reference": "text",
            "placed_at": "timestamptz",
            "lapses_at": "timestamptz",
            "ended_at": "timestamptz",
            "capture_id": "bigint",
        }
    ),
)
HOLD_SLICES = Table(
    "ledger_holdslice",
    MappingProxyType({"hold_id": "bigint", "lot_id": "bigint", "amount": "bigint"}),
)
# The first column after the id is the guard: it is compared as read and then set.
LOTS_LEFT = Table("ledger_lot", MappingProxyType({"id": "bigint", "remaining": "bigint"}))
LOTS_HELD = Table("ledger_lot", MappingProxyType({"id": "bigint", "held": "bigint"}))
LOTS_EXPIRY = Table("ledger_lot", MappingProxyType({"id": "bigint", "expires_at": "timestamptz"}))
HELD = Table("ledger_account", MappingProxyType({"id": "bigint", "held": "bigint"}))
HOLDS_ENDED = Table(
    "ledger_hold",
    MappingProxyType(
        {
            "id": "bigint",
            "state": "text",
            "captured": "bigint",
            "ended_at": "timestamptz",
            "capture_id": "bigint",
        }
    ),
)
BALANCES = Table(
    "ledger_account",
    MappingProxyType({"id": "bigint", "balance": "bigint", "last_posted_at": "timestamptz"}),
)


def insert(table: Table, rows: Sequence[Row], *, unless_taken: str = "") -> list[int]:
    """
    Insert rows and return their ids, which ascend in the order of the rows.

    :param unless_taken: A unique column. A row whose value another transaction has just taken is
        left out on PostgreSQL, and the caller finds fewer ids than rows. SQLite has one writer.
    """
    if not rows:
        return []
    tail = "RETURNING id"
    if unless_taken and on_postgresql():
        tail = f"ON CONFLICT ({unless_taken}) DO NOTHING {tail}"
    with open_cursor() as cursor:
        cursor.execute(_build_insert(table, tail), give_rows(rows))
        return sorted(row[0] for row in cursor.fetchall())


def update(table: Table, rows: Sequence[Row]) -> int:
    """
    Set the guard and the columns after it, where the guard is still as it was read.

    A row is (id, guard as read, guard from now on, *the other columns*). Return how many were set.
    """
    if not rows:
        return 0
    with open_cursor() as cursor:
        cursor.execute(_build_update(table), give_rows(rows))
        return int(cursor.rowcount)


class NotAsRead(Exception):
    """A guard was no longer as it was read."""


class Sending:
    """Statements on their way to the database; what each has done is looked at in the end."""

    def __init__(self) -> None:
        self._sent: list[tuple[CursorWrapper, int]] = []

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            self._send(_build_insert(table, ""), rows)

    def update(self, table: Table, rows: Sequence[Row]) -> None:
        """As the function of this name does; all rows have to be set."""
        if rows:
            self._send(_build_update(table), rows)

    def _send(self, statement: str, rows: Sequence[Row]) -> None:
        cursor = open_cursor()
        cursor.execute(statement, give_rows(rows))
        self._sent.append((cursor, len(rows)))

    def confirm(self) -> None:
        """
        :raises NotAsRead: If a statement has not touched exactly its rows.
        """
        if any(cursor.rowcount != expected for cursor, expected in self._sent):
            raise NotAsRead


@contextmanager
def together() -> Iterator[Sending]:
    """
    Send statements without waiting for each; when the block ends, all have done what they should.

    :raises NotAsRead: If one has not.
    """
    sending = Sending()
    with fixed_sql.together():
        yield sending
    sending.confirm()


@cache
def _build_insert(table: Table, tail: str) -> str:
    names = ", ".join(table.columns)
    source = build_source(table.columns.items())
    return (
        f"INSERT INTO {table.name} ({names}) "  # noqa: S608 - all names are constants above
        f"SELECT {names} FROM {source} ORDER BY place {tail}"
    )


@cache
def _build_update(table: Table) -> str:
    (key, key_type), (guard, guard_type), *others = table.columns.items()
    given = [(key, key_type), ("was", guard_type), (guard, guard_type), *others]
    assignments = ", ".join(f"{name} = fresh.{name}" for name, _type in given[2:])
    return (
        f"UPDATE {table.name} SET {assignments} "  # noqa: S608 - all names are constants above
        f"FROM (SELECT * FROM {build_source(given)}) AS fresh "
        f"WHERE {table.name}.{key} = fresh.{key} AND {table.name}.{guard} = fresh.was"
    )
