"""A standing keeps by which rules its partner was last settled in full; empty: not yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rewards", "0004_indexes_that_others_cover_go"),
    ]

    operations = [
        migrations.AddField(
            model_name="standing",
            name="settled_by",
            field=models.CharField(blank=True, default="", editable=False, max_length=32),
        ),
    ]
