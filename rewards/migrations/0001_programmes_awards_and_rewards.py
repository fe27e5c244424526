"""Programmes with versions, awards and claw-backs, the catalogue, redemptions and shares."""

import django.db.models.deletion
import django.db.models.expressions
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('ledger', '0001_accounts_transfers_and_lots'),
        ('partners', '0001_partners_and_their_facts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Programme',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=64, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('seller_name', models.CharField(help_text='The name partners know the seller by.', max_length=100, verbose_name='seller')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('time_zone', models.CharField(max_length=64, verbose_name='time zone')),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('live', 'Live'), ('closed', 'Closed')], default='draft', max_length=16, verbose_name='status')),
                ('starts_on', models.DateField(blank=True, help_text='Empty: facts of any date count.', null=True, verbose_name='starts on')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='ends on')),
                ('shifted_days', models.IntegerField(default=0, help_text='Only in the demo: how far the real dates were moved.', verbose_name='demo dates shifted by days')),
                ('main_unit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.unit', verbose_name='main unit')),
            ],
            options={
                'verbose_name': 'programme',
                'verbose_name_plural': 'programmes',
            },
        ),
        migrations.CreateModel(
            name='ProgrammeVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(blank=True, help_text='Empty while it is a draft.', null=True, verbose_name='number')),
                ('definition', models.JSONField(verbose_name='definition')),
                ('valid_from', models.DateTimeField(blank=True, help_text='Empty: from the beginning.', null=True, verbose_name='valid from')),
                ('published_at', models.DateTimeField(blank=True, null=True, verbose_name='published at')),
                ('programme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='rewards.programme')),
            ],
            options={
                'verbose_name': 'programme version',
                'verbose_name_plural': 'programme versions',
            },
        ),
        migrations.CreateModel(
            name='Award',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True, verbose_name='id')),
                ('rule_code', models.SlugField(max_length=64, verbose_name='rule')),
                ('amount', models.BigIntegerField(help_text='Whole minor units, before returns.', verbose_name='amount')),
                ('explanation', models.JSONField(verbose_name='explanation')),
                ('revision', models.PositiveIntegerField(default=0, editable=False)),
                ('activity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='awards', to='partners.activity', verbose_name='activity')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='awards', to='partners.partner', verbose_name='partner')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.unit', verbose_name='unit')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='awards', to='rewards.programmeversion', verbose_name='programme version')),
            ],
            options={
                'verbose_name': 'award',
                'verbose_name_plural': 'awards',
            },
        ),
        migrations.CreateModel(
            name='Redemption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True, verbose_name='id')),
                ('request_id', models.UUIDField(help_text='Issued with the form; a second post of it is the same.')),
                ('price', models.BigIntegerField(verbose_name='price')),
                ('state', models.CharField(choices=[('requested', 'Requested'), ('approved', 'Approved'), ('fulfilled', 'Delivered'), ('rejected', 'Rejected'), ('cancelled', 'Cancelled'), ('returned', 'Returned')], default='requested', max_length=16, verbose_name='state')),
                ('details', models.JSONField(blank=True, default=dict, verbose_name='details given')),
                ('delivery', models.JSONField(blank=True, default=dict, verbose_name='delivery')),
                ('requested_at', models.DateTimeField(verbose_name='requested at')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.account', verbose_name='paid from')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='redemptions', to='partners.member', verbose_name='redeemed by')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='redemptions', to='partners.partner', verbose_name='partner')),
                ('refund', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refunded_redemption', to='ledger.transfer', verbose_name='refund')),
                ('transfer', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='redemption', to='ledger.transfer', verbose_name='transfer')),
            ],
            options={
                'verbose_name': 'redemption',
                'verbose_name_plural': 'redemptions',
            },
        ),
        migrations.CreateModel(
            name='Entitlement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True, verbose_name='id')),
                ('kind', models.CharField(max_length=32, verbose_name='kind')),
                ('value', models.JSONField(default=dict, verbose_name='value')),
                ('state', models.CharField(choices=[('open', 'Open'), ('used', 'Used'), ('cancelled', 'Cancelled')], default='open', max_length=16, verbose_name='state')),
                ('valid_from', models.DateTimeField(verbose_name='valid from')),
                ('valid_until', models.DateTimeField(blank=True, null=True, verbose_name='valid until')),
                ('used_at', models.DateTimeField(blank=True, null=True, verbose_name='used at')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='partners.partner', verbose_name='partner')),
                ('redemption', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='entitlement', to='rewards.redemption', verbose_name='redemption')),
            ],
            options={
                'verbose_name': 'entitlement',
                'verbose_name_plural': 'entitlements',
            },
        ),
        migrations.CreateModel(
            name='RedemptionMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_state', models.CharField(blank=True, max_length=16)),
                ('to_state', models.CharField(choices=[('requested', 'Requested'), ('approved', 'Approved'), ('fulfilled', 'Delivered'), ('rejected', 'Rejected'), ('cancelled', 'Cancelled'), ('returned', 'Returned')], max_length=16)),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('moved_at', models.DateTimeField(verbose_name='moved at')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('redemption', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='rewards.redemption')),
            ],
            options={
                'verbose_name': 'move of a redemption',
                'verbose_name_plural': 'moves of redemptions',
            },
        ),
        migrations.CreateModel(
            name='ReturnMatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.BigIntegerField(verbose_name='quantity')),
                ('amount', models.BigIntegerField(verbose_name='amount')),
                ('order_line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='returned_by', to='partners.activityline')),
                ('return_line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='matches', to='partners.activityline')),
            ],
            options={
                'verbose_name': 'match of a return',
                'verbose_name_plural': 'matches of returns',
            },
        ),
        migrations.CreateModel(
            name='Reward',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=64, verbose_name='code')),
                ('kind', models.CharField(max_length=32, verbose_name='kind')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('summary', models.CharField(max_length=200, verbose_name='summary')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('audience', models.CharField(choices=[('company', 'For the company'), ('person', 'For a person'), ('both', 'For both')], default='company', max_length=16, verbose_name='for whom')),
                ('price', models.BigIntegerField(help_text='Whole minor units of the main unit.', verbose_name='price')),
                ('min_tier', models.SlugField(blank=True, max_length=32, verbose_name='from tier')),
                ('stock', models.PositiveIntegerField(blank=True, help_text='Empty: no limit.', null=True, verbose_name='stock')),
                ('limit_per_partner', models.PositiveIntegerField(blank=True, help_text='Empty: no limit.', null=True, verbose_name='limit per partner')),
                ('approval_required', models.BooleanField(default=False, verbose_name='needs approval')),
                ('terms', models.JSONField(blank=True, default=dict, verbose_name='terms of the kind')),
                ('is_active', models.BooleanField(default=True, verbose_name='in the catalogue')),
                ('offered_from', models.DateTimeField(verbose_name='offered from')),
                ('offered_until', models.DateTimeField(blank=True, null=True, verbose_name='offered until')),
                ('programme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rewards', to='rewards.programme', verbose_name='programme')),
            ],
            options={
                'verbose_name': 'reward',
                'verbose_name_plural': 'rewards',
            },
        ),
        migrations.AddField(
            model_name='redemption',
            name='reward',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='redemptions', to='rewards.reward', verbose_name='reward'),
        ),
        migrations.CreateModel(
            name='RewardCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=64, verbose_name='code')),
                ('redemption', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='pool_code', to='rewards.redemption', verbose_name='given to')),
                ('reward', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='codes', to='rewards.reward', verbose_name='reward')),
            ],
            options={
                'verbose_name': 'code',
                'verbose_name_plural': 'codes',
            },
        ),
        migrations.CreateModel(
            name='Share',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True, verbose_name='id')),
                ('request_id', models.UUIDField(help_text='Issued with the form; a second post of it is the same.')),
                ('method', models.CharField(choices=[('equal', 'Equal'), ('weights', 'By weights'), ('by_hand', 'By hand')], max_length=16, verbose_name='method')),
                ('amount', models.BigIntegerField(verbose_name='amount')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('state', models.CharField(choices=[('posted', 'Shared'), ('undone', 'Undone')], default='posted', max_length=16, verbose_name='state')),
                ('shared_at', models.DateTimeField(verbose_name='shared at')),
                ('undo_until', models.DateTimeField(verbose_name='can be undone until')),
                ('undone_at', models.DateTimeField(blank=True, null=True, verbose_name='undone at')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='partners.partner', verbose_name='partner')),
                ('programme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='rewards.programme', verbose_name='programme')),
                ('shared_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares_given', to='partners.member', verbose_name='shared by')),
            ],
            options={
                'verbose_name': 'share',
                'verbose_name_plural': 'shares',
            },
        ),
        migrations.CreateModel(
            name='SharePart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weight', models.PositiveIntegerField(default=1, help_text='In thousandths, so that 0.5 is exact.', verbose_name='weight')),
                ('proposed', models.BigIntegerField(verbose_name='proposed')),
                ('amount', models.BigIntegerField(verbose_name='amount')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='share_parts', to='partners.member', verbose_name='member')),
                ('share', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='rewards.share')),
                ('transfer', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='share_part', to='ledger.transfer')),
                ('undo_transfer', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='undone_share_part', to='ledger.transfer')),
            ],
            options={
                'verbose_name': 'part of a share',
                'verbose_name_plural': 'parts of shares',
            },
        ),
        migrations.CreateModel(
            name='Standing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tier_code', models.SlugField(blank=True, max_length=32, verbose_name='tier')),
                ('tier_since', models.DateField(blank=True, null=True, verbose_name='in this tier since')),
                ('spend', models.BigIntegerField(default=0, verbose_name='net spend in the window')),
                ('orders', models.PositiveIntegerField(default=0, verbose_name='orders in the window')),
                ('decided_on', models.DateField(blank=True, null=True, verbose_name='decided on')),
                ('enrolled_at', models.DateTimeField(verbose_name='enrolled at')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='standings', to='partners.partner', verbose_name='partner')),
                ('programme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='standings', to='rewards.programme', verbose_name='programme')),
            ],
            options={
                'verbose_name': 'standing',
                'verbose_name_plural': 'standings',
            },
        ),
        migrations.CreateModel(
            name='TierChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_tier', models.SlugField(blank=True, max_length=32, verbose_name='from')),
                ('to_tier', models.SlugField(blank=True, max_length=32, verbose_name='to')),
                ('reason_code', models.CharField(max_length=32, verbose_name='why')),
                ('figures', models.JSONField(verbose_name='figures')),
                ('decided_on', models.DateField(verbose_name='decided for local day')),
                ('decided_at', models.DateTimeField(verbose_name='decided at')),
                ('standing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='rewards.standing')),
            ],
            options={
                'verbose_name': 'tier change',
                'verbose_name_plural': 'tier changes',
            },
        ),
        migrations.CreateModel(
            name='ClawBack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due', models.BigIntegerField(verbose_name='due')),
                ('collected', models.BigIntegerField(default=0, verbose_name='collected')),
                ('debt', models.BigIntegerField(default=0, verbose_name='booked as debt')),
                ('waived', models.BigIntegerField(default=0, verbose_name='waived')),
                ('explanation', models.JSONField(default=dict, verbose_name='explanation')),
                ('revision', models.PositiveIntegerField(default=0, editable=False)),
                ('award', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claw_backs', to='rewards.award')),
                ('cause', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claw_backs', to='partners.activity')),
            ],
            options={
                'verbose_name': 'claw-back',
                'verbose_name_plural': 'claw-backs',
                'constraints': [models.UniqueConstraint(fields=('award', 'cause'), name='rewards_clawback_once_per_cause'), models.CheckConstraint(condition=models.Q(('collected__gte', 0), ('debt__gte', 0), ('due__gte', 0), ('waived__gte', 0), ('due', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('collected'), '+', models.F('debt')), '+', models.F('waived')))), name='rewards_clawback_due_is_met')],
            },
        ),
        migrations.AddConstraint(
            model_name='programme',
            constraint=models.CheckConstraint(condition=models.Q(('starts_on__isnull', True), ('ends_on__isnull', True), ('ends_on__gt', models.F('starts_on')), _connector='OR'), name='rewards_programme_ends_after_it_starts'),
        ),
        migrations.AddConstraint(
            model_name='programmeversion',
            constraint=models.UniqueConstraint(fields=('programme', 'number'), name='rewards_programmeversion_number_once'),
        ),
        migrations.AddConstraint(
            model_name='programmeversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('number__isnull', True), ('published_at__isnull', True)), models.Q(('number__isnull', False), ('published_at__isnull', False)), _connector='OR'), name='rewards_programmeversion_published_has_number'),
        ),
        migrations.AddConstraint(
            model_name='award',
            constraint=models.UniqueConstraint(fields=('activity', 'version', 'rule_code'), name='rewards_award_once_per_rule'),
        ),
        migrations.AddConstraint(
            model_name='award',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='rewards_award_amount_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='returnmatch',
            constraint=models.UniqueConstraint(fields=('return_line', 'order_line'), name='rewards_returnmatch_pair_once'),
        ),
        migrations.AddConstraint(
            model_name='reward',
            constraint=models.UniqueConstraint(fields=('programme', 'slug'), name='rewards_reward_code_once_per_programme'),
        ),
        migrations.AddConstraint(
            model_name='reward',
            constraint=models.CheckConstraint(condition=models.Q(('price__gt', 0)), name='rewards_reward_price_positive'),
        ),
        migrations.AddConstraint(
            model_name='reward',
            constraint=models.CheckConstraint(condition=models.Q(('offered_until__isnull', True), ('offered_until__gt', models.F('offered_from')), _connector='OR'), name='rewards_reward_offer_ends_after_it_starts'),
        ),
        migrations.AddIndex(
            model_name='redemption',
            index=models.Index(fields=['partner', '-requested_at'], name='rewards_redemption_of_partner'),
        ),
        migrations.AddIndex(
            model_name='redemption',
            index=models.Index(fields=['state', 'requested_at'], name='rewards_redemption_queue'),
        ),
        migrations.AddConstraint(
            model_name='redemption',
            constraint=models.UniqueConstraint(fields=('partner', 'request_id'), name='rewards_redemption_requested_once'),
        ),
        migrations.AddConstraint(
            model_name='redemption',
            constraint=models.CheckConstraint(condition=models.Q(('price__gt', 0)), name='rewards_redemption_price_positive'),
        ),
        migrations.AddConstraint(
            model_name='rewardcode',
            constraint=models.UniqueConstraint(fields=('reward', 'code'), name='rewards_rewardcode_once'),
        ),
        migrations.AddConstraint(
            model_name='share',
            constraint=models.UniqueConstraint(fields=('partner', 'request_id'), name='rewards_share_requested_once'),
        ),
        migrations.AddConstraint(
            model_name='share',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='rewards_share_amount_positive'),
        ),
        migrations.AddConstraint(
            model_name='sharepart',
            constraint=models.UniqueConstraint(fields=('share', 'member'), name='rewards_sharepart_member_once'),
        ),
        migrations.AddConstraint(
            model_name='sharepart',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0), ('proposed__gte', 0)), name='rewards_sharepart_amounts_not_negative'),
        ),
        migrations.AddIndex(
            model_name='standing',
            index=models.Index(fields=['programme', 'tier_code'], name='rewards_standing_by_tier'),
        ),
        migrations.AddConstraint(
            model_name='standing',
            constraint=models.UniqueConstraint(fields=('programme', 'partner'), name='rewards_standing_partner_once_per_programme'),
        ),
    ]
