"""Months, quarters and years of the seller's calendar, as half-open intervals of UTC moments."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

PERIODS_MAX = 600
WRITTEN = re.compile(r"(?P<year>\d{4})(?:-Q(?P<quarter>[1-4])|-(?P<month>\d{2}))?")


class Length(StrEnum):
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def months(self) -> int:
        return {"month": 1, "quarter": 3, "year": 12}[self.value]


class NoSuchPeriod(ValueError):
    """The text names no day and no period, or the range runs backwards or is too long."""


@dataclass(frozen=True, slots=True)
class Period:
    """
    One month, quarter or year, numbered from year 0 in steps of its own length.

    A day begins at local midnight. ``starts_at`` is inside the period, ``ends_at`` is not.
    """

    length: Length
    number: int
    zone: ZoneInfo

    def __str__(self) -> str:
        starts_on = self.starts_on
        match self.length:
            case Length.MONTH:
                return f"{starts_on:%Y-%m}"
            case Length.QUARTER:
                return f"{starts_on:%Y}-Q{(starts_on.month + 2) // 3}"
            case Length.YEAR:
                return f"{starts_on:%Y}"

    @property
    def starts_on(self) -> date:
        year, month = divmod(self.number * self.length.months, 12)
        return date(year, month + 1, 1)

    @property
    def ends_on(self) -> date:
        """The first day after the period."""
        return self.next().starts_on

    @property
    def starts_at(self) -> datetime:
        return to_utc_midnight(self.starts_on, self.zone)

    @property
    def ends_at(self) -> datetime:
        return to_utc_midnight(self.ends_on, self.zone)

    def previous(self) -> "Period":
        return Period(self.length, self.number - 1, self.zone)

    def next(self) -> "Period":
        return Period(self.length, self.number + 1, self.zone)


def to_utc_midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def containing(day: date, *, length: Length, zone: ZoneInfo) -> Period:
    return Period(length, (day.year * 12 + day.month - 1) // length.months, zone)


def latest_full(*, length: Length, zone: ZoneInfo, as_of: datetime) -> Period:
    """Return the latest period that is over at ``as_of``."""
    return containing(as_of.astimezone(zone).date(), length=length, zone=zone).previous()


def between(first: date, last: date, *, length: Length, zone: ZoneInfo) -> list[Period]:
    """
    Return every period that the days ``first`` to ``last``, both included, touch.

    :raises NoSuchPeriod: If ``last`` is before ``first``, or there are more than 600 periods.
    """
    if last < first:
        raise NoSuchPeriod(f"{last} is before {first}.")
    begin = containing(first, length=length, zone=zone)
    end = containing(last, length=length, zone=zone)
    if end.number - begin.number >= PERIODS_MAX:
        raise NoSuchPeriod(f"At most {PERIODS_MAX} periods at a time.")
    return [Period(length, number, zone) for number in range(begin.number, end.number + 1)]


def read_days(text: str) -> tuple[date, date]:
    """
    Return the first and the last day that a text such as 2011-03-31, 2011-03, 2011-Q1, 2011 means.

    :raises NoSuchPeriod: If it means none.
    """
    try:
        if written := WRITTEN.fullmatch(text.strip()):
            return read_period(written)
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise NoSuchPeriod(
            f"{text!r} is no day such as 2011-03-31 and no period such as 2011-03 or 2011-Q1."
        ) from error
    if not date.min.year + 1 <= day.year < date.max.year:
        raise NoSuchPeriod(f"{text!r} is too far from today.")
    return day, day


def read_period(written: re.Match[str]) -> tuple[date, date]:
    year = int(written["year"])
    if not date.min.year + 1 <= year < date.max.year:
        raise NoSuchPeriod(f"{written[0]!r} is too far from today.")
    length, month = Length.YEAR, 1
    if written["quarter"]:
        length, month = Length.QUARTER, 3 * int(written["quarter"]) - 2
    elif written["month"]:
        length, month = Length.MONTH, int(written["month"])
    period = containing(date(year, month, 1), length=length, zone=ZoneInfo("UTC"))
    return period.starts_on, period.ends_on - timedelta(days=1)
