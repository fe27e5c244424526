"""How figures and names of an explanation are said in one language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format

from partners.wording import UnitWording, format_money, format_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Names are by code, in the language; an unknown code is said as it is."""

    language: str
    unit: UnitWording
    tier_names: Mapping[str, str] = field(default_factory=dict)
    rule_names: Mapping[str, str] = field(default_factory=dict)
    campaign_names: Mapping[str, str] = field(default_factory=dict)

    def money(self, amount: Any, currency: Any, *, whole: bool = False) -> str:
        """Return money with all the decimals it has: a reader may calculate with it."""
        exact = Decimal(str(amount))
        return format_money(exact, str(currency), self.language, whole=whole, exact=True)

    def number(self, value: Any) -> str:
        """Return a number with the decimals it has."""
        exact = Decimal(str(value)).normalize()
        places = max(-int(exact.as_tuple().exponent), 0)
        return format_number(exact, self.language, places)

    def exact_count(self, minor_units: Any) -> str:
        """Steps count minor units, with parts of one; people read the unit itself."""
        return self.number(Decimal(str(minor_units)).scaleb(-self.unit.decimals))

    def count(self, minor_units: Any) -> str:
        return self.unit.number(int(minor_units), self.language)

    def units(self, minor_units: Any) -> str:
        """Return units with their name: ``2 points``."""
        return self.unit.phrase(int(minor_units), self.language)

    def day(self, text: Any) -> str:
        return date_format(date.fromisoformat(str(text)), "j E Y")

    def tier(self, code: Any) -> str:
        return self.tier_names.get(str(code), str(code))

    def rule(self, code: Any) -> str:
        return self.rule_names.get(str(code), str(code))

    def campaign(self, code: Any) -> str:
        return self.campaign_names.get(str(code), str(code))
