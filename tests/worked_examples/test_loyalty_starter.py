"""The preset ``loyalty-starter``: a converter per group, validity in days, the oldest first."""

from datetime import date

import pytest

from rewards.models import Segment
from tests.worked_examples.customer import enrol
from tests.worked_examples.pages import page_of

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]


def put_on(customer, *codes, since):
    for code in codes:
        Segment.objects.get(code=code).places.create(
            partner=customer.partner, since=date.fromisoformat(since)
        )


@pytest.mark.parametrize(
    ("lists", "points", "rule"),
    [
        # One per 10: 105 are ten and a half, and a half is nothing.
        ((), "10", "everybody"),
        # Two per 10: twenty-one.
        (("installers",), "21", "installers"),
        # Four per 10: forty-two.
        (("distributors",), "42", "distributors"),
        # On both lists only the better rule counts.
        (("installers", "distributors"), "42", "distributors"),
    ],
)
def test_an_order_of_105(lists, points, rule):
    """What an order of 105 earns depends on the lists that the customer stands on."""
    shop = enrol("loyalty-starter")
    put_on(shop, *lists, since="2026-01-01")

    shop.orders("Order 1", "105.00", on="2026-03-02")

    assert shop.earned("Order 1") == {rule: points}


def test_a_list_counts_from_its_day_on():
    """Who becomes an installer on 10 March earns double from that day; earlier orders stay."""
    shop = enrol("loyalty-starter")
    put_on(shop, "installers", since="2026-03-10")

    shop.orders("Order 1", "100.00", on="2026-03-09")
    shop.orders("Order 2", "100.00", on="2026-03-10")

    assert (shop.earned("Order 1"), shop.earned("Order 2")) == (
        {"everybody": "10"},
        {"installers": "20"},
    )


def test_the_oldest_points_go_first():
    """
    1,500 in January earn 150 points, 1,000 in February 100. Cashback of 20 costs 200: all 150 of
    January go and 50 of February. The other 50 are good for 365 days, up to 10 February.
    """
    shop = enrol("loyalty-starter")
    buyer = shop.hires("Alice", "head_buyer")
    shop.orders("Order 1", "1500.00", on="2026-01-10")
    shop.orders("Order 2", "1000.00", on="2026-02-10")
    assert shop.lots() == [("150", "2027-01-10"), ("100", "2027-02-10")]

    shop.redeems("cashback-20", on="2026-03-02", by=buyer)
    assert shop.lots() == [("50", "2027-02-10")]
    shop.night_after("2027-02-09")
    assert shop.holds() == {"pool": "50"}
    shop.night_after("2027-02-10")

    assert shop.journal() == page_of("loyalty-starter").lines(
        "issued > pool 150",
        "issued > pool 100",
        "pool > redeemed 200",
        "pool > expired 50",
    )
    assert shop.partner.entitlements.get().value == {"amount": "20.00", "currency": "PLN"}
