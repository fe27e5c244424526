"""A database of its own for a test that really commits.

The ledger refuses DELETE and TRUNCATE, so no test can be cleaned up by flushing. A test that
commits therefore works on a copy of the freshly migrated database, which is thrown away.
"""

import contextlib
import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import psycopg
from django.db import connection, connections, transaction
from psycopg import sql

numbers = itertools.count(1)


class Template(Protocol):
    """The migrated database as it was before the first test."""

    def copy(self) -> str:
        """Return the name of a new copy."""

    def drop(self, name: str) -> None: ...

    def url_of(self, name: str) -> str:
        """Return the DATABASE_URL of a copy, for processes that a test starts."""


@dataclass(frozen=True)
class Clone:
    """The database that the test now stands on, in this and every new thread."""

    name: str
    url: str


class SqliteTemplate:
    def __init__(self, source: Path) -> None:
        self.folder = source.parent
        self.source = source.with_suffix(".template")
        with connection.cursor() as cursor:
            # Brings everything that is committed from the log into the one file that is copied.
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(source, self.source)

    def copy(self) -> str:
        name = str(self.folder / f"clone-{next(numbers)}.sqlite3")
        shutil.copyfile(self.source, name)
        return name

    def drop(self, name: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(name + suffix).unlink(missing_ok=True)

    def url_of(self, name: str) -> str:
        return f"sqlite:///{name}"


class PostgresqlTemplate:
    def __init__(self, source: str) -> None:
        self.address = {
            name.lower(): connection.settings_dict[name]
            for name in ("HOST", "PORT", "USER", "PASSWORD")
        }
        self.name = f"{source}_template"
        # A database can only be copied while nobody is connected to it.
        connections.close_all()
        self.run("DROP DATABASE IF EXISTS {}", self.name)
        self.run("CREATE DATABASE {} TEMPLATE {}", self.name, source)

    def run(self, statement: str, *names: str) -> None:
        with psycopg.connect(**self.address, dbname="postgres", autocommit=True) as server:
            server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def copy(self) -> str:
        name = f"{self.name}_{next(numbers)}"
        self.run("CREATE DATABASE {} TEMPLATE {}", name, self.name)
        return name

    def drop(self, name: str) -> None:
        # FORCE ends the sessions that a thread of the test has left open.
        self.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def url_of(self, name: str) -> str:
        secret = quote(self.address["password"], safe="")
        return "postgres://{user}:{}@{host}:{port}/{}".format(secret, name, **self.address)


def make_template() -> Template:
    """Keep the migrated test database aside, before any test has touched it."""
    name = str(connection.settings_dict["NAME"])
    return SqliteTemplate(Path(name)) if connection.vendor == "sqlite" else PostgresqlTemplate(name)


@contextlib.contextmanager
def taken_back() -> Iterator[None]:
    """Take back at the end what was written in the block: a world that a module's tests share."""
    around = transaction.atomic()
    # The mark of Django's own TestCase: whole transactions may be opened inside.
    around._from_testcase = True
    with around:
        try:
            yield
        finally:
            transaction.set_rollback(True)


@contextlib.contextmanager
def stand_on_clone(template: Template) -> Iterator[Clone]:
    """
    Let the default connection of every thread lead to a fresh copy, then throw the copy away.

    The connection that was there is put aside untouched, with whatever transaction is open on it.
    """
    name = template.copy()
    shared = connections.settings["default"]
    aside, before = connections["default"], shared["NAME"]
    del connections["default"]
    shared["NAME"] = name
    try:
        yield Clone(name=name, url=template.url_of(name))
    finally:
        connections["default"].close()
        connections["default"] = aside
        shared["NAME"] = before
        template.drop(name)
