"""What cannot be taken yet waits in one inbox, from files and from the API."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

THROUGH_THE_API = "api"


def say_kind_and_partner(apps, schema_editor):
    """What waits already says so in its run and in its rows."""
    documents = apps.get_model("partners", "ParkedDocument").objects.select_related("run")
    rows = apps.get_model("partners", "ImportRow").objects
    for document in documents.iterator(chunk_size=2_000):
        row = rows.filter(parked_document=document).order_by("row_number").first()
        content = row.content if row else {}
        document.kind = document.run.kind
        document.partner_ref = content.get("partner", "")
        document.currency = content.get("currency", "")
        document.save(update_fields=["kind", "partner_ref", "currency"])


def take_what_came_through_the_api(apps, schema_editor):
    """What was given a run on the way back stands for itself again."""
    rows = apps.get_model("partners", "ImportRow").objects.select_related("parked_document")
    runs = set()
    for row in rows.filter(code=THROUGH_THE_API).iterator(chunk_size=2_000):
        document = row.parked_document
        runs.add(document.run_id)
        document.run, document.content = None, row.content["content"]
        document.save(update_fields=["run", "content"])
        row.delete()
    apps.get_model("partners", "ImportRun").objects.filter(pk__in=runs).delete()
    check_now(schema_editor)


def give_runs_to_what_came_through_the_api(apps, schema_editor):
    """Before the inbox everything that waited was of a run, and had its content in rows."""
    runs = apps.get_model("partners", "ImportRun").objects
    rows = apps.get_model("partners", "ImportRow").objects
    waiting = apps.get_model("partners", "ParkedDocument").objects.filter(run=None)
    of_kind = {}
    for document in waiting.order_by("pk").iterator(chunk_size=2_000):
        key = document.kind, document.source
        if key not in of_kind:
            of_kind[key] = runs.create(
                kind=document.kind,
                source=document.source,
                file_name="API",
                status="finished",
                started_at=document.parked_at,
                finished_at=document.parked_at,
            )
        document.run = of_kind[key]
        document.save(update_fields=["run"])
        rows.create(
            run=document.run,
            row_number=0,
            document=document.external_id,
            outcome="parked",
            code=THROUGH_THE_API,
            parked_document=document,
            content={
                "partner": document.partner_ref,
                "currency": document.currency,
                "content": document.content,
            },
        )
    check_now(schema_editor)


def check_now(schema_editor):
    """PostgreSQL alters no table while checks of its rows are put off to the end."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0007_imports_can_be_watched'),
    ]

    operations = [
        migrations.CreateModel(
            name='MatchingRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(blank=True, help_text='Empty: every source.', max_length=64, verbose_name='source')),
                ('field', models.CharField(choices=[('partner_ref', 'What names the partner'), ('external_id', 'The number of the document')], max_length=16, verbose_name='field')),
                ('condition', models.CharField(choices=[('equals', 'is'), ('starts_with', 'begins with')], max_length=16, verbose_name='condition')),
                ('value', models.CharField(max_length=100, verbose_name='value')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('made_at', models.DateTimeField(verbose_name='made at')),
            ],
            options={
                'verbose_name': 'matching rule',
                'verbose_name_plural': 'matching rules',
            },
        ),
        migrations.AddField(
            model_name='parkeddocument',
            name='content',
            field=models.JSONField(blank=True, help_text='What came through the API; files have rows.', null=True, verbose_name='content'),
        ),
        migrations.AddField(
            model_name='parkeddocument',
            name='currency',
            field=models.CharField(blank=True, max_length=3, verbose_name='currency'),
        ),
        migrations.AddField(
            model_name='parkeddocument',
            name='dismiss_reason',
            field=models.CharField(blank=True, max_length=300, verbose_name='reason'),
        ),
        migrations.AddField(
            model_name='parkeddocument',
            name='dismissed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='dismissed at'),
        ),
        migrations.AddField(
            model_name='parkeddocument',
            name='dismissed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='parkeddocument',
            name='kind',
            field=models.CharField(blank=True, max_length=40, verbose_name='kind'),
        ),
        migrations.AddField(
            model_name='parkeddocument',
            name='matched_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='parkeddocument',
            name='matched_partner',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='matched_documents', to='partners.partner'),
        ),
        migrations.AddField(
            model_name='parkeddocument',
            name='partner_ref',
            field=models.CharField(blank=True, help_text='As the source calls it.', max_length=100, verbose_name='names the partner'),
        ),
        migrations.RunPython(say_kind_and_partner, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='parkeddocument',
            name='reason',
            field=models.CharField(choices=[('no_partner', 'Names no partner'), ('unknown_partner', 'Partner is not known'), ('no_rate', 'No rate of exchange for its day')], max_length=32, verbose_name='reason'),
        ),
        migrations.AlterField(
            model_name='parkeddocument',
            name='run',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='parked_documents', to='partners.importrun'),
        ),
        migrations.RunPython(
            take_what_came_through_the_api, give_runs_to_what_came_through_the_api
        ),
        migrations.AddIndex(
            model_name='parkeddocument',
            index=models.Index(condition=models.Q(('dismissed_at__isnull', True), ('matched_at__isnull', True)), fields=['source', 'partner_ref'], name='partners_parkeddocument_waits'),
        ),
        migrations.AddConstraint(
            model_name='parkeddocument',
            constraint=models.CheckConstraint(condition=models.Q(('matched_at__isnull', True), ('dismissed_at__isnull', True), _connector='OR'), name='partners_parkeddocument_ends_once'),
        ),
        migrations.AddField(
            model_name='matchingrule',
            name='made_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='matchingrule',
            name='partner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='matching_rules', to='partners.partner', verbose_name='partner'),
        ),
        migrations.AddConstraint(
            model_name='matchingrule',
            constraint=models.UniqueConstraint(fields=('source', 'field', 'condition', 'value'), name='partners_matchingrule_once'),
        ),
    ]
