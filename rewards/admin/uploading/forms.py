"""What is asked for an upload: the file, and what its headers and values mean."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from partners.currencies import CURRENCIES
from partners.importing.companies import parse_company_mapping
from partners.importing.guessing import PARTNERS, TIMES
from partners.importing.mapping import MappingInvalid, normalise_header, parse_mapping
from partners.importing.reasons import SENTENCES
from partners.importing.rows import list_required
from partners.kinds import all_kinds, find_kind
from partners.reports import CLAIMS
from rewards.admin.uploading.columns import columns_of, may_mark_returns
from rewards.loading.receiving import arrange

SAVED = "saved"
DELIMITERS = {
    ",": gettext_lazy("comma"),
    ";": gettext_lazy("semicolon"),
    "\t": gettext_lazy("tab"),
    "|": gettext_lazy("bar"),
}
ENCODINGS = ("utf-8", "utf-16", "cp1250", "cp1251", "cp1252")
DATES = {
    "%d.%m.%Y": "31.12.2026",
    "%d/%m/%Y": "31/12/2026",
    "%m/%d/%Y": "12/31/2026",
    "%d-%m-%Y": "31-12-2026",
    "%Y/%m/%d": "2026/12/31",
    "%d.%m.%y": "31.12.26",
}
READING = ("delimiter", "encoding", "sheet")
COLUMN = "column_"
INSTEAD = {
    "currency": gettext_lazy("Choose a column, or name the currency of the whole file below."),
    "unit_price": gettext_lazy("Choose a column for the price of one, or for the net amount."),
}


def say_limit() -> str:
    return _("CSV, CSV.gz, XLSX or a UBL invoice of up to %(limit)d MB.") % {
        "limit": settings.UPLOAD_MAX_BYTES // (1024 * 1024)
    }


class UploadForm(forms.Form):
    """The file, and what it is."""

    kind = forms.ChoiceField(label=gettext_lazy("What is in it"), widget=UnfoldAdminSelectWidget())
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget(attrs={"list": "sources", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "The system the file comes from. A document of the same source counts once, and its "
            "mapping is kept under this name."
        ),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.tsv,.gz,.xlsx,.xml"}),
        error_messages={"empty": gettext_lazy("The file is empty.")},
        max_length=255,
    )

    def clean_source(self) -> str:
        source = str(self.cleaned_data["source"]).strip()
        if source == CLAIMS:
            raise forms.ValidationError(str(SENTENCES["source_reserved"]), code="source_reserved")
        return source

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Orders first, which most files are of; own kinds after what is built in.
        ordered = sorted(all_kinds().values(), key=lambda kind: (kind.is_own, kind.code != "order"))
        kinds = [(each.code, str(each.name)) for each in ordered if each.is_active]
        chosen: forms.ChoiceField = self.fields["kind"]  # type: ignore[assignment]  # as declared
        chosen.choices = [
            (_("Activities"), kinds),
            (_("Companies"), [(PARTNERS, _("Partners"))]),
        ]
        self.fields["file"].help_text = say_limit()


class MappingForm(forms.Form):
    """
    The headers of a file beside our columns, and how its values are written.

    ``content`` is the mapping that was chosen, once the form is valid.
    """

    delimiter = forms.ChoiceField(
        label=gettext_lazy("Cells are separated by"),
        required=False,
        widget=UnfoldAdminSelectWidget(),
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding"), required=False, widget=UnfoldAdminSelectWidget()
    )
    sheet = forms.ChoiceField(
        label=gettext_lazy("Sheet"), required=False, widget=UnfoldAdminSelectWidget()
    )
    decimal = forms.ChoiceField(
        label=gettext_lazy("Decimals follow"),
        choices=[(".", gettext_lazy("a point: 5.50")), (",", gettext_lazy("a comma: 5,50"))],
        widget=UnfoldAdminSelectWidget(),
    )
    thousands = forms.ChoiceField(
        label=gettext_lazy("Thousands are parted by"),
        required=False,
        choices=[
            ("", gettext_lazy("nothing or spaces")),
            (",", gettext_lazy("a comma: 1,234")),
            (".", gettext_lazy("a point: 1.234")),
            ("'", gettext_lazy("an apostrophe: 1'234")),
        ],
        widget=UnfoldAdminSelectWidget(),
    )
    dates = forms.ChoiceField(
        label=gettext_lazy("Dates look like"), required=False, widget=UnfoldAdminSelectWidget()
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency where the file names none"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"maxlength": "3", "autocapitalize": "characters"}),
    )
    timezone = forms.CharField(
        label=gettext_lazy("Time zone of its times"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"list": "zones"}),
    )
    return_prefix = forms.CharField(
        label=gettext_lazy("Numbers of returns begin with"),
        max_length=20,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
    )
    create_partners = forms.BooleanField(
        label=gettext_lazy("Enrol partners that are not known yet"),
        required=False,
        widget=UnfoldBooleanWidget(),
        help_text=gettext_lazy("Otherwise their documents wait until the partner is known."),
    )
    read_as = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        kind: str,
        headers: Sequence[str],
        sheets: Sequence[str],
        content: dict[str, Any],
        **kwargs: Any,
    ) -> None:
        self.kind, self.before, self.content = kind, content, content
        self.names = columns_of(kind)
        shown = [header for header in dict.fromkeys(headers) if header.strip()]
        kwargs["initial"] = self._read_content(content, shown) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        for name, label in self.names.items():
            self.fields[COLUMN + name] = forms.ChoiceField(
                label=capfirst(str(label)),
                required=False,
                choices=[("", _("not in the file")), *((each, each) for each in shown)],
                widget=UnfoldAdminSelectWidget(),
            )
        self._offer_formats(content.get("format", {}), sheets)
        if not may_mark_returns(kind):
            del self.fields["return_prefix"]
        if kind == PARTNERS:
            del self.fields["create_partners"]

    # ------------------------------------------------------------- what is offered

    def _offer_formats(self, form: dict[str, Any], sheets: Sequence[str]) -> None:
        found = _("found out")
        saved = form.get("delimiter")
        others = {saved: repr(saved)} if saved and saved not in DELIMITERS else {}
        self._offer("delimiter", {"": found, **DELIMITERS, **others})
        encodings = dict.fromkeys(filter(None, (*ENCODINGS, form.get("encoding"))))
        self._offer("encoding", {"": found, **{name: name for name in encodings}})
        if sheets:
            del self.fields["delimiter"], self.fields["encoding"]
            self._offer("sheet", {"": found, **{name: name for name in sheets}})
        else:
            del self.fields["sheet"]
        dates = {"": "2026-12-31", **DATES}
        if self.initial["dates"] == SAVED:
            dates[SAVED] = ", ".join(_as_list(form.get("dates", [])))
        self._offer("dates", dates)

    def _offer(self, name: str, choices: dict[str, Any]) -> None:
        field: forms.ChoiceField = self.fields[name]  # type: ignore[assignment]  # only such are offered
        field.choices = list(choices.items())

    def _read_content(self, content: dict[str, Any], headers: Sequence[str]) -> dict[str, Any]:
        form, rules = content.get("format", {}), content.get("rules", {})
        defaults = content.get("defaults", {})
        columns = {**content.get("columns", {}), **content.get("attributes", {})}
        known = {normalise_header(header): header for header in reversed(headers)}
        # Without columns a file is expected to use our own names.
        wanted = columns or {name: name for name in self.names}
        initial = {
            COLUMN + name: known.get(normalise_header(header), "")
            for name, header in wanted.items()
        }
        return initial | {
            **{name: form.get(name, "") for name in READING},
            "decimal": form.get("decimal", "."),
            "thousands": form.get("thousands", ""),
            "dates": _order_of(_as_list(form.get("dates", []))),
            "currency": defaults.get("currency", ""),
            "timezone": defaults.get("timezone", "UTC"),
            "return_prefix": rules.get("return_prefix", ""),
            "create_partners": rules.get("create_partners", False),
        }

    def column_fields(self) -> list[forms.BoundField]:
        return [self[COLUMN + name] for name in self.names]

    def value_fields(self) -> list[forms.BoundField]:
        return [
            self[name]
            for name in self.fields
            if not name.startswith(COLUMN) and name not in {"read_as", "create_partners"}
        ]

    # ------------------------------------------------------------- what is chosen

    def clean_currency(self) -> str:
        code: str = self.cleaned_data["currency"].strip().upper()
        if code and code not in CURRENCIES:
            raise forms.ValidationError(_("This is not a currency code such as GBP."))
        return code

    def clean_timezone(self) -> str:
        name: str = self.cleaned_data["timezone"].strip() or "UTC"
        if name not in available_timezones():
            raise forms.ValidationError(_("This is not a time zone such as Europe/London."))
        return name

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        if self.errors:
            return cleaned
        if cleaned["decimal"] == cleaned["thousands"]:
            self.add_error("thousands", _("Not the same sign as for decimals."))
            return cleaned
        self.content = self._make_content(cleaned)
        try:
            parse = parse_company_mapping if self.kind == PARTNERS else parse_mapping
            mapping = parse(self.content)
        except MappingInvalid as error:
            raise forms.ValidationError(str(error)) from error
        for name in self._list_missing(mapping):
            instead = INSTEAD.get(name, gettext_lazy("The file needs a column for this."))
            self.add_error(COLUMN + name, str(instead))
        return cleaned

    def _make_content(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        columns = {name: cleaned[COLUMN + name] for name in self.names if cleaned[COLUMN + name]}
        form = {name: cleaned[name] for name in (*READING, "thousands") if cleaned.get(name)}
        if cleaned["decimal"] != ".":
            form["decimal"] = cleaned["decimal"]
        if cleaned["dates"] == SAVED:
            form["dates"] = _as_list(self.before["format"]["dates"])
        elif cleaned["dates"]:
            form["dates"] = [cleaned["dates"] + time for time in TIMES]
        defaults = {"timezone": cleaned["timezone"]}
        if cleaned["currency"]:
            defaults["currency"] = cleaned["currency"]
        rules: dict[str, Any] = {}
        if cleaned.get("return_prefix"):
            rules["return_prefix"] = cleaned["return_prefix"]
        if cleaned.get("create_partners"):
            rules["create_partners"] = True
        content: dict[str, Any] = {**arrange(columns, kind=self.kind), "defaults": defaults}
        return content | ({"format": form} if form else {}) | ({"rules": rules} if rules else {})

    def _list_missing(self, mapping: Any) -> list[str]:
        places = {name: 0 for name in self.names if self.cleaned_data[COLUMN + name]}
        if self.kind == PARTNERS:
            required = ["erp_number"]
        else:
            required = list_required(find_kind(self.kind), mapping, places)
        return [name for name in required if name in self.names and name not in places]


def _as_list(dates: Any) -> list[str]:
    return [dates] if isinstance(dates, str) else list(dates)


def _order_of(patterns: Sequence[str]) -> str:
    """Return the order of day and month that all the patterns share, if it is one we offer."""
    if not patterns:
        return ""
    known = {order + time: order for order in DATES for time in TIMES}
    orders = {known.get(pattern, SAVED) for pattern in patterns}
    return orders.pop() if len(orders) == 1 else SAVED
