"""Own kinds of activities: what a manager calls them, and what a report of one says."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from partners.doors.admin import BaseAdmin, display
from partners.kinds import KINDS, FieldType
from partners.kinds.fields import TYPE_NAMES
from partners.kinds.own import CODE, in_words
from partners.models import OwnKind

FIELDS_MAX = 8
NAME_MAX = 100
CHOICES_MAX = 40
LANGUAGES = [code for code, _name in settings.LANGUAGES]
# Two to a line: more would not fit beside their labels.
SIDE_BY_SIDE = [tuple(LANGUAGES[place : place + 2]) for place in range(0, len(LANGUAGES), 2)]
CODE_TOLD = gettext_lazy("Small letters, digits and underscores, beginning with a letter.")


def _text(label: Any, **more: Any) -> forms.CharField:
    options = {"required": False, "max_length": NAME_MAX, "widget": UnfoldAdminTextInputWidget()}
    return forms.CharField(label=label, **(options | more))


def _named_in(language: Any) -> Any:
    return format_lazy(gettext_lazy("Name, {language}"), language=language)


class OwnKindForm(forms.ModelForm):
    """Names in every language of the portal, and up to eight fields with a type each."""

    class Meta:
        model = OwnKind
        fields = ("code", "description", "has_amount", "has_quantity", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.can_edit = "is_active" in self.fields
        if not self.can_edit:
            return
        stored = self.instance.fields if self.instance.pk else []
        for language, name in settings.LANGUAGES:
            self.fields[f"name_{language}"] = _text(
                _named_in(name),
                required=language == "en",
                initial=(self.instance.names or {}).get(language, ""),
            )
        for place in range(FIELDS_MAX):
            self._add_field(place, stored[place] if place < len(stored) else {})

    def _add_field(self, place: int, stored: Mapping[str, Any]) -> None:
        self.fields[f"field_{place}_name"] = _text(
            gettext_lazy("Code"),
            max_length=40,
            initial=stored.get("name", ""),
            help_text=CODE_TOLD,
        )
        self.fields[f"field_{place}_type"] = forms.ChoiceField(
            label=gettext_lazy("Type"),
            choices=[(each.value, TYPE_NAMES[each]) for each in FieldType],
            required=False,
            initial=stored.get("type", FieldType.TEXT.value),
            widget=UnfoldAdminSelectWidget(),
        )
        self.fields[f"field_{place}_required"] = forms.BooleanField(
            label=gettext_lazy("Must be filled in"),
            required=False,
            initial=stored.get("is_required", False),
            widget=UnfoldBooleanSwitchWidget(),
        )
        self.fields[f"field_{place}_choices"] = _text(
            gettext_lazy("Choices"),
            max_length=500,
            initial=", ".join(stored.get("choices") or ()),
            help_text=gettext_lazy("For one of a list: codes with commas between them."),
        )
        for language, name in settings.LANGUAGES:
            self.fields[f"field_{place}_label_{language}"] = _text(
                _named_in(name), initial=(stored.get("labels") or {}).get(language, "")
            )

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        if not CODE.fullmatch(code):
            raise ValidationError(CODE_TOLD)
        if code in KINDS:
            raise ValidationError(_("There is a kind of this code that is built in."))
        return code

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.can_edit:
            return cleaned
        self.instance.names = self._by_language("name_")
        fields = [self._read_field(place) for place in range(FIELDS_MAX)]
        self.instance.fields = [field for field in fields if field]
        names = [field["name"] for field in self.instance.fields]
        for place, field in enumerate(fields):
            if field and names.count(field["name"]) > 1:
                self.add_error(f"field_{place}_name", _("Another field has this code."))
        return cleaned

    def _by_language(self, prefix: str) -> dict[str, str]:
        told = {
            language: str(self.cleaned_data.get(prefix + language) or "").strip()
            for language in LANGUAGES
        }
        return {language: name for language, name in told.items() if name}

    def _read_field(self, place: int) -> dict[str, Any]:
        """Return a field as it is stored; a row without a code is no field."""
        prefix = f"field_{place}_"
        name = str(self.cleaned_data.get(f"{prefix}name") or "").strip()
        labels = self._by_language(f"{prefix}label_")
        if not name:
            if labels:
                self.add_error(f"{prefix}name", _("Give the field a code."))
            return {}
        if not CODE.fullmatch(name):
            self.add_error(f"{prefix}name", str(CODE_TOLD))
        written = str(self.cleaned_data.get(f"{prefix}choices") or "")
        choices = [choice.strip().casefold() for choice in written.split(",") if choice.strip()]
        kind = self.cleaned_data.get(f"{prefix}type") or FieldType.TEXT.value
        is_choice = kind == FieldType.CHOICE
        if is_choice and not 0 < len(set(choices)) <= CHOICES_MAX:
            self.add_error(f"{prefix}choices", _("Name what may be chosen."))
        return {
            "name": name,
            "type": kind,
            "is_required": bool(self.cleaned_data.get(f"{prefix}required")),
            "labels": labels,
            **({"choices": list(dict.fromkeys(choices))} if is_choice else {}),
        }


def _field_rows(place: int) -> tuple[Any, dict[str, Any]]:
    prefix = f"field_{place}_"
    return (
        _numbered(place + 1),
        {
            "classes": () if place == 0 else ("collapse",),
            "fields": (
                (f"{prefix}name", f"{prefix}type"),
                (f"{prefix}required", f"{prefix}choices"),
                *(tuple(f"{prefix}label_{language}" for language in pair) for pair in SIDE_BY_SIDE),
            ),
        },
    )


def _numbered(number: int) -> Any:
    return format_lazy(gettext_lazy("Field {number}"), number=number)


@admin.register(OwnKind)
class OwnKindAdmin(BaseAdmin):
    """Facts keep the code of their kind: it never changes, and no kind is ever deleted."""

    form = OwnKindForm
    list_display = ("shown_name", "code", "shown_fields", "is_active")
    list_display_links = ("shown_name",)
    list_filter = ("is_active",)
    search_fields = ("code", "names")
    ordering = ("code",)
    edited: ClassVar = (
        (
            None,
            {
                "fields": (
                    ("code", "is_active"),
                    *(tuple(f"name_{language}" for language in pair) for pair in SIDE_BY_SIDE),
                    "description",
                    ("has_amount", "has_quantity"),
                ),
                "description": gettext_lazy(
                    "Systems report activities of this kind by its code. A kind that may not be "
                    "reported any more stays in the history."
                ),
            },
        ),
        *(_field_rows(place) for place in range(FIELDS_MAX)),
    )
    read: ClassVar = (
        (
            None,
            {
                "fields": (
                    ("code", "is_active"),
                    ("shown_name", "description"),
                    ("has_amount", "has_quantity"),
                    "shown_fields",
                )
            },
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        may_edit = (
            self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        )
        return self.edited if may_edit else self.read

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        # The other fields are made by the form itself: Django would look for them in the model.
        kwargs["fields"] = ("code", "description", "has_amount", "has_quantity", "is_active")
        return super().get_form(request, obj, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return ("code", "shown_name", "shown_fields")

    @display(description=gettext_lazy("name"))
    def shown_name(self, kind: OwnKind) -> str:
        return in_words(kind.names, kind.code)

    @display(description=gettext_lazy("fields"))
    def shown_fields(self, kind: OwnKind) -> str:
        names = [in_words(field.get("labels") or {}, field["name"]) for field in kind.fields]
        return ", ".join(names) or "–"
