"""How an amount of a unit is written where no programme's own words are at hand."""

from ledger.models import Unit
from partners.wording import UnitWording, format_money


def say_amount(amount: int, unit: Unit, language: str) -> str:
    """Write minor units as people read them: ``1,234 points``, ``£12.50``."""
    wording = UnitWording(decimals=unit.decimals)
    if unit.kind == Unit.Kind.MONEY:
        return format_money(wording.amount(amount), unit.currency, language)
    return wording.phrase(amount, language)
