"""Places on teams are offered by e-mail; that a person was erased is kept."""

import django.db.models.deletion
import django.db.models.functions.text
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0003_partners_merge'),
    ]

    operations = [
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('erased_at', models.DateTimeField(verbose_name='erased at')),
                ('rows', models.JSONField(default=dict, verbose_name='rows')),
            ],
            options={
                'verbose_name': 'erasure',
                'verbose_name_plural': 'erasures',
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True, verbose_name='id')),
                ('email', models.EmailField(max_length=254, verbose_name='e-mail address')),
                ('name', models.CharField(max_length=150, verbose_name='name')),
                ('language', models.CharField(choices=[('en', 'English'), ('uk', 'Українська'), ('pl', 'Polski'), ('ru', 'Русский')], default='en', max_length=8, verbose_name='language')),
                ('role', models.CharField(choices=[('head_buyer', 'Head buyer'), ('buyer', 'Buyer'), ('viewer', 'Viewer')], max_length=16, verbose_name='role')),
                ('job_title', models.CharField(blank=True, max_length=100, verbose_name='job title')),
                ('token_hash', models.CharField(editable=False, max_length=64, unique=True)),
                ('invited_at', models.DateTimeField(verbose_name='invited at')),
                ('sent_at', models.DateTimeField(verbose_name='sent at')),
                ('sent_times', models.PositiveSmallIntegerField(default=1, verbose_name='times sent')),
                ('expires_at', models.DateTimeField(verbose_name='expires at')),
                ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='accepted at')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='withdrawn at')),
            ],
            options={
                'verbose_name': 'invitation',
                'verbose_name_plural': 'invitations',
            },
        ),
        migrations.AddField(
            model_name='member',
            name='revision',
            field=models.PositiveIntegerField(default=1, editable=False, help_text='Counts the edits, so that a stale one is noticed.'),
        ),
        migrations.AddField(
            model_name='erasure',
            name='asked_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='erasure',
            name='person',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='erasure', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invitation',
            name='invited_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invitation',
            name='member',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='partners.member'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='partner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='partners.partner', verbose_name='partner'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.UniqueConstraint(condition=models.Q(('accepted_at__isnull', True), ('withdrawn_at__isnull', True)), fields=('partner', 'email'), name='partners_invitation_one_open_per_address'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='partners_invitation_email_in_lower_case'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('accepted_at__isnull', True), ('member__isnull', True)), models.Q(('accepted_at__isnull', False), ('member__isnull', False)), _connector='OR'), name='partners_invitation_accepted_makes_a_member'),
        ),
    ]
