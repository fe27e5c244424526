"""A request that waits for approval holds its price instead of spending it, and may lapse."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0008_accounts_have_codes_in_the_books'),
        ('rewards', '0001_programmes_awards_and_rewards'),
    ]

    operations = [
        migrations.AddField(
            model_name='redemption',
            name='hold',
            field=models.OneToOneField(blank=True, help_text='Reserves the price while somebody decides.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='redemption', to='ledger.hold', verbose_name='hold'),
        ),
        migrations.AlterField(
            model_name='redemption',
            name='state',
            field=models.CharField(choices=[('requested', 'Requested'), ('approved', 'Approved'), ('fulfilled', 'Delivered'), ('rejected', 'Rejected'), ('cancelled', 'Cancelled'), ('returned', 'Returned'), ('lapsed', 'Lapsed')], default='requested', max_length=16, verbose_name='state'),
        ),
        migrations.AlterField(
            model_name='redemption',
            name='transfer',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='redemption', to='ledger.transfer', verbose_name='transfer'),
        ),
        migrations.AlterField(
            model_name='redemptionmove',
            name='to_state',
            field=models.CharField(choices=[('requested', 'Requested'), ('approved', 'Approved'), ('fulfilled', 'Delivered'), ('rejected', 'Rejected'), ('cancelled', 'Cancelled'), ('returned', 'Returned'), ('lapsed', 'Lapsed')], max_length=16),
        ),
    ]
