"""Write many plain rows at once, past the ORM, which would cost more than the database does."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models


def write_rows(
    *, model: type[models.Model], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """
    Insert rows in one statement, prepared once: COPY on PostgreSQL, a repeated INSERT on SQLite.

    Values are written as the database stores them: ten-thousandths as integers, JSON as text.
    Times are not accepted, because the two databases store them differently.
    """
    quote = connection.ops.quote_name
    table = model._meta.db_table
    target = f"{quote(table)} ({', '.join(quote(name) for name in columns)})"
    with connection.cursor() as cursor, connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {target} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join(["%s"] * len(columns))
            # Only names of our own models and columns stand in the statement.
            cursor.executemany(f"INSERT INTO {target} VALUES ({places})", rows)  # noqa: S608
