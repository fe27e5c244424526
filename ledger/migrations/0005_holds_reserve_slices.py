"""Holds, and the slices of lots they reserve."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0004_lots_may_be_extended'),
        ('partners', '0001_partners_and_their_facts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True, verbose_name='id')),
                ('idempotency_key', models.CharField(max_length=150, unique=True, verbose_name='idempotency key')),
                ('amount', models.BigIntegerField(help_text='Whole minor units of the unit.', verbose_name='amount')),
                ('captured', models.BigIntegerField(default=0, verbose_name='captured')),
                ('state', models.CharField(choices=[('open', 'Open'), ('captured', 'Captured'), ('released', 'Released'), ('lapsed', 'Lapsed')], default='open', max_length=16, verbose_name='state')),
                ('reason_code', models.CharField(blank=True, max_length=64, verbose_name='reason')),
                ('reference', models.CharField(blank=True, help_text='Opaque id of what caused it.', max_length=100, verbose_name='reference')),
                ('placed_at', models.DateTimeField(verbose_name='placed at')),
                ('lapses_at', models.DateTimeField(blank=True, null=True, verbose_name='lapses at')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended at')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='ledger.account', verbose_name='account')),
                ('capture', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='captured_hold', to='ledger.transfer', verbose_name='captured by')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='partners.partner', verbose_name='partner')),
            ],
            options={
                'verbose_name': 'hold',
                'verbose_name_plural': 'holds',
            },
        ),
        migrations.CreateModel(
            name='HoldSlice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.BigIntegerField(verbose_name='amount')),
                ('hold', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='slices', to='ledger.hold')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='hold_slices', to='ledger.lot')),
            ],
            options={
                'verbose_name': 'slice of a hold',
                'verbose_name_plural': 'slices of holds',
            },
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(fields=['partner', '-id'], name='ledger_hold_of_partner'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['lapses_at'], name='ledger_hold_open_by_lapse'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('amount__lte', 1000000000000)), name='ledger_hold_reserves_a_bounded_amount'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('captured__gte', 0), ('captured__lte', models.F('amount'))), name='ledger_hold_captures_within_amount'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('capture__isnull', True), ('captured', 0), ('ended_at__isnull', True), ('state', 'open')), models.Q(('capture__isnull', False), ('captured__gt', 0), ('ended_at__isnull', False), ('state', 'captured')), models.Q(('capture__isnull', True), ('captured', 0), ('ended_at__isnull', False), ('state__in', ('released', 'lapsed'))), _connector='OR'), name='ledger_hold_state_fits_its_end'),
        ),
        migrations.AddConstraint(
            model_name='holdslice',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='ledger_holdslice_reserves_something'),
        ),
        migrations.AddConstraint(
            model_name='holdslice',
            constraint=models.UniqueConstraint(fields=('hold', 'lot'), name='ledger_holdslice_once_per_hold'),
        ),
    ]
