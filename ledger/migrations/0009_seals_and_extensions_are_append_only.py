"""Refuse UPDATE, DELETE, TRUNCATE and INSERT OR REPLACE on seals and on extensions of lots.

In the manner of 0002, whose function serves again on PostgreSQL.
"""

from django.db import migrations

TABLES = {
    "ledger_lotextension": "(id = NEW.id)",
    "ledger_seal": (
        "(id = NEW.id) OR (number = NEW.number) OR (first_transfer_id = NEW.first_transfer_id)"
        " OR (last_transfer_id = NEW.last_transfer_id) OR (previous = NEW.previous)"
        " OR (digest = NEW.digest)"
    ),
    "ledger_sealedaccount": "(id = NEW.id) OR (account_id = NEW.account_id AND seal_id = NEW.seal_id)",
}
REFUSAL = "append-only: correct it with a reversing transfer"


def refuse_changes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            for event in ("UPDATE", "DELETE", "TRUNCATE"):
                name = f"{table}_no_{event.lower()}"
                schema_editor.execute(
                    f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH STATEMENT"
                    " EXECUTE FUNCTION ledger_refuse_change()"
                )
                schema_editor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
        return
    for table, known in TABLES.items():
        abort = f"BEGIN SELECT RAISE(ABORT, '{table} is {REFUSAL}'); END"
        for event in ("UPDATE", "DELETE"):
            name = f"{table}_no_{event.lower()}"
            schema_editor.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} {abort}")
        schema_editor.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}"  # noqa: S608 - constants above
            f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {known}) {abort}"
        )


def allow_changes(apps, schema_editor):
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    for table in TABLES:
        for event in ("update", "delete", "truncate" if on_postgresql else "replace"):
            where = f" ON {table}" if on_postgresql else ""
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{event}{where}")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0008_accounts_have_codes_in_the_books")]

    operations = [migrations.RunPython(refuse_changes, allow_changes)]
