"""Many partners earn of one campaign at once: its budget is given once, to the last point."""

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from ledger.auditing import audit
from partners.models import Partner
from partners.reports import ActivityReport, LineReport
from rewards import crediting
from rewards.models import Award, CampaignBudget
from tests.threads import run_at_once
from tests.worked_examples.customer import enrol, rule

pytestmark = [pytest.mark.chaos, pytest.mark.django_db]

PARTNERS = 8
ORDERS = 3
POUNDS = 70
BUDGET = 1_000
AT = datetime(2026, 3, 5, 12, tzinfo=UTC)


def test_a_budget_is_never_given_twice():
    shop = enrol(
        "starter",
        rules=[],
        campaigns=[
            {
                "code": "spring",
                "names": {"en": "Spring"},
                "starts_on": "2026-03-01",
                "ends_on": "2026-04-01",
                "budget": {"units": BUDGET},
                "rules": [
                    rule("order", {"kind": "per_money", "units": 1, "per": "1.00"}, code="bonus")
                ],
            }
        ],
    )
    partners = Partner.objects.bulk_create(
        Partner(erp_number=f"7{place}", legal_name=f"Shop {place}") for place in range(PARTNERS)
    )

    def order(place: int) -> None:
        for number in range(ORDERS):
            report = ActivityReport(
                kind="order",
                partner_id=partners[place].pk,
                source="erp",
                external_id=f"{place}-{number}",
                occurred_at=AT,
                currency="GBP",
                lines=[LineReport("mug", 10_000, POUNDS * 10_000)],
            )
            with transaction.atomic():
                if connection.vendor == "postgresql":
                    with connection.cursor() as cursor:
                        cursor.execute(
                            "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0"
                        )
                crediting.take_in([report], as_of=AT)

    outcomes = run_at_once(PARTNERS, order)

    assert [outcome.error for outcome in outcomes if outcome.error] == []
    given = Award.objects.aggregate(given=Sum("amount"), withheld=Sum("withheld"))
    asked = PARTNERS * ORDERS * POUNDS
    assert given == {"given": BUDGET, "withheld": asked - BUDGET}
    assert CampaignBudget.objects.get(programme=shop.programme).given == BUDGET
    assert audit(as_of=AT).ok
