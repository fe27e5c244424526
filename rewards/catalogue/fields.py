"""Fields that a reward kind asks for: of the manager (terms) and of the taker (details)."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

Words = str | Promise

MONEY_MAX = Decimal(1_000_000)


class FieldType(StrEnum):
    TEXT = "text"
    WHOLE = "whole"
    MONEY = "money"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One value to fill in. ``autocomplete`` is the token browsers know it by."""

    name: str
    label: Words
    type: FieldType = FieldType.TEXT
    hint: Words = ""
    is_required: bool = True
    length_max: int = 100
    least: int = 1
    most: int = 1_000_000
    has_lines: bool = False
    autocomplete: str = "off"


class FieldsNotValid(Exception):
    """Values do not fit the fields asked for. ``errors`` has a sentence per field name."""

    code = "details_not_valid"

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {error}" for name, error in sorted(errors.items())))
        self.errors = errors


def check(fields: Sequence[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the cleaned values, without the empty ones.

    :raises FieldsNotValid: If one is missing, of the wrong type, out of bounds or not asked for.
    """
    errors: dict[str, str] = {}
    cleaned: dict[str, Any] = {}
    for unknown in sorted(set(values) - {field.name for field in fields}):
        errors[unknown] = _("This reward does not ask for it.")
    for field in fields:
        try:
            value = _clean(field, values.get(field.name))
        except _Refused as refused:
            errors[field.name] = str(refused)
            continue
        if value is not None:
            cleaned[field.name] = value
    if errors:
        raise FieldsNotValid(errors)
    return cleaned


class _Refused(Exception):
    """One value does not fit; the message says what would."""


def _clean(field: Field, value: Any) -> Any:
    if value is None or (isinstance(value, str) and not _visible(value)):
        if field.is_required:
            raise _Refused(_("Please fill this in."))
        return None
    if field.type is FieldType.WHOLE:
        return _clean_whole(field, value)
    if field.type is FieldType.MONEY:
        return _clean_money(value)
    return _clean_text(field, value)


def _visible(text: str) -> str:
    """Return what of a text can be seen: zero-width and direction marks alone say nothing."""
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf").strip()


def _clean_text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise _Refused(_("Write text here."))
    text = value.strip()
    if "\x00" in text or (not field.has_lines and len(text.splitlines()) > 1):
        raise _Refused(_("Write one line without special characters."))
    if len(text) > field.length_max:
        raise _Refused(_("Write at most %(count)d characters.") % {"count": field.length_max})
    return text


def _clean_whole(field: Field, value: Any) -> int:
    # A bool is an int in Python, and int() reads digits of every script and 1_000.
    is_number = isinstance(value, int) and not isinstance(value, bool)
    is_digits = isinstance(value, str) and value.strip().isascii() and value.strip().isdigit()
    number = int(value) if is_number or (is_digits and len(value) < 16) else None
    if number is None or not field.least <= number <= field.most:
        raise _Refused(
            _("Write a whole number from %(least)d to %(most)d.")
            % {"least": field.least, "most": field.most}
        )
    return number


def _clean_money(value: Any) -> str:
    """Money stays a decimal string with two places: JSON would make it a float."""
    try:
        amount = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite() or not 0 < amount <= MONEY_MAX:
        raise _Refused(_("Write an amount such as 25.00."))
    if amount != round(amount, 2):
        raise _Refused(_("Write at most two decimals."))
    return f"{amount:.2f}"
