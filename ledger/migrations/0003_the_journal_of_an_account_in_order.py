"""Index both sides of transfers by account and id: a statement reads a page, not a history."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0002_transfers_and_lot_uses_are_append_only'),
        ('partners', '0001_partners_and_their_facts'),
    ]

    operations = [
        migrations.AlterField(
            model_name='transfer',
            name='credit_account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='credits', to='ledger.account', verbose_name='credit account'),
        ),
        migrations.AlterField(
            model_name='transfer',
            name='debit_account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='debits', to='ledger.account', verbose_name='debit account'),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(fields=['debit_account', 'id'], name='ledger_transfer_of_debit'),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(fields=['credit_account', 'id'], name='ledger_transfer_of_credit'),
        ),
    ]
