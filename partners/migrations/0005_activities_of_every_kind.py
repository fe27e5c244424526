"""Every kind of activity, own kinds, and facts that name what is not here yet."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0004_teams_invite'),
    ]

    operations = [
        migrations.CreateModel(
            name='LateMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('earliest_on', models.DateField(verbose_name='earliest day')),
                ('marked_at', models.DateTimeField(verbose_name='marked at')),
            ],
            options={
                'verbose_name': 'late mark',
                'verbose_name_plural': 'late marks',
            },
        ),
        migrations.CreateModel(
            name='OwnKind',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(help_text='Small letters, digits and underscores.', max_length=40, unique=True, verbose_name='code')),
                ('names', models.JSONField(default=dict, help_text='By language.', verbose_name='names')),
                ('description', models.CharField(blank=True, max_length=300, verbose_name='description')),
                ('fields', models.JSONField(default=list, help_text='What a report of this kind says beside the basics.', verbose_name='fields')),
                ('has_amount', models.BooleanField(default=False, verbose_name='has an amount of money')),
                ('has_quantity', models.BooleanField(default=False, verbose_name='has a quantity')),
                ('is_active', models.BooleanField(default=True, verbose_name='may be reported')),
            ],
            options={
                'verbose_name': 'own kind of activity',
                'verbose_name_plural': 'own kinds of activity',
            },
        ),
        migrations.CreateModel(
            name='WaitingReference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=64, verbose_name='source')),
                ('external_id', models.CharField(max_length=100, verbose_name='external id')),
                ('waits_since', models.DateTimeField(verbose_name='waits since')),
                ('found_at', models.DateTimeField(blank=True, null=True, verbose_name='found at')),
                ('given_up_at', models.DateTimeField(blank=True, null=True, verbose_name='given up at')),
            ],
            options={
                'verbose_name': 'waiting reference',
                'verbose_name_plural': 'waiting references',
            },
        ),
        migrations.AddField(
            model_name='activity',
            name='quantity',
            field=models.BigIntegerField(blank=True, help_text='Of what is counted without lines.', null=True, verbose_name='quantity'),
        ),
        migrations.AlterField(
            model_name='activity',
            name='currency',
            field=models.CharField(blank=True, help_text='Empty where the kind has no amount.', max_length=3, verbose_name='currency'),
        ),
        migrations.AlterField(
            model_name='activity',
            name='kind',
            field=models.CharField(max_length=40, verbose_name='kind'),
        ),
        migrations.AddField(
            model_name='latemark',
            name='partner',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='late_mark', to='partners.partner'),
        ),
        migrations.AddField(
            model_name='waitingreference',
            name='activity',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='waiting_reference', to='partners.activity'),
        ),
        migrations.AddField(
            model_name='waitingreference',
            name='given_up_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='waitingreference',
            index=models.Index(condition=models.Q(('found_at__isnull', True), ('given_up_at__isnull', True)), fields=['source', 'external_id'], name='partners_waitingreference_open'),
        ),
        migrations.AddConstraint(
            model_name='waitingreference',
            constraint=models.CheckConstraint(condition=models.Q(('found_at__isnull', True), ('given_up_at__isnull', True), _connector='OR'), name='partners_waitingreference_ends_once'),
        ),
    ]
