"""Who the partners are, who is on their teams, and what was reported about them."""

import django.db.models.deletion
import django.db.models.functions.text
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('public_id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True, verbose_name='id')),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='e-mail address')),
                ('name', models.CharField(max_length=150, verbose_name='name')),
                ('language', models.CharField(choices=[('en', 'English'), ('uk', 'Українська'), ('pl', 'Polski'), ('ru', 'Русский')], default='en', max_length=8, verbose_name='language')),
                ('is_staff', models.BooleanField(default=False, help_text='May sign in to the admin.', verbose_name='works for the seller')),
                ('is_active', models.BooleanField(default=True, verbose_name='may sign in')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'person',
                'verbose_name_plural': 'people',
            },
        ),
        migrations.CreateModel(
            name='Activity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True, verbose_name='id')),
                ('kind', models.CharField(choices=[('order', 'Order'), ('return', 'Return'), ('invoice', 'Invoice'), ('payment', 'Payment'), ('training', 'Training'), ('generic', 'Other')], max_length=16, verbose_name='kind')),
                ('source', models.CharField(help_text='The system that reported it.', max_length=64, verbose_name='source')),
                ('external_id', models.CharField(help_text='Its number in that system.', max_length=100, verbose_name='external id')),
                ('occurred_at', models.DateTimeField(verbose_name='occurred at')),
                ('amount', models.BigIntegerField(default=0, verbose_name='net amount')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('country', models.CharField(blank=True, max_length=64, verbose_name='country')),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='due on')),
                ('paid_on', models.DateField(blank=True, null=True, verbose_name='paid on')),
                ('attributes', models.JSONField(blank=True, default=dict, verbose_name='attributes')),
                ('content_hash', models.CharField(editable=False, max_length=64)),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('refers_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='referred_by', to='partners.activity', verbose_name='refers to')),
            ],
            options={
                'verbose_name': 'activity',
                'verbose_name_plural': 'activities',
            },
        ),
        migrations.CreateModel(
            name='ActivityLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField(verbose_name='position')),
                ('sku', models.CharField(max_length=64, verbose_name='SKU')),
                ('description', models.CharField(blank=True, max_length=255, verbose_name='description')),
                ('category', models.CharField(blank=True, max_length=64, verbose_name='category')),
                ('quantity', models.BigIntegerField(verbose_name='quantity')),
                ('amount', models.BigIntegerField(verbose_name='net amount')),
                ('activity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='partners.activity')),
            ],
            options={
                'verbose_name': 'line',
                'verbose_name_plural': 'lines',
            },
        ),
        migrations.CreateModel(
            name='ImportRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=16, verbose_name='kind')),
                ('source', models.CharField(max_length=64, verbose_name='source')),
                ('file_name', models.CharField(max_length=255, verbose_name='file')),
                ('status', models.CharField(choices=[('staging', 'Reading'), ('running', 'Running'), ('finished', 'Finished'), ('failed', 'Failed')], max_length=16, verbose_name='status')),
                ('report', models.JSONField(default=dict, verbose_name='report')),
                ('started_at', models.DateTimeField(verbose_name='started at')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished at')),
                ('started_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'import',
                'verbose_name_plural': 'imports',
            },
        ),
        migrations.CreateModel(
            name='JobRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(help_text="The programme's code.", max_length=64, verbose_name='scope')),
                ('local_date', models.DateField(verbose_name='local day')),
                ('step', models.CharField(max_length=32, verbose_name='step')),
                ('status', models.CharField(choices=[('due', 'Due'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='due', max_length=16, verbose_name='status')),
                ('checkpoint', models.BigIntegerField(default=0, verbose_name='checkpoint')),
                ('changed', models.PositiveBigIntegerField(default=0, verbose_name='changed')),
                ('started_at', models.DateTimeField(blank=True, null=True, verbose_name='started at')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished at')),
                ('error', models.TextField(blank=True, verbose_name='error')),
            ],
            options={
                'verbose_name': 'nightly step',
                'verbose_name_plural': 'nightly steps',
                'constraints': [models.UniqueConstraint(fields=('scope', 'local_date', 'step'), name='partners_jobrun_once_per_day')],
            },
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True, verbose_name='id')),
                ('role', models.CharField(choices=[('head_buyer', 'Head buyer'), ('buyer', 'Buyer'), ('viewer', 'Viewer')], default='buyer', max_length=16, verbose_name='role')),
                ('status', models.CharField(choices=[('invited', 'Invited'), ('active', 'Active'), ('left', 'Left')], default='active', max_length=16, verbose_name='status')),
                ('job_title', models.CharField(blank=True, max_length=100, verbose_name='job title')),
                ('joined_at', models.DateTimeField(verbose_name='joined at')),
                ('left_at', models.DateTimeField(blank=True, null=True, verbose_name='left at')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'member',
                'verbose_name_plural': 'members',
            },
        ),
        migrations.AddField(
            model_name='activity',
            name='member',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='activities', to='partners.member', verbose_name='member'),
        ),
        migrations.CreateModel(
            name='ParkedDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=64, verbose_name='source')),
                ('external_id', models.CharField(max_length=100, verbose_name='external id')),
                ('reason', models.CharField(choices=[('no_partner', 'Names no partner'), ('unknown_partner', 'Partner is not known')], max_length=32, verbose_name='reason')),
                ('content_hash', models.CharField(editable=False, max_length=64)),
                ('occurred_at', models.DateTimeField(null=True, verbose_name='occurred at')),
                ('parked_at', models.DateTimeField(verbose_name='parked at')),
                ('matched_at', models.DateTimeField(blank=True, null=True, verbose_name='matched at')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parked_documents', to='partners.importrun')),
            ],
            options={
                'verbose_name': 'parked document',
                'verbose_name_plural': 'parked documents',
            },
        ),
        migrations.CreateModel(
            name='ImportRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_number', models.PositiveBigIntegerField(verbose_name='row')),
                ('document', models.CharField(max_length=100, verbose_name='document')),
                ('outcome', models.CharField(choices=[('parked', 'Parked'), ('refused', 'Refused')], max_length=16, verbose_name='outcome')),
                ('code', models.CharField(max_length=32, verbose_name='code')),
                ('column', models.CharField(blank=True, max_length=64, verbose_name='column')),
                ('value', models.CharField(blank=True, max_length=255, verbose_name='value')),
                ('content', models.JSONField(default=dict, verbose_name='content')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='partners.importrun')),
                ('parked_document', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='partners.parkeddocument')),
            ],
            options={
                'verbose_name': 'import row',
                'verbose_name_plural': 'import rows',
            },
        ),
        migrations.CreateModel(
            name='Partner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True, verbose_name='id')),
                ('erp_number', models.CharField(help_text="Its number in the seller's ERP.", max_length=64, unique=True, verbose_name='ERP number')),
                ('legal_name', models.CharField(max_length=200, verbose_name='legal name')),
                ('tax_id', models.CharField(blank=True, max_length=32, verbose_name='tax id')),
                ('country', models.CharField(blank=True, max_length=64, verbose_name='country')),
                ('currency', models.CharField(default='GBP', max_length=3, verbose_name='currency')),
                ('language', models.CharField(choices=[('en', 'English'), ('uk', 'Українська'), ('pl', 'Polski'), ('ru', 'Русский')], default='en', max_length=8, verbose_name='language')),
                ('partner_since', models.DateField(blank=True, null=True, verbose_name='partner since')),
                ('status', models.CharField(choices=[('active', 'Active'), ('paused', 'Paused'), ('closed', 'Closed')], default='active', max_length=16, verbose_name='status')),
                ('event_sequence', models.PositiveBigIntegerField(default=0, editable=False, help_text="Sequence of the partner's latest event.")),
                ('account_manager', models.ForeignKey(blank=True, limit_choices_to={'is_staff': True}, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='managed_partners', to=settings.AUTH_USER_MODEL, verbose_name='account manager')),
                ('merged_into', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged_from', to='partners.partner', verbose_name='merged into')),
            ],
            options={
                'verbose_name': 'partner',
                'verbose_name_plural': 'partners',
            },
        ),
        migrations.AddField(
            model_name='member',
            name='partner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='members', to='partners.partner', verbose_name='partner'),
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.PositiveBigIntegerField(verbose_name='sequence')),
                ('kind', models.CharField(max_length=48, verbose_name='kind')),
                ('payload', models.JSONField(default=dict, verbose_name='payload')),
                ('occurred_at', models.DateTimeField(verbose_name='occurred at')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('feed_position', models.PositiveBigIntegerField(null=True, unique=True)),
                ('actor', models.ForeignKey(help_text='Who did it; empty for the system.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('member', models.ForeignKey(help_text='About whom.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='partners.member')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='partners.partner')),
            ],
            options={
                'verbose_name': 'event',
                'verbose_name_plural': 'events',
            },
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('prefix', models.CharField(editable=False, max_length=12, unique=True, verbose_name='prefix')),
                ('secret_hash', models.CharField(editable=False, max_length=64)),
                ('scopes', models.JSONField(default=list, verbose_name='scopes')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires at')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='revoked at')),
                ('last_used_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='last used at')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('partner', models.ForeignKey(blank=True, help_text='Limits the key to one partner. Empty: all partners.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='api_keys', to='partners.partner', verbose_name='partner')),
            ],
            options={
                'verbose_name': 'API key',
                'verbose_name_plural': 'API keys',
            },
        ),
        migrations.AddField(
            model_name='activity',
            name='partner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='activities', to='partners.partner', verbose_name='partner'),
        ),
        migrations.CreateModel(
            name='RememberedAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('caller', models.CharField(help_text='The key or person that asked.', max_length=64)),
                ('idempotency_key', models.CharField(max_length=255)),
                ('request_hash', models.CharField(max_length=64)),
                ('status_code', models.PositiveSmallIntegerField()),
                ('body', models.TextField()),
                ('answered_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('caller', 'idempotency_key'), name='partners_rememberedanswer_once_per_caller')],
            },
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='partners_person_email_in_lower_case'),
        ),
        migrations.AddConstraint(
            model_name='activityline',
            constraint=models.UniqueConstraint(fields=('activity', 'position'), name='partners_activityline_position_once'),
        ),
        migrations.AddConstraint(
            model_name='activityline',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='partners_activityline_amount_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='activityline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='partners_activityline_quantity_positive'),
        ),
        migrations.AddConstraint(
            model_name='parkeddocument',
            constraint=models.UniqueConstraint(fields=('source', 'external_id'), name='partners_parkeddocument_once'),
        ),
        migrations.AddConstraint(
            model_name='importrow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'parked'), _negated=True), ('parked_document__isnull', False), _connector='OR'), name='partners_importrow_parked_has_document'),
        ),
        migrations.AddConstraint(
            model_name='partner',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into__isnull', True), models.Q(('merged_into', models.F('id')), _negated=True), _connector='OR'), name='partners_partner_not_merged_into_itself'),
        ),
        migrations.AddConstraint(
            model_name='member',
            constraint=models.UniqueConstraint(fields=('partner', 'person'), name='partners_member_person_once_per_partner'),
        ),
        migrations.AddConstraint(
            model_name='member',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('left_at__isnull', False), ('status', 'left')), models.Q(models.Q(('status', 'left'), _negated=True), ('left_at__isnull', True)), _connector='OR'), name='partners_member_left_has_its_time'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['partner', '-occurred_at'], name='partners_event_timeline'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.UniqueConstraint(fields=('partner', 'sequence'), name='partners_event_sequence_once_per_partner'),
        ),
        migrations.AddIndex(
            model_name='activity',
            index=models.Index(fields=['partner', 'occurred_at'], name='partners_activity_of_partner'),
        ),
        migrations.AddIndex(
            model_name='activity',
            index=models.Index(fields=['occurred_at'], name='partners_activity_by_time'),
        ),
        migrations.AddConstraint(
            model_name='activity',
            constraint=models.UniqueConstraint(fields=('source', 'external_id'), name='partners_activity_reported_once'),
        ),
        migrations.AddConstraint(
            model_name='activity',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='partners_activity_amount_not_negative'),
        ),
    ]
