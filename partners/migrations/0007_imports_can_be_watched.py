"""Imports can be prepared, watched, stopped and gone on with; mappings are kept."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


def give_public_ids(apps, schema_editor):
    runs = apps.get_model("partners", "ImportRun").objects.filter(public_id__isnull=True)
    for run in runs.only("pk").iterator(chunk_size=2_000):
        run.public_id = uuid_utils.compat.uuid7()
        run.save(update_fields=["public_id"])


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0006_rates_of_exchange'),
    ]

    operations = [
        migrations.CreateModel(
            name='SourceMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=64, verbose_name='source')),
                ('kind', models.CharField(max_length=40, verbose_name='kind')),
                ('content', models.JSONField(default=dict, help_text='As a mapping file says it.', verbose_name='content')),
                ('saved_at', models.DateTimeField(verbose_name='saved at')),
            ],
            options={
                'verbose_name': 'mapping',
                'verbose_name_plural': 'mappings',
            },
        ),
        migrations.AddField(
            model_name='importrun',
            name='beat_at',
            field=models.DateTimeField(blank=True, help_text='A run that fell silent was killed.', null=True, verbose_name='last heard of'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='cancel_asked_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='asked to stop at'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='content_hash',
            field=models.CharField(blank=True, help_text='Of the whole file.', max_length=64),
        ),
        migrations.AddField(
            model_name='importrun',
            name='error',
            field=models.TextField(blank=True, verbose_name='error'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='mapping',
            field=models.JSONField(default=dict, help_text='As a mapping file says it.', verbose_name='mapping'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='public_id',
            field=models.UUIDField(editable=False, null=True, verbose_name='id'),
        ),
        migrations.RunPython(give_public_ids, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='importrun',
            name='public_id',
            field=models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True, verbose_name='id'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='rows_done',
            field=models.PositiveBigIntegerField(default=0, verbose_name='rows done'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='rows_total',
            field=models.PositiveBigIntegerField(default=0, verbose_name='rows in all'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='stored_as',
            field=models.CharField(blank=True, help_text='Where an uploaded file is kept until it has run.', max_length=255),
        ),
        migrations.AlterField(
            model_name='importrun',
            name='kind',
            field=models.CharField(max_length=40, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='importrun',
            name='status',
            field=models.CharField(choices=[('uploaded', 'Uploaded'), ('checked', 'Checked'), ('queued', 'Waiting to run'), ('staging', 'Reading'), ('running', 'Running'), ('finished', 'Finished'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], max_length=16, verbose_name='status'),
        ),
        migrations.AddField(
            model_name='sourcemapping',
            name='saved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='sourcemapping',
            constraint=models.UniqueConstraint(fields=('source', 'kind'), name='partners_sourcemapping_once'),
        ),
    ]
