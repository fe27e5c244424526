"""Settings of a programme, each with its figures. One point a pound, unless an example says else."""

import pytest

from partners.models import OwnKind
from rewards.redeeming import take_back
from tests.rewards.cast import offer
from tests.worked_examples.customer import enrol, rule

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

A_POINT_A_POUND = {"kind": "per_money", "units": 1, "per": "1.00"}


@pytest.mark.parametrize(
    ("rounding", "worth", "points"),
    [
        ("down", "10.99", "10"),
        ("half_up", "10.49", "10"),
        ("half_up", "10.50", "11"),
        ("down", "0.99", None),
        ("half_up", "0.50", "1"),
    ],
)
def test_rounding(rounding, worth, points):
    """What is finer than a point is cut off, or rounded at the half."""
    shop = enrol("starter", settings={"rounding": rounding})

    shop.orders("Order 1", worth, on="2026-03-02")

    assert shop.earned("Order 1") == ({"points-on-purchases": points} if points else {})


def test_awards_in_whole_fives():
    """Where awards are whole multiples of five, an order of 13 pounds earns 10, one of 15 earns 15."""
    shop = enrol("starter", settings={"round_to": 5})

    shop.orders("Order 1", "13.00", on="2026-03-02")
    shop.orders("Order 2", "15.00", on="2026-03-03")

    assert shop.holds() == {"pool": "25"}


@pytest.mark.parametrize(("earns", "points"), [(False, "90"), (True, "100")])
def test_an_order_paid_in_part_from_the_wallet(earns, points):
    """Of 100 pounds 10 are paid with points. These 10 earn nothing, or as money does."""
    shop = enrol("starter", settings={"points_payment_earns": earns})

    shop.orders("Order 1", "100.00", on="2026-03-02", paid_with_points="10.00")

    assert shop.holds() == {"pool": points}


@pytest.mark.parametrize(
    ("parts", "points"),
    [
        # Net: delivery counts as bought, tax on top does not.
        ({}, "110"),
        ({"delivery": False}, "100"),
        ({"tax": True}, "132"),
        # Of the tax that of the goods alone: 20.
        ({"delivery": False, "tax": True}, "120"),
    ],
)
def test_delivery_and_tax(parts, points):
    """Goods of 100 pounds, delivery of 10, and 22 of tax on top of both."""
    shop = enrol("starter", rules=[rule("order", A_POINT_A_POUND, **parts)])

    shop.orders("Order 1", "110.00", on="2026-03-02", delivery="10.00", tax="22.00")

    assert shop.holds() == {"pool": points}


TIERS = [
    {"code": "bronze", "names": {"en": "Bronze"}, "threshold": "0"},
    {
        "code": "silver",
        "names": {"en": "Silver"},
        "threshold": "2500",
        "multiplier_percent": 150,
    },
]


@pytest.mark.parametrize(("counts", "points"), [(False, "3000"), (True, "4500")])
def test_the_order_that_lifts_to_silver(counts, points):
    """
    Silver earns half as much again. The first order of 3,000 pounds makes the customer Silver: it
    earns as Bronze, or already as Silver.
    """
    shop = enrol("starter", tiers=TIERS, settings={"current_order_counts_for_tier": counts})

    shop.orders("Order 1", "3000.00", on="2026-03-10")

    assert shop.holds() == {"pool": points}


@pytest.mark.parametrize(("tier_of", "points"), [("order_date", "100"), ("today", "150")])
def test_an_order_that_is_told_late(tier_of, points):
    """
    Silver since 10 March, the customer placed an order of 100 pounds on 5 March, told on 12 March.
    It earns by the tier of its own day, or by that of the day it is told.

    Once it is awarded, a night or another order changes nothing about it.
    """
    shop = enrol("starter", tiers=TIERS, settings={"tier_of": tier_of})
    shop.orders("Order 1", "3000.00", on="2026-03-10")

    shop.orders("Order 2", "100.00", on="2026-03-05", told="2026-03-12")
    shop.returns("Return 1", "1000.00", on="2026-03-14", of="Order 1")
    shop.night_after("2026-03-14")

    assert shop.earned("Order 2") == {"points-on-purchases": points}
    lines = ["issued > pool 3000", f"issued > pool {points}", "pool > taken back 1000"]
    assert shop.journal() == lines


def test_a_later_tier_earns_nothing_for_what_was_told_before():
    """
    Orders of Silver customers earn 50 points, by the tier of today. The first order lifts the
    customer to Silver; only the second one earns.
    """
    bonus = rule("order", {"kind": "fixed", "units": 50}, when={"kind": "tier", "in": ["silver"]})
    shop = enrol("starter", tiers=TIERS, rules=[bonus], settings={"tier_of": "today"})
    shop.orders("Order 1", "3000.00", on="2026-03-10")
    shop.orders("Order 2", "10.00", on="2026-03-12")

    assert (shop.earned("Order 1"), shop.earned("Order 2")) == ({}, {"rule": "50"})


@pytest.mark.parametrize(("basis", "left"), [("by_value", "35"), ("by_line", "60")])
def test_a_return_by_value_or_by_line(basis, left):
    """
    An order of 40 pounds: A for 10, B for 10, C for 20. A earns 50 points, B and C 10 each: 70.
    C comes back. By value half of the order is gone, and with it half of the points: 35. By line
    what C earned is gone: 10.
    """
    per_piece = [
        rule("order", {"kind": "per_quantity", "units": units, "per": "1"}, code=f"for-{sku}")
        | {"lines": {"include_skus": [sku]}}
        for sku, units in (("A", 50), ("B", 10), ("C", 10))
    ]
    shop = enrol("starter", rules=per_piece, settings={"claw_back_basis": basis})
    shop.orders("Order 1", {"A": ("1", "10"), "B": ("1", "10"), "C": ("1", "20")}, on="2026-03-02")
    assert shop.holds() == {"pool": "70"}

    shop.returns("Return 1", {"C": ("1", "20")}, on="2026-03-09", of="Order 1")

    assert shop.holds() == {"pool": left}


@pytest.mark.parametrize("first", ["order", "reward"])
def test_registering_spending_and_calling_off(first):
    """
    Who registers has 50 points. They buy a credit, and an order earns 21. Both are called off: the
    21 are taken back, and the 50 come back once. 50 are left, whichever is called off first.
    """
    OwnKind.objects.create(code="registration", names={"en": "Registration"})
    welcome = rule("registration", {"kind": "fixed", "units": 50}, code="welcome")
    shop = enrol("starter", rules=[welcome, rule("order", A_POINT_A_POUND)])
    offer(shop.programme, slug="credit", price=50)
    buyer = shop.hires("Alice", "head_buyer")

    shop.reports("registration", "Registration", on="2026-03-02")
    taken = shop.redeems("credit", on="2026-03-03", by=buyer)
    shop.orders("Order 1", "21.00", on="2026-03-03")
    assert shop.holds() == {"pool": "21"}

    def call_off_reward():
        take_back(redemption=taken, by=None, reason="", restocks=True, at=shop.moment("2026-03-04"))

    if first == "reward":
        call_off_reward()
    shop.cancels("Order 1", on="2026-03-04")
    if first == "order":
        call_off_reward()
    with pytest.raises(Exception, match="cannot move from “Returned”"):
        call_off_reward()

    assert shop.holds() == {"pool": "50"}
    assert shop.books() == {"issued": "71", "taken back": "21", "pool": "50"}


def test_the_same_event_twice():
    """An order, its invoice and the payment are told twice. The second time nothing is earned."""
    firm = enrol("virto")
    for told in ("2026-04-01", "2026-04-02"):
        firm.orders("Order 1", "1000.00", on="2026-03-06", told=told)
        firm.is_invoiced(
            "Invoice 1", "1000.00", on="2026-03-06", due="2026-03-20", of="Order 1", told=told
        )
        firm.pays("Payment 1", "1000.00", on="2026-03-18", of="Invoice 1", told=told)

    assert firm.journal() == ["issued > pool 10", "issued > pool 10", "issued > pool 20"]
