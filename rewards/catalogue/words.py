"""How money, days and dates are written in the catalogue."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import get_language, ngettext

from partners.wording import FALLBACK_LANGUAGE, format_money
from rewards.models import Programme


def say_money(amount: str, currency: str) -> str:
    language = (get_language() or FALLBACK_LANGUAGE).split("-")[0]
    return format_money(Decimal(amount), currency, language)


def say_days(days: int) -> str:
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


def say_day(moment: datetime, programme: Programme) -> str:
    """Return the local day of the programme that a moment falls on."""
    return formats.date_format(moment.astimezone(ZoneInfo(programme.time_zone)), "j E Y")
