"""
Points that wait until the invoice is paid, and are lost where it stays unpaid.

A point a pound. An order of 1,000 pounds waits as a whole; its invoice is due on 31 March, and
what is not paid 30 days after that, with 30 April, is lost.
"""

from itertools import permutations

import pytest

from tests.factories import PartnerFactory
from tests.rewards.cast import offer
from tests.worked_examples.customer import Customer, enrol

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

UNTIL_PAID = {"pending": {"until": "paid", "lost_after_days": 30}}


def place_order(**enrolled):
    shop = enrol("starter", settings=UNTIL_PAID, **enrolled)
    shop.orders("Order 1", "1000.00", on="2026-03-02")
    shop.is_invoiced("Invoice 1", "1000.00", on="2026-03-02", due="2026-03-31", of="Order 1")
    return shop


def test_paid_in_two_parts():
    """400 of 1,000 are paid: 400 points become available. With the rest, the rest."""
    shop = place_order()
    assert shop.holds() == {"pending": "1000"}

    shop.pays("Payment 1", "400.00", on="2026-03-20", of="Invoice 1")
    assert shop.holds() == {"pending": "600", "pool": "400"}
    shop.pays("Payment 2", "600.00", on="2026-03-31", of="Invoice 1")

    assert shop.journal() == ["issued > pending 1000", "pending > pool 400", "pending > pool 600"]


def test_what_is_not_invoiced_yet_waits():
    """
    Of an order of 1,000 an invoice of 400 goes out and is paid: 400 points are available, not all,
    and the other 600 are not lost. They come with the second invoice. Of 200 pounds that were paid
    with points no invoice follows, so that 800 are all that is waited for.
    """
    shop = enrol("starter", settings=UNTIL_PAID | {"points_payment_earns": True})
    shop.orders("Order 1", "1000.00", on="2026-03-02")
    shop.orders("Order 2", "1000.00", on="2026-03-02", paid_with_points="200.00")
    for order in "12":
        shop.is_invoiced(
            f"Part {order}", "400.00", on="2026-03-02", due="2026-03-31", of=f"Order {order}"
        )
        shop.pays(f"Payment {order}", "400.00", on="2026-03-20", of=f"Part {order}")
    shop.night_after("2026-05-31")
    assert shop.holds() == {"pending": "1100", "pool": "900"}

    for order, rest in (("1", "600.00"), ("2", "400.00")):
        shop.is_invoiced(
            f"Rest {order}", rest, on="2026-06-02", due="2026-06-30", of=f"Order {order}"
        )
        shop.pays(f"Last payment {order}", rest, on="2026-06-20", of=f"Rest {order}")

    assert shop.holds() == {"pool": "2000"}


def test_an_invoice_with_tax_is_paid_with_its_tax():
    """The order of 1,000 is invoiced with tax, 1,200. 600 are paid, a half: 500 points."""
    shop = enrol("starter", settings=UNTIL_PAID)
    shop.orders("Order 1", "1000.00", on="2026-03-02")
    shop.is_invoiced("Invoice 1", "1200.00", on="2026-03-02", due="2026-03-31", of="Order 1")

    shop.pays("Payment 1", "600.00", on="2026-03-20", of="Invoice 1")

    assert shop.holds() == {"pending": "500", "pool": "500"}


def test_what_stays_unpaid_is_lost():
    """400 are paid. On 30 April 600 points still wait; the night after it they are lost."""
    shop = place_order()
    shop.pays("Payment 1", "400.00", on="2026-03-20", of="Invoice 1")

    shop.night_after("2026-04-29")
    assert shop.holds() == {"pending": "600", "pool": "400"}
    shop.night_after("2026-04-30")

    assert shop.holds() == {"pool": "400"}
    assert shop.journal()[-1] == "pending > taken back 600"
    shop.night_after("2026-05-01")
    assert shop.books() == {"issued": "1000", "pool": "400", "taken back": "600"}


@pytest.mark.parametrize(
    ("paid_on", "left"),
    [
        # Paid on the last day, only told late: given back, as if it had been told in time.
        ("2026-04-30", {"pool": "1000"}),
        # Paid a day after it: what was lost stays lost.
        ("2026-05-01", {}),
    ],
)
def test_a_payment_told_after_the_points_were_lost(paid_on, left):
    shop = place_order()
    shop.night_after("2026-04-30")
    assert shop.holds() == {}

    shop.pays("Payment 1", "1000.00", on=paid_on, of="Invoice 1", told="2026-05-11")

    assert shop.holds() == left


def test_a_dispute_stops_the_clock():
    """
    The invoice is disputed from 5 to 15 April: ten days that do not count. So 10 May is the last
    day, and paid on it, all points are there.
    """
    shop = place_order()
    shop.disputes("Invoice 1", on="2026-04-05")
    shop.night_after("2026-04-30")
    assert shop.holds() == {"pending": "1000"}
    shop.disputes("Invoice 1", on="2026-04-15", state="closed", told="2026-05-04")
    shop.night_after("2026-05-09")
    assert shop.holds() == {"pending": "1000"}

    shop.pays("Payment 1", "1000.00", on="2026-05-10", of="Invoice 1")

    assert shop.holds() == {"pool": "1000"}


def test_goods_that_come_back_need_not_be_paid():
    """
    Goods of 200 come back: 200 points are taken from what waits. 800 pounds are paid, all that is
    owed, and the other 800 points are there.
    """
    shop = place_order()
    shop.returns("Return 1", "200.00", on="2026-03-10", of="Order 1")
    assert shop.holds() == {"pending": "800"}

    shop.pays("Payment 1", "800.00", on="2026-03-31", of="Invoice 1")

    assert shop.journal() == [
        "issued > pending 1000",
        "pending > taken back 200",
        "pending > pool 800",
    ]


@pytest.mark.parametrize("settings", [UNTIL_PAID, {}])
def test_one_of_two_invoices_is_called_off(settings):
    """
    An order of 1,000, invoices of 400 and 600. The 400 are cancelled: their 400 points are taken
    back, and 600 are there when the other invoice is paid. Where points wait for nothing, it is
    the same, in any order of arrival.
    """
    programme = enrol("starter", settings=settings).programme
    tellings = (
        lambda shop, number: shop.orders(
            f"Order {number}", "1000.00", on="2026-03-02", told="2026-03-09"
        ),
        lambda shop, number: [
            shop.is_invoiced(
                f"Invoice {number}-{amount}",
                amount,
                on="2026-03-03",
                due="2026-03-31",
                of=f"Order {number}",
                told="2026-03-09",
            )
            for amount in ("400", "600")
        ],
        lambda shop, number: shop.cancels(
            f"Invoice {number}-400", on="2026-03-04", told="2026-03-09"
        ),
    )
    for number, told in enumerate(permutations(tellings)):
        shop = Customer(programme, PartnerFactory())
        for tell in told:
            tell(shop, number)
        assert shop.holds() == {"pending" if settings else "pool": "600"}
        shop.pays(f"Payment {number}", "600", on="2026-03-20", of=f"Invoice {number}-600")
        assert shop.holds() == {"pool": "600"}


@pytest.mark.parametrize("policy", ["within_balance", "allow_debt"])
@pytest.mark.parametrize("paid_first", [True, False])
def test_what_comes_back_is_not_taken_of_what_another_order_waits_for(policy, paid_first):
    """
    Order 1 is paid and comes back, order 2 is not paid. Whichever is told first, the 1,000 points
    of order 1 are gone, and those of order 2 wait; in the night after the last day they are lost.
    """
    shop = enrol("starter", settings=UNTIL_PAID | {"claw_back_policy": policy})
    for number in (1, 2):
        shop.orders(f"Order {number}", "1000.00", on="2026-03-02")
        shop.is_invoiced(
            f"Invoice {number}", "1000.00", on="2026-03-02", due="2026-03-31", of=f"Order {number}"
        )
    told = [
        lambda: shop.pays(
            "Payment 1", "1000.00", on="2026-03-03", of="Invoice 1", told="2026-03-20"
        ),
        lambda: shop.returns(
            "Return 1", "1000.00", on="2026-03-04", of="Order 1", told="2026-03-20"
        ),
    ]
    for tell in told if paid_first else reversed(told):
        tell()

    assert shop.holds() == {"pending": "1000"}
    shop.night_after("2026-04-30")
    assert shop.holds() == {}


def test_what_was_spent_is_taken_of_what_waits():
    """700 points are spent before their order comes back: those of order 2 stand for them."""
    shop = place_order()
    offer(shop.programme, slug="credit", price=700)
    shop.pays("Payment 1", "1000.00", on="2026-03-03", of="Invoice 1")
    shop.redeems("credit", on="2026-03-04", by=shop.hires("Alice", "head_buyer"))
    shop.orders("Order 2", "1000.00", on="2026-03-05")

    shop.returns("Return 1", "1000.00", on="2026-03-06", of="Order 1")

    assert shop.holds() == {"pending": "300"}


def test_any_order_of_arrival():
    """Order, invoice, payment and return are told in any order: in the end the same is there."""
    tellings = {
        "order": lambda shop, n: shop.orders(
            f"Order {n}", "1000.00", on="2026-03-02", told="2026-04-10"
        ),
        "invoice": lambda shop, n: shop.is_invoiced(
            f"Invoice {n}",
            "1000.00",
            on="2026-03-02",
            due="2026-03-31",
            of=f"Order {n}",
            told="2026-04-10",
        ),
        "payment": lambda shop, n: shop.pays(
            f"Payment {n}", "400.00", on="2026-03-20", of=f"Invoice {n}", told="2026-04-10"
        ),
        "return": lambda shop, n: shop.returns(
            f"Return {n}", "200.00", on="2026-03-10", of=f"Order {n}", told="2026-04-10"
        ),
    }
    programme = enrol("starter", settings=UNTIL_PAID).programme
    ends = []
    # Every third of the 24 orders: each of the four comes first, and each comes last.
    for number, names in enumerate(list(permutations(tellings))[::3]):
        shop = Customer(programme, PartnerFactory())
        for name in names:
            tellings[name](shop, number)
        ends.append(shop.holds())

    # Half of what is owed is paid: half of the 800 that are kept.
    assert ends == [{"pending": "400", "pool": "400"}] * 8


@pytest.mark.parametrize(
    ("days_late", "points"), [(-1, "1000"), (0, "1000"), (5, "1000"), (6, None)]
)
def test_points_on_payment_with_five_days_of_grace(days_late, points):
    """A point for each pound that is paid, no more than five days late."""
    shop = enrol(
        "starter",
        rules=[
            {
                "code": "paid",
                "names": {"en": "Paid"},
                "trigger": "payment",
                "when": {"kind": "payment", "late_days_at_most": 5},
                "effect": {"kind": "per_money", "units": 1, "per": "1.00"},
            }
        ],
    )
    shop.is_invoiced("Invoice 1", "1000.00", on="2026-03-02", due="2026-03-20")

    shop.pays("Payment 1", "1000.00", on=f"2026-03-{20 + days_late}", of="Invoice 1")

    assert shop.holds() == ({"pool": points} if points else {})


def test_days_under_dispute_are_not_late():
    """Due on 10 March, disputed from 8 to 18 March, paid on 18 March: in time."""
    firm = enrol("virto")
    firm.is_invoiced("Invoice 1", "1000.00", on="2026-03-02", due="2026-03-10")
    firm.disputes("Invoice 1", on="2026-03-08")
    firm.disputes("Invoice 1", on="2026-03-18", state="closed")

    firm.pays("Payment 1", "1000.00", on="2026-03-18", of="Invoice 1")

    assert firm.earned("Payment 1") == {"paid-in-time": "20"}


def test_goods_that_come_back_after_they_were_paid():
    """
    Paying earns a point a pound, and 20 points for doing it in time. The order of 1,000 is paid:
    1,020 points. A quarter of the goods come back, and with them a quarter of the 1,000; the 20
    were for paying, and stay.
    """
    paid = {"trigger": "payment", "names": {"en": "Paid"}}
    shop = enrol(
        "starter",
        rules=[
            {**paid, "code": "paid", "effect": {"kind": "per_money", "units": 1, "per": "1.00"}},
            {**paid, "code": "in-time", "effect": {"kind": "fixed", "units": 20}},
        ],
    )
    shop.orders("Order 1", "1000.00", on="2026-03-02")
    shop.is_invoiced("Invoice 1", "1000.00", on="2026-03-02", due="2026-03-31", of="Order 1")
    shop.pays("Payment 1", "1000.00", on="2026-03-20", of="Invoice 1")
    assert shop.holds() == {"pool": "1020"}

    shop.returns("Return 1", "250.00", on="2026-04-02", of="Order 1")

    assert shop.journal() == ["issued > pool 1000", "issued > pool 20", "pool > taken back 250"]
