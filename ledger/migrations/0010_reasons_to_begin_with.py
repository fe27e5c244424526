"""The list of reasons starts with what most sellers need; managers add their own."""

from django.db import migrations

# code: (name, for reversals, for adjustments)
REASONS = {
    "wrong-amount": ("The amount was wrong", True, True),
    "wrong-partner": ("Booked for the wrong partner", True, True),
    "booked-twice": ("Booked twice", True, True),
    "missing-purchase": ("A purchase was not counted", False, True),
    "complaint": ("Settlement of a complaint", True, True),
    "goodwill": ("Goodwill", False, True),
    "agreement": ("Agreed with the partner", True, True),
    "misuse": ("Misuse", True, True),
    "expiry-waived": ("Expiry waived", True, False),
}


def add_reasons(apps, schema_editor):
    reason = apps.get_model("ledger", "CorrectionReason")
    for code, (name, for_reversals, for_adjustments) in REASONS.items():
        reason.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "for_reversals": for_reversals,
                "for_adjustments": for_adjustments,
            },
        )


def remove_unused_reasons(apps, schema_editor):
    used = apps.get_model("ledger", "Correction").objects.values("reason")
    reason = apps.get_model("ledger", "CorrectionReason")
    reason.objects.filter(code__in=REASONS).exclude(pk__in=used).delete()


class Migration(migrations.Migration):
    dependencies = [("ledger", "0009_seals_and_extensions_are_append_only")]

    operations = [migrations.RunPython(add_reasons, remove_unused_reasons)]
