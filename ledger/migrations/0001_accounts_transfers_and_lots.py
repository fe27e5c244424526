"""Accounts, immutable transfers between them, and lots with their expiry."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('partners', '0001_partners_and_their_facts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('issued', 'Issued'), ('redeemed', 'Redeemed'), ('expired', 'Expired'), ('taken_back', 'Taken back'), ('adjusted', 'Adjusted'), ('pool', 'Pool'), ('pending', 'Pending'), ('debt', 'Debt'), ('wallet', 'Wallet')], max_length=16, verbose_name='kind')),
                ('balance', models.BigIntegerField(default=0, verbose_name='balance')),
                ('held', models.BigIntegerField(default=0, help_text='Part of the balance that is reserved by holds.', verbose_name='held')),
                ('last_posted_at', models.DateTimeField(help_text='Time of the latest transfer. It never goes back.', null=True)),
                ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='partners.member')),
                ('partner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='partners.partner')),
            ],
            options={
                'verbose_name': 'account',
                'verbose_name_plural': 'accounts',
            },
        ),
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.BigIntegerField(verbose_name='amount')),
                ('remaining', models.BigIntegerField(verbose_name='remaining')),
                ('held', models.BigIntegerField(default=0, verbose_name='held')),
                ('earned_at', models.DateTimeField(verbose_name='earned at')),
                ('matures_at', models.DateTimeField(null=True, verbose_name='matures at')),
                ('expires_at', models.DateTimeField(null=True, verbose_name='expires at')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='ledger.account')),
            ],
            options={
                'verbose_name': 'lot',
                'verbose_name_plural': 'lots',
            },
        ),
        migrations.CreateModel(
            name='Transfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True, verbose_name='id')),
                ('idempotency_key', models.CharField(max_length=150, unique=True, verbose_name='idempotency key')),
                ('kind', models.CharField(choices=[('earn', 'Earned'), ('pend', 'Pending award'), ('mature', 'Pending award became available'), ('cancel_pending', 'Pending award cancelled'), ('redeem', 'Redeemed'), ('refund', 'Refunded'), ('share', 'Shared with the team'), ('unshare', 'Returned to the pool'), ('claw_back', 'Taken back'), ('incur_debt', 'Taken back as debt'), ('repay_debt', 'Debt repaid'), ('forgive_debt', 'Debt reduced'), ('expire', 'Expired'), ('reinstate', 'Reinstated'), ('adjust', 'Adjusted'), ('reverse', 'Reversed'), ('open', 'Opening balance'), ('merge', 'Moved by a merge')], max_length=16, verbose_name='kind')),
                ('amount', models.BigIntegerField(help_text='Whole minor units of the unit.', verbose_name='amount')),
                ('occurred_at', models.DateTimeField(verbose_name='occurred at')),
                ('posted_at', models.DateTimeField(verbose_name='posted at')),
                ('reason_code', models.CharField(blank=True, max_length=64, verbose_name='reason')),
                ('reference', models.CharField(blank=True, help_text='Opaque id of what caused it.', max_length=100, verbose_name='reference')),
                ('batch', models.UUIDField(help_text='Transfers posted together share it.', verbose_name='batch')),
                ('credit_account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='credits', to='ledger.account', verbose_name='credit account')),
                ('debit_account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='debits', to='ledger.account', verbose_name='debit account')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers', to='partners.partner', verbose_name='partner')),
                ('reverses', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='ledger.transfer', verbose_name='reverses')),
            ],
            options={
                'verbose_name': 'transfer',
                'verbose_name_plural': 'transfers',
            },
        ),
        migrations.CreateModel(
            name='LotUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.BigIntegerField(verbose_name='amount')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='ledger.lot')),
                ('transfer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lot_uses', to='ledger.transfer')),
            ],
            options={
                'verbose_name': 'use of a lot',
                'verbose_name_plural': 'uses of lots',
            },
        ),
        migrations.AddField(
            model_name='lot',
            name='opened_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opened_lots', to='ledger.transfer', verbose_name='opened by'),
        ),
        migrations.AddField(
            model_name='lot',
            name='origin',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='origin_lots', to='ledger.transfer', verbose_name='origin'),
        ),
        migrations.CreateModel(
            name='Unit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=64, unique=True, verbose_name='code')),
                ('kind', models.CharField(choices=[('points', 'Points'), ('money', 'Money')], max_length=16, verbose_name='kind')),
                ('decimals', models.PositiveSmallIntegerField(default=0, help_text='Minor units are 10 to this power. Frozen once used.', verbose_name='decimals')),
                ('currency', models.CharField(blank=True, max_length=3, verbose_name='currency')),
            ],
            options={
                'verbose_name': 'unit',
                'verbose_name_plural': 'units',
                'constraints': [models.CheckConstraint(condition=models.Q(('decimals__lte', 4)), name='ledger_unit_up_to_four_decimals'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'money'), models.Q(('currency', ''), _negated=True)), models.Q(('kind', 'points'), ('currency', '')), _connector='OR'), name='ledger_unit_money_has_currency')],
            },
        ),
        migrations.AddField(
            model_name='account',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='ledger.unit'),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(fields=['partner', 'id'], name='ledger_transfer_of_partner'),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(fields=['posted_at'], name='ledger_transfer_by_time'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('amount__lte', 1000000000000)), name='ledger_transfer_moves_a_bounded_amount'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('debit_account', models.F('credit_account')), _negated=True), name='ledger_transfer_between_two_accounts'),
        ),
        migrations.AddConstraint(
            model_name='lotuse',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='ledger_lotuse_takes_something'),
        ),
        migrations.AddConstraint(
            model_name='lotuse',
            constraint=models.UniqueConstraint(fields=('transfer', 'lot'), name='ledger_lotuse_once_per_transfer'),
        ),
        migrations.AddIndex(
            model_name='lot',
            index=models.Index(condition=models.Q(('remaining__gt', 0)), fields=['account', 'expires_at', 'id'], name='ledger_lot_open_of_account'),
        ),
        migrations.AddIndex(
            model_name='lot',
            index=models.Index(condition=models.Q(('remaining__gt', 0)), fields=['expires_at'], name='ledger_lot_open_by_expiry'),
        ),
        migrations.AddConstraint(
            model_name='lot',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('remaining__gte', 0), ('remaining__lte', models.F('amount'))), name='ledger_lot_remaining_within_amount'),
        ),
        migrations.AddConstraint(
            model_name='lot',
            constraint=models.CheckConstraint(condition=models.Q(('held__gte', 0), ('held__lte', models.F('remaining'))), name='ledger_lot_held_within_remaining'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('balance__gte', 0), ('held__gte', 0), ('held__lte', models.F('balance'))), name='ledger_account_never_overdrawn'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('balance__lte', 1000000000000000)), name='ledger_account_balance_bounded'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('partner__isnull', False), models.Q(('balance', 0), ('held', 0)), _connector='OR'), name='ledger_account_house_stores_no_balance'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ('issued', 'redeemed', 'expired', 'taken_back', 'adjusted')), ('member__isnull', True), ('partner__isnull', True)), models.Q(('kind__in', ('pool', 'pending', 'debt')), ('member__isnull', True), ('partner__isnull', False)), models.Q(('kind', 'wallet'), ('member__isnull', False), ('partner__isnull', False)), _connector='OR'), name='ledger_account_owner_fits_kind'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.UniqueConstraint(condition=models.Q(('partner__isnull', True)), fields=('unit', 'kind'), name='ledger_account_one_house_account_of_a_kind'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.UniqueConstraint(condition=models.Q(('member__isnull', True), ('partner__isnull', False)), fields=('partner', 'unit', 'kind'), name='ledger_account_one_partner_account_of_a_kind'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.UniqueConstraint(condition=models.Q(('member__isnull', False)), fields=('member', 'unit'), name='ledger_account_one_wallet_a_member'),
        ),
    ]
