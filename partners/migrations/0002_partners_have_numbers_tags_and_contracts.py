"""Other numbers, tags and contracts of partners; edits are counted."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0001_partners_and_their_facts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Contract',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=64, verbose_name='number')),
                ('starts_on', models.DateField(verbose_name='starts on')),
                ('ends_on', models.DateField(blank=True, help_text='The last day. Empty: until further notice.', null=True, verbose_name='ends on')),
                ('payment_days', models.PositiveSmallIntegerField(blank=True, help_text='Days to pay an invoice.', null=True, verbose_name='payment days')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='note')),
            ],
            options={
                'verbose_name': 'contract',
                'verbose_name_plural': 'contracts',
            },
        ),
        migrations.CreateModel(
            name='PartnerNumber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('system', models.CharField(help_text='The source that uses this number.', max_length=64, verbose_name='system')),
                ('number', models.CharField(max_length=64, verbose_name='number')),
            ],
            options={
                'verbose_name': 'other number',
                'verbose_name_plural': 'other numbers',
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=64, unique=True, verbose_name='name')),
            ],
            options={
                'verbose_name': 'tag',
                'verbose_name_plural': 'tags',
                'ordering': ['name'],
            },
        ),
        migrations.AddField(
            model_name='partner',
            name='revision',
            field=models.PositiveIntegerField(default=1, editable=False, help_text='Counts the edits, so that a stale one is noticed.'),
        ),
        migrations.AddField(
            model_name='contract',
            name='partner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contracts', to='partners.partner', verbose_name='partner'),
        ),
        migrations.AddField(
            model_name='partnernumber',
            name='partner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='numbers', to='partners.partner', verbose_name='partner'),
        ),
        migrations.AddField(
            model_name='partner',
            name='tags',
            field=models.ManyToManyField(blank=True, related_name='partners', to='partners.tag', verbose_name='tags'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.UniqueConstraint(fields=('partner', 'number'), name='partners_contract_number_once_per_partner'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='partners_contract_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='partnernumber',
            constraint=models.UniqueConstraint(fields=('system', 'number'), name='partners_partnernumber_once_per_system'),
        ),
    ]
