"""A way back through migrations keeps what has no place there."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command

from partners.models import ImportRow, ImportRun, ParkedDocument

# All the way back and forth takes as long as making the database.
pytestmark = [pytest.mark.transaction, pytest.mark.long, pytest.mark.once("PostgreSQL")]

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CONTENT = {"lines": [{"sku": "mug", "amount": "15.30"}]}


def migrate(*target: str) -> None:
    call_command("migrate", *target, skip_checks=True, verbosity=0, stdout=StringIO())


def park(number: str, **changes) -> None:
    ParkedDocument.objects.create(
        **{
            "source": "shop",
            "external_id": number,
            "kind": "order",
            "partner_ref": "ref:shop:77",
            "currency": "GBP",
            "reason": "unknown_partner",
            "parked_at": NOON,
        }
        | changes
    )


def test_what_waits_through_the_api_waits_after_going_back_and_forth():
    run = ImportRun.objects.create(
        kind="order", source="erp", file_name="a.csv", status="finished", started_at=NOON
    )
    park("F1", source="erp", run=run, kind="order", partner_ref="", currency="")
    park("A1", content=CONTENT)
    park("A2", content=CONTENT, kind="return")

    migrate("partners", "0007_imports_can_be_watched")
    migrate()

    found = ParkedDocument.objects.order_by("external_id").values_list(
        "external_id", "run", "kind", "partner_ref", "currency", "content"
    )
    assert list(found) == [
        ("A1", None, "order", "ref:shop:77", "GBP", CONTENT),
        ("A2", None, "return", "ref:shop:77", "GBP", CONTENT),
        ("F1", run.pk, "order", "", "", None),
    ]
    assert not ImportRow.objects.exists()
    assert list(ImportRun.objects.values_list("pk", flat=True)) == [run.pk]
