"""Rates of exchange: typed in one by one, or out of a file."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import FieldTextFilter
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from partners.doors.admin import BaseAdmin, action, actor_of, display
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.showing import say_day, say_time
from partners.importing.files import FileNotReadable, name_on_disk
from partners.models import ExchangeRate
from partners.rates import (
    RateRefused,
    RateRow,
    StoredRates,
    check_day,
    check_pair,
    read_rate,
    write_rate,
)
from partners.retrying import in_transaction
from rewards.rate_files import RateFile, read_rate_file
from rewards.stating_rates import state_rates

FILE_BYTES_MAX = 4 * 1024 * 1024
PROBLEMS_SHOWN = 100


class RateForm(forms.ModelForm):
    """One rate. Stated again for its day it replaces the earlier one."""

    rate = forms.CharField(
        label=gettext_lazy("Rate"),
        max_length=18,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
        help_text=gettext_lazy("What one unit of the currency is worth, such as 0.85512."),
    )

    class Meta:
        model = ExchangeRate
        fields = ("currency", "into", "day", "source")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("currency", "into"):
            cleaned[name] = str(cleaned.get(name, "")).strip().upper()
        try:
            check_pair(cleaned["currency"], cleaned["into"])
            if "day" in cleaned:
                check_day(cleaned["day"], today=timezone.localdate())
            cleaned["rate_e8"] = read_rate(str(cleaned.get("rate", "")).strip().replace(",", "."))
        except RateRefused as refused:
            if refused.field not in self.errors:
                self.add_error(refused.field, str(refused))
        return cleaned

    def validate_unique(self) -> None:
        """A rate that is there already is replaced."""


class RateFileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.gz,.xlsx"}),
        help_text=gettext_lazy(
            "CSV, CSV.gz or XLSX with the columns currency, into, day and rate. All rows are "
            "taken, or none."
        ),
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=64,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("Whose rates they are, such as a bank."),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > FILE_BYTES_MAX:
            raise forms.ValidationError(_("Larger files go by the command import_rates."))
        return file


@admin.register(ExchangeRate)
class ExchangeRateAdmin(BaseAdmin):
    """A rate is added, never edited: what was converted keeps the rate it was converted by."""

    form = RateForm
    list_display = ("pair", "shown_day", "shown_rate", "source", "recorded")
    list_filter = (
        ("currency", FieldTextFilter),
        ("into", FieldTextFilter),
        ("day", DayRangeFilter),
    )
    list_select_related = ("recorded_by",)
    search_fields = ("=currency", "=into")
    ordering = ("-day", "currency", "into")
    fields = (("currency", "into"), ("day", "rate"), "source")
    actions_list = ("upload_rates",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.fields
        return (("pair", "shown_day"), ("shown_rate", "source"), ("recorded", "recorded_by"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        names = ("pair", "shown_day", "shown_rate", "source", "recorded", "recorded_by")
        return names if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - as Django calls it
        given = form.cleaned_data
        row = RateRow(given["currency"], given["into"], given["day"], given["rate_e8"])
        # The page of an edit is a transaction already.
        stated = state_rates(
            [row], source=given["source"], by=actor_of(request).person, at=timezone.now()
        )
        obj.pk = ExchangeRate.objects.get(currency=row.currency, into=row.into, day=row.day).pk
        self.message_user(request, say_stated(stated), messages.INFO)

    @action(description=gettext_lazy("Rates out of a file"), url_path="upload", permissions=["add"])
    def upload_rates(self, request: HttpRequest) -> HttpResponse:
        form = RateFileForm(request.POST or None, request.FILES or None)
        file = RateFile()
        if request.method == "POST" and form.is_valid():
            try:
                file = read_upload(form.cleaned_data["file"])
            except FileNotReadable as error:
                form.add_error("file", str(error))
            else:
                if file.problems:
                    form.add_error("file", _("Nothing was taken: some rows make no sense."))
                else:
                    stated = state(request, file.rows, form.cleaned_data["source"])
                    self.message_user(request, say_stated(stated), messages.SUCCESS)
                    return HttpResponseRedirect(reverse("admin:partners_exchangerate_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Rates out of a file"),
            "form": form,
            "problems": file.problems[:PROBLEMS_SHOWN],
            "back": reverse("admin:partners_exchangerate_changelist"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/upload_rates.html", context)

    @display(description=gettext_lazy("currencies"), ordering="currency")
    def pair(self, rate: ExchangeRate) -> str:
        return f"{rate.currency} → {rate.into}"

    @display(description=gettext_lazy("day"), ordering="day")
    def shown_day(self, rate: ExchangeRate) -> str:
        return say_day(rate.day)

    @display(description=gettext_lazy("rate"), ordering="rate_e8")
    def shown_rate(self, rate: ExchangeRate) -> str:
        return write_rate(rate.rate_e8)

    @display(description=gettext_lazy("recorded at"), ordering="recorded_at")
    def recorded(self, rate: ExchangeRate) -> str:
        return say_time(rate.recorded_at)


def state(request: HttpRequest, rows: list[RateRow], source: str) -> StoredRates:
    now, person = timezone.now(), actor_of(request).person
    return in_transaction(lambda: state_rates(rows, source=source, by=person, at=now))


def read_upload(file: UploadedFile) -> RateFile:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name_on_disk(file.name or "", default="rates.csv")
        path.write_bytes(file.read())
        return read_rate_file(path, today=timezone.localdate())


def say_stated(stated: StoredRates) -> str:
    return _("New: %(new)d, changed: %(changed)d, known already: %(known)d.") % {
        "new": stated.new,
        "changed": stated.changed,
        "known": stated.known,
    }
