"""
Why a draft was refused, in the words of the page it was typed on.

A refusal names its place as the document has it (``rules[1].effect.percent``) and counts in minor
units and percents. People read names of rules and labels, and count in what they typed.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from partners.doors.showing import language
from partners.wording import format_number
from rewards.admin.programmes.asked import ShiftedField
from rewards.programmes.definition import InvalidDefinition
from rewards.programmes.sentences import Speaker, name_in
from rewards.programmes.values import NotBetween


def put_beside(form: forms.Form, place: str | None, error: InvalidDefinition) -> None:
    """Show a refusal beside a field of the form."""
    form.add_error(place, say_refusal(error, form.fields[place] if place else None))


def say_refusal(error: InvalidDefinition, field: forms.Field | None = None) -> str:
    """Make a sentence of why a value was refused; bounds are those of the field."""
    if isinstance(error, NotBetween):
        places = field.shifted_places if isinstance(field, ShiftedField) else 0
        if isinstance(error.value, int) and error.value > error.most:
            return _("This must be at most %(most)s.") % {"most": _shift(error.most, places)}
        return _("This must be at least %(least)s.") % {"least": _shift(error.least, places)}
    reason = error.reason[:1].upper() + error.reason[1:]
    return reason if reason.endswith(".") else _("%(sentence)s.") % {"sentence": reason}


def say_elsewhere(error: InvalidDefinition, document: Mapping[str, Any], speaker: Speaker) -> str:
    """Say which other part of the document is refused, by its name, and why."""
    why = say_refusal(error)
    head, place, rest = _split(error.path)
    if head == "settings":
        return _("In the settings: %(why)s") % {"why": why}
    row = _row_at(document.get(head), place)
    if row is None:
        return why
    if head == "campaigns" and rest.startswith("rules["):
        _head, place, _rest = _split(rest)
        head, row = "rules", _row_at(row.get("rules"), place) or row
    words = {
        "rules": _("The rule “%(name)s”: %(why)s"),
        "campaigns": _("The campaign “%(name)s”: %(why)s"),
        "tiers": _("The tier “%(name)s”: %(why)s"),
    }
    name = name_in(row.get("names"), speaker.language, str(row.get("code", "")))
    return words[head] % {"name": name, "why": why} if head in words else why


def _split(path: str) -> tuple[str, int | None, str]:
    """Take the first step of a path: its name, its number in a list, and what follows."""
    step, _dot, rest = path.partition(".")
    name, _bracket, digits = step.partition("[")
    number = digits.rstrip("]")
    return name, int(number) if number.isdecimal() else None, rest


def _row_at(rows: Any, place: int | None) -> Mapping[str, Any] | None:
    if place is None or not isinstance(rows, Sequence) or place >= len(rows):
        return None
    row = rows[place]
    return row if isinstance(row, Mapping) else None


def _shift(bound: int, places: int) -> str:
    shifted = Decimal(bound).scaleb(-places).normalize()
    return format_number(shifted, language(), max(-int(shifted.as_tuple().exponent), 0))
