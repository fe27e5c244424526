"""Campaigns have budgets, partners stand on segments, and people may earn with their employer's consent."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0015_indexes_that_others_cover_go'),
        ('partners', '0016_what_waits_has_an_id'),
        ('rewards', '0002_requests_hold_their_price'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CampaignBudget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('campaign_code', models.SlugField(max_length=64, verbose_name='campaign')),
                ('given', models.BigIntegerField(default=0, verbose_name='given')),
            ],
            options={
                'verbose_name': 'budget of a campaign',
                'verbose_name_plural': 'budgets of campaigns',
            },
        ),
        migrations.CreateModel(
            name='EarningApprover',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('named_at', models.DateTimeField(verbose_name='named at')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended at')),
            ],
            options={
                'verbose_name': 'approver of personal earning',
                'verbose_name_plural': 'approvers of personal earning',
            },
        ),
        migrations.CreateModel(
            name='EarningConsent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(verbose_name='version')),
                ('terms_version', models.PositiveIntegerField(verbose_name='version of the terms')),
                ('terms', models.TextField(verbose_name='terms agreed to')),
                ('given_at', models.DateTimeField(verbose_name='given at')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='withdrawn at')),
            ],
            options={
                'verbose_name': 'consent to personal earning',
                'verbose_name_plural': 'consents to personal earning',
            },
        ),
        migrations.CreateModel(
            name='Segment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=64, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('description', models.CharField(blank=True, max_length=300, verbose_name='description')),
            ],
            options={
                'verbose_name': 'segment',
                'verbose_name_plural': 'segments',
            },
        ),
        migrations.CreateModel(
            name='SegmentPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateField(verbose_name='since')),
                ('until', models.DateField(blank=True, help_text='Empty: still there.', null=True, verbose_name='until')),
            ],
            options={
                'verbose_name': 'place on a segment',
                'verbose_name_plural': 'places on segments',
            },
        ),
        migrations.AddField(
            model_name='award',
            name='campaign_code',
            field=models.SlugField(blank=True, default='', max_length=64, verbose_name='campaign'),
        ),
        migrations.AddField(
            model_name='award',
            name='decide_on',
            field=models.DateField(blank=True, null=True, verbose_name='decided at the end of'),
        ),
        migrations.AddField(
            model_name='award',
            name='personal',
            field=models.BigIntegerField(default=0, verbose_name='earned personally'),
        ),
        migrations.AddField(
            model_name='award',
            name='released',
            field=models.BigIntegerField(default=0, verbose_name='released'),
        ),
        migrations.AddField(
            model_name='award',
            name='withheld',
            field=models.BigIntegerField(default=0, verbose_name='withheld by the budget'),
        ),
        migrations.AddField(
            model_name='programmeversion',
            name='edits',
            field=models.PositiveIntegerField(default=0, editable=False, help_text='How often the draft was changed.'),
        ),
        migrations.AddField(
            model_name='programmeversion',
            name='note',
            field=models.CharField(blank=True, help_text='For colleagues.', max_length=300, verbose_name='what changes'),
        ),
        migrations.AddField(
            model_name='programmeversion',
            name='published_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='published by'),
        ),
        migrations.AddIndex(
            model_name='award',
            index=models.Index(condition=models.Q(('decide_on__isnull', False)), fields=['decide_on'], name='rewards_award_to_decide'),
        ),
        migrations.AddConstraint(
            model_name='award',
            constraint=models.CheckConstraint(condition=models.Q(('personal__gte', 0), ('released__gte', 0), ('withheld__gte', 0)), name='rewards_award_parts_not_negative'),
        ),
        migrations.AddField(
            model_name='campaignbudget',
            name='programme',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='campaign_budgets', to='rewards.programme'),
        ),
        migrations.AddField(
            model_name='earningapprover',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partners.member', verbose_name='approver'),
        ),
        migrations.AddField(
            model_name='earningapprover',
            name='named_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='earningapprover',
            name='partner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='approvers', to='partners.partner', verbose_name='partner'),
        ),
        migrations.AddField(
            model_name='earningconsent',
            name='approver',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partners.member', verbose_name='approved by'),
        ),
        migrations.AddField(
            model_name='earningconsent',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='partners.member', verbose_name='member'),
        ),
        migrations.AddField(
            model_name='earningconsent',
            name='partner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='partners.partner', verbose_name='partner'),
        ),
        migrations.AddField(
            model_name='earningconsent',
            name='programme',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='rewards.programme', verbose_name='programme'),
        ),
        migrations.AddField(
            model_name='earningconsent',
            name='withdrawn_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='segmentplace',
            name='partner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='segment_places', to='partners.partner', verbose_name='partner'),
        ),
        migrations.AddField(
            model_name='segmentplace',
            name='segment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='places', to='rewards.segment', verbose_name='segment'),
        ),
        migrations.AddConstraint(
            model_name='campaignbudget',
            constraint=models.UniqueConstraint(fields=('programme', 'campaign_code'), name='rewards_campaignbudget_once'),
        ),
        migrations.AddConstraint(
            model_name='campaignbudget',
            constraint=models.CheckConstraint(condition=models.Q(('given__gte', 0)), name='rewards_campaignbudget_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='earningapprover',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('partner',), name='rewards_earningapprover_one_per_partner'),
        ),
        migrations.AddConstraint(
            model_name='earningconsent',
            constraint=models.UniqueConstraint(fields=('programme', 'member', 'version'), name='rewards_earningconsent_numbered'),
        ),
        migrations.AddConstraint(
            model_name='earningconsent',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('programme', 'member'), name='rewards_earningconsent_one_in_force'),
        ),
        migrations.AddConstraint(
            model_name='earningconsent',
            constraint=models.CheckConstraint(condition=models.Q(('approver', models.F('member')), _negated=True), name='rewards_earningconsent_not_by_oneself'),
        ),
        migrations.AddConstraint(
            model_name='earningconsent',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_at__isnull', True), ('withdrawn_at__gte', models.F('given_at')), _connector='OR'), name='rewards_earningconsent_withdrawn_after_given'),
        ),
        migrations.AddConstraint(
            model_name='segmentplace',
            constraint=models.UniqueConstraint(fields=('segment', 'partner', 'since'), name='rewards_segmentplace_begins_once'),
        ),
        migrations.AddConstraint(
            model_name='segmentplace',
            constraint=models.CheckConstraint(condition=models.Q(('until__isnull', True), ('until__gt', models.F('since')), _connector='OR'), name='rewards_segmentplace_ends_after_it_began'),
        ),
        migrations.AddConstraint(
            model_name='segmentplace',
            constraint=models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('segment', 'partner'), name='rewards_segmentplace_open_once'),
        ),
    ]
