"""
Transfers, uses and extensions of lots, and seals never change: not by the ORM, the admin or a shell.

Migrations establish the guards (0002, 0009). SQLite drops them when Django rebuilds a table, so
they are put back after every migrate (``apps.py``), and a system check names those that are missing.
"""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

FIRST_GUARDS = "0002_transfers_and_lot_uses_are_append_only"
LATER_GUARDS = "0009_seals_and_extensions_are_append_only"

# The migration from which on a table is guarded: until then it may not even be there.
GUARDED_SINCE = {
    "ledger_transfer": FIRST_GUARDS,
    "ledger_lotuse": FIRST_GUARDS,
    "ledger_lotextension": LATER_GUARDS,
    "ledger_seal": LATER_GUARDS,
    "ledger_sealedaccount": LATER_GUARDS,
}

# Each table with the columns that are unique: INSERT OR REPLACE would delete a row by any of them.
TABLES = {
    "ledger_transfer": (
        "id = NEW.id",
        "idempotency_key = NEW.idempotency_key",
        "public_id = NEW.public_id",
    ),
    "ledger_lotuse": ("id = NEW.id", "transfer_id = NEW.transfer_id AND lot_id = NEW.lot_id"),
    "ledger_lotextension": ("id = NEW.id",),
    "ledger_seal": (
        "id = NEW.id",
        "number = NEW.number",
        "first_transfer_id = NEW.first_transfer_id",
        "last_transfer_id = NEW.last_transfer_id",
        "previous = NEW.previous",
        "digest = NEW.digest",
    ),
    "ledger_sealedaccount": (
        "id = NEW.id",
        "account_id = NEW.account_id AND seal_id = NEW.seal_id",
    ),
}
REFUSAL = "append-only: correct it with a reversing transfer"

POSTGRESQL_FUNCTION = f"""
CREATE OR REPLACE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is {REFUSAL}', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def describe(vendor: str) -> dict[str, list[str]]:
    """Return, by the name of each trigger, the statements that establish it."""
    build = _on_postgresql if vendor == "postgresql" else _on_sqlite
    found: dict[str, list[str]] = {}
    for table in TABLES:
        found |= build(table)
    return found


def _on_postgresql(table: str) -> dict[str, list[str]]:
    events = {"no_update": "UPDATE", "no_delete": "DELETE", "no_truncate": "TRUNCATE"}
    return {
        f"{table}_{name}": [
            f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} FOR EACH STATEMENT"
            " EXECUTE FUNCTION ledger_refuse_change()",
            # Also for a session that replays as a replica, which skips ordinary triggers.
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{name}",
        ]
        for name, event in events.items()
    }


def _on_sqlite(table: str) -> dict[str, list[str]]:
    known = " OR ".join(f"({one})" for one in TABLES[table])
    abort = f"SELECT RAISE(ABORT, '{table} is {REFUSAL}')"
    return {
        f"{table}_no_update": [
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN {abort}; END"
        ],
        f"{table}_no_delete": [
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {abort}; END"
        ],
        # REPLACE deletes the old row without asking the trigger above.
        f"{table}_no_replace": [
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}"  # noqa: S608 - constants above
            f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {known}) BEGIN {abort}; END"
        ],
    }


def find_missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of the guards that should be in force on this database and are not."""
    guarded = _find_guarded_tables(connection)
    if connection.vendor == "postgresql":
        # 'A' is ALWAYS; a disabled guard is as good as none.
        sql = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'"
    else:
        sql = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        present = {row[0] for row in cursor.fetchall()}
    return [
        name
        for name in describe(connection.vendor)
        if name not in present and _table_of(name) in guarded
    ]


def restore(connection: BaseDatabaseWrapper) -> list[str]:
    """Put missing guards back and return their names."""
    missing = find_missing(connection)
    statements = describe(connection.vendor)
    with connection.cursor() as cursor:
        for name in missing:
            table = _table_of(name)
            if connection.vendor == "postgresql":
                cursor.execute(POSTGRESQL_FUNCTION)
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            for statement in statements[name]:
                cursor.execute(statement)
    return missing


def restore_after_migrating(*, using: str, **_sent: Any) -> None:
    """Receive Django's post_migrate: a table that was just rebuilt has lost its guards."""
    restore(connections[using])


def check_guards(*, databases: Sequence[str] | None = None, **_asked: Any) -> list[CheckMessage]:
    """Name the guards that are missing from the databases being checked."""
    return [
        Error(
            f"The guard {name} is missing: the ledger could be changed.",
            hint="Find out who removed it; `manage migrate --skip-checks` puts it back.",
            id="ledger.E001",
        )
        for using in databases or ()
        for name in find_missing(connections[using])
    ]


def _table_of(guard: str) -> str:
    return next(table for table in TABLES if guard.startswith(f"{table}_no_"))


def _find_guarded_tables(connection: BaseDatabaseWrapper) -> set[str]:
    applied = MigrationRecorder(connection).applied_migrations()
    return {table for table, since in GUARDED_SINCE.items() if ("ledger", since) in applied}
