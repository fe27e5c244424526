"""The seller's own codes for kinds of accounts."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0007_seals_chain_the_journal'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccountCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account_kind', models.CharField(choices=[('issued', 'Issued'), ('redeemed', 'Redeemed'), ('expired', 'Expired'), ('taken_back', 'Taken back'), ('adjusted', 'Adjusted'), ('pool', 'Pool'), ('pending', 'Pending'), ('debt', 'Debt'), ('wallet', 'Wallet')], max_length=16, verbose_name='kind of account')),
                ('code', models.CharField(max_length=32, verbose_name='code in the books')),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='name')),
                ('unit', models.ForeignKey(blank=True, help_text='Empty for all units without a code of their own.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='account_codes', to='ledger.unit', verbose_name='unit')),
            ],
            options={
                'verbose_name': 'account code',
                'verbose_name_plural': 'account codes',
                'constraints': [models.UniqueConstraint(fields=('unit', 'account_kind'), name='ledger_accountcode_one_a_unit_and_kind'), models.UniqueConstraint(condition=models.Q(('unit__isnull', True)), fields=('account_kind',), name='ledger_accountcode_one_default_a_kind')],
            },
        ),
    ]
