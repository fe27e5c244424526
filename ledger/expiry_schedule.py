"""All of a balance by the day on which it expires: the whole schedule, month by month."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.db.models import F, Sum

from ledger.models import Account, Lot

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ExpiryDay:
    """What can be used for the last time on this local day; ``None`` means that it never expires."""

    last_day: date | None
    free: int
    held: int

    @property
    def amount(self) -> int:
        return self.free + self.held


@dataclass(frozen=True, slots=True)
class ExpiryMonth:
    """The days of one local month on which something expires, soonest first."""

    first_day: date
    days: tuple[ExpiryDay, ...]

    @property
    def free(self) -> int:
        return sum(day.free for day in self.days)

    @property
    def held(self) -> int:
        return sum(day.held for day in self.days)


@dataclass(frozen=True, slots=True)
class ExpirySchedule:
    """
    A balance by expiry, in minor units.

    ``overdue`` is past its expiry and leaves with the next night; what of it is held stays until
    its hold ends. All parts together are the balance.
    """

    months: tuple[ExpiryMonth, ...]
    never: ExpiryDay
    overdue: ExpiryDay

    @property
    def free(self) -> int:
        return sum(month.free for month in self.months) + self.never.free

    @property
    def held(self) -> int:
        return sum(month.held for month in self.months) + self.never.held + self.overdue.held

    @property
    def total(self) -> int:
        return self.free + self.held + self.overdue.free

    def days(self) -> list[ExpiryDay]:
        """Return all days on which something expires, soonest first, then what never does."""
        dated = [day for month in self.months for day in month.days]
        return [*dated, self.never] if self.never.amount else dated


def read_expiry_schedule(*, account: Account, zone: ZoneInfo, as_of: datetime) -> ExpirySchedule:
    """Read what expires when if nothing is spent before: one query, one row for each expiry."""
    rows = (
        Lot.objects.filter(account=account)
        .open()
        .order_by()
        .values_list("expires_at")
        .annotate(free=Sum(F("remaining") - F("held")), reserved=Sum("held"))
    )
    by_day: dict[date | None, tuple[int, int]] = defaultdict(lambda: (0, 0))
    overdue = (0, 0)
    for expires_at, free, held in rows:
        if expires_at is not None and expires_at <= as_of:
            overdue = (overdue[0] + free, overdue[1] + held)
        else:
            day = None if expires_at is None else last_day_of(expires_at, zone)
            by_day[day] = (by_day[day][0] + free, by_day[day][1] + held)
    never = ExpiryDay(None, *by_day.pop(None, (0, 0)))
    days = [ExpiryDay(day, *by_day[day]) for day in sorted(filter(None, by_day))]
    return ExpirySchedule(_by_month(days), never, ExpiryDay(None, *overdue))


def _by_month(days: Sequence[ExpiryDay]) -> tuple[ExpiryMonth, ...]:
    grouped = groupby(days, key=lambda day: day.last_day.replace(day=1) if day.last_day else None)
    return tuple(ExpiryMonth(month, tuple(each)) for month, each in grouped if month)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Pending awards that become available on one local day; ``None`` means by an event."""

    available_on: date | None
    amount: int


def read_waiting(*, account: Account, zone: ZoneInfo) -> list[Waiting]:
    """Read when a pending account's awards become available, soonest first: one query."""
    rows = Lot.objects.filter(account=account).open().order_by().values_list("matures_at")
    by_day: dict[date | None, int] = defaultdict(int)
    for matures_at, amount in rows.annotate(Sum("remaining")):
        by_day[matures_at.astimezone(zone).date() if matures_at else None] += amount
    dated = [Waiting(day, by_day[day]) for day in sorted(filter(None, by_day))]
    return [*dated, Waiting(None, by_day[None])] if None in by_day else dated


def last_day_of(expires_at: datetime, zone: ZoneInfo) -> date:
    """Return the last local day on which a lot can be used: it expires at the midnight after."""
    return (expires_at - INSTANT).astimezone(zone).date()
