"""Write many plain rows at once, past the ORM, which would cost more than the database does."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, models


def stored_time(moment: datetime | None) -> Any:
    """Return a moment as this database stores it: text on SQLite, itself on PostgreSQL."""
    return connection.ops.adapt_datetimefield_value(moment)


def stored_day(day: date | None) -> Any:
    """Return a day as this database stores it."""
    return connection.ops.adapt_datefield_value(day)


def stored_id(value: UUID) -> Any:
    """Return a UUID as this database stores it: 32 letters on SQLite, itself on PostgreSQL."""
    return value if connection.features.has_native_uuid_field else value.hex


def reserve_ids(model: type[models.Model], count: int) -> list[int]:
    """
    Return so many ids that nobody else will use, in ascending order, for rows written in bulk.

    Must run inside a transaction: on SQLite that is what keeps other writers away.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [table, count],
            )
            return sorted(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
        last = int(found[0]) if found else 0
        return list(range(last + 1, last + count + 1))


def write_rows(
    *,
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[tuple[Any, ...]],
    skip_known: bool = False,
) -> None:
    """
    Insert rows in one statement, prepared once: COPY on PostgreSQL, a repeated INSERT on SQLite.

    Values are written as the database stores them: ten-thousandths as integers, JSON as text,
    times as ``stored_time`` gives them. ``skip_known`` leaves out rows whose unique columns are
    taken, also by a transaction that ends only now; any other broken rule is still an error.
    """
    quote = connection.ops.quote_name
    table = model._meta.db_table
    target = f"{quote(table)} ({', '.join(quote(name) for name in columns)})"
    with connection.cursor() as cursor, connection.wrap_database_errors:
        if connection.vendor == "postgresql" and not skip_known:
            with cursor.copy(f"COPY {target} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join(["%s"] * len(columns))
            # Only names of our own models and columns stand in the statement.
            statement = f"INSERT INTO {target} VALUES ({places})"  # noqa: S608
            if skip_known:
                statement += " ON CONFLICT DO NOTHING"
            cursor.executemany(statement, list(rows))
