"""
Rates of exchange: what one unit of a currency was worth on a day, as somebody wrote it down.

A fact takes the newest rate on or before its local day that is at most a week old. Nothing is
guessed: a rate is never turned around, and never put together out of two others.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from partners.currencies import CURRENCIES
from partners.models import ExchangeRate, Person
from partners.models.rates import RATE_SCALE

AGE_MAX = timedelta(days=7)
AHEAD_MAX = timedelta(days=4)
RATE_TEXT = re.compile(r"\d{1,9}(\.\d{1,8})?", re.ASCII)
ROWS_PER_STATEMENT = 1_000


class Wanted(NamedTuple):
    """A rate that somebody needs: of a currency, into another, for a local day."""

    currency: str
    into: str
    day: date


@dataclass(frozen=True, slots=True)
class Rate:
    """``day`` is the one the rate was written down for, not the one it was needed for."""

    rate_e8: int
    day: date


class RateRow(NamedTuple):
    """One rate as somebody states it."""

    currency: str
    into: str
    day: date
    rate_e8: int


class RateRefused(ValueError):
    """A rate makes no sense; ``field`` says which part of it, ``code`` why."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True)
class StoredRates:
    """What became of rates that were stated: new, changed, or known as they are."""

    new: int
    changed: int
    known: int
    currencies: frozenset[str]


def find_rates(wanted: Collection[Wanted]) -> dict[Wanted, Rate]:
    """Return the rates that hold, without those there are none for. One query."""
    if not wanted:
        return {}
    days = [each.day for each in wanted]
    rows = ExchangeRate.objects.filter(
        currency__in={each.currency for each in wanted},
        into__in={each.into for each in wanted},
        day__gte=min(days) - AGE_MAX,
        day__lte=max(days),
    )
    by_pair: dict[tuple[str, str], dict[date, int]] = {}
    for currency, into, day, rate_e8 in rows.values_list("currency", "into", "day", "rate_e8"):
        by_pair.setdefault((currency, into), {})[day] = rate_e8
    found: dict[Wanted, Rate] = {}
    for each in wanted:
        known = by_pair.get((each.currency, each.into), {})
        for age in range(AGE_MAX.days + 1):
            day = each.day - timedelta(days=age)
            if day in known:
                found[each] = Rate(known[day], day)
                break
    return found


def convert(amount_e4: int, rate_e8: int) -> int:
    """Return an amount by a rate, rounded half up to four decimals."""
    return (amount_e4 * rate_e8 * 2 + RATE_SCALE) // (2 * RATE_SCALE)


def convert_parts(parts_e4: Sequence[int], rate_e8: int, *, total_e4: int) -> list[int]:
    """
    Return parts by the rate of their whole, so that they add up to ``total_e4`` exactly.

    What is left after rounding down goes, a ten-thousandth each, to the largest remainders; among
    equal ones to the first.
    """
    exact = [divmod(part_e4 * rate_e8, RATE_SCALE) for part_e4 in parts_e4]
    converted = [whole for whole, _rest in exact]
    left = total_e4 - sum(converted)
    by_remainder = sorted(range(len(exact)), key=lambda place: (-exact[place][1], place))
    for place in by_remainder[: max(left, 0)]:
        converted[place] += 1
    return converted


def read_rate(text: str) -> int:
    """
    Return a rate written as a decimal, in hundred-millionths.

    :raises RateRefused: If it is no number above zero with at most eight decimals.
    """
    if not RATE_TEXT.fullmatch(text) or not (rate_e8 := int(Decimal(text) * RATE_SCALE)):
        said = _("Write a number above zero with up to eight decimals, such as 0.85512.")
        raise RateRefused("rate", "invalid", said)
    return rate_e8


def write_rate(rate_e8: int) -> str:
    """Write a rate without idle zeros: ``0.85512``."""
    return f"{Decimal(rate_e8) / RATE_SCALE:.8f}".rstrip("0").rstrip(".")


def check_pair(currency: str, into: str) -> None:
    """:raises RateRefused: If one is no currency, or both are the same."""
    for field, code in (("currency", currency), ("into", into)):
        if code not in CURRENCIES:
            said = _("%(currency)s is no currency of ISO 4217.") % {"currency": code}
            raise RateRefused(field, "currency_not_known", said)
    if currency == into:
        said = _("A currency needs no rate into itself.")
        raise RateRefused("into", "same_currency", said)


def check_day(day: date, *, today: date) -> None:
    """
    Let pass what can be known: banks write the rates of the next working day the day before.

    :raises RateRefused: If the day is further off.
    """
    if day > today + AHEAD_MAX:
        said = _("This day is still to come. Nobody knows its rate yet.")
        raise RateRefused("day", "in_future", said)


def store_rates(
    rows: Iterable[RateRow], *, source: str, by: Person | None, at: datetime
) -> StoredRates:
    """
    Write rates down; one that is stated again for its day replaces the earlier.

    What was converted keeps the rate it was converted by. The caller owns the transaction and
    tries again what waited for ``currencies``.
    """
    stated = {(row.currency, row.into, row.day): row.rate_e8 for row in rows}
    known = _known_rates(stated)
    changed = [key for key in stated if key in known and known[key] != stated[key]]
    new = [key for key in stated if key not in known]
    ExchangeRate.objects.bulk_create(
        [
            ExchangeRate(
                currency=currency,
                into=into,
                day=day,
                rate_e8=stated[currency, into, day],
                source=source,
                recorded_at=at,
                recorded_by=by,
            )
            for currency, into, day in (*new, *changed)
        ],
        update_conflicts=True,
        unique_fields=["currency", "into", "day"],
        update_fields=["rate_e8", "source", "recorded_at", "recorded_by"],
        batch_size=ROWS_PER_STATEMENT,
    )
    return StoredRates(
        new=len(new),
        changed=len(changed),
        known=len(stated) - len(new) - len(changed),
        currencies=frozenset(currency for currency, _into, _day in (*new, *changed)),
    )


def _known_rates(keys: Collection[tuple[str, str, date]]) -> dict[tuple[str, str, date], int]:
    if not keys:
        return {}
    days = [day for _currency, _into, day in keys]
    rows = ExchangeRate.objects.filter(
        currency__in={currency for currency, _into, _day in keys},
        into__in={into for _currency, into, _day in keys},
        day__range=(min(days), max(days)),
    ).values_list("currency", "into", "day", "rate_e8")
    return {(currency, into, day): rate_e8 for currency, into, day, rate_e8 in rows}
