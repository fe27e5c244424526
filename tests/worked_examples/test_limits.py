"""Caps: no more than so many units, so often, or so many pieces in a period."""

import pytest

from tests.worked_examples.customer import enrol, rule

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

A_POINT_A_POUND = {"kind": "per_money", "units": 1, "per": "1.00"}


def capped(*caps, effect=A_POINT_A_POUND):
    return enrol("starter", rules=[rule("order", effect, caps=list(caps))])


@pytest.mark.parametrize(
    ("period", "still", "again"),
    [
        ("day", "2026-03-05 23:59", "2026-03-06 00:01"),
        # Weeks begin on Monday: 8 March is a Sunday.
        ("week", "2026-03-08 23:59", "2026-03-09 00:01"),
        ("month", "2026-03-31 23:59", "2026-04-01 00:01"),
        ("quarter", "2026-03-31 23:59", "2026-04-01 00:01"),
        ("year", "2026-12-31 23:59", "2027-01-01 00:01"),
        ("lifetime", "2027-03-05 12:00", None),
    ],
)
def test_a_hundred_points_in_a_period(period, still, again):
    """
    An order of 80 pounds on 5 March earns 80 points. Another one in the same period earns the 20
    that are left of 100, one in the next period 80. Periods end at midnight of the programme.
    """
    shop = capped({"per": "partner", "period": period, "units": 100})

    shop.orders("Order 1", "80.00", on="2026-03-05")
    shop.orders("Order 2", "80.00", on=still)
    assert shop.earned("Order 2") == {"rule": "20"}
    if again:
        shop.orders("Order 3", "80.00", on=again)
        assert shop.earned("Order 3") == {"rule": "80"}


def test_what_comes_back_does_not_reopen_a_cap():
    """
    80 and 20 points fill the hundred of a month. The first order comes back and its 80 points go;
    a third order of the month earns nothing all the same.
    """
    shop = capped({"per": "partner", "period": "month", "units": 100})
    shop.orders("Order 1", "80.00", on="2026-03-05")
    shop.orders("Order 2", "80.00", on="2026-03-06")
    shop.returns("Return 1", "80.00", on="2026-03-07", of="Order 1")

    shop.orders("Order 3", "80.00", on="2026-03-08")

    assert shop.earned("Order 3") == {}
    assert shop.holds() == {"pool": "20"}


def test_so_often():
    """Two orders a week earn 10 points each; a third one earns nothing."""
    shop = capped(
        {"per": "partner", "period": "week", "times": 2}, effect={"kind": "fixed", "units": 10}
    )
    for day in (2, 3, 4, 9):
        shop.orders(f"Order {day}", "5.00", on=f"2026-03-{day:02}")

    assert [shop.earned(f"Order {day}") for day in (2, 3, 4, 9)] == [
        {"rule": "10"},
        {"rule": "10"},
        {},
        {"rule": "10"},
    ]


def test_per_person():
    """100 points a month for what one person orders: Alice has hers, and Bob his."""
    shop = capped({"per": "member", "period": "month", "units": 100})
    alice, bob = shop.hires("Alice"), shop.hires("Bob")

    shop.orders("Order 1", "90.00", on="2026-03-02", by=alice)
    shop.orders("Order 2", "90.00", on="2026-03-03", by=bob)
    shop.orders("Order 3", "90.00", on="2026-03-04", by=alice)

    assert shop.earned("Order 3") == {"rule": "10"}
    assert shop.holds() == {"pool": "190"}


def test_two_caps_at_once():
    """60 a day and 100 a month: whichever is reached first counts."""
    shop = capped(
        {"per": "partner", "period": "day", "units": 60},
        {"per": "partner", "period": "month", "units": 100},
    )
    for day in (2, 3, 4):
        shop.orders(f"Order {day}", "80.00", on=f"2026-03-{day:02}")

    earned = [shop.earned(f"Order {day}") for day in (2, 3, 4)]
    assert earned == [{"rule": "60"}, {"rule": "40"}, {}]


def test_the_one_that_came_first_has_it_whenever_it_is_told():
    """
    An order of 6 March is told first and earns the whole hundred. Then one of 5 March is told: it
    came first, so it has its 80, and 80 of the other are taken back.
    """
    shop = capped({"per": "partner", "period": "month", "units": 100})
    shop.orders("Order 2", "150.00", on="2026-03-06")
    assert shop.holds() == {"pool": "100"}

    shop.orders("Order 1", "80.00", on="2026-03-05", told="2026-03-09")

    assert shop.holds() == {"pool": "100"}
    assert sorted(shop.journal()) == [
        "issued > pool 100",
        "issued > pool 80",
        "pool > taken back 80",
    ]
