from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from metrics.periods import Length, NoSuchPeriod, between, containing, latest_full, read_days

LONDON = ZoneInfo("Europe/London")


class TestPeriod:
    def test_begins_and_ends_at_local_midnight_across_the_change_of_clocks(self):
        march = containing(date(2011, 3, 15), length=Length.MONTH, zone=LONDON)

        assert march.starts_at == datetime(2011, 3, 1, 0, 0, tzinfo=UTC)
        assert march.ends_at == datetime(2011, 3, 31, 23, 0, tzinfo=UTC)
        assert march.next().starts_at == march.ends_at

    @pytest.mark.parametrize(
        ("length", "written", "before", "after"),
        [
            (Length.MONTH, "2011-01", "2010-12", "2011-02"),
            (Length.QUARTER, "2011-Q1", "2010-Q4", "2011-Q2"),
            (Length.YEAR, "2011", "2010", "2012"),
        ],
    )
    def test_knows_its_name_and_its_neighbours(self, length, written, before, after):
        period = containing(date(2011, 1, 31), length=length, zone=LONDON)

        assert str(period) == written
        assert (str(period.previous()), str(period.next())) == (before, after)


class TestBetween:
    def test_takes_every_period_that_the_days_touch(self):
        months = between(date(2010, 12, 31), date(2011, 2, 1), length=Length.MONTH, zone=LONDON)

        assert [str(month) for month in months] == ["2010-12", "2011-01", "2011-02"]

    def test_refuses_a_range_that_runs_backwards(self):
        with pytest.raises(NoSuchPeriod, match="before"):
            between(date(2011, 2, 1), date(2011, 1, 31), length=Length.MONTH, zone=LONDON)

    def test_refuses_more_periods_than_anybody_reads(self):
        with pytest.raises(NoSuchPeriod, match="600"):
            between(date(1900, 1, 1), date(2011, 1, 1), length=Length.MONTH, zone=LONDON)


class TestLatestFull:
    def test_is_over_at_the_moment_of_local_midnight_and_not_before(self):
        before = datetime(2011, 3, 31, 22, 59, tzinfo=UTC)
        midnight = datetime(2011, 3, 31, 23, 0, tzinfo=UTC)

        assert str(latest_full(length=Length.MONTH, zone=LONDON, as_of=before)) == "2011-02"
        assert str(latest_full(length=Length.MONTH, zone=LONDON, as_of=midnight)) == "2011-03"


class TestReadDays:
    @pytest.mark.parametrize(
        ("text", "first", "last"),
        [
            ("2011-03-05", date(2011, 3, 5), date(2011, 3, 5)),
            ("2011-02", date(2011, 2, 1), date(2011, 2, 28)),
            ("2011-Q4", date(2011, 10, 1), date(2011, 12, 31)),
            ("2012", date(2012, 1, 1), date(2012, 12, 31)),
        ],
    )
    def test_reads_days_and_periods(self, text, first, last):
        assert read_days(text) == (first, last)

    @pytest.mark.parametrize(
        "text", ["", "2011-13", "2011-02-30", "2011-Q5", "yesterday", "0000", "0001-01-01", "9999"]
    )
    def test_says_what_it_cannot_read(self, text):
        with pytest.raises(NoSuchPeriod):
            read_days(text)
