"""Every list costs the same queries for one row and for ten."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import holds
from rewards import sharing
from rewards.models import Programme
from tests.api.test_problems import make_order
from tests.ledger.corrections import adjust, make_staff
from tests.rewards.cast import NOON, join, make_partner, make_programme, offer, take

pytestmark = pytest.mark.once("PostgreSQL")

LISTS = [
    "partners",
    "members",
    "activities",
    "awards",
    "accounts",
    "transfers",
    "lots",
    "holds",
    "adjustments",
    "programmes",
    "standings",
    "rewards",
    "redemptions",
    "entitlements",
    "shares",
    "events",
]


def add_one(shop: Any, erp: Any, number: int) -> None:
    """Add at least one row to each list."""
    partner = make_partner(shop.programme, f"9{number}")
    join(partner, f"Member{number}")
    order = make_order(external_id=f"order-{number}", occurred_at="2026-03-02T09:30:00Z")
    assert erp.post("activities", order).status_code == 201
    assert (
        erp.post("activities", {**order, "partner": f"erp:9{number}", "source": "b"}).status_code
        == 201
    )
    take(shop.alice, shop.pool, offer(shop.programme, price=1))
    holds.place(account=shop.pool, amount=1, request_key=str(number), placed_at=NOON)
    adjust(make_staff(), shop.pool, 1)
    sharing.share(
        head_buyer=shop.alice,
        programme=shop.programme,
        amount=2,
        method="by_hand",
        parts=[
            sharing.PartDraft(member_id=shop.bob.pk, amount=1),
            sharing.PartDraft(member_id=shop.alice.pk, amount=1),
        ],
        reason="x",
        request_id=partner.public_id,
        shared_at=NOON,
    )
    closed = make_programme(f"other{number}")
    Programme.objects.filter(pk=closed.pk).update(status="closed")


@pytest.fixture
def rows(earning_shop, erp):
    earning = make_order(
        external_id="first", lines=[{"sku": "A", "quantity": "1", "amount": "900"}]
    )
    assert erp.post("activities", earning).status_code == 201
    add_one(earning_shop, erp, 0)

    def add_more() -> None:
        for number in range(1, 10):
            add_one(earning_shop, erp, number)

    return add_more


def test_cost_the_same_queries_for_few_rows_and_for_many(rows, erp):
    """All lists in one world: filling it is what takes the time."""

    def ask(name: str) -> tuple[int, list[str]]:
        # The first time of a list may read what is then remembered.
        erp.get(name)
        with CaptureQueriesContext(connection) as captured:
            answer = erp.get(name)
        assert answer.status_code == 200, name
        queries = [query["sql"] for query in captured.captured_queries]
        return len(answer.json()["items"]), queries

    few = {name: ask(name) for name in LISTS}
    rows()
    many = {name: ask(name) for name in LISTS}

    for name in LISTS:
        (rows_few, queries_few), (rows_many, queries_many) = few[name], many[name]
        assert rows_few >= 1, name
        assert rows_many >= rows_few + 9, name
        assert len(queries_many) == len(queries_few), (name, queries_many)
        # key, what is asked for, and what is fetched along with it
        assert len(queries_few) <= 6, (name, queries_few)
