"""The preset ``citizen-consul``: points by the model, in tenths, for four good ends."""

import pytest

from rewards.redeeming import approve
from tests.worked_examples.customer import enrol
from tests.worked_examples.pages import page_of

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]


def test_models_have_points_down_to_the_tenth():
    """
    Three pocket calculators at 2.3 points are 6.9: decimals are kept. Two that print are 24.0, five
    for the desk 25.0. Cases are no calculators and earn nothing.

    All of it waits for two weeks, in which goods may come back; the night after them it is there.
    """
    dealer = enrol("citizen-consul")

    dealer.orders(
        "Order 1",
        {
            "LC-110": ("3", "24.00"),
            "CX-123N": ("2", "110.00"),
            "SDC-868L": ("5", "90.00"),
            "CASE": ("10", "15.00"),
        },
        on="2026-03-02",
    )

    assert dealer.earned("Order 1") == {
        "printing-calculators": "24.0",
        "desktop-calculators": "25.0",
        "pocket-calculators": "6.9",
    }
    dealer.night_after("2026-03-15")
    assert dealer.holds() == {"pending": "55.9"}
    dealer.night_after("2026-03-16")
    assert dealer.journal() == page_of("citizen-consul").lines(
        "issued > pending 24.0",
        "issued > pending 25.0",
        "issued > pending 6.9",
        "pending > pool 55.9",
    )


def test_points_become_marketing_support():
    """
    A hundred printing calculators are 1,200.0 points; ten come back within the two weeks, and
    1,080.0 become available. A campaign of 1,000.0 points is asked for: they are reserved until
    somebody at the seller approves it. Then 250 euros come off the next invoice.
    """
    dealer = enrol("citizen-consul")
    buyer = dealer.hires("Alice", "head_buyer")
    dealer.orders("Order 1", {"CX-123N": ("100", "5500.00")}, on="2026-03-02")
    dealer.returns("Return 1", {"CX-123N": ("10", "550.00")}, on="2026-03-09", of="Order 1")
    dealer.night_after("2026-03-16")
    assert dealer.holds() == {"pool": "1080.0"}

    asked = dealer.redeems("marketing-support", on="2026-03-20", by=buyer)
    assert (dealer.amount(dealer.pool.held), dealer.holds()) == ("1000.0", {"pool": "1080.0"})
    approve(redemption=asked, by=None, reason="", at=dealer.moment("2026-03-21"))

    assert dealer.holds() == {"pool": "80.0"}
    assert dealer.partner.entitlements.get().value == {"amount": "250.00", "currency": "EUR"}
