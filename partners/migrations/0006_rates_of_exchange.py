"""Rates of exchange, and what facts in other currencies came to."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0005_activities_of_every_kind'),
    ]

    operations = [
        migrations.CreateModel(
            name='ConvertedAmount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('amount', models.BigIntegerField(verbose_name='amount')),
                ('rate_e8', models.BigIntegerField(verbose_name='rate')),
                ('rate_day', models.DateField(verbose_name='rate of')),
            ],
            options={
                'verbose_name': 'converted amount',
                'verbose_name_plural': 'converted amounts',
            },
        ),
        migrations.CreateModel(
            name='ExchangeRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('into', models.CharField(max_length=3, verbose_name='into')),
                ('day', models.DateField(verbose_name='day')),
                ('rate_e8', models.BigIntegerField(verbose_name='rate')),
                ('source', models.CharField(blank=True, max_length=64, verbose_name='source')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
            ],
            options={
                'verbose_name': 'exchange rate',
                'verbose_name_plural': 'exchange rates',
            },
        ),
        migrations.AddField(
            model_name='convertedamount',
            name='activity',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='converted', to='partners.activity', verbose_name='activity'),
        ),
        migrations.AddField(
            model_name='exchangerate',
            name='recorded_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='convertedamount',
            constraint=models.UniqueConstraint(fields=('activity', 'currency'), name='partners_convertedamount_once'),
        ),
        migrations.AddConstraint(
            model_name='exchangerate',
            constraint=models.UniqueConstraint(fields=('currency', 'into', 'day'), name='partners_exchangerate_once_per_day'),
        ),
        migrations.AddConstraint(
            model_name='exchangerate',
            constraint=models.CheckConstraint(condition=models.Q(('rate_e8__gt', 0)), name='partners_exchangerate_positive'),
        ),
        migrations.AddConstraint(
            model_name='exchangerate',
            constraint=models.CheckConstraint(condition=models.Q(('currency', models.F('into')), _negated=True), name='partners_exchangerate_of_two'),
        ),
    ]
