"""
Fields of the rule editor: how each value of a document is asked for, shown and read.

A document keeps minor units, percents and the first day after; people write units, times and the
last day. That is translated here and nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum, auto
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Choices = Sequence[tuple[str, Any]]

DIGITS_MAX = 15


class Type(StrEnum):
    TEXT = auto()
    WHOLE = auto()
    DECIMAL = auto()
    MONEY = auto()
    UNITS = auto()
    TIMES = auto()
    DAY = auto()
    LAST_DAY = auto()
    YES = auto()
    CHOICE = auto()
    CHOICES = auto()
    WORDS = auto()
    LINES = auto()


SHIFTED = frozenset({Type.UNITS, Type.TIMES})
NUMBERS = frozenset({Type.WHOLE, Type.DECIMAL, Type.MONEY, Type.UNITS, Type.TIMES})


@dataclass(frozen=True, slots=True)
class Lists:
    """What can be chosen from: tiers, segments, kinds and rules, each as choices."""

    tiers: Choices = ()
    segments: Choices = ()
    kinds: Choices = ()
    rules: Choices = ()
    currency: str = ""
    unit: str = ""
    decimals: int = 0

    @property
    def tiers_or_none(self) -> Choices:
        return (("", "–"), *self.tiers)


@dataclass(frozen=True, slots=True)
class Asked:
    """
    One value: its name in the document, and how it is asked for.

    ``choices`` are written out, or name one of the ``Lists``. ``default`` is what is shown where
    the document says nothing; a value that is the default is left out if it ``may_be_left_out``.
    """

    name: str
    label: Any
    type: Type = Type.TEXT
    choices: Choices | str = ()
    hint: Any = ""
    default: Any = None
    is_needed: bool = True
    may_be_left_out: bool = field(default=False)


class ShiftedField(forms.DecimalField):
    """A number that is finer in the document by so many places; refusals tell its bounds as typed."""

    def __init__(self, *, shifted_places: int, **more: Any) -> None:
        super().__init__(**more)
        self.shifted_places = shifted_places


def make_field(asked: Asked, lists: Lists) -> forms.Field:
    """Return a form field that may stay empty: what is needed depends on what was chosen."""
    common: dict[str, Any] = {
        "label": _label(asked, lists),
        "help_text": asked.hint,
        "required": False,
    }
    if asked.type in NUMBERS:
        return _make_number(asked, lists, common)
    match asked.type:
        case Type.DAY | Type.LAST_DAY:
            return forms.DateField(
                widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
                # The document keeps the day after the last one, which must be one.
                validators=[MaxValueValidator(date.max - timedelta(days=1))],
                **common,
            )
        case Type.YES:
            return forms.BooleanField(**common)
        case Type.CHOICE:
            return forms.ChoiceField(choices=choices_of(asked, lists), **common)
        case Type.CHOICES:
            return forms.MultipleChoiceField(
                choices=choices_of(asked, lists), widget=forms.CheckboxSelectMultiple, **common
            )
        case Type.LINES:
            return forms.CharField(widget=forms.Textarea(attrs={"rows": 5}), **common)
    return forms.CharField(max_length=2_000, **common)


def _make_number(asked: Asked, lists: Lists, common: dict[str, Any]) -> forms.Field:
    if asked.type is Type.WHOLE:
        return forms.IntegerField(widget=_input("numeric"), **common)
    shifted = shifted_places(asked, lists)
    # Localised, so that a comma is a decimal sign where people write one.
    return ShiftedField(
        shifted_places=shifted,
        max_digits=DIGITS_MAX,
        decimal_places=shifted if asked.type in SHIFTED else 4,
        localize=True,
        widget=_input("decimal"),
        **common,
    )


def shifted_places(asked: Asked, lists: Lists) -> int:
    """Return by how many places what is typed is finer in the document: units and percents."""
    return {Type.UNITS: lists.decimals, Type.TIMES: 2}.get(asked.type, 0)


def choices_of(asked: Asked, lists: Lists) -> list[tuple[str, Any]]:
    named = getattr(lists, asked.choices) if isinstance(asked.choices, str) else asked.choices
    return list(named)


def as_shown(asked: Asked, row: Mapping[str, Any], lists: Lists) -> Any:
    """Return what a form shows of a stored row."""
    stored = row.get(asked.name)
    if stored is None:
        return asked.default
    if asked.type in NUMBERS:
        shown = Decimal(str(stored)).scaleb(-shifted_places(asked, lists))
        return _plain(shown, places=2 if asked.type is Type.MONEY else 0)
    match asked.type:
        case Type.LAST_DAY:
            return date.fromisoformat(stored) - timedelta(days=1)
        case Type.DAY:
            return date.fromisoformat(stored)
        case Type.WORDS:
            return ", ".join(str(w).lower() if isinstance(w, bool) else str(w) for w in stored)
        case Type.CHOICES:
            return [str(one) for one in stored]
    return stored


def as_stored(asked: Asked, value: Any, lists: Lists) -> Any:
    """Return what a document keeps of what was typed; None for nothing."""
    if value in (None, "", []):
        return None
    match asked.type:
        case Type.UNITS | Type.TIMES:
            return int(value.scaleb(shifted_places(asked, lists)))
        case Type.MONEY | Type.DECIMAL:
            return _plain(value)
        case Type.LAST_DAY:
            return (value + timedelta(days=1)).isoformat()
        case Type.DAY:
            return value.isoformat()
        case Type.WORDS:
            return split_words(value)
    return value


def read_values(
    asked_for: Sequence[Asked], form: forms.Form, lists: Lists, *, prefix: str = ""
) -> dict[str, Any]:
    """Return the stored form of what was typed; what is needed and missing is an error there."""
    values: dict[str, Any] = {}
    for asked in asked_for:
        name = f"{prefix}{asked.name}"
        if name not in form.cleaned_data:
            continue
        stored = as_stored(asked, form.cleaned_data[name], lists)
        if stored is None and asked.type is not Type.YES:
            if asked.is_needed:
                form.add_error(name, _("Fill this in."))
            continue
        if asked.may_be_left_out and stored == asked.default:
            continue
        values[asked.name] = bool(stored) if asked.type is Type.YES else stored
    return values


def split_words(text: str) -> list[str]:
    """Return words that stand with commas, semicolons or lines between them, each once."""
    parts = text.replace("\n", ",").replace(";", ",").split(",")
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _label(asked: Asked, lists: Lists) -> Any:
    if asked.type is Type.MONEY:
        return _("%(label)s (%(currency)s)") % {"label": asked.label, "currency": lists.currency}
    if asked.type is Type.UNITS:
        return _("%(label)s (%(currency)s)") % {"label": asked.label, "currency": lists.unit}
    return asked.label


def _input(mode: str) -> forms.TextInput:
    return forms.TextInput(attrs={"inputmode": mode, "autocomplete": "off"})


def _plain(value: Decimal, *, places: int = 0) -> str:
    """Write a number without zeros behind, but with as many places as money has."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    whole, _point, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(places, '0')}" if fraction and places else text


PERIODS: Choices = (
    ("day", gettext_lazy("a day")),
    ("week", gettext_lazy("a week")),
    ("month", gettext_lazy("a month")),
    ("quarter", gettext_lazy("a quarter")),
    ("year", gettext_lazy("a year")),
    ("lifetime", gettext_lazy("ever")),
)
