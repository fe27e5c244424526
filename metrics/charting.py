"""
Pictures on the home page, as figures and SVG lengths: twelve months, and what expires when.

Pure: months and amounts in, strings for attributes out. Nothing here reads a clock or a database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from partners.drawing import nice_step, percent

CHART_TOP, CHART_BOTTOM = 20, 188
EXPIRY_TOP, EXPIRY_BOTTOM = 8, 64
AXIS_PERCENT = 8.0
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Movements:
    """What a month brought an account, in minor units, none of them negative."""

    came_in: int = 0
    went_out: int = 0
    expired: int = 0


@dataclass(frozen=True, slots=True)
class Bar:
    css: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Column:
    month: date
    came_in: int
    went_out: int
    expired: int
    x: str
    width: str
    middle: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class GridLine:
    value: int
    y: str
    label_y: str


@dataclass(frozen=True, slots=True)
class Chart:
    columns: tuple[Column, ...]
    grid: tuple[GridLine, ...]
    zero_y: str
    total_in: int
    total_out: int
    total_expired: int


@dataclass(frozen=True, slots=True)
class Lapse:
    """An amount that can be used up to and including ``last_day``."""

    last_day: date
    amount: int


@dataclass(frozen=True, slots=True)
class ExpiryColumn:
    month: date
    amount: int
    is_soon: bool
    x: str
    width: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class ExpirySchedule:
    columns: tuple[ExpiryColumn, ...]
    next_dates: tuple[Lapse, ...]
    later_dates: int
    later_amount: int
    never: int

    @property
    def first_month(self) -> date:
        return self.columns[0].month

    @property
    def last_month(self) -> date:
        return self.columns[-1].month


def add_months(month: date, months: int) -> date:
    """Return the first day of the month so many months later."""
    years, index = divmod(month.month - 1 + months, 12)
    return date(month.year + years, index + 1, 1)


def months_to(last: date, count: int = MONTHS) -> list[date]:
    """Return the first days of ``count`` months, the last of them the month of ``last``."""
    return [add_months(last, back) for back in range(1 - count, 1)]


def draw_chart(by_month: Mapping[date, Movements], *, last_month: date) -> Chart:
    """Lay out twelve months up to ``last_month``: in above the line, out and expired below."""
    months = [(month, by_month.get(month, Movements())) for month in months_to(last_month)]
    up = max((each.came_in for _, each in months), default=0)
    down = max((each.went_out + each.expired for _, each in months), default=0)
    per_unit = (CHART_BOTTOM - CHART_TOP) / max(up + down, 1)
    zero = CHART_TOP + up * per_unit if up + down else float(CHART_BOTTOM)
    return Chart(
        columns=tuple(
            _column(index, month, each, zero, per_unit)
            for index, (month, each) in enumerate(months)
        ),
        grid=_grid(up, down, zero, per_unit),
        zero_y=_pixels(zero),
        total_in=sum(each.came_in for _, each in months),
        total_out=sum(each.went_out for _, each in months),
        total_expired=sum(each.expired for _, each in months),
    )


def draw_expiry(
    lapses: Sequence[Lapse], *, never: int, first_month: date, soon_until: date | None
) -> ExpirySchedule:
    """Lay out what expires by month, and list the next four dates; lapses come earliest first."""
    last_month = max((each.last_day.replace(day=1) for each in lapses), default=first_month)
    count = max(_months_between(first_month, last_month) + 1, MONTHS)
    months = [add_months(first_month, ahead) for ahead in range(count)]
    amounts = dict.fromkeys(months, 0)
    for each in lapses:
        amounts[each.last_day.replace(day=1)] += each.amount
    largest = max(amounts.values(), default=0)
    step = 100 / count
    later = lapses[4:]
    return ExpirySchedule(
        columns=tuple(
            ExpiryColumn(
                month=month,
                amount=amounts[month],
                is_soon=soon_until is not None and month <= soon_until,
                x=percent(index * step + step * 0.16),
                width=percent(step * 0.68),
                y=_pixels(EXPIRY_BOTTOM - _tall(amounts[month], largest)),
                height=_pixels(_tall(amounts[month], largest)),
            )
            for index, month in enumerate(months)
        ),
        next_dates=tuple(lapses[:4]),
        later_dates=len(later),
        later_amount=sum(each.amount for each in later),
        never=never,
    )


def _column(index: int, month: date, each: Movements, zero: float, per_unit: float) -> Column:
    step = (100 - AXIS_PERCENT) / MONTHS
    left = AXIS_PERCENT + index * step + step * 0.18
    bars = []
    if each.came_in:
        tall = max(each.came_in * per_unit - 1, 1.0)
        bars.append(Bar("f-accent", _pixels(zero - 1 - tall), _pixels(tall)))
    below = zero + 1
    for css, amount in (("f-mark", each.went_out), ("f-warn", each.expired)):
        if amount:
            tall = max(amount * per_unit - 1, 1.0)
            bars.append(Bar(css, _pixels(below), _pixels(tall)))
            below += tall + 1
    return Column(
        month=month,
        came_in=each.came_in,
        went_out=each.went_out,
        expired=each.expired,
        x=percent(left),
        width=percent(step * 0.64),
        middle=percent(left + step * 0.32),
        bars=tuple(bars),
    )


def _grid(up: int, down: int, zero: float, per_unit: float) -> tuple[GridLine, ...]:
    step = nice_step(up + down, 4)
    values = [step * times for times in range(1, up // step + 1)]
    values += [-step * times for times in range(1, down // step + 1)]
    lines = []
    for value in values:
        y = zero - value * per_unit
        lines.append(GridLine(value, _pixels(y), _pixels(y - 5)))
    return tuple(lines)


def _tall(amount: int, largest: int) -> float:
    # A month in which nothing expires keeps a hair, so that the row of months stays readable.
    return max((EXPIRY_BOTTOM - EXPIRY_TOP) * amount / largest, 1.0) if largest else 1.0


def _months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def _pixels(value: float) -> str:
    return f"{value:.1f}"
