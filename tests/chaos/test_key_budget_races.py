"""Requests at once never bring out more than a key's budget of the day, for whichever partners."""

from datetime import UTC, datetime

import pytest
from django.test import override_settings

from ledger.models import Transfer
from partners.models import ApiKey, ApiKeyDay
from tests.api.conftest import make_token
from tests.api.test_problems import make_order
from tests.chaos.test_idempotency_races import open_earning_shop, send_until_answered
from tests.rewards.cast import make_partner
from tests.threads import run_at_once

PEOPLE = 8
EACH = 15
BUDGET = 40


@pytest.mark.chaos
def test_a_budget_holds_whoever_asks_at_once():
    shop = open_earning_shop()
    for number in range(PEOPLE):
        make_partner(shop.programme, f"race-{number}")
    token = make_token()
    ApiKey.objects.update(daily_units_max=BUDGET)

    def report(place: int) -> int:
        # Each for a partner of its own, so that no partner's lock keeps them in line.
        order = make_order(partner=f"erp:race-{place}", external_id=f"race-{place}")
        return send_until_answered(token, f"race-{place}", order)[0]

    with override_settings(API_REQUESTS_PER_MINUTE=1_000_000):
        outcomes = run_at_once(PEOPLE, report)

    statuses = [outcome.answer for outcome in outcomes]
    brought_out = Transfer.objects.filter(kind="earn").values_list("amount", flat=True)
    assert sum(brought_out) == BUDGET // EACH * EACH
    assert statuses.count(201) == BUDGET // EACH
    # Refused for the budget, or by the pause that followed.
    assert set(statuses) <= {201, 422, 403}
    assert ApiKey.objects.get().paused_at is not None
    today = ApiKeyDay.objects.get()
    assert (today.units, today.day) == (sum(brought_out), datetime.now(UTC).date())
