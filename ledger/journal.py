"""The journal read as it is sealed and copied: in the order of its ids, however long it is."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection

from ledger.digests import JournalRow, digest_text
from ledger.models import Account
from ledger.naming import read_names

ROWS_AT_ONCE = 5_000
NAMES_KEPT_MAX = 200_000


class StoredRow(NamedTuple):
    """A transfer with the ids it has in this database, which no copy holds."""

    pk: int
    debit_id: int
    credit_id: int
    row: JournalRow


def write_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_rows(
    *, first_id: int, last_id: int, account: Account | None = None
) -> Iterator[StoredRow]:
    """Yield the transfers from one id to another, both included, reading some at a time."""
    sql = _build_query(connection.vendor, of_one_account=account is not None)
    parameters: dict[str, int | None] = {
        "last": last_id,
        "account": account.pk if account else None,
        "rows": ROWS_AT_ONCE,
    }
    names: dict[int, str] = {}
    after = first_id - 1
    while True:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters | {"after": after})
            found = cursor.fetchall()
        if len(names) > NAMES_KEPT_MAX:
            names.clear()
        _learn_names(names, found)
        for pk, debit, credit, *texts, key in found:
            yield StoredRow(
                pk, debit, credit, _as_row(names[debit], names[credit], texts, digest_text(key))
            )
        if len(found) < ROWS_AT_ONCE:
            return
        after = found[-1][0]


def _as_row(debit: str, credit: str, texts: list[Any], key: str) -> JournalRow:
    public_id, kind, partner, *rest = texts
    return JournalRow._make((public_id, kind, debit, credit, partner, *rest, key))


def _learn_names(names: dict[int, str], found: list[tuple[Any, ...]]) -> None:
    wanted = {pk for row in found for pk in row[1:3]} - names.keys()
    for part in _split(sorted(wanted), 10_000):
        names |= read_names(part)


def _split(ids: list[int], size: int) -> Iterator[list[int]]:
    for at in range(0, len(ids), size):
        yield ids[at : at + size]


def _build_query(vendor: str, *, of_one_account: bool) -> str:
    on_postgresql = vendor == "postgresql"
    as_id = _id_on_postgresql if on_postgresql else _id_on_sqlite
    as_time = _time_on_postgresql if on_postgresql else _time_on_sqlite
    narrowed = (
        "AND (t.debit_account_id = %(account)s OR t.credit_account_id = %(account)s)"
        if of_one_account
        else ""
    )
    # Every column by the name of its field in JournalRow, then the key.
    return f"""
        SELECT t.id, t.debit_account_id, t.credit_account_id,
               {as_id("t.public_id")}, t.kind, {as_id("p.public_id")}, t.amount,
               {as_time("t.occurred_at")}, {as_time("t.posted_at")}, t.reason_code, t.reference,
               COALESCE({as_id("r.public_id")}, ''), {as_id("t.batch")}, t.idempotency_key
          FROM ledger_transfer t
          JOIN partners_partner p ON p.id = t.partner_id
          LEFT JOIN ledger_transfer r ON r.id = t.reverses_id
         WHERE t.id > %(after)s AND t.id <= %(last)s {narrowed}
         ORDER BY t.id LIMIT %(rows)s
        """  # noqa: S608 - made of the constants of this module alone


def _id_on_postgresql(column: str) -> str:
    return f"{column}::text"


def _time_on_postgresql(column: str) -> str:
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


def _id_on_sqlite(column: str) -> str:
    """Django keeps a UUID as 32 digits there."""
    cuts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    return "||'-'||".join(f"substr({column}, {at}, {length})" for at, length in cuts)


def _time_on_sqlite(column: str) -> str:
    """Django keeps a time as text in UTC, and leaves a fraction out where it is zero."""
    fraction = f"CASE length({column}) WHEN 19 THEN '.000000Z' ELSE 'Z' END"
    return f"substr({column}, 1, 10)||'T'||substr({column}, 12)||{fraction}"
