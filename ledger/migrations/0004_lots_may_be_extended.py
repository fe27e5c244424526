"""Rows that say when and why a lot was given more time."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0003_the_journal_of_an_account_in_order'),
    ]

    operations = [
        migrations.CreateModel(
            name='LotExtension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('expired_before', models.DateTimeField(verbose_name='would have expired at')),
                ('expires_at', models.DateTimeField(verbose_name='expires at')),
                ('extended_at', models.DateTimeField(verbose_name='extended at')),
                ('reference', models.CharField(blank=True, help_text='Opaque id of what caused it.', max_length=100, verbose_name='reference')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='extensions', to='ledger.lot')),
            ],
            options={
                'verbose_name': 'extension of a lot',
                'verbose_name_plural': 'extensions of lots',
                'constraints': [models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('expired_before'))), name='ledger_lotextension_only_forward')],
            },
        ),
    ]
