"""API keys are replaced with a time of grace, and bring out only so much a day."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0009_sell_out_claims'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiKeyDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('units', models.BigIntegerField(default=0, verbose_name='units')),
            ],
        ),
        migrations.AddField(
            model_name='apikey',
            name='daily_units_max',
            field=models.BigIntegerField(blank=True, help_text='What this key may bring out in a day, in minor units. Empty: no limit.', null=True, verbose_name='points a day'),
        ),
        migrations.AddField(
            model_name='apikey',
            name='paused_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='paused at'),
        ),
        migrations.AddField(
            model_name='apikey',
            name='rotated_from',
            field=models.OneToOneField(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rotated_to', to='partners.apikey', verbose_name='replaces'),
        ),
        migrations.AddConstraint(
            model_name='apikey',
            constraint=models.CheckConstraint(condition=models.Q(('daily_units_max__isnull', True), ('daily_units_max__gt', 0), _connector='OR'), name='partners_apikey_daily_units_positive'),
        ),
        migrations.AddField(
            model_name='apikeyday',
            name='key',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='days', to='partners.apikey'),
        ),
        migrations.AddConstraint(
            model_name='apikeyday',
            constraint=models.UniqueConstraint(fields=('key', 'day'), name='partners_apikeyday_once'),
        ),
    ]
