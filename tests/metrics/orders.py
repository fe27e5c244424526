"""Orders for tests of figures: just enough of a fact to be counted."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count

from partners.models import Activity, Partner

numbers = count(1)


def enrol(name: str, country: str = "France") -> Partner:
    return Partner.objects.create(erp_number=name, legal_name=name, country=country)


def order(
    partner: Partner, day: str, amount: str = "100", kind: str = Activity.Kind.ORDER
) -> Activity:
    """Record an order at a moment such as 2011-03-31 or 2011-03-31T23:30, in UTC."""
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return Activity.objects.create(
        kind=kind,
        partner=partner,
        source="test",
        external_id=f"figure-{next(numbers)}",
        occurred_at=at,
        amount=Decimal(amount),
        currency="GBP",
        content_hash="",
        recorded_at=at,
    )
