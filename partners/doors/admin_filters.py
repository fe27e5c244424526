"""Filters that the theme does not bring."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import get_format
from django.utils.timezone import make_aware
from unfold.contrib.filters.admin import RangeDateFilter


class DayRangeFilter(RangeDateFilter):  # type: ignore[misc]  # the theme is typed in parts
    """From one day to another, both included, on a moment: midnights of the screen's time zone."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first = read_day(self.used_parameters.get(f"{self.parameter_name}_from"))
        last = read_day(self.used_parameters.get(f"{self.parameter_name}_to"))
        if first is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": midnight(first)})
        if last is not None and last < date.max:
            after = midnight(last + timedelta(days=1))
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": after})
        return queryset


class DateRangeFilter(RangeDateFilter):  # type: ignore[misc]  # as above
    """From one day to another, both included, on a date. What is no date is left out."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first = read_day(self.used_parameters.get(f"{self.parameter_name}_from"))
        last = read_day(self.used_parameters.get(f"{self.parameter_name}_to"))
        if first is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": first})
        if last is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__lte": last})
        return queryset


def read_day(text: Any) -> date | None:
    """Return the day that was picked or typed, or None if it is none."""
    for written in get_format("DATE_INPUT_FORMATS"):
        try:
            day = datetime.strptime(str(text or ""), written).date()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            continue
        return day if date.min.year + 1 < day.year < date.max.year else None
    return None


def midnight(day: date) -> datetime:
    return make_aware(datetime.combine(day, time.min))
