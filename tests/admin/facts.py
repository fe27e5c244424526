"""Rows of what stands around activities: kinds, references, rates."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from partners.models import (
    Activity,
    ConvertedAmount,
    ExchangeRate,
    OwnKind,
    WaitingReference,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def add_row_of_each(activity: Activity, *, code: str) -> None:
    """``activity`` is new: it waits for another, is of an own kind and was converted."""
    number = OwnKind.objects.count()
    kind = OwnKind.objects.create(
        code=f"kind_{number}",
        names={"en": f"Kind {number}"},
        fields=[{"name": "hall", "type": "text", "labels": {"en": "Hall"}}],
    )
    Activity.objects.filter(pk=activity.pk).update(kind=kind.code, attributes={"hall": "7"})
    WaitingReference.objects.create(
        activity=activity, source="erp", external_id=f"awaited-{code}", waits_since=NOON
    )
    ExchangeRate.objects.create(
        currency="EUR",
        into="GBP",
        day=date(2026, 1, 1) + timedelta(days=number),
        rate_e8=85_000_000,
        recorded_at=NOON,
    )
    ConvertedAmount.objects.create(
        activity=activity,
        currency="EUR",
        amount=Decimal(10),
        rate_e8=85_000_000,
        rate_day=date(2026, 1, 1),
    )
