"""Tiers, settings, names of points, and the document itself: the other tabs of a version."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.doors.admin import BaseAdmin
from partners.doors.parsing import parse_json
from partners.doors.problems import Refusal
from partners.wording import UnitWording
from rewards.admin.programmes.frame import (
    address,
    lists_for,
    read_names,
    speaker_of,
)
from rewards.admin.programmes.refusals import put_beside, say_elsewhere, say_refusal
from rewards.admin.programmes.row_form import list_rows
from rewards.admin.programmes.saving import Saving
from rewards.admin.programmes.settings_form import SettingsForm
from rewards.admin.programmes.tier_form import TierForm
from rewards.admin.programmes.trees import place_of
from rewards.models import ProgrammeVersion
from rewards.programmes.definition import InvalidDefinition
from rewards.programmes.drafting import (
    change_settings,
    change_tiers,
    make_code,
    replace_with,
)
from rewards.programmes.sentences import LANGUAGE_NAMES, tell_settings, tell_tier

# The plural forms of each language, each with a number that takes it.
FORMS_OF: Mapping[str, tuple[tuple[str, Any], ...]] = {
    "en": (("one", 1), ("other", 5)),
    "uk": (("one", 1), ("few", 3), ("many", 7), ("other", Decimal("1.5"))),
    "pl": (("one", 1), ("few", 3), ("many", 7), ("other", Decimal("1.5"))),
    "ru": (("one", 1), ("few", 3), ("many", 7), ("other", Decimal("1.5"))),
}
# A sentence in its own language, whatever the language of the page.
EXAMPLES = {
    "en": "You have %s.",
    "uk": "У вас %s.",
    "pl": "Masz %s.",
    "ru": "У вас %s.",
}


# ------------------------------------------------------------------------- tiers


def tiers(page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion) -> HttpResponse:
    names = read_names()
    document = version.definition
    saving = Saving(page, request, version)
    lists = lists_for(document, version.programme, names)
    speaker = speaker_of(document, version.programme, names)
    rows = list_rows(
        TierForm, "tiers", data=saving.data, rows=document.get("tiers", []), lists=lists
    )
    others: list[str] = []
    if saving.is_saving and rows.is_valid():
        read = read_tiers(rows.forms)
        if not any(form.errors for form in rows.forms):
            if saving.save(lambda draft: change_tiers(draft, read), _("The tiers were changed.")):
                return HttpResponseRedirect(address("tiers", version))
            if saving.refused:
                document = change_tiers(document, read)
                if not place_tier_refusal(rows.forms, saving.refused):
                    others.append(say_elsewhere(saving.refused, document, speaker))
    return saving.answer(
        "tiers",
        saving.context("tiers")
        | {
            "rows": rows,
            "others": others,
            "told": [tell_tier(tier, speaker) for tier in document.get("tiers", [])],
        },
    )


def read_tiers(forms_: list[Any]) -> list[dict[str, Any]]:
    """Return the rows of the tiers; a new one gets a code of its name."""
    read: list[dict[str, Any]] = []
    for form in forms_:
        taken = [row["code"] for row in read]
        read.append(form.read() | {"code": form.code or make_code(form.english, taken)})
    return read


def place_tier_refusal(forms_: list[Any], error: InvalidDefinition) -> bool:
    """Put a refusal beside its field; return whether it is about one tier."""
    if not error.path.startswith("tiers[") or place_of(error.path) >= len(forms_):
        return False
    form = forms_[place_of(error.path)]
    put_beside(form, form.field_at(error.path.rpartition(".")[2]), error)
    return True


# ---------------------------------------------------------------------- settings


def settings(page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion) -> HttpResponse:
    names = read_names()
    document = version.definition
    saving = Saving(page, request, version)
    lists = lists_for(document, version.programme, names)
    speaker = speaker_of(document, version.programme, names)
    form = SettingsForm(saving.data, settings=document.get("settings", {}), lists=lists)
    if saving.is_saving and form.is_valid():
        values = form.read()
        if not form.has_errors and saving.save(
            lambda draft: change_settings(draft, values), _("The settings were changed.")
        ):
            return HttpResponseRedirect(address("settings", version))
        if saving.refused:
            document = change_settings(document, values)
            if not form.show_refusal(saving.refused):
                form.others.append(say_elsewhere(saving.refused, document, speaker))
    told = tell_settings(document.get("settings", {}), speaker)
    return saving.answer("settings", saving.context("settings") | {"form": form, "told": told})


# ------------------------------------------------------------------------- names


class NamesOfPoints(forms.Form):
    """What is counted, in every plural form that each language has."""

    def __init__(self, data: Any = None, *, names: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(data)
        for code, plurals in FORMS_OF.items():
            for form, _number in plurals:
                self.fields[f"{code}__{form}"] = forms.CharField(
                    required=code == "en",
                    max_length=40,
                    initial=(names.get(code) or {}).get(form, ""),
                    label=f"{LANGUAGE_NAMES[code]}: {form}",
                    error_messages={"required": _("Fill this in.")},
                )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for code, plurals in FORMS_OF.items():
            given = [form for form, _number in plurals if cleaned.get(f"{code}__{form}")]
            for form, _number in plurals:
                if given and form not in given and f"{code}__{form}" not in self.errors:
                    self.add_error(
                        f"{code}__{form}", _("Fill in every form of a language, or none.")
                    )
        return cleaned

    def read(self, before: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
        names = {}
        for code, plurals in FORMS_OF.items():
            typed = {form: self.cleaned_data[f"{code}__{form}"].strip() for form, _n in plurals}
            if any(typed.values()):
                # A name that stands alone is kept while the word it belongs to is the same.
                old = dict(before.get(code) or {})
                is_same = all(old.get(form) == word for form, word in typed.items())
                names[code] = typed | ({"name": old["name"]} if is_same and "name" in old else {})
        return names


def names(page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion) -> HttpResponse:
    before = version.definition.get("settings", {}).get("unit_names") or {}
    saving = Saving(page, request, version)
    form = NamesOfPoints(saving.data, names=before)
    if saving.is_saving and form.is_valid():
        typed = form.read(before)
        if saving.save(
            lambda draft: change_settings(draft, {"unit_names": typed}),
            _("The names were changed."),
        ):
            return HttpResponseRedirect(address("names", version))
    return saving.answer(
        "names",
        saving.context("names")
        | {
            "form": form,
            "languages": list(show_languages(form)),
            "refused": say_refusal(saving.refused) if saving.refused else "",
        },
    )


def show_languages(form: NamesOfPoints) -> Any:
    """Yield each language with its forms: the field, a number, and a sentence with both."""
    for code, plurals in FORMS_OF.items():
        rows = []
        for plural, number in plurals:
            field = form[f"{code}__{plural}"]
            decimals = 0 if number == int(number) else 1
            shown = UnitWording({code: {plural: "\x00"}}, decimals)
            minor = int(number * 10**decimals)
            start, _nul, end = (EXAMPLES[code] % shown.phrase(minor, code)).partition("\x00")
            if not _nul:
                start, end = EXAMPLES[code] % f"{shown.number(minor, code)} ", ""
                start, end = start.rstrip("."), "."
            rows.append((field, field.value() or "", start, end))
        yield code, LANGUAGE_NAMES[code], rows


# ---------------------------------------------------------------------- document


class DocumentField(forms.JSONField):
    """JSON read as strictly as the API reads it; what cannot be read stays as it was typed."""

    def to_python(self, value: Any) -> Any:
        try:
            parse_json((value or "").strip().encode("utf-8") or b"{}")
        except Refusal as error:
            raise forms.ValidationError(str(error)) from error
        return super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        return InvalidJSONInput(data or "")


class DocumentForm(forms.Form):
    definition = DocumentField(
        label=gettext_lazy("Definition"),
        widget=forms.Textarea(attrs={"rows": 40, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Settings, rules, tiers and campaigns. What cannot be used is refused on saving."
        ),
    )


def document(page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion) -> HttpResponse:
    saving = Saving(page, request, version)
    written = json.dumps(version.definition, indent=2, ensure_ascii=False)
    form = DocumentForm(saving.data, initial={"definition": version.definition})
    if saving.is_saving and form.is_valid():
        given = form.cleaned_data["definition"]
        if saving.save(replace_with(given), _("The document was changed.")):
            return HttpResponseRedirect(address("document", version))
        if saving.refused:
            form.add_error("definition", str(saving.refused))
    return saving.answer(
        "document", saving.context("document") | {"form": form, "written": written}
    )
