"""Days and months as a programme counts them: local, half-open, stored in UTC."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def local_date(moment: datetime, time_zone: str) -> date:
    return moment.astimezone(ZoneInfo(time_zone)).date()


def local_midnight(day: date, time_zone: str) -> datetime:
    """Return the moment the local day begins, in UTC."""
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """Return the same day of a later month, or its last day where that month is shorter."""
    years, month_index = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month_index + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def end_of_local_day(day: date, time_zone: str) -> datetime:
    """Return the local midnight that ends the day, in UTC."""
    return local_midnight(day + timedelta(days=1), time_zone)


def last_day_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
