"""A wallet is emptied into the pool when its owner leaves; a merge moves balances."""

from django.db import migrations, models

KINDS = [
    ("earn", "Earned"),
    ("pend", "Pending award"),
    ("mature", "Pending award became available"),
    ("cancel_pending", "Pending award cancelled"),
    ("redeem", "Redeemed"),
    ("refund", "Refunded"),
    ("share", "Shared with the team"),
    ("unshare", "Returned to the pool"),
    ("claw_back", "Taken back"),
    ("incur_debt", "Taken back as debt"),
    ("repay_debt", "Debt repaid"),
    ("forgive_debt", "Debt reduced"),
    ("expire", "Expired"),
    ("reinstate", "Reinstated"),
    ("adjust", "Adjusted"),
    ("reverse", "Reversed"),
    ("open", "Opening balance"),
    ("merge", "Moved by a merge"),
    ("leave", "Returned by who left the team"),
]


class Migration(migrations.Migration):
    dependencies = [("ledger", "0012_seals_cover_order_and_absence")]

    operations = [
        migrations.AlterField(
            model_name="transfer",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=16, verbose_name="kind"),
        ),
    ]
