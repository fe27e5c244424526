"""Single values of a definition as it is stored: each is read, or refused with its place."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.translation import gettext as _

from partners.models.amounts import AmountTooPrecise, to_ten_thousandths

LANGUAGES = ("en", "uk", "pl", "ru")

SLUG: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
WORDS_MAX: Final = 10_000
WORD_LENGTH_MAX: Final = 200
# Twice what the forms take: the copy of a copy says so in its name.
NAME_LENGTH_MAX: Final = 200
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?(E[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
# Far above any turnover, far below what a column of whole ten-thousandths can hold.
MONEY_MAX: Final = Decimal(10**12)

Names = Mapping[str, str]


class InvalidDefinition(ValueError):
    """The definition cannot be used; ``path`` says where, ``reason`` says why."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class NotBetween(InvalidDefinition):
    """A whole number is missing, is none, or lies outside of its bounds."""

    def __init__(self, path: str, *, value: Any, least: int, most: int) -> None:
        super().__init__(
            path,
            _("must be a whole number from %(at_least)s to %(at_most)s")
            % {"at_least": least, "at_most": most},
        )
        self.value = value
        self.least = least
        self.most = most


def read_code(row: Mapping[str, Any], path: str) -> str:
    return read_slug(row.get("code"), f"{path}.code")


def read_slug(value: Any, path: str) -> str:
    """Read a code of letters, digits, hyphens and underscores."""
    if not isinstance(value, str) or not SLUG.fullmatch(value):
        raise InvalidDefinition(
            path, _("must be a code of letters, digits, hyphens and underscores, at most 64")
        )
    return value


def read_table(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidDefinition(path, _("must be a table of names and values"))
    return value


def read_rows(value: Any, path: str) -> list[tuple[Mapping[str, Any], str]]:
    """Read a list of tables; each comes with its own path."""
    if not isinstance(value, list | tuple):
        raise InvalidDefinition(path, _("must be a list"))
    return [
        (read_table(row, f"{path}[{place}]"), f"{path}[{place}]") for place, row in enumerate(value)
    ]


def read_words(value: Any, path: str) -> tuple[str, ...]:
    """Read a list of words that is not empty, such as codes or article numbers."""
    if not isinstance(value, list | tuple) or not 0 < len(value) <= WORDS_MAX:
        raise InvalidDefinition(path, _("must be a list with something in it"))
    for place, word in enumerate(value):
        if not isinstance(word, str) or not 0 < len(word) <= WORD_LENGTH_MAX:
            raise InvalidDefinition(f"{path}[{place}]", _("must be a word"))
    return tuple(value)


def read_choices(value: Any, choices: Sequence[str], path: str) -> tuple[str, ...]:
    """Read a list of words, each one of the choices."""
    words = read_words(value, path)
    for place, word in enumerate(words):
        read_choice(word, tuple(choices), f"{path}[{place}]")
    return words


def read_day(row: Mapping[str, Any], field: str, path: str) -> date | None:
    value = row.get(field)
    if value is None:
        return None
    refusal = InvalidDefinition(f"{path}.{field}", _("must be a day such as 2026-03-31"))
    # The standard library reads more: weeks, and days without hyphens.
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise refusal
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise refusal from error


def read_choice(value: Any, choices: tuple[str, ...], path: str) -> str:
    if not isinstance(value, str) or value not in choices:
        raise InvalidDefinition(
            path, _("must be one of %(choices)s") % {"choices": ", ".join(choices)}
        )
    return value


def read_whole(value: Any, at_least: int, at_most: int, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not at_least <= value <= at_most:
        raise NotBetween(path, value=value, least=at_least, most=at_most)
    return value


def read_yes_or_no(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidDefinition(path, _("must be true or false"))
    return value


def read_money(value: Any, path: str) -> Decimal:
    """Read an amount that is not negative, with at most four decimals."""
    refusal = InvalidDefinition(path, _("must be an amount with at most four decimals"))
    # Decimal reads more: NaN, digits of other scripts, and underscores between them.
    if isinstance(value, bool) or not NUMBER.fullmatch(str(value)):
        raise refusal
    try:
        amount = Decimal(str(value))
        to_ten_thousandths(amount)
    except (InvalidOperation, AmountTooPrecise, ValueError, OverflowError) as error:
        raise refusal from error
    if amount < 0:
        raise InvalidDefinition(path, _("must not be negative"))
    if amount > MONEY_MAX:
        raise InvalidDefinition(path, _("must be at most %(most)s") % {"most": MONEY_MAX})
    return amount


def read_e4(value: Any, path: str) -> int:
    """Read an amount, a quantity or a percentage as whole ten-thousandths, not negative."""
    return to_ten_thousandths(read_money(value, path))


def read_positive_e4(value: Any, path: str) -> int:
    number = read_e4(value, path)
    if number == 0:
        raise InvalidDefinition(path, _("must be above zero"))
    return number


def is_given(row: Mapping[str, Any], name: str) -> bool:
    """Say whether a field has a value: null, an empty text and an empty table are none."""
    return row.get(name) not in (None, "", {})


def refuse_unknown(row: Mapping[str, Any], known: set[str], path: str) -> None:
    if unknown := sorted(set(row) - known):
        raise InvalidDefinition(path, _("unknown: %(names)s") % {"names": ", ".join(unknown)})


def refuse_repeated(codes: Sequence[str], path: str) -> None:
    if len(set(codes)) != len(codes):
        raise InvalidDefinition(path, _("codes must differ"))


def read_names(row: Mapping[str, Any], path: str) -> Names:
    names = read_table(row.get("names", {}), f"{path}.names")
    english = names.get("en")
    if not english or (isinstance(english, str) and not english.strip()):
        raise InvalidDefinition(f"{path}.names", _("an English name is needed"))
    return read_texts(names, NAME_LENGTH_MAX, f"{path}.names")


def read_texts(value: Any, at_most: int, path: str) -> Names:
    """Read a text in each of some languages."""
    texts = read_table(value, path)
    refuse_unknown(texts, set(LANGUAGES), path)
    for language, text in texts.items():
        read_text(text, at_most, f"{path}.{language}")
    return texts


def read_text(value: Any, at_most: int, path: str) -> str:
    # PostgreSQL stores no text with a zero byte.
    if not isinstance(value, str) or len(value) > at_most or "\0" in value:
        raise InvalidDefinition(
            path, _("must be a text of at most %(at_most)s characters") % {"at_most": at_most}
        )
    return value
