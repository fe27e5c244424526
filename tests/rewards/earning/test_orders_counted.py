"""How many orders there were before: what was called off as a whole is none, what came back is."""

from datetime import date

import pytest

from rewards.earning.judging import judge
from rewards.earning.orders_counted import OrdersCounted
from tests.rewards.earning.facts import activity, always, cancelled, order, returned
from tests.rewards.earning.rules import definition, fixed

EVERY_THIRD = fixed("third", 10, when={"kind": "order_count", "period": "month", "at_least": 3})
THE_FIRST = fixed("first", 7, when={"kind": "first_order"})


def orders(count, *, since=2):
    return [
        order(f"A{day}", day=day, lines=[("mug", 1, "10")]) for day in range(since, since + count)
    ]


def given(*facts):
    due = judge(facts, version_of=always(definition(EVERY_THIRD, THE_FIRST)))
    return [(each.activity.external_id, each.award.rule_code) for each in due.awards]


def test_periods_are_those_of_the_day():
    counted = OrdersCounted()
    counted.days += [date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 31), date(2026, 4, 1)]
    counted.days_called_off += [date(2026, 4, 1), date(2026, 1, 1)]

    assert counted.before(date(2026, 3, 1)) == {
        "month": 1,
        "quarter": 1,
        "year": 1,
        "lifetime": 2,
    }
    counted.days.append(date(2026, 3, 2))
    counted.days.append(date(2026, 2, 2))
    assert counted.before(date(2026, 3, 9)) == {
        "month": 2,
        "quarter": 3,
        "year": 3,
        "lifetime": 4,
    }
    assert counted.before(date(2026, 4, 30)) == {
        "month": 0,
        "quarter": 0,
        "year": 3,
        "lifetime": 4,
    }


def test_one_that_was_cancelled_before_does_not_count():
    first, second, third, fourth = orders(4)

    gone = cancelled("C1", day=3, order=first)

    assert given(first, second, third, fourth) == [
        ("A2", "first"),
        ("A4", "third"),
        ("A5", "third"),
    ]
    # Two of them are left before the fourth, which is the third by now.
    assert given(first, gone, second, third, fourth) == [
        ("A2", "first"),
        ("A5", "third"),
    ]


def test_whoever_cancelled_all_orders_places_the_first_once_more():
    first, second = orders(2)
    first_again = cancelled("C1", day=2, order=first)

    assert given(first, first_again, second) == [("A2", "first"), ("A3", "first")]


@pytest.mark.parametrize("cause", [cancelled, returned])
def test_one_that_was_cancelled_twice_is_one_less_and_one_that_came_back_counts(cause):
    first, second, third, fourth = orders(4)
    causes = [cause(f"C{n}", day=2, order=first, lines=[("mug", 1, "10")]) for n in "12"]

    rewarded = given(first, *causes, second, third, fourth)

    thirds = ["A5"] if cause is cancelled else ["A4", "A5"]
    assert [number for number, code in rewarded if code == "third"] == thirds


def test_one_that_came_back_before_it_was_cancelled_does_not_count():
    first, second, third = orders(3)
    back = returned("R1", day=2, order=first, lines=[("mug", 1, "10")])
    gone = cancelled("X1", day=3, order=first)

    assert ("A4", "third") in given(first, back, second, third)
    assert ("A4", "third") not in given(first, back, gone, second, third)


def test_all_of_its_invoices_cancelled_is_a_whole():
    first, second, third = orders(3)
    bills = [
        activity("invoice", f"I{n}", day=2, lines=[("mug", 1, "5")], order=first) for n in "12"
    ]
    gone = [cancelled(f"X{n}", day=2, order=first, invoice=bill) for n, bill in enumerate(bills)]

    assert ("A4", "third") in given(first, *bills, gone[0], second, third)
    assert ("A4", "third") not in given(first, *bills, *gone, second, third)


def test_what_is_cancelled_later_takes_nothing_from_the_orders_after_it():
    """The bonus of the third was earned by three orders that stood when it was placed."""
    first, second, third = orders(3)

    assert ("A4", "third") in given(first, second, third, cancelled("X1", day=9, order=first))
