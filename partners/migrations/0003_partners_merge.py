"""Two partners that are the same company become one, and can be parted again."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0002_partners_have_numbers_tags_and_contracts'),
    ]

    operations = [
        migrations.CreateModel(
            name='PartnerMerge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True, verbose_name='id')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('changes', models.JSONField(default=dict, help_text='What was changed beside balances, to undo it by.', verbose_name='changes')),
                ('merged_at', models.DateTimeField(verbose_name='merged at')),
                ('undone_at', models.DateTimeField(blank=True, null=True, verbose_name='undone at')),
            ],
            options={
                'verbose_name': 'merge',
                'verbose_name_plural': 'merges',
            },
        ),
        migrations.AddField(
            model_name='partnermerge',
            name='kept',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merges_kept', to='partners.partner', verbose_name='kept'),
        ),
        migrations.AddField(
            model_name='partnermerge',
            name='merged',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merges_ended', to='partners.partner', verbose_name='merged'),
        ),
        migrations.AddField(
            model_name='partnermerge',
            name='merged_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='partnermerge',
            name='undone_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='partnermerge',
            constraint=models.UniqueConstraint(condition=models.Q(('undone_at__isnull', True)), fields=('merged',), name='partners_partnermerge_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='partnermerge',
            constraint=models.CheckConstraint(condition=models.Q(('kept', models.F('merged')), _negated=True), name='partners_partnermerge_of_two'),
        ),
    ]
