"""Corrections by people, their managed reasons, and what one person may do alone."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0005_holds_reserve_slices'),
        ('partners', '0001_partners_and_their_facts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CorrectionReason',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=64, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('for_reversals', models.BooleanField(default=True, verbose_name='for reversals')),
                ('for_adjustments', models.BooleanField(default=True, verbose_name='for adjustments')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
            ],
            options={
                'verbose_name': 'reason of corrections',
                'verbose_name_plural': 'reasons of corrections',
            },
        ),
        migrations.CreateModel(
            name='CorrectionLimit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(max_length=32, verbose_name='role')),
                ('per_correction', models.BigIntegerField(help_text='Whole minor units. Above it a second person decides.', verbose_name='at most at once')),
                ('per_day', models.BigIntegerField(help_text='All corrections of one person together.', verbose_name='at most in 24 hours')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='correction_limits', to='ledger.unit', verbose_name='unit')),
            ],
            options={
                'verbose_name': 'limit of corrections',
                'verbose_name_plural': 'limits of corrections',
                'constraints': [models.UniqueConstraint(fields=('role', 'unit'), name='ledger_correctionlimit_one_a_role_and_unit'), models.CheckConstraint(condition=models.Q(('per_correction__gte', 0), ('per_correction__lte', 1000000000000), ('per_day__gte', 0)), name='ledger_correctionlimit_bounded')],
            },
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True, verbose_name='id')),
                ('request_key', models.CharField(help_text='Issued with the form; a second post of it is the same.', max_length=150, unique=True)),
                ('kind', models.CharField(choices=[('reversal', 'Reversal'), ('credit', 'Credit'), ('debit', 'Debit'), ('reinstatement', 'Reinstatement')], max_length=16, verbose_name='kind')),
                ('door', models.CharField(choices=[('admin', 'Admin'), ('import', 'Import'), ('api', 'API'), ('command', 'Command')], max_length=16, verbose_name='through')),
                ('amount', models.BigIntegerField(help_text='Whole minor units of the unit.', verbose_name='amount')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires at')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='note')),
                ('reference', models.CharField(blank=True, max_length=100, verbose_name='reference')),
                ('state', models.CharField(choices=[('waiting', 'Waits for a second person'), ('posted', 'Posted'), ('declined', 'Declined'), ('withdrawn', 'Withdrawn')], default='waiting', max_length=16, verbose_name='state')),
                ('requested_at', models.DateTimeField(verbose_name='asked for at')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
                ('decision_note', models.CharField(blank=True, max_length=500, verbose_name='note on the decision')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='ledger.account', verbose_name='account')),
                ('corrects', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='ledger.transfer', verbose_name='corrects')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='partners.partner', verbose_name='partner')),
                ('requested_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked for by')),
                ('requested_with', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partners.apikey', verbose_name='asked for with key')),
                ('transfer', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='ledger.transfer', verbose_name='posted as')),
                ('reason', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.correctionreason', verbose_name='reason')),
            ],
            options={
                'verbose_name': 'correction',
                'verbose_name_plural': 'corrections',
                'permissions': [('decide_correction', 'Can decide about corrections of others')],
                'indexes': [models.Index(fields=['partner', '-id'], name='ledger_correction_of_partner'), models.Index(fields=['state', 'id'], name='ledger_correction_queue')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('amount__lte', 1000000000000)), name='ledger_correction_moves_a_bounded_amount'), models.CheckConstraint(condition=models.Q(models.Q(('requested_by__isnull', False), ('requested_with__isnull', True)), models.Q(('requested_by__isnull', True), ('requested_with__isnull', False)), _connector='OR'), name='ledger_correction_asked_by_one'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'posted'), ('transfer__isnull', False)), models.Q(models.Q(('state', 'posted'), _negated=True), ('transfer__isnull', True)), _connector='OR'), name='ledger_correction_posted_has_transfer'), models.CheckConstraint(condition=models.Q(models.Q(('corrects__isnull', False), ('kind__in', ('reversal', 'reinstatement'))), models.Q(('corrects__isnull', True), ('kind__in', ('credit', 'debit'))), _connector='OR'), name='ledger_correction_corrects_fits_kind')],
            },
        ),
    ]
