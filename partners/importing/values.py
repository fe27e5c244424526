"""Read single values exactly: no floats, no guesses. What is unclear is refused with a reason."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from partners.importing.mapping import CURRENCY, Mapping
from partners.intake import EARLIEST, LATEST
from partners.kinds import Field, FieldType
from partners.kinds.fields import ValueRefused
from partners.models.amounts import from_ten_thousandths

AMOUNT_MAX_E4 = 10**12 * 10_000
# Plain, not breaking, thin and narrow: what people and spreadsheets put between thousands.
SPACES = " \u00a0\u2009\u202f"
NO_DIGIT = re.compile(r"[^0-9]")
SHORTENED = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?E\+[0-9]{1,3}", re.ASCII | re.IGNORECASE)
SERIAL = re.compile(r"[1-9][0-9]{4}(?:[.,][0-9]+)?", re.ASCII)
CONTROL = re.compile(r"[\x00-\x1f]")
SHEET_ERRORS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}
)
YES = frozenset({"x", "tak", "так", "да"})
NO = frozenset({"nie", "ні", "нет"})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
CACHED_VALUES = 65_536
# The same few thousand texts come again and again in a big file.
remember = lru_cache(maxsize=CACHED_VALUES)


class ValueNotReadable(ValueError):
    """A cell does not hold what its column promises. The text is for people."""


def make_amount_reader(mapping: Mapping) -> Callable[[str], int]:
    """
    Return a function from text to ten-thousandths, by the separators of the mapping.

    Spaces between groups of three digits are no guess, so they are read always. What is below
    zero may also be written as accountants do: (5) or 5-.
    """
    number = _make_number(mapping)

    @remember
    def read_amount(text: str) -> int:
        plain, is_negative = _strip_sign(text.strip())
        found = number.fullmatch(plain)
        if found is None:
            refuse_shortened(plain)
            raise ValueNotReadable(_("This is not a number."))
        whole = NO_DIGIT.sub("", found["whole"])
        fraction = (found["rest"] or "").rstrip("0")
        if len(fraction) > 4:
            raise ValueNotReadable(_("More than four decimals cannot be kept exactly."))
        if len(whole.lstrip("0")) > 13:
            raise ValueNotReadable(_("This number is too large."))
        value = int(whole) * 10_000 + int(fraction.ljust(4, "0"))
        if value > AMOUNT_MAX_E4:
            raise ValueNotReadable(_("This number is too large."))
        return -value if is_negative else value

    return read_amount


def _make_number(mapping: Mapping) -> re.Pattern[str]:
    separators = re.escape(f"{SPACES}{mapping.thousands}")
    grouped = f"[0-9]{{1,3}}(?P<by>[{separators}])[0-9]{{3}}(?:(?P=by)[0-9]{{3}})*"
    return re.compile(
        f"(?P<whole>{grouped}|[0-9]+)(?:{re.escape(mapping.decimal)}(?P<rest>[0-9]+))?"
    )


def _strip_sign(text: str) -> tuple[str, bool]:
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1].strip(), True
    if text.endswith("-"):
        return text[:-1].rstrip(), True
    if text.startswith("-"):
        return text[1:].lstrip(), True
    return text.removeprefix("+"), False


def refuse_shortened(text: str) -> None:
    """
    Say so where a spreadsheet kept only the first digits of a long number.

    :raises ValueNotReadable: If the text looks like 1.23E+15.
    """
    if SHORTENED.fullmatch(text):
        raise ValueNotReadable(
            _("A spreadsheet shortened this number. Format the column as text and export again.")
        )


def multiply(quantity_e4: int, unit_price_e4: int) -> int:
    """
    Return the exact amount in ten-thousandths.

    :raises ValueNotReadable: If it is not exact, or too large.
    """
    amount_e4, rest = divmod(quantity_e4 * unit_price_e4, 10_000)
    if rest:
        raise ValueNotReadable(_("Quantity times price has more than four decimals."))
    if abs(amount_e4) > AMOUNT_MAX_E4:
        raise ValueNotReadable(_("Quantity times price is too large."))
    return amount_e4


def make_time_reader(mapping: Mapping, *, shift_days: int = 0) -> Callable[[str], int]:
    """
    Return a function from text to microseconds since 1970 (UTC).

    A time without offset is local time of the mapping's zone; of two equal local times in
    autumn it is the first. ``shift_days`` moves the local date and keeps the local time.
    """
    shift = timedelta(days=shift_days)

    @remember
    def read_time(text: str) -> int:
        moment = _parse(text.strip(), mapping.dates)
        try:
            moment += shift
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=mapping.zone)
            moment = moment.astimezone(UTC)
        except OverflowError as error:
            raise ValueNotReadable(_("This date is out of range.")) from error
        if not EARLIEST <= moment < LATEST:
            raise ValueNotReadable(_("This date is out of range."))
        return to_microseconds(moment)

    return read_time


def make_day_reader(mapping: Mapping, *, shift_days: int = 0) -> Callable[[str], str]:
    """Return a function from text to an ISO date; an empty cell stays empty."""

    @remember
    def read_day(text: str) -> str:
        if not text.strip():
            return ""
        try:
            moved = _parse(text.strip(), mapping.dates) + timedelta(days=shift_days)
        except OverflowError as error:
            raise ValueNotReadable(_("This date is out of range.")) from error
        return moved.date().isoformat()

    return read_day


def to_microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def to_moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def to_day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _parse(text: str, patterns: tuple[str, ...]) -> datetime:
    for pattern in patterns:
        try:
            # The zone is put on by the caller, who knows it.
            return datetime.strptime(text, pattern)  # noqa: DTZ007
        except ValueError:
            continue
    # Year first is never anything else, whatever the patterns; workbooks hand on their days so.
    if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    if SERIAL.fullmatch(text):
        raise ValueNotReadable(
            _("This is the number by which a spreadsheet keeps a day. Format it as a date.")
        )
    raise ValueNotReadable(_("This is not a date in the expected form."))


def make_text_reader(length_max: int, *, required: bool = False) -> Callable[[str], str]:
    """Return a function that trims a text and refuses one that would not fit."""

    @remember
    def read_text(text: str) -> str:
        trimmed = text.strip()
        if "\0" in trimmed:
            raise ValueNotReadable(_("This text holds a NUL character."))
        if required and not trimmed:
            raise ValueNotReadable(_("This cell must not be empty."))
        if len(trimmed) > length_max:
            raise ValueNotReadable(
                _("This text is longer than %(limit)d characters.") % {"limit": length_max}
            )
        return trimmed

    return read_text


def make_name_reader(length_max: int, *, required: bool = False) -> Callable[[str], str]:
    """Return a function for what names something: a number of a document, a partner, an SKU."""
    read_text = make_text_reader(length_max, required=required)

    @remember
    def read_name(text: str) -> str:
        name = read_text(text)
        refuse_shortened(name)
        if name in SHEET_ERRORS:
            raise ValueNotReadable(_("The spreadsheet holds an error here, not a value."))
        if name.startswith("=") or CONTROL.search(name):
            raise ValueNotReadable(_("This is a formula or several lines, not a name."))
        return name

    return read_name


def make_field_reader(
    field: Field | None, mapping: Mapping, *, read_day: Callable[[str], str]
) -> Callable[[str], Any]:
    """
    Return a function from a cell to a typed value of a kind, as it is kept; None if it is empty.

    Without a field it is an attribute that nobody declared, and kept as text.
    """
    read_open = make_text_reader(500)
    read_amount = make_amount_reader(mapping)

    @remember
    def read_field(text: str) -> Any:
        written = text.strip()
        if not written and (field is None or not field.is_required):
            return None
        if field is None:
            return read_open(written)
        if field.type is FieldType.NUMBER:
            return show_amount(read_amount(written))
        if field.type is FieldType.DAY:
            return read_day(written)
        if field.type is FieldType.YES_NO and written.casefold() in YES | NO:
            return written.casefold() in YES
        try:
            return field.read_text(written)
        except ValueRefused as refused:
            raise ValueNotReadable(str(refused)) from refused

    return read_field


@lru_cache(maxsize=16_384)
def show_amount(value_e4: int) -> str:
    """Return an exact decimal without needless zeros: 2.55, 12, 0.001."""
    return f"{from_ten_thousandths(value_e4).normalize():f}"


def make_reference_reader(length_max: int) -> Callable[[str], str]:
    """Return a function for the number of a document: one word, since journals keep it for good."""
    read_text = make_text_reader(length_max)

    @remember
    def read_reference(text: str) -> str:
        reference = read_text(text)
        if "@" in reference or len(reference.split()) > 1:
            raise ValueNotReadable(_("Write one word without @, such as the number of a document."))
        return reference

    return read_reference


def make_currency_reader(default: str, *, required: bool = True) -> Callable[[str], str]:
    @remember
    def read_currency(text: str) -> str:
        code = text.strip().upper() or default
        if not code and not required:
            return code
        if not CURRENCY.fullmatch(code):
            raise ValueNotReadable(_("This is not a currency code such as GBP."))
        return code

    return read_currency
