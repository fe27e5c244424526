"""
How numbers, money and the name of the points are written in each language.

Pure functions: the portal, mails, exports and the API's texts use the same ones. Plural forms and
grouping follow the Unicode CLDR for the four languages of the product.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "UAH": "₴", "PLN": "zł", "CZK": "Kč"}
# All other currencies are written with two decimals. Source: ISO 4217, list one.
WITHOUT_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
WITH_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
DECIMALS_OF_CURRENCIES = {
    **dict.fromkeys(WITHOUT_DECIMALS.split(), 0),
    **dict.fromkeys(WITH_THREE_DECIMALS.split(), 3),
}
FALLBACK_LANGUAGE = "en"

PluralForms = Mapping[str, Mapping[str, str]]

POINTS: PluralForms = {
    "en": {"one": "point", "other": "points"},
    "uk": {"one": "бал", "few": "бали", "many": "балів", "other": "бала"},
    "pl": {"one": "punkt", "few": "punkty", "many": "punktów", "other": "punktu"},
    "ru": {"one": "балл", "few": "балла", "many": "баллов", "other": "балла", "name": "баллы"},
}
# Which form stands alone, as the name of what is counted, where a language gives no ``name``. What
# Russian says after a 2 is no nominative, so it takes the singular.
STANDING_ALONE = {"uk": "few", "pl": "few", "ru": "one"}


def plural_form(language: str, number: int | Decimal) -> str:
    """
    Return which plural form a number takes: ``one``, ``few``, ``many`` or ``other``.

    ``other`` stands for fractions where a language has a form of its own for them.
    Source: CLDR plural rules (cardinals) for en, uk, pl and ru.
    """
    amount = abs(Decimal(number))
    is_whole = amount == amount.to_integral_value()
    if language not in {"uk", "pl", "ru"}:
        return "one" if amount == 1 else "other"
    if not is_whole:
        return "other"
    if language == "pl" and amount == 1:
        return "one"
    last, last_two = int(amount) % 10, int(amount) % 100
    if language != "pl" and last == 1 and last_two != 11:
        return "one"
    if last in {2, 3, 4} and last_two not in {12, 13, 14}:
        return "few"
    return "many"


def format_number(number: int | Decimal, language: str, decimals: int = 0) -> str:
    """Return the number with its language's separators and a real minus."""
    rounded = abs(Decimal(number)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    whole, _, fraction = f"{rounded:f}".partition(".")
    written = _group(whole, language)
    if fraction:
        written += ("." if language == "en" else ",") + fraction
    is_negative = number < 0 and rounded != 0
    return MINUS + written if is_negative else written


def day_format(language: str) -> str:
    """English shortens months; the other languages write them out, as they stand in a date."""
    return "j M Y" if language == "en" else "j E Y"


def format_signed(number: int | Decimal, language: str, decimals: int = 0) -> str:
    """Return the number with its sign before it, also where it is a plus."""
    written = format_number(number, language, decimals)
    return f"+{written}" if number > 0 else written


def format_money(
    amount: Decimal | int,
    currency: str,
    language: str,
    *,
    whole: bool = False,
    exact: bool = False,
) -> str:
    """
    Return an amount with the symbol where the language puts it.

    :param whole: Leave out the decimals where they are zero, as thresholds are written.
    :param exact: Write more than two decimals where there are more, so that it can be checked.
    """
    value = Decimal(amount)
    decimals = DECIMALS_OF_CURRENCIES.get(currency, 2)
    if whole and value == value.to_integral_value():
        decimals = 0
    if exact:
        decimals = max(decimals, -int(value.normalize().as_tuple().exponent))
    written = format_number(value, language, decimals)
    symbol = SYMBOLS.get(currency, currency)
    if language != "en":
        return f"{written}{NO_BREAK_SPACE}{symbol}"
    gap = NO_BREAK_SPACE if symbol.isalpha() else ""
    if written.startswith(MINUS):
        return f"{MINUS}{symbol}{gap}{written[1:]}"
    return f"{symbol}{gap}{written}"


def choose_language(language: str | None, available: Mapping[str, object]) -> str:
    """Return the language itself, the one it is a variant of, or the fallback."""
    for candidate in (language or "", (language or "").split("-")[0], FALLBACK_LANGUAGE):
        if candidate in available:
            return candidate
    return next(iter(available), FALLBACK_LANGUAGE)


@dataclass(frozen=True, slots=True)
class UnitWording:
    """The name of what is counted, with its plural forms, and how many decimals it has."""

    names: PluralForms = field(default_factory=lambda: POINTS)
    decimals: int = 0

    def name(self, amount: int | Decimal, language: str) -> str:
        """Return the word that stands after an amount, such as ``points``."""
        spoken = choose_language(language, self.names)
        forms = self.names.get(spoken, {})
        form = plural_form(spoken, amount)
        return forms.get(form) or forms.get("other") or forms.get("many") or ""

    def name_alone(self, language: str) -> str:
        """Return the word that stands without an amount, as after *Unit:*, in the nominative."""
        spoken = choose_language(language, self.names)
        forms = self.names.get(spoken, {})
        form = STANDING_ALONE.get(spoken, "other")
        return forms.get("name") or forms.get(form) or self.name(2, language)

    def amount(self, minor_units: int) -> Decimal:
        """Return minor units as the amount that people read."""
        return Decimal(minor_units).scaleb(-self.decimals)

    def number(self, minor_units: int, language: str, *, signed: bool = False) -> str:
        write = format_signed if signed else format_number
        return write(self.amount(minor_units), language, self.decimals)

    def phrase(self, minor_units: int, language: str, *, signed: bool = False) -> str:
        """Return number and word, kept on one line: ``1,234 points``."""
        number = self.number(minor_units, language, signed=signed)
        return f"{number}{NO_BREAK_SPACE}{self.name(self.amount(minor_units), language)}"


def _group(digits: str, language: str) -> str:
    # Polish groups from five digits on: 1240, but 12 480.
    if len(digits) < (5 if language == "pl" else 4):
        return digits
    separator = "," if language == "en" else NO_BREAK_SPACE
    head = len(digits) % 3
    parts = [digits[:head]] if head else []
    parts += [digits[at : at + 3] for at in range(head, len(digits), 3)]
    return separator.join(parts)
