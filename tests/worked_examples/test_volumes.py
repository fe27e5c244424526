"""Steps: a better rate from a volume on, for the whole or for what lies above it."""

import pytest

from tests.worked_examples.customer import enrol, rule

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

STEPS = [
    {"from": "0", "units": 1, "per": "1.00"},
    {"from": "1000", "units": 2, "per": "1.00"},
]


def stepped(by, mode, steps=STEPS):
    effect = {"kind": "stepped", "by": by, "mode": mode, "steps": steps}
    return enrol("starter", rules=[rule("order", effect)])


@pytest.mark.parametrize(
    ("by", "mode", "first", "second"),
    [
        # Each order for itself: 600 never reaches 1,000; of 1,500 all, or 500, earn double.
        ("activity", "whole", "600", "3000"),
        ("activity", "slice", "600", "2000"),
        # By month: 600 were bought before, so the second order reaches 2,100. All of it earns
        # double; or 400 fill the first thousand, and 1,100 earn double.
        ("month", "whole", "600", "3000"),
        ("month", "slice", "600", "2600"),
    ],
)
def test_600_and_then_1500(by, mode, first, second):
    """A point a pound, two from 1,000 pounds on. Orders of 600 and 1,500 in one month."""
    shop = stepped(by, mode)

    shop.orders("Order 1", "600.00", on="2026-03-05")
    shop.orders("Order 2", "1500.00", on="2026-03-06")

    assert (shop.earned("Order 1"), shop.earned("Order 2")) == ({"rule": first}, {"rule": second})


@pytest.mark.parametrize(
    ("by", "same", "next_one"),
    [
        ("month", "2026-02-28", "2026-03-01"),
        ("quarter", "2026-03-31", "2026-04-01"),
        ("year", "2026-12-31", "2027-01-01"),
    ],
)
def test_each_period_begins_with_nothing(by, same, next_one):
    """1,000 pounds in February; 100 more in the same period earn double, in the next one not."""
    shop = stepped(by, "slice")
    shop.orders("Order 1", "1000.00", on="2026-02-05")
    shop.orders("Order 2", "100.00", on=same)
    shop.orders("Order 3", "100.00", on=next_one)

    assert (shop.earned("Order 2"), shop.earned("Order 3")) == ({"rule": "200"}, {"rule": "100"})


def test_steps_of_fixed_amounts_and_percent():
    """From 100 pounds on 5 points, from 1,000 on one percent of the whole order."""
    shop = stepped(
        "activity",
        "whole",
        [{"from": "100", "fixed": 5}, {"from": "1000", "percent": "1.00"}],
    )
    for number, worth in enumerate(("99.99", "100.00", "999.99", "1000.00"), start=1):
        shop.orders(f"Order {number}", worth, on=f"2026-03-0{number}")

    earned = [shop.earned(f"Order {number}") for number in (1, 2, 3, 4)]
    assert earned == [{}, {"rule": "5"}, {"rule": "5"}, {"rule": "10"}]


def test_one_return_of_goods_from_two_orders():
    """
    A point a pound, two from 500 on, three from 1,200 on. Of orders of 100, 100 and 600 pounds in
    one month three of six mugs come back, for 300 pounds: two of the last order, one of the second.

    The 500 that are left earn 500: the last order gives back for both.
    """
    steps = [
        {"from": "0", "units": 1, "per": "1"},
        {"from": "500", "units": 2, "per": "1"},
        {"from": "1200", "units": 3, "per": "1"},
    ]
    shop = stepped("month", "slice", steps)
    for day, worth in enumerate(("100", "100", "600"), start=2):
        shop.orders(f"Order {day}", {"mug": ("2", worth)}, on=f"2026-03-0{day}")
    assert shop.holds() == {"pool": "1100"}

    shop.returns("Return 1", {"mug": ("3", "300")}, on="2026-03-10")

    assert shop.holds() == {"pool": "500"}


def test_double_points_on_weekends():
    """Saturday and Sunday count twice: 100 points of the rule, and 100 for the weekend."""
    shop = enrol(
        "starter",
        rules=[
            rule("order", {"kind": "per_money", "units": 1, "per": "1.00"}, code="points"),
            rule(
                "order",
                {"kind": "multiply", "percent": 200},
                code="weekend",
                when={"kind": "weekday", "in": ["sat", "sun"]},
            ),
        ],
    )

    shop.orders("Order 1", "100.00", on="2026-03-06")
    shop.orders("Order 2", "100.00", on="2026-03-07")

    assert shop.earned("Order 1") == {"points": "100"}
    assert shop.earned("Order 2") == {"points": "100", "weekend": "100"}


def test_the_first_order_and_the_fifth_of_a_month():
    """50 points for the very first order; 30 for the fifth one of a month."""
    first = rule(
        "order", {"kind": "fixed", "units": 50}, code="first", when={"kind": "first_order"}
    )
    fifth = rule(
        "order",
        {"kind": "fixed", "units": 30},
        code="fifth",
        when={"kind": "order_count", "period": "month", "at_least": 5, "at_most": 5},
    )
    shop = enrol("starter", rules=[first, fifth])
    for day in range(1, 7):
        shop.orders(f"Order {day}", "10.00", on=f"2026-03-0{day}")

    assert [shop.earned(f"Order {day}") for day in range(1, 7)] == [
        {"first": "50"},
        {},
        {},
        {},
        {"fifth": "30"},
        {},
    ]


def test_a_rule_that_comes_first_and_lets_no_other_give():
    """
    Orders from 1,000 pounds on earn 500 points and nothing else, because that rule is judged first
    and stops the others. Smaller ones earn a point a pound.
    """
    large = rule(
        "order",
        {"kind": "fixed", "units": 500},
        code="large",
        when={"kind": "amount", "at_least": "1000.00"},
        priority=10,
        stop=True,
    )
    points = rule("order", {"kind": "per_money", "units": 1, "per": "1.00"}, code="points")
    shop = enrol("starter", rules=[points, large])

    shop.orders("Order 1", "999.99", on="2026-03-02")
    shop.orders("Order 2", "1000.00", on="2026-03-03")

    assert (shop.earned("Order 1"), shop.earned("Order 2")) == ({"points": "999"}, {"large": "500"})
