"""The preset ``starter``: a point for every whole pound, and three tiers."""

import pytest

from tests.worked_examples.customer import enrol
from tests.worked_examples.pages import page_of

pytestmark = pytest.mark.django_db


def test_a_year_with_the_starter_programme():
    """
    An order of 2,499.99 pounds earns 2,499 points: pence that make no pound are left out. The
    customer is Bronze, because Silver begins at 2,500.

    One of 100.50 follows and earns 100. Now 2,600.49 were spent in twelve months: Silver, at once.

    Goods of 150 come back from the first order. What is kept, 2,349.99, earns 2,349: 150 points
    are taken back. Net spend is 2,450.49, and the night puts the customer back to Bronze.
    """
    shop = enrol("starter")

    shop.orders("Order 1", "2499.99", on="2026-03-02")
    assert (shop.holds(), tier(shop)) == ({"pool": "2499"}, "bronze")

    shop.orders("Order 2", "100.50", on="2026-03-05")
    assert (shop.earned("Order 2"), tier(shop)) == ({"points-on-purchases": "100"}, "silver")

    shop.returns("Return 1", "150.00", on="2026-03-09", of="Order 1")
    shop.night_after("2026-03-09")
    assert shop.journal() == page_of("starter").lines(
        "issued > pool 2499",
        "issued > pool 100",
        "pool > taken back 150",
    )
    assert (shop.holds(), tier(shop)) == ({"pool": "2449"}, "bronze")
    assert shop.books() == {"issued": "2599", "pool": "2449", "taken back": "150"}
    assert shop.lots() == [("2349", "2028-03-02"), ("100", "2028-03-05")]


def tier(shop):
    return shop.programme.standings.get().tier_code
