"""Which points a spending would take, told by the month in which they expire. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from partners.drawing import Piece, pieces

MONTHS_SHOWN_MAX = 6


class OpenSlice(Protocol):
    """What is read of a lot: ``ledger.models.Lot`` has it."""

    remaining: int
    held: int
    expires_at: datetime | None


@dataclass(slots=True)
class MonthOfExpiry:
    """What expires in one month (None: never), and how much of it would go."""

    month: date | None
    amount: int = 0
    goes: int = 0

    @property
    def stays(self) -> int:
        return self.amount - self.goes


@dataclass(frozen=True, slots=True)
class Preview:
    """``months`` are those of which something goes, and as many more as are shown; then the rest."""

    months: tuple[MonthOfExpiry, ...]
    later: MonthOfExpiry
    later_count: int
    available: int
    goes: int

    @property
    def stays(self) -> int:
        return self.available - self.goes

    @property
    def every_month(self) -> tuple[MonthOfExpiry, ...]:
        return (*self.months, self.later) if self.later_count else self.months


def draw(preview: Preview) -> list[tuple[Piece, bool]]:
    """Return the bar of a preview: its pieces in spending order, and which of them go."""
    parts = [
        (amount, is_going)
        for month in preview.every_month
        for amount, is_going in ((month.goes, True), (month.stays, False))
    ]
    drawn = pieces([amount for amount, _is_going in parts])
    return [
        (piece, is_going) for piece, (amount, is_going) in zip(drawn, parts, strict=True) if amount
    ]


def last_day(expires_at: datetime, zone: ZoneInfo) -> date:
    """Return the last local day on which points are good: expiry is the midnight that ends it."""
    return (expires_at.astimezone(zone) - timedelta(microseconds=1)).date()


def group_by_month(lots: Iterable[OpenSlice], zone: ZoneInfo) -> list[MonthOfExpiry]:
    """Return what is free by month of expiry, in the order given, which is the spending order."""
    months: dict[date | None, MonthOfExpiry] = {}
    for lot in lots:
        month = last_day(lot.expires_at, zone).replace(day=1) if lot.expires_at else None
        months.setdefault(month, MonthOfExpiry(month)).amount += lot.remaining - lot.held
    return list(months.values())


def preview(lots: Iterable[OpenSlice], amount: int, zone: ZoneInfo) -> Preview:
    """
    Tell which months' points an amount would take, earliest expiry first.

    Where there is less than the amount, all of it goes; the caller says that it is too little.
    """
    months = group_by_month(lots, zone)
    left = amount
    for month in months:
        month.goes = min(left, month.amount)
        left -= month.goes
    shown = months[:MONTHS_SHOWN_MAX] if len(months) > MONTHS_SHOWN_MAX + 1 else months
    rest = months[len(shown) :]
    later = MonthOfExpiry(
        None, sum(month.amount for month in rest), sum(month.goes for month in rest)
    )
    return Preview(
        months=tuple(shown),
        later=later,
        later_count=len(rest),
        available=sum(month.amount for month in months),
        goes=amount - left,
    )


def deal_out(
    lots: Iterable[OpenSlice], amounts: Sequence[int], zone: ZoneInfo
) -> list[list[MonthOfExpiry]]:
    """Tell for each amount, taken one after another, which months' points it would get."""
    months = group_by_month(lots, zone)
    dealt: list[list[MonthOfExpiry]] = []
    for amount in amounts:
        left, got = amount, []
        for month in months:
            part = min(left, month.stays)
            if part:
                month.goes += part
                left -= part
                got.append(MonthOfExpiry(month.month, part, part))
        dealt.append(got)
    return dealt
