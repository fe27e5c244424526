"""
SQL written once, for the few statements behind every movement of points.

The ORM builds each query anew, which costs several times what the database needs for it. So the
hot path speaks fixed statements: PostgreSQL keeps them prepared and takes one array a column
(``unnest``), SQLite takes one JSON document (``json_each``). Everything else stays in the ORM.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, Generic, TypeVar
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.utils import CursorWrapper

Row = Sequence[Any]
SomeModel = TypeVar("SomeModel", bound=models.Model)


@cache
def on_postgresql() -> bool:
    """Asking the connection goes through Django's locals of threads, many times in each post."""
    return connection.vendor == "postgresql"


def open_cursor(*, binary: bool = False) -> CursorWrapper:
    """
    Return a cursor for fixed statements: on PostgreSQL one that lets the server prepare them.

    Whether it does is the connection's ``prepare_threshold``; Django's own cursors never prepare.

    :param binary: Let PostgreSQL answer with binary values: times come ten times as fast as out of
        text. JSON comes decoded then.
    """
    here = connections[DEFAULT_DB_ALIAS]
    if not on_postgresql():
        return here.cursor()
    here.validate_thread_sharing()
    here.ensure_connection()
    # The stubs know Django's own cursors only; any cursor of the driver may be wrapped.
    cursor: Any = psycopg.Cursor(here.connection)
    if binary:
        cursor.format = psycopg.pq.Format.BINARY
    return here.make_debug_cursor(cursor) if here.queries_logged else here.make_cursor(cursor)


@contextmanager
def together() -> Iterator[None]:
    """
    Send the statements of the block without waiting for the answer to each, on PostgreSQL.

    They are still carried out one after another. Fetching inside waits for what was sent so far;
    row counts are known after the block. An error may surface as late as its end.
    """
    if not on_postgresql():
        yield
        return
    here = connections[DEFAULT_DB_ALIAS]
    here.ensure_connection()
    with here.wrap_database_errors, here.connection.pipeline():
        yield


class Asked(Generic[SomeModel]):
    """Rows of a model that were asked for; the answer may be fetched later."""

    def __init__(
        self,
        model: type[SomeModel],
        rest: str,
        parameters: Sequence[Any],
        *,
        columns: tuple[str, ...] = (),
    ) -> None:
        self.model = model
        self.cursor = open_cursor(binary=bool(columns))
        self.shape = _find_shape(model, columns)
        self.cursor.execute(self.shape.select + rest, parameters)

    def fetch(self) -> list[SomeModel]:
        names, build = self.shape.names, self.model.from_db
        return [build(DEFAULT_DB_ALIAS, names, row) for row in self.fetch_rows()]

    def fetch_rows(self) -> list[Row]:
        """Return plain rows of the columns asked for: instances cost more than reading them."""
        with self.cursor as cursor:
            rows: list[Row] = cursor.fetchall()
        return [self.shape.convert(row) for row in rows] if self.shape.converters else rows


def read(model: type[SomeModel], rest: str, parameters: Sequence[Any]) -> list[SomeModel]:
    """Return the model's rows that ``rest`` (WHERE, ORDER BY, lock) picks from its table."""
    return Asked(model, rest, parameters).fetch()


def among(column: str, column_type: str) -> str:
    """Return the condition that the column is one of ``listed(values)``."""
    if on_postgresql():
        return f"{column} = ANY(%s::{column_type}[])"
    return f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608 - constants


def among_with_kept(table: str) -> str:
    """
    Return the condition that a row is one of ``listed(ids)`` or what one of them was merged into.

    Takes the ids twice. On PostgreSQL as an array, so that the primary key is still used.
    """
    if on_postgresql():
        return (
            "id = ANY(%s::bigint[] || ARRAY(SELECT merged_into_id"  # noqa: S608 - constants
            f" FROM {table} WHERE id = ANY(%s::bigint[]) AND merged_into_id IS NOT NULL))"
        )
    return (
        "id IN (SELECT value FROM json_each(%s) UNION SELECT merged_into_id"  # noqa: S608 - constants
        f" FROM {table} WHERE id IN (SELECT value FROM json_each(%s))"
        " AND merged_into_id IS NOT NULL)"
    )


def listed(values: Iterable[Any]) -> Any:
    """Return values as the one parameter that ``among`` takes."""
    found = list(values)
    return _write_array(found) if on_postgresql() else json.dumps(found)


def row_lock() -> str:
    """Return what locks the rows read; SQLite has one writer, whose transaction is the lock."""
    return " FOR NO KEY UPDATE" if on_postgresql() else ""


def build_source(columns: Iterable[tuple[str, str]]) -> str:
    """Return a FROM item of (name, type) columns and ``place``, which counts the rows given."""
    if on_postgresql():
        arrays = ", ".join(f"%s::{column_type}[]" for _name, column_type in columns)
        names = ", ".join(name for name, _type in columns)
        return f"unnest({arrays}) WITH ORDINALITY AS given({names}, place)"
    picked = ", ".join(
        f"json_extract(value, '$[{index}]') AS {name}"
        for index, (name, _type) in enumerate(columns)
    )
    return f"(SELECT {picked}, key AS place FROM json_each(%s)) AS given"  # noqa: S608 - constants


def give_rows(rows: Sequence[Row]) -> list[Any]:
    """Return the parameters that ``build_source`` takes, for at least one row."""
    if on_postgresql():
        return [_write_array(column) for column in zip(*rows, strict=True)]
    return [json.dumps([[_as_stored(value) for value in row] for row in rows])]


def _write_array(values: Sequence[Any]) -> str:
    """
    Return PostgreSQL's text for an array: cheaper than the driver, which looks at each type.

    Many columns say the same in each row; what they say is written once.
    """
    different = set(values)
    if 2 * len(different) > len(values):
        return "{" + ",".join([_write_element(value) for value in values]) + "}"
    written = {value: _write_element(value) for value in different}
    return "{" + ",".join([written[value] for value in values]) + "}"


def _write_element(value: Any) -> str:
    if isinstance(value, int):
        return str(value)
    if value is None:
        return "NULL"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _as_stored(value: Any) -> Any:
    """Return a value in the form Django keeps it in on SQLite."""
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None))
    if isinstance(value, UUID):
        return value.hex
    return value


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a model's rows are selected, and what turns what comes back into Python's values."""

    names: list[str]
    select: str
    converters: Sequence[tuple[int, Callable[..., Any], Any]]

    def convert(self, row: Row) -> Row:
        values = list(row)
        for index, converter, expression in self.converters:
            values[index] = converter(values[index], expression, connection)
        return values


@lru_cache
def _find_shape(model: type[models.Model], wanted: tuple[str, ...]) -> _Shape:
    every = {field.attname: field for field in model._meta.concrete_fields}
    fields = [every[name] for name in wanted or every]
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    columns = ", ".join(f"{table}.{quote(field.column or field.attname)}" for field in fields)
    converters = []
    for index, field in enumerate(fields):
        expression = field.cached_col
        each = connection.ops.get_db_converters(expression)
        each += expression.get_db_converters(connection)
        converters += [(index, converter, expression) for converter in each]
    return _Shape(
        names=[field.attname for field in fields],
        select=f"SELECT {columns} FROM {table} ",  # noqa: S608 - names of our own models
        converters=converters,
    )
