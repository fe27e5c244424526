"""Indexes that the first column of another one covers go: each costs every posting."""

import django.db.models.deletion
from django.db import migrations, models


def drop_covered(apps, schema_editor):
    """Without rebuilding tables: on SQLite that would copy every row."""
    for model, column in COVERED:
        table = apps.get_model("ledger", model)._meta.db_table
        for name in find_indexes(schema_editor, table, column):
            schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")


def create_again(apps, schema_editor):
    for model_name, column in COVERED:
        model = apps.get_model("ledger", model_name)
        field = next(field for field in model._meta.fields if field.column == column)
        name = f"{model._meta.db_table}_{column}_again"[:30]
        schema_editor.add_index(model, models.Index(fields=[field.name], name=name))


def find_indexes(schema_editor, table, column):
    with schema_editor.connection.cursor() as cursor:
        found = schema_editor.connection.introspection.get_constraints(cursor, table)
    return [
        name
        for name, about in found.items()
        if about["columns"] == [column]
        and about["index"]
        and not (about["unique"] or about["primary_key"] or about["foreign_key"])
    ]


COVERED = [("Transfer", "partner_id"), ("LotUse", "transfer_id")]


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0014_balances_move_when_partners_merge_and_people_leave'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop_covered, create_again)],
            state_operations=[
                migrations.AlterField(
                    model_name='transfer',
                    name='partner',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='transfers', to='partners.partner', verbose_name='partner'),
                ),
                migrations.AlterField(
                    model_name='lotuse',
                    name='transfer',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lot_uses', to='ledger.transfer'),
                ),
            ],
        ),
    ]
