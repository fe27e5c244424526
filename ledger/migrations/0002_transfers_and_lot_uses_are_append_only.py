"""Refuse UPDATE, DELETE, TRUNCATE and INSERT OR REPLACE on transfers and uses of lots.

Whoever asks: the ORM, the admin or a database shell. SQLite drops triggers with the table when a
later migration rebuilds it; ledger/append_only.py puts them back after every migrate.
"""

from django.db import migrations

TABLES = {
    "ledger_transfer": (
        "(id = NEW.id) OR (idempotency_key = NEW.idempotency_key) OR (public_id = NEW.public_id)"
    ),
    "ledger_lotuse": "(id = NEW.id) OR (transfer_id = NEW.transfer_id AND lot_id = NEW.lot_id)",
}
REFUSAL = "append-only: correct it with a reversing transfer"

POSTGRESQL_FUNCTION = f"""
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is {REFUSAL}', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def refuse_changes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_FUNCTION, params=None)
        for table in TABLES:
            for event in ("UPDATE", "DELETE", "TRUNCATE"):
                name = f"{table}_no_{event.lower()}"
                schema_editor.execute(
                    f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH STATEMENT"
                    " EXECUTE FUNCTION ledger_refuse_change()"
                )
                # Also for a session that replays as a replica, which skips ordinary triggers.
                schema_editor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
        return
    for table, known in TABLES.items():
        abort = f"BEGIN SELECT RAISE(ABORT, '{table} is {REFUSAL}'); END"
        for event in ("UPDATE", "DELETE"):
            name = f"{table}_no_{event.lower()}"
            schema_editor.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} {abort}")
        # REPLACE deletes the old row without asking the trigger on DELETE.
        schema_editor.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}"  # noqa: S608 - constants above
            f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {known}) {abort}"
        )


def allow_changes(apps, schema_editor):
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    for table in TABLES:
        for event in ("update", "delete", "truncate" if on_postgresql else "replace"):
            where = f" ON {table}" if on_postgresql else ""
            # A table that was rebuilt a moment ago has lost its triggers on SQLite.
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{event}{where}")
    if on_postgresql:
        schema_editor.execute("DROP FUNCTION ledger_refuse_change()")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_accounts_transfers_and_lots")]

    operations = [migrations.RunPython(refuse_changes, allow_changes)]
