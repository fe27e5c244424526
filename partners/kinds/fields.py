"""Typed fields of a kind: what each takes, and what it is kept as in ``Activity.attributes``."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Words = str | Promise

TEXT_LENGTH_MAX = 500
WHOLE_MAX = 2**53 - 1
DECIMAL_TEXT = re.compile(r"-?\d{1,14}(\.\d{1,4})?", re.ASCII)
WHOLE_TEXT = re.compile(r"-?\d{1,16}", re.ASCII)
DAY_TEXT = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
SAID_YES = frozenset({"1", "true", "yes", "y", "on"})
SAID_NO = frozenset({"0", "false", "no", "n", "off"})


class FieldType(StrEnum):
    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    DAY = "day"
    YES_NO = "yes_no"
    CHOICE = "choice"


TYPE_NAMES = {
    FieldType.TEXT: gettext_lazy("text"),
    FieldType.WHOLE: gettext_lazy("whole number"),
    FieldType.NUMBER: gettext_lazy("decimal number"),
    FieldType.DAY: gettext_lazy("day"),
    FieldType.YES_NO: gettext_lazy("yes or no"),
    FieldType.CHOICE: gettext_lazy("one of a list"),
}


class ValueRefused(ValueError):
    """A value does not fit its field; ``code`` is for systems, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """
    One value that a report of a kind may carry beside the basics.

    ``least`` bounds numbers, ``most`` whole ones; ``choices`` are what a choice may be: code and
    name. A number is kept as a decimal text and a day as ``2026-03-02``, so that nothing is lost.
    A number that ``is_money`` is part of the money of the report: in its currency, and never more
    than its net amount.
    """

    name: str
    label: Words
    type: FieldType = FieldType.TEXT
    hint: Words = ""
    is_required: bool = False
    length_max: int = TEXT_LENGTH_MAX
    least: int = -WHOLE_MAX
    most: int = WHOLE_MAX
    choices: tuple[tuple[str, Words], ...] = ()
    is_money: bool = False

    def clean(self, value: Any) -> Any:
        """
        Return a typed value as it is kept.

        :raises ValueRefused: If it is of another type or out of bounds.
        """
        return _CLEANERS[self.type](self, value)

    def read_text(self, text: str) -> Any:
        """
        Return what a cell of a file says, as it is kept.

        :raises ValueRefused: If it says nothing that fits.
        """
        written = text.strip()
        if self.type is FieldType.WHOLE and WHOLE_TEXT.fullmatch(written):
            return self.clean(int(written))
        if self.type is FieldType.YES_NO and written.casefold() in SAID_YES | SAID_NO:
            return written.casefold() in SAID_YES
        return self.clean(written.casefold() if self.type is FieldType.CHOICE else written)

    def show(self, value: Any) -> str:
        """Return a kept value as a person reads it."""
        if self.type is FieldType.YES_NO:
            return _("yes") if value else _("no")
        return str(dict(self.choices).get(str(value), value))


def _clean_text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueRefused("invalid", _("Send a text in quotes."))
    if any(ord(character) < 32 for character in value):
        raise ValueRefused("control", _("The text contains a control character."))
    if len(value) > field.length_max:
        said = _("Write at most %(count)d characters.") % {"count": field.length_max}
        raise ValueRefused("max_length", said)
    if field.is_required and not value.strip():
        raise ValueRefused("blank", _("Please fill this in."))
    return value


def _clean_whole(field: Field, value: Any) -> int:
    # A bool is an int in Python.
    if type(value) is not int:
        raise ValueRefused("invalid", _("Send a whole number, such as 120."))
    if not field.least <= value <= field.most:
        said = _("Send a whole number from %(least)d to %(most)d.")
        raise ValueRefused("out_of_range", said % {"least": field.least, "most": field.most})
    return value


def _clean_number(field: Field, value: Any) -> str:
    if not isinstance(value, str) or not DECIMAL_TEXT.fullmatch(value):
        said = _('Send a decimal text with up to four decimals, such as "128.50".')
        raise ValueRefused("invalid", said)
    if Decimal(value) < field.least:
        said = _("Send a number of %(least)s or more.") % {"least": field.least}
        raise ValueRefused("out_of_range", said)
    return value


def _clean_day(_field: Field, value: Any) -> str:
    refused = ValueRefused("invalid", _("Send a day such as 2026-03-02."))
    if not isinstance(value, str) or not DAY_TEXT.fullmatch(value):
        raise refused
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise refused from error


def _clean_yes_no(_field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueRefused("invalid", _("Send true or false."))
    return value


def _clean_choice(field: Field, value: Any) -> str:
    codes = [code for code, _name in field.choices]
    if value not in codes:
        said = _("Send one of: %(choices)s.") % {"choices": ", ".join(codes)}
        raise ValueRefused("invalid_choice", said)
    return str(value)


_CLEANERS: dict[FieldType, Callable[[Field, Any], Any]] = {
    FieldType.TEXT: _clean_text,
    FieldType.WHOLE: _clean_whole,
    FieldType.NUMBER: _clean_number,
    FieldType.DAY: _clean_day,
    FieldType.YES_NO: _clean_yes_no,
    FieldType.CHOICE: _clean_choice,
}
