"""The page of finance in the admin: liability on a day, and the files for the books."""

from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from ledger.liability import BANDS, PLACES, Band
from ledger.wording import say_amount
from metrics.finance.files import (
    LIABILITY_HEADINGS,
    POSTING_HEADINGS,
    liability_rows,
    posting_rows,
)
from metrics.finance.liability import UnitLiability, read_liability
from metrics.finance.postings import read_postings
from metrics.finance.writing import write_table
from partners.doors.admin import actor_of
from partners.doors.showing import NOTHING, language, say_money
from partners.wording import day_format

FIRST_DAY, END_DAY = date(1970, 1, 1), date(2200, 1, 1)
PLACE_NAMES = {
    "pool": gettext_lazy("Pools"),
    "wallet": gettext_lazy("Wallets"),
    "pending": gettext_lazy("Pending"),
    "held": gettext_lazy("Held"),
}


class DayField(forms.DateField):
    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day is not None and not FIRST_DAY <= day < END_DAY:
            raise forms.ValidationError(_("Choose a day between 1970 and 2200."))
        return day


class LiabilityForm(forms.Form):
    day = DayField(label=gettext_lazy("At the end of"))


class PostingsForm(forms.Form):
    first = DayField(label=gettext_lazy("From"))
    last = DayField(label=gettext_lazy("To"))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day is before the first."))
        return cleaned


@dataclass(frozen=True, slots=True)
class ShownUnit:
    """One unit as people read it: facts, and a row for each age with its places."""

    name: str
    facts: list[tuple[str, str]]
    rows: list[tuple[str, list[str], str]]


def may_see_finance(request: HttpRequest) -> bool:
    """Say whether a person may read figures of all partners together."""
    return request.user.has_perm("ledger.view_transfer") and actor_of(request).partner_ids is None


@require_GET
def show_finance(request: HttpRequest) -> HttpResponse:
    """Show the liability of a day; with ``file`` send it, or the postings of a period, as CSV."""
    if not may_see_finance(request):
        raise PermissionDenied
    today = timezone.localdate()
    wanted = request.GET.get("file")
    postings = PostingsForm(
        request.GET
        if wanted == "postings"
        else {"first": today.replace(day=1).isoformat(), "last": today.isoformat()}
    )
    if wanted == "postings" and postings.is_valid():
        return send_postings(postings.cleaned_data["first"], postings.cleaned_data["last"])
    form = LiabilityForm(request.GET if "day" in request.GET else {"day": today.isoformat()})
    day = form.cleaned_data["day"] if form.is_valid() else None
    liabilities = read_liability(as_of=day) if day else []
    if day and wanted == "liability":
        rows = liability_rows(liabilities)
        return as_file(f"liability-{day.isoformat()}.csv", LIABILITY_HEADINGS, rows)
    context = {
        **admin.site.each_context(request),
        "title": _("Liability and postings"),
        "form": form,
        "day": day,
        "postings": postings,
        "places": [PLACE_NAMES[place] for place in PLACES],
        "units": [show_unit(each) for each in liabilities],
    }
    return TemplateResponse(request, "admin/finance.html", context)


def send_postings(first: date, last: date) -> HttpResponse:
    rows = posting_rows(read_postings(first=first, last=last))
    name = f"postings-{first.isoformat()}-{last.isoformat()}.csv"
    return as_file(name, POSTING_HEADINGS, rows)


def as_file(name: str, headings: Any, rows: Any) -> HttpResponse:
    text = StringIO(newline="")
    write_table(text, headings, rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def show_unit(each: UnitLiability) -> ShownUnit:
    unit, currency, spoken = each.books.unit, each.books.currency, language()

    def amount(value: int) -> str:
        return say_amount(value, unit, spoken)

    def money(value: Any) -> str:
        return NOTHING if value is None else say_money(value, currency)

    facts = [
        (_("Outstanding"), amount(each.outstanding.amount)),
        (_("In money"), money(each.money)),
        (_("Worth of one"), _("none set") if each.value is None else f"{each.value} {currency}"),
        (_("Owed by partners, apart"), amount(each.outstanding.debt)),
        (_("Expected breakage"), say_breakage(each, amount, money)),
        (
            _("As of"),
            date_format(each.as_of.astimezone(each.books.zone), f"{day_format(language())}, H:i"),
        ),
    ]
    rows = [
        (
            say_band(band),
            [amount(one.part.amount) for one in each.parts if one.part.band == band],
            money(each.money_in_band(band)),
        )
        for band in BANDS
    ]
    totals = [amount(each.outstanding.in_place(place)) for place in PLACES]
    rows.append((_("All"), totals, money(each.money)))
    name = str(each.books.programme or unit.code)
    return ShownUnit(name, facts, rows)


def say_band(band: Band) -> str:
    if band.end_day is None:
        return _("%(first)d days and more") % {"first": band.first_day}
    return _("%(first)d to %(last)d days") % {"first": band.first_day, "last": band.end_day - 1}


def say_breakage(each: UnitLiability, amount: Any, money: Any) -> str:
    breakage = each.breakage
    rests = {"ended": amount(breakage.ended), "lots": breakage.ended_lots}
    if breakage.expected is None:
        return (
            _("Not enough history for an estimate: %(ended)s in %(lots)d lots have come to an end.")
            % rests
        )
    said = rests | {
        "expected": amount(breakage.expected),
        "money": money(each.breakage_money),
        "covered": amount(breakage.covered),
        "may_expire": amount(breakage.outstanding),
    }
    return (
        _(
            "%(expected)s (%(money)s) will probably expire. The estimate covers %(covered)s of the "
            "%(may_expire)s that may expire, and rests on %(ended)s in %(lots)d lots that were used "
            "or expired."
        )
        % said
    )
