"""Read single values exactly: no floats, no guesses. What is unclear is refused with a reason."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from django.utils.translation import gettext as _

from partners.importing.mapping import CURRENCY, Mapping
from partners.intake import EARLIEST, LATEST

AMOUNT_MAX_E4 = 10**12 * 10_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
CACHED_VALUES = 65_536
# The same few thousand texts come again and again in a big file.
remember = lru_cache(maxsize=CACHED_VALUES)


class ValueNotReadable(ValueError):
    """A cell does not hold what its column promises. The text is for people."""


def make_amount_reader(mapping: Mapping) -> Callable[[str], int]:
    """Return a function from text to ten-thousandths, by the separators of the mapping."""
    number = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?")

    @remember
    def read_amount(text: str) -> int:
        plain = text.strip()
        for separator in mapping.thousands:
            plain = plain.replace(separator, "")
        if mapping.decimal != ".":
            # A point is then no separator of anything and must not slip through as one.
            plain = plain.replace(".", "?").replace(mapping.decimal, ".")
        found = number.fullmatch(plain)
        if found is None:
            raise ValueNotReadable(_("This is not a number."))
        sign, whole, fraction = found.group(1), found.group(2), (found.group(3) or "").rstrip("0")
        if len(fraction) > 4:
            raise ValueNotReadable(_("More than four decimals cannot be kept exactly."))
        if len(whole.lstrip("0")) > 13:
            raise ValueNotReadable(_("This number is too large."))
        value = int(whole) * 10_000 + int(fraction.ljust(4, "0"))
        if value > AMOUNT_MAX_E4:
            raise ValueNotReadable(_("This number is too large."))
        return -value if sign == "-" else value

    return read_amount


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
        return (moment - EPOCH) // MICROSECOND

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
    if not patterns and re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise ValueNotReadable(_("This is not a date in the expected form."))


def make_text_reader(length_max: int, *, required: bool = False) -> Callable[[str], str]:
    """Return a function that trims a text and refuses one that would not fit."""

    @remember
    def read_text(text: str) -> str:
        trimmed = text.strip()
        if required and not trimmed:
            raise ValueNotReadable(_("This cell must not be empty."))
        if len(trimmed) > length_max:
            raise ValueNotReadable(
                _("This text is longer than %(limit)d characters.") % {"limit": length_max}
            )
        return trimmed

    return read_text


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


def make_currency_reader(default: str) -> Callable[[str], str]:
    @remember
    def read_currency(text: str) -> str:
        code = text.strip().upper() or default
        if not CURRENCY.fullmatch(code):
            raise ValueNotReadable(_("This is not a currency code such as GBP."))
        return code

    return read_currency
