"""What a cancellation calls off: an order, an invoice that is billed again, a bonus for many orders."""

from itertools import permutations

import pytest

from tests.factories import PartnerFactory
from tests.worked_examples.customer import Customer, enrol, rule

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]


def is_billed(shop, number, amount, *, order="Order 1", **told):
    shop.is_invoiced(number, amount, due="2026-03-31", of=order, **told)


def test_an_invoice_that_is_billed_again():
    """
    An order of 100 is invoiced, the invoice is cancelled, and all is taken back. Two days later it
    is billed again: the points are there once more. The second invoice is 80, not 100, so that 80
    points are left; told in any other order, too.
    """
    programme = enrol("starter").programme
    tellings = (
        lambda shop, n, told: shop.orders(f"Order {n}", "100.00", on="2026-03-02", told=told),
        lambda shop, n, told: is_billed(
            shop, f"Wrong {n}", "100.00", order=f"Order {n}", on="2026-03-03", told=told
        ),
        lambda shop, n, told: shop.cancels(f"Wrong {n}", on="2026-03-04", told=told),
        lambda shop, n, told: is_billed(
            shop, f"Right {n}", "80.00", order=f"Order {n}", on="2026-03-06", told=told
        ),
    )
    shop = Customer(programme, PartnerFactory())
    held = []
    for tell, told in zip(tellings, ("02", "03", "04", "06"), strict=True):
        tell(shop, 0, f"2026-03-{told}")
        held.append(shop.holds())
    assert held == [{"pool": "100"}, {"pool": "100"}, {}, {"pool": "80"}]

    # Four of the 24 orders: each of the tellings comes first.
    for number, told in enumerate(list(permutations(tellings))[4::6], start=1):
        shop = Customer(programme, PartnerFactory())
        for tell in told:
            tell(shop, number, "2026-03-09")
        assert shop.holds() == {"pool": "80"}


def test_an_invoice_billed_again_before_it_is_cancelled():
    """Points wait for payment. 100 are billed twice, one is cancelled, the other one is paid."""
    shop = enrol("starter", settings={"pending": {"until": "paid", "lost_after_days": 30}})
    shop.orders("Order 1", "100.00", on="2026-03-02")
    is_billed(shop, "Wrong", "100.00", on="2026-03-03")
    is_billed(shop, "Right", "100.00", on="2026-03-04")
    shop.cancels("Wrong", on="2026-03-04")
    assert shop.holds() == {"pending": "100"}

    shop.pays("Payment 1", "100.00", on="2026-03-20", of="Right")

    assert shop.journal() == ["issued > pending 100", "pending > pool 100"]


def test_four_orders_that_are_cancelled_do_not_make_the_next_one_the_fifth():
    """
    From the fifth order of a month on each earns 50 points. Four are placed and cancelled again:
    the next one is the first. Of one that was sent back goods came back, but it was an order.
    """
    shop = enrol(
        "starter",
        rules=[
            rule(
                "order",
                {"kind": "fixed", "units": 50},
                when={"kind": "order_count", "period": "month", "at_least": 5},
            )
        ],
    )
    for number in "1234":
        shop.orders(f"Order {number}", "100.00", on=f"2026-03-0{number}")
        shop.cancels(f"Order {number}", on=f"2026-03-0{number} 15:00")

    shop.orders("Order 5", "100.00", on="2026-03-05")
    shop.returns("Return 5", "100.00", on="2026-03-05 15:00", of="Order 5")
    for number in "678":
        shop.orders(f"Order {number}", "100.00", on=f"2026-03-0{number}")
    assert shop.journal() == []

    shop.orders("Order 9", "100.00", on="2026-03-09")
    assert shop.earned("Order 9") == {"rule": "50"}
    # Told late, a cancellation of the sixth on its own day leaves four.
    shop.cancels("Order 6", on="2026-03-06 15:00", told="2026-03-10")
    assert shop.holds() == {}


def test_an_invoice_without_paper_that_is_paid_in_time():
    """
    The invoice earns 5 points, paying it in time 20, its order of 1,000 ten and one percent: 10.
    A quarter of the goods comes back: 3 of the ten, rounded by judging 750 again, are taken. The
    points for the bill and for paying it stay. When the rest is cancelled, nothing is left.
    """
    firm = enrol("virto")
    firm.orders("Order 1", "1000.00", on="2026-03-02")
    is_billed(firm, "Invoice 1", "1000.00", on="2026-03-02", electronic=True)
    firm.pays("Payment 1", "1000.00", on="2026-03-30", of="Invoice 1")
    assert firm.holds() == {"pool": "45"}

    firm.returns("Return 1", "250.00", on="2026-04-02", of="Order 1")
    assert firm.holds() == {"pool": "42"}
    firm.cancels("Order 1", on="2026-04-05")

    assert firm.holds() == {}
    assert firm.books() == {"issued": "45", "taken back": "45"}


def test_a_wrong_invoice_takes_its_own_points_along():
    """
    The wrong invoice and its payment earned 5 and 20. It is cancelled; the right one earns 5, and
    the same money, told as its payment by the day on which it was paid, 20.
    """
    firm = enrol("virto")
    firm.orders("Order 1", "1000.00", on="2026-03-02")
    is_billed(firm, "Wrong", "1000.00", on="2026-03-02", electronic=True)
    firm.pays("Payment 1", "1000.00", on="2026-03-30", of="Wrong")

    is_billed(firm, "Right", "1000.00", on="2026-04-02", electronic=True)
    firm.cancels("Wrong", on="2026-04-02")
    assert firm.holds() == {"pool": "25"}
    firm.pays("Payment 1 moved", "1000.00", on="2026-03-30", of="Right", told="2026-04-02")

    assert firm.holds() == {"pool": "45"}
    assert [firm.earned(name) for name in ("Right", "Payment 1 moved")] == [
        {"electronic-invoice": "5"},
        {"paid-in-time": "20"},
    ]
