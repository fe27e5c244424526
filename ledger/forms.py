"""What a reader asks of a statement: which account, which days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

EARLIEST_DAY, LATEST_DAY = date(1990, 1, 1), date(2100, 1, 1)
DEFAULT_PERIOD = "three-months"
PERIODS = [
    ("this-month", _("This month")),
    ("last-month", _("Last month")),
    ("three-months", _("Three months")),
    ("twelve-months", _("Twelve months")),
    ("all", _("From the beginning")),
    ("own", _("Own dates")),
]


@dataclass(frozen=True, slots=True)
class Days:
    """Whole local days, both included."""

    first: date
    last: date

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the half-open interval of moments that these local days cover."""
        starts_at = datetime.combine(self.first, time.min, tzinfo=zone)
        ends_at = datetime.combine(self.last + timedelta(days=1), time.min, tzinfo=zone)
        return starts_at, ends_at


class StatementForm(forms.Form):
    """The filters of a statement. What is left out falls back to the default."""

    account = forms.ChoiceField(label=_("Account"), required=False)
    period = forms.ChoiceField(label=_("Period"), choices=PERIODS, required=False)
    first = forms.DateField(
        label=_("From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    last = forms.DateField(
        label=_("To"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    # The period that the form was showing: tells a new period from new dates.
    shown = forms.ChoiceField(choices=PERIODS, required=False)
    after = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1)
    before = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1)

    def __init__(self, *args: Any, accounts: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].choices = accounts  # type: ignore[attr-defined]  # a ChoiceField

    def clean_first(self) -> date | None:
        return self._within_reason("first")

    def clean_last(self) -> date | None:
        return self._within_reason("last")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day is before the first."))
        return cleaned

    def _within_reason(self, name: str) -> date | None:
        day: date | None = self.cleaned_data[name]
        if day is not None and not EARLIEST_DAY <= day <= LATEST_DAY:
            raise forms.ValidationError(_("Choose a day between 1990 and 2100."))
        return day

    def period_and_days(self, *, today: date) -> tuple[str, Days]:
        """Return the period asked for and its days; what makes no sense shows the default."""
        if not self.is_valid():
            return DEFAULT_PERIOD, _days_of(DEFAULT_PERIOD, today)
        first, last = self.cleaned_data["first"], self.cleaned_data["last"]
        period = self.cleaned_data["period"] or ("own" if first or last else DEFAULT_PERIOD)
        if period != "own" and self.cleaned_data["shown"] == period:
            usual = _days_of(period, today)
            was_shown = (None if period == "all" else usual.first, usual.last)
            period = period if (first, last) in {was_shown, (None, None)} else "own"
        if period == "own":
            return period, Days(first or EARLIEST_DAY, max(last or today, first or EARLIEST_DAY))
        return period, _days_of(period, today)


def _days_of(period: str, today: date) -> Days:
    this_month = today.replace(day=1)
    if period == "last-month":
        last = this_month - timedelta(days=1)
        return Days(last.replace(day=1), last)
    months_back = {"this-month": 0, "three-months": 2, "twelve-months": 11}
    if period in months_back:
        return Days(_months_before(this_month, months_back[period]), today)
    return Days(EARLIEST_DAY, today)


def _months_before(month: date, count: int) -> date:
    years, index = divmod(month.month - 1 - count, 12)
    return date(month.year + years, index + 1, 1)
