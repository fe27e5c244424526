"""Sell-out claims with serial numbers and proofs."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0008_the_inbox'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClaimedSerial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sku', models.CharField(max_length=64, verbose_name='SKU')),
                ('serial', models.CharField(max_length=64, verbose_name='serial number')),
                ('stands', models.BooleanField(default=True, help_text='False once rejected or withdrawn.')),
            ],
        ),
        migrations.CreateModel(
            name='ClaimMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_state', models.CharField(blank=True, choices=[('pending', 'Pending'), ('approved', 'Approved'), ('rejected', 'Rejected'), ('appealed', 'Appealed'), ('paid', 'Paid'), ('withdrawn', 'Withdrawn')], max_length=16)),
                ('to_state', models.CharField(choices=[('pending', 'Pending'), ('approved', 'Approved'), ('rejected', 'Rejected'), ('appealed', 'Appealed'), ('paid', 'Paid'), ('withdrawn', 'Withdrawn')], max_length=16)),
                ('reason_code', models.CharField(blank=True, max_length=32, verbose_name='reason')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='note')),
                ('moved_at', models.DateTimeField(verbose_name='moved at')),
            ],
            options={
                'verbose_name': 'move of a claim',
                'verbose_name_plural': 'moves of claims',
            },
        ),
        migrations.CreateModel(
            name='ClaimProof',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True, verbose_name='id')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('content_type', models.CharField(max_length=64, verbose_name='type')),
                ('size', models.PositiveIntegerField(verbose_name='size')),
                ('digest', models.CharField(max_length=64)),
                ('stored_as', models.CharField(max_length=255)),
                ('added_at', models.DateTimeField(verbose_name='added at')),
            ],
            options={
                'verbose_name': 'proof',
                'verbose_name_plural': 'proofs',
            },
        ),
        migrations.CreateModel(
            name='SellOutClaim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True, verbose_name='id')),
                ('request_id', models.UUIDField(help_text='Issued with the form; a second post of it is the same.')),
                ('sku', models.CharField(max_length=64, verbose_name='SKU')),
                ('sold_on', models.DateField(verbose_name='sold on')),
                ('document', models.CharField(help_text='Its number in your books.', max_length=64, verbose_name='invoice or receipt')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='note')),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('approved', 'Approved'), ('rejected', 'Rejected'), ('appealed', 'Appealed'), ('paid', 'Paid'), ('withdrawn', 'Withdrawn')], default='pending', max_length=16, verbose_name='state')),
                ('filed_at', models.DateTimeField(verbose_name='filed at')),
            ],
            options={
                'verbose_name': 'sell-out claim',
                'verbose_name_plural': 'sell-out claims',
            },
        ),
        migrations.AddField(
            model_name='claimmove',
            name='by_member',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partners.member'),
        ),
        migrations.AddField(
            model_name='claimmove',
            name='by_person',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='selloutclaim',
            name='activity',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='claim', to='partners.activity', verbose_name='activity'),
        ),
        migrations.AddField(
            model_name='selloutclaim',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='partners.member', verbose_name='claimed by'),
        ),
        migrations.AddField(
            model_name='selloutclaim',
            name='partner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='partners.partner', verbose_name='partner'),
        ),
        migrations.AddField(
            model_name='claimproof',
            name='claim',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proofs', to='partners.selloutclaim'),
        ),
        migrations.AddField(
            model_name='claimmove',
            name='claim',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='partners.selloutclaim'),
        ),
        migrations.AddField(
            model_name='claimedserial',
            name='claim',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='serials', to='partners.selloutclaim'),
        ),
        migrations.AddIndex(
            model_name='selloutclaim',
            index=models.Index(fields=['partner', '-filed_at'], name='partners_selloutclaim_newest'),
        ),
        migrations.AddConstraint(
            model_name='selloutclaim',
            constraint=models.UniqueConstraint(fields=('member', 'request_id'), name='partners_selloutclaim_request_once'),
        ),
        migrations.AddConstraint(
            model_name='selloutclaim',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('approved', 'paid')), _negated=True), ('activity__isnull', False), _connector='OR'), name='partners_selloutclaim_approved_is_an_activity'),
        ),
        migrations.AddConstraint(
            model_name='claimedserial',
            constraint=models.UniqueConstraint(condition=models.Q(('stands', True)), fields=('sku', 'serial'), name='partners_claimedserial_stands_once'),
        ),
        migrations.AddConstraint(
            model_name='claimedserial',
            constraint=models.UniqueConstraint(fields=('claim', 'serial'), name='partners_claimedserial_once_per_claim'),
        ),
    ]
