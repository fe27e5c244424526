"""Indexes that a unique or a wider one covers go: every fact writes one less."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0017_indexes_that_others_cover_go'),
        ('rewards', '0003_campaigns_segments_and_personal_earning'),
    ]

    operations = [
        migrations.AlterField(
            model_name='award',
            name='activity',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='awards', to='partners.activity', verbose_name='activity'),
        ),
    ]
