"""Indexes that a unique or a wider one covers go: every fact writes one less."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0016_what_waits_has_an_id'),
    ]

    operations = [
        migrations.AlterField(
            model_name='activity',
            name='partner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='activities', to='partners.partner', verbose_name='partner'),
        ),
        migrations.AlterField(
            model_name='activityline',
            name='activity',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='partners.activity'),
        ),
        migrations.AlterField(
            model_name='event',
            name='partner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='partners.partner'),
        ),
    ]
