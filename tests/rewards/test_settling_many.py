"""Settling asks the database as often for thirty awards as for one, and says what it gave."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from partners.intake import ActivityReport, LineReport
from partners.models import Member, Partner
from rewards import crediting
from rewards.leaving import deactivate
from rewards.models import Award, ClawBack
from tests.worked_examples.customer import Customer, enrol, rule
from tests.worked_examples.test_cordiant import acting, let_earn

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

TIERS = (
    {"code": "plain", "names": {"en": "Plain"}, "threshold": "0"},
    {"code": "high", "names": {"en": "High"}, "threshold": "1000", "multiplier_percent": 200},
)
A_POINT_A_POUND = {"kind": "per_money", "units": 1, "per": "1.00"}
SPRING = {
    "code": "spring",
    "names": {"en": "Spring"},
    "starts_on": "2026-03-01",
    "ends_on": "2026-04-01",
    "budget": {"units": 1},
    "rules": [rule("order", A_POINT_A_POUND, code="bonus", tier_multiplier=True)],
}


def count_queries(tell) -> int:
    with CaptureQueriesContext(connection) as queries:
        tell()
    return len(queries)


def raise_and_lower(shop: Customer, orders: int) -> tuple[int, int, int]:
    """
    Orders earn and come back in part, an early order raises the tier of all of them, and that it
    is cancelled lowers it again: count the queries of the returns, the raise and the lowering.
    """
    at, early = shop.moment("2026-03-10"), f"early {orders}"

    def reports(kind: str) -> list[ActivityReport]:
        return [
            ActivityReport(
                kind=kind,
                partner_id=shop.partner.pk,
                source="erp",
                external_id=f"{kind} {place} of {orders}",
                occurred_at=at + timedelta(minutes=place + (60 if kind == "return" else 0)),
                currency="GBP",
                lines=[LineReport(f"sku-{place}", 10_000, 100_000 if kind == "order" else 40_000)],
                refers_to=("erp", f"order {place} of {orders}") if kind == "return" else None,
            )
            for place in range(orders)
        ]

    def take_in(kind: str) -> None:
        with transaction.atomic():
            crediting.take_in(reports(kind), as_of=at + timedelta(days=1))

    take_in("order")
    return (
        count_queries(lambda: take_in("return")),
        count_queries(lambda: shop.orders(early, "1000.00", on="2026-03-02")),
        count_queries(lambda: shop.cancels(early, on="2026-03-03")),
    )


def test_thirty_awards_take_as_many_queries_as_one():
    shop = enrol(
        "starter",
        settings={"claw_back_policy": "within_balance"},
        rules=[rule("order", A_POINT_A_POUND, code="points", tier_multiplier=True)],
        tiers=[*TIERS],
        campaigns=[SPRING],
    )
    of_thirty = replace(
        shop, partner=Partner.objects.create(erp_number="12347", legal_name="Shop 12347")
    )

    one, thirty = raise_and_lower(shop, 1), raise_and_lower(of_thirty, 30)

    for partner, orders in ((shop.partner, 1), (of_thirty.partner, 30)):
        assert Award.objects.filter(partner=partner, revision=1).count() == 2 * orders
        changed = ClawBack.objects.filter(award__partner=partner, revision__gt=0)
        assert changed.count() >= orders
    assert thirty == one


class TestWhatAnAwardSaysOfTheMember:
    """The step ``personal`` is what lies in the wallet, whatever the rules alone would give."""

    def test_is_nothing_where_the_member_has_left_since(self):
        shop = enrol("cordiant")
        bob = shop.hires("Bob")
        let_earn(shop, bob, on="2026-01-01")
        with transaction.atomic():
            deactivate(
                member=bob,
                by=acting(Member.objects.get(partner=shop.partner, role="head_buyer")),
                at=shop.moment("2026-03-01"),
            )

        shop.reports(
            "sell_out",
            "Claim 1",
            quantity="4",
            sku="P-1",
            on="2026-02-01",
            told="2026-03-02",
            by=bob,
        )

        assert shop.holds() == {"pool": "40"}
        assert told_of(shop, "Claim 1") == 0

    def test_is_what_a_year_leaves_of_it_where_it_is_told_late(self):
        shop = enrol("cordiant")
        bob = shop.hires("Bob")
        let_earn(shop, bob, on="2026-01-01")
        for month in range(2, 7):
            shop.reports(
                "sell_out",
                f"Claim {month}",
                quantity="200",
                sku="P-1",
                on=f"2026-0{month}-15",
                by=bob,
            )

        shop.reports(
            "sell_out",
            "Claim 1",
            quantity="200",
            sku="P-1",
            on="2026-01-15",
            told="2026-07-01",
            by=bob,
        )

        assert (told_of(shop, "Claim 1"), told_of(shop, "Claim 6")) == (0, 2_000)


def told_of(shop: Customer, number: str) -> int:
    award = shop.award(number, "tyres-sold")
    [step] = [each for each in award.explanation["steps"] if each["code"] == "personal"]
    assert step["amount"] == award.personal
    return award.personal
