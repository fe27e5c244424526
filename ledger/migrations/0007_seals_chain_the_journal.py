"""Seals: the journal in hash-chained blocks, with what each account then had."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0006_corrections_with_reasons_and_limits'),
    ]

    operations = [
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(unique=True, verbose_name='number')),
                ('first_transfer_id', models.BigIntegerField(unique=True, verbose_name='first transfer')),
                ('last_transfer_id', models.BigIntegerField(unique=True, verbose_name='last transfer')),
                ('transfers', models.PositiveIntegerField(verbose_name='transfers')),
                ('accounts', models.PositiveIntegerField(verbose_name='accounts')),
                ('root', models.CharField(max_length=64, verbose_name='root')),
                ('previous', models.CharField(max_length=64, unique=True, verbose_name='digest before')),
                ('digest', models.CharField(max_length=64, unique=True, verbose_name='digest')),
                ('sealed_at', models.DateTimeField(verbose_name='sealed at')),
            ],
            options={
                'verbose_name': 'seal',
                'verbose_name_plural': 'seals',
                'constraints': [models.CheckConstraint(condition=models.Q(('last_transfer_id__gte', models.F('first_transfer_id')), ('transfers__gt', 0)), name='ledger_seal_covers_a_range')],
            },
        ),
        migrations.CreateModel(
            name='SealedAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('transfers', models.BigIntegerField(verbose_name='transfers so far')),
                ('balance', models.BigIntegerField(verbose_name='balance then')),
                ('last_transfer_id', models.BigIntegerField(verbose_name='last transfer')),
                ('last_posted_at', models.DateTimeField(verbose_name='last posted at')),
                ('leaf', models.CharField(max_length=64, verbose_name='leaf')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='seals', to='ledger.account')),
                ('seal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sealed_accounts', to='ledger.seal')),
            ],
            options={
                'verbose_name': 'sealed account',
                'verbose_name_plural': 'sealed accounts',
                'constraints': [models.UniqueConstraint(fields=('account', 'seal'), name='ledger_sealedaccount_once_a_seal')],
            },
        ),
    ]
