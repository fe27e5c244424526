"""What waits in the inbox is named by an id of its own, which the API can show."""

import uuid_utils.compat
from django.db import migrations, models

ROWS_PER_UPDATE = 1_000


def give_ids(apps, _schema_editor):
    documents = apps.get_model("partners", "ParkedDocument")
    nameless = documents.objects.filter(public_id=None).order_by("pk")
    while rows := list(nameless[:ROWS_PER_UPDATE]):
        for row in rows:
            row.public_id = uuid_utils.compat.uuid7()
        documents.objects.bulk_update(rows, ["public_id"], batch_size=ROWS_PER_UPDATE)


class Migration(migrations.Migration):
    dependencies = [("partners", "0011_who_was_invited_has_an_invitation")]

    operations = [
        migrations.AddField(
            model_name="parkeddocument",
            name="public_id",
            field=models.UUIDField(null=True),
        ),
        migrations.RunPython(give_ids, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name="parkeddocument",
            name="public_id",
            field=models.UUIDField(
                default=uuid_utils.compat.uuid7, editable=False, unique=True, verbose_name="id"
            ),
        ),
    ]
