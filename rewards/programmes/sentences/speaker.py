"""What a sentence about rules needs to know: language, currency, and the names of things."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from partners.wording import UnitWording, day_format, format_money, format_number
from rewards.programmes.values import LANGUAGES

Row = Mapping[str, Any]


def name_in(names: Mapping[str, str] | None, language: str, fallback: str = "") -> str:
    """Return a name in the language, or in English."""
    names = names or {}
    return str(names.get(language) or names.get("en") or fallback)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """
    ``segments``, ``kinds``, ``tiers`` and ``rules`` are names by code. Where no tier multiplies
    anything, ``tiers_multiply`` is false, and nobody is told that it does. ``trigger`` is the kind
    of activity that is spoken of, if it is one.
    """

    language: str
    currency: str
    unit: UnitWording
    tiers: Mapping[str, str] = field(default_factory=dict)
    segments: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    tiers_multiply: bool = True
    trigger: str = ""

    def money(self, amount: Any) -> str:
        value = Decimal(str(amount))
        return format_money(value, self.currency, self.language, whole=True, exact=True)

    def units(self, minor_units: int) -> str:
        """Return minor units with the name of what is counted: ``2 points``."""
        shown = self.unit.amount(minor_units)
        if shown == shown.to_integral_value():
            whole = UnitWording(self.unit.names)
            return whole.phrase(int(shown), self.language)
        return self.unit.phrase(minor_units, self.language)

    def number(self, number: Any) -> str:
        value = Decimal(str(number)).normalize()
        places = max(-int(value.as_tuple().exponent), 0)
        return format_number(value, self.language, places)

    def percent(self, percent: Any) -> str:
        return _("%(percent)s %%") % {"percent": self.number(percent)}

    def day(self, text: str) -> str:
        return date_format(date.fromisoformat(text), day_format(self.language))

    def last_day(self, exclusive: str) -> str:
        """Return the last day of a time that ends before another day."""
        last = date.fromisoformat(exclusive) - timedelta(days=1)
        return date_format(last, day_format(self.language))

    def between(self, first: str | None, exclusive: str | None) -> str:
        """Say from when to when, with the last good day."""
        if first and exclusive:
            return _("from %(first)s to %(last)s") % {
                "first": self.day(first),
                "last": self.last_day(exclusive),
            }
        if first:
            return _("from %(first)s on") % {"first": self.day(first)}
        return _("until %(last)s") % {"last": self.last_day(exclusive)} if exclusive else ""

    def any_of(self, words: Iterable[str]) -> str:
        """Join words: ``A``, ``A or B``, ``A, B or C``."""
        return join(words, _(" or "))

    def all_of(self, words: Iterable[str]) -> str:
        return join(words, _(" and "))

    def tier(self, code: str) -> str:
        return self.tiers.get(code, code)

    def segment(self, code: str) -> str:
        return self.segments.get(code, code)

    def rule(self, code: str) -> str:
        return self.rules.get(code, code)

    def kind(self, code: str) -> str:
        return self.kinds.get(code, code.replace("_", " ").capitalize())


def join(words: Iterable[str], last: str) -> str:
    listed = list(words)
    if len(listed) < 2:
        return "".join(listed)
    return ", ".join(listed[:-1]) + last + listed[-1]


def speaker_for(
    document: Row,
    *,
    language: str,
    currency: str,
    decimals: int,
    segments: Mapping[str, str] | None = None,
    kinds: Mapping[str, str] | None = None,
) -> Speaker:
    """Return who tells about a document in a language."""
    names = document.get("settings", {}).get("unit_names") or {}
    campaigns = document.get("campaigns", [])
    rules = [rule for part in (document, *campaigns) for rule in part.get("rules", [])]
    return Speaker(
        language=language,
        currency=currency,
        unit=UnitWording(
            {spoken: names[spoken] for spoken in LANGUAGES if spoken in names} or {"en": {}},
            decimals,
        ),
        tiers={
            tier["code"]: name_in(tier.get("names"), language, tier["code"])
            for tier in document.get("tiers", [])
        },
        segments=segments or {},
        kinds=kinds or {},
        rules={rule["code"]: name_in(rule.get("names"), language, rule["code"]) for rule in rules},
    )
