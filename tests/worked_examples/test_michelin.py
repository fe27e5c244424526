"""The preset ``michelin``: a dealer's points grow with the year, and pay for the next batch."""

import pytest

from tests.worked_examples.customer import enrol
from tests.worked_examples.pages import page_of

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]


def test_a_year_of_a_dealer():
    """
    Up to 25,000 euros a year 10 points are earned per 100, above that 15, above 100,000 20.

    In January the dealer orders a batch of 20,000: 2,000 points.

    In March one of 10,000. The first 5,000 of it fill the first bracket, 500 points; the other
    5,000 lie in the second, 750 points: 1,250.

    3,000 points buy three credits of 100 euros. The next batch, 3,000 euros in April, is paid with
    them in part: 300 are paid with points and earn nothing, 2,700 earn 15 per 100: 405 points.

    Delivery earns nothing: of an order of 1,050 with 50 of it for delivery 1,000 count, 150 points.
    """
    dealer = enrol("michelin")
    buyer = dealer.hires("Alice", "head_buyer")

    dealer.orders("Batch 1", "20000.00", on="2026-01-15")
    dealer.orders("Batch 2", "10000.00", on="2026-03-10")
    for _ in range(3):
        dealer.redeems("100-off-the-next-batch", on="2026-03-20", by=buyer)
    dealer.orders("Batch 3", "3000.00", on="2026-04-02", paid_with_points="300.00")
    dealer.orders("Batch 4", "1050.00", on="2026-04-20", delivery="50.00")

    assert dealer.journal() == page_of("michelin").lines(
        "issued > pool 2000",
        "issued > pool 1250",
        "pool > redeemed 1000",
        "pool > redeemed 1000",
        "pool > redeemed 1000",
        "issued > pool 405",
        "issued > pool 150",
    )
    assert dealer.holds() == {"pool": "805"}
    granted = [each.value for each in dealer.partner.entitlements.order_by("pk")]
    assert granted == [{"amount": "100.00", "currency": "EUR"}] * 3


def test_a_batch_that_comes_back_in_part():
    """
    Of the batch of 10,000 goods worth 4,000 come back. What is kept, 6,000, is judged as it was
    then, with 20,000 before it: 5,000 at 10 per 100, 1,000 at 15. That is 650, so 600 points of
    the 1,250 are taken back.

    The order of April keeps its 15 per 100: with 26,000 kept before it, it still lies above 25,000.
    If all of the second batch comes back, only 20,000 are: it earns 10 per 100.
    """
    dealer = enrol("michelin")
    dealer.orders("Batch 1", "20000.00", on="2026-01-15")
    dealer.orders("Batch 2", "10000.00", on="2026-03-10")
    dealer.orders("Batch 3", "2000.00", on="2026-04-02")
    assert dealer.earned("Batch 3") == {"points-on-batches": "300"}

    dealer.returns("Return 1", "4000.00", on="2026-05-04", of="Batch 2")

    assert dealer.journal()[3:] == ["pool > taken back 600"]
    assert dealer.holds() == {"pool": "2950"}

    dealer.returns("Return 2", "6000.00", on="2026-05-11", of="Batch 2")

    assert sorted(dealer.journal()[4:]) == ["pool > taken back 100", "pool > taken back 650"]
    assert dealer.holds() == {"pool": "2200"}


def test_one_large_order_earns_what_many_small_ones_do():
    """30,000 at once are 2,500 and 750 points; in six orders of 5,000 they are the same 3,250."""
    at_once, in_parts = enrol("michelin"), enrol("michelin", code="other", number="12347")
    at_once.orders("All", "30000.00", on="2026-02-02")
    for part in range(1, 7):
        in_parts.orders(f"Part {part}", "5000.00", on=f"2026-0{part}-02")

    assert at_once.holds() == in_parts.holds() == {"pool": "3250"}


def test_the_new_year_begins_below():
    """In January the first bracket is empty again. Points are good to the end of the next year."""
    dealer = enrol("michelin")
    dealer.orders("Batch 1", "30000.00", on="2026-12-31")
    dealer.orders("Batch 2", "1000.00", on="2027-01-01")

    assert dealer.earned("Batch 2") == {"points-on-batches": "100"}
    assert dealer.lots() == [("3250", "2027-12-31"), ("100", "2028-12-31")]
