"""Orders earn, returns take back. One point for each pound, in London."""

import pytest

from tests.rewards.club import open_club, utc
from tests.worked_examples.books import balances, journal

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

MARCH = {day: utc(2026, 3, day) for day in range(1, 32)}


def test_an_order():
    """An order of 250 pounds earns 250 points. They come from *issued* and lie in the pool."""
    club = open_club()

    club.take_in("Order 1", 250, at=MARCH[2], told_at=MARCH[2])

    assert journal(club) == ["issued > pool 250"]
    assert balances(club) == {"issued": 250, "pool": 250}


def test_a_partial_return():
    """
    Of an order of 250 pounds, goods of 40 pounds come back.

    What is kept, 210 pounds, would have earned 210 points: 40 are taken back. The first line of
    the journal stays as it is; the correction is a line of its own.
    """
    club = open_club()
    club.take_in("Order 1", 250, at=MARCH[2], told_at=MARCH[2])

    club.take_in("Return 1", 40, at=MARCH[9], told_at=MARCH[9], kind="return")

    assert journal(club) == ["issued > pool 250", "pool > taken back 40"]
    assert balances(club) == {"issued": 250, "pool": 210, "taken back": 40}


@pytest.mark.parametrize(
    ("policy", "lines", "left"),
    [
        # Only what still waits is taken back. Here nothing waits: all 100 are let go.
        ("only_pending", [], {"pool": 30}),
        # As far as there are any: the 30 that are left. The other 70 are let go.
        ("within_balance", ["pool > taken back 30"], {"taken back": 30}),
        # All of it: 30 from the pool, and 70 the shop owes.
        (
            "allow_debt",
            ["pool > taken back 30", "debt > taken back 70"],
            {"taken back": 100, "debt": 70},
        ),
    ],
)
def test_a_return_after_spending(policy, lines, left):
    """
    A shop buys for 100 pounds, spends 70 of its 100 points, and returns everything.

    100 points are due, 30 are left. The programme's policy says what becomes of the other 70. What
    was spent stays spent: nobody takes the reward away.
    """
    club = open_club(claw_back_policy=policy)
    club.take_in("Order 1", 100, at=MARCH[2], told_at=MARCH[2])
    club.spend(70, at=MARCH[5])

    club.take_in("Return 1", 100, at=MARCH[9], told_at=MARCH[9], kind="return")

    assert journal(club) == ["issued > pool 100", "pool > redeemed 70", *lines]
    assert balances(club) == {"issued": 100, "redeemed": 70, **left}


def test_a_debt_is_repaid_by_the_next_award():
    """
    A shop owes 70 points. Its next order earns 120.

    The 120 are credited, and 70 of them repay the debt at once, each in its own line. 50 are left
    to spend.
    """
    club = open_club()
    club.take_in("Order 1", 100, at=MARCH[2], told_at=MARCH[2])
    club.spend(70, at=MARCH[5])
    club.take_in("Return 1", 100, at=MARCH[9], told_at=MARCH[9], kind="return")
    assert club.balances() == {"debt": 70}

    club.take_in("Order 2", 120, at=MARCH[12], told_at=MARCH[12])

    assert journal(club)[-2:] == ["issued > pool 120", "pool > debt 70"]
    assert balances(club) == {"issued": 220, "redeemed": 70, "taken back": 100, "pool": 50}


def test_buying_earning_and_returning_gains_nothing():
    """
    Somebody buys for 500 pounds, takes a reward of 500 points, and returns the goods; three times.

    Without a debt that would be 1,500 points of rewards for nothing. With it, the second order
    only repays the first: its 500 points never can be spent.
    """
    club = open_club()
    spent = 0
    for turn, day in enumerate((2, 9, 16), start=1):
        club.take_in(f"Order {turn}", 500, at=MARCH[day], told_at=MARCH[day])
        available = club.balances().get("pool", 0)
        if available:
            club.spend(available, at=MARCH[day + 1])
            spent += available
        club.take_in(
            f"Return {turn}", 500, at=MARCH[day + 2], told_at=MARCH[day + 2], kind="return"
        )

    assert spent == 500
    assert balances(club) == {"issued": 1_500, "redeemed": 500, "taken back": 1_500, "debt": 500}


def test_the_same_event_twice():
    """The ERP sends an order and its return, and then both again. The second time moves nothing."""
    club = open_club()
    for day in (9, 23):
        club.take_in("Order 1", 250, at=MARCH[2], told_at=MARCH[day])
        club.take_in("Return 1", 40, at=MARCH[5], told_at=MARCH[day], kind="return")

    assert journal(club) == ["issued > pool 250", "pool > taken back 40"]


def test_the_return_that_arrives_before_its_order():
    """
    A return of 40 pounds is reported on 9 March, the order of 2 March only on 12 March.

    At first there is nothing to take back from. When the order arrives, it earns 250, and the
    return takes its 40: the balance is what it would have been the other way round.
    """
    club = open_club()
    club.take_in("Return 1", 40, at=MARCH[5], told_at=MARCH[9], kind="return")
    assert journal(club) == []

    club.take_in("Order 1", 250, at=MARCH[2], told_at=MARCH[12])

    assert balances(club) == {"issued": 250, "pool": 210, "taken back": 40}


def test_an_award_that_waits_and_matures():
    """
    Points can be spent 14 days after the order. An order of 2 March earns 250 that wait.

    On 9 March goods of 40 pounds come back: they are taken from what waits. The wait ends with 16
    March; the night after it moves 210 to the pool. They expire a year after the order, not a year
    after the wait: at the end of 2 March 2027.
    """
    club = open_club(pending_days=14, expiry={"rule": "after_months", "months": 12})
    club.take_in("Order 1", 250, at=MARCH[2], told_at=MARCH[2])
    club.take_in("Return 1", 40, at=MARCH[9], told_at=MARCH[9], kind="return")

    club.run_night(utc(2026, 3, 16, 0))
    assert balances(club) == {"issued": 250, "pending": 210, "taken back": 40}
    club.run_night(utc(2026, 3, 17, 0))

    assert journal(club) == [
        "issued > pending 250",
        "pending > taken back 40",
        "pending > pool 210",
    ]
    assert club.lots() == [(210, utc(2027, 3, 3, 0))]
