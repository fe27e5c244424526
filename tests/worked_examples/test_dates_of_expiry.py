"""When points expire: local days, ends of months, leap days. Moments are in UTC."""

from datetime import date

import pytest

from rewards.programmes.validity import Validity
from tests.rewards.club import open_club, utc
from tests.worked_examples.books import balances

KYIV = "Europe/Kyiv"


@pytest.mark.parametrize(
    ("earned_on", "rule", "count", "last_good_day"),
    [
        # A month has no 31st: its last day counts.
        (date(2026, 1, 31), "after_months", 1, date(2026, 2, 28)),
        (date(2028, 1, 31), "after_months", 1, date(2028, 2, 29)),
        (date(2026, 8, 31), "after_months", 6, date(2027, 2, 28)),
        # 29 February and a year is 28 February; and four years, 29 February again.
        (date(2028, 2, 29), "after_months", 12, date(2029, 2, 28)),
        (date(2028, 2, 29), "after_months", 48, date(2032, 2, 29)),
        # 28 February stays the 28th, also where there is a 29th.
        (date(2027, 2, 28), "after_months", 12, date(2028, 2, 28)),
        # Days are days, across a leap day too.
        (date(2028, 2, 28), "after_days", 2, date(2028, 3, 1)),
        (date(2027, 2, 28), "after_days", 2, date(2027, 3, 2)),
        # The end of the month, of the month in which they were earned or later.
        (date(2028, 2, 1), "end_of_month", 0, date(2028, 2, 29)),
        (date(2026, 1, 31), "end_of_month", 1, date(2026, 2, 28)),
        # The end of the year, of this one or of the second after it.
        (date(2026, 12, 31), "end_of_year", 0, date(2026, 12, 31)),
        (date(2026, 1, 1), "end_of_year", 2, date(2028, 12, 31)),
    ],
)
def test_the_last_good_day(earned_on, rule, count, last_good_day):
    """Points earned on this day, by this rule, are good up to and with that day."""
    assert Validity(rule, count).last_day(earned_on) == last_good_day


@pytest.mark.django_db
@pytest.mark.once("SQLite")
def test_points_that_expire_at_the_end_of_the_month():
    """
    A club in Kyiv: points are good to the end of the month after the one they were earned in.

    An order of 31 March at 23:30 UTC is an order of 1 April there, at half past two in the
    morning. Its points are good up to 31 May, whose midnight in Kyiv is 21:00 UTC. An order three
    hours earlier was still in March: good up to 30 April.
    """
    club = open_club(expiry={"rule": "end_of_month", "months": 1})
    club.programme.time_zone = KYIV
    club.programme.save()

    club.take_in("Order 1", 10, at=utc(2026, 3, 31, 20, 30), told_at=utc(2026, 4, 1))
    club.take_in("Order 2", 20, at=utc(2026, 3, 31, 23, 30), told_at=utc(2026, 4, 1))

    assert club.lots() == [(10, utc(2026, 4, 30, 21)), (20, utc(2026, 5, 31, 21))]
    club.run_night(utc(2026, 4, 30, 20, 59))
    assert balances(club) == {"issued": 30, "pool": 30}
    club.run_night(utc(2026, 4, 30, 21))
    assert balances(club) == {"issued": 30, "pool": 20, "expired": 10}


@pytest.mark.django_db
@pytest.mark.once("SQLite")
def test_points_that_live_as_long_as_somebody_buys():
    """
    Points live for six months after the last order. 100 of January would go in July.

    An order in May gives all of them until November. Nobody orders after that: in November
    everything goes, both slices at once.
    """
    club = open_club(expiry={"rule": "rolling_months", "months": 6})
    club.take_in("Order 1", 100, at=utc(2026, 1, 15), told_at=utc(2026, 1, 15))
    club.take_in("Order 2", 30, at=utc(2026, 5, 20), told_at=utc(2026, 5, 20))

    club.run_night(utc(2026, 7, 16, 0))
    assert balances(club) == {"issued": 130, "pool": 130}
    club.run_night(utc(2026, 11, 21, 0))

    assert balances(club) == {"issued": 130, "expired": 130}
