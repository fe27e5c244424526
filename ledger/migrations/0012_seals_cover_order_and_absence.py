"""A seal covers the order of its transfers; its tree has keys, so that absence can be proved too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0010_reasons_to_begin_with")]

    operations = [
        migrations.AddField(
            model_name="seal",
            name="journal",
            field=models.CharField(default="", max_length=64, verbose_name="digest of the transfers"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="sealedaccount",
            name="key",
            field=models.CharField(default="", max_length=64, verbose_name="key"),
            preserve_default=False,
        ),
    ]
