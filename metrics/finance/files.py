"""The figures of finance as rows of a file and as one JSON document."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from ledger.liability import ENDED_LOTS_MIN, ENDED_UNITS_MIN, Breakage
from ledger.models import Unit
from metrics.finance.liability import UnitLiability, total_by_currency
from metrics.finance.postings import Posting

SHARE_PLACES = Decimal("0.000001")
LIABILITY_HEADINGS = (
    "as_of",
    "unit",
    "programme",
    "place",
    "age_from_days",
    "age_to_days",
    "units",
    "unit_value",
    "money",
    "currency",
)
POSTING_HEADINGS = (
    "date",
    "unit",
    "kind",
    "account",
    "account_name",
    "debit_units",
    "credit_units",
    "debit_money",
    "credit_money",
    "currency",
    "transfers",
)


def show_units(amount: int, unit: Unit) -> str:
    """Return minor units as whole units with the unit's decimals: 1250 of two is 12.50."""
    sign, size = "-" if amount < 0 else "", abs(amount)
    whole, rest = divmod(size, 10**unit.decimals)
    return f"{sign}{whole}.{rest:0{unit.decimals}}" if unit.decimals else f"{sign}{whole}"


def show(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


# --------------------------------------------------------------- liability


def liability_rows(liabilities: Iterable[UnitLiability]) -> Iterator[tuple[Any, ...]]:
    """Yield a row for every place and band, then one for what partners owe."""
    for each in liabilities:
        unit, programme = each.books.unit, each.books.programme
        head = (each.as_of.astimezone(each.books.zone).isoformat(), unit.code)
        named = programme.code if programme else ""
        value, currency = show(each.value), each.books.currency
        for one in each.parts:
            band = one.part.band
            last = None if band.end_day is None else band.end_day - 1
            units = show_units(one.part.amount, unit)
            place = (named, one.part.place, band.first_day, last)
            yield (*head, *place, units, value, one.money, currency)
        owed = show_units(each.outstanding.debt, unit)
        yield (*head, named, "debt", None, None, owed, value, each.debt_money, currency)


def liability_document(liabilities: list[UnitLiability]) -> dict[str, Any]:
    """Return what ``--json`` prints: amounts in minor units, money and ratios as strings."""
    return {
        "units": [describe_liability(each) for each in liabilities],
        "totals": {code: str(total) for code, total in total_by_currency(liabilities).items()},
    }


def describe_liability(each: UnitLiability) -> dict[str, Any]:
    outstanding, programme = each.outstanding, each.books.programme
    return {
        "unit": each.books.unit.code,
        "decimals": each.books.unit.decimals,
        "programme": programme.code if programme else None,
        "as_of": each.as_of.astimezone(each.books.zone).isoformat(),
        "currency": each.books.currency,
        "unit_value": show(each.value),
        "outstanding": outstanding.amount,
        "money": show(each.money),
        "parts": [
            {
                "place": one.part.place,
                "age_from_days": one.part.band.first_day,
                "age_to_days": one.part.band.end_day and one.part.band.end_day - 1,
                "amount": one.part.amount,
                "money": show(one.money),
            }
            for one in each.parts
        ],
        "debt": outstanding.debt,
        "debt_money": show(each.debt_money),
        "breakage": describe_breakage(each.breakage)
        | {"money": show(each.breakage_money), "net_liability": show(each.net_money)},
    }


def describe_breakage(breakage: Breakage) -> dict[str, Any]:
    return {
        "enough_history": breakage.expected is not None,
        "expected": breakage.expected,
        "may_expire": breakage.outstanding,
        "covered": breakage.covered,
        "rests_on_units": breakage.ended,
        "rests_on_lots": breakage.ended_lots,
        "minimum_units_a_band": ENDED_UNITS_MIN,
        "minimum_lots": ENDED_LOTS_MIN,
        "bands": [
            {
                "age_from_days": each.band.first_day,
                "may_expire": each.outstanding,
                "at_risk": each.at_risk,
                "used": each.used,
                "expired": each.expired,
                "went_on": each.went_on,
                "share": None
                if each.share is None
                else show(
                    (Decimal(each.share.numerator) / each.share.denominator).quantize(SHARE_PLACES)
                ),
                "expected": each.expected,
            }
            for each in breakage.bands
        ],
    }


# ---------------------------------------------------------------- postings


def posting_rows(postings: Iterable[Posting]) -> Iterator[tuple[Any, ...]]:
    """Yield two rows for every entry: its debit, then its credit."""
    for each in postings:
        unit, booking = each.books.unit, each.booking
        units, money = show_units(booking.amount, unit), show(each.money)
        head = (booking.day.isoformat(), unit.code, booking.kind)
        tail = (each.books.currency, booking.transfers)
        yield (*head, each.debit.code, each.debit.name, units, None, money, None, *tail)
        yield (*head, each.credit.code, each.credit.name, None, units, None, money, *tail)


def describe_posting(each: Posting) -> dict[str, Any]:
    booking = each.booking
    return {
        "date": booking.day.isoformat(),
        "unit": each.books.unit.code,
        "kind": booking.kind,
        "debit": {"account": each.debit.code, "name": each.debit.name, "kind": booking.debit_kind},
        "credit": {
            "account": each.credit.code,
            "name": each.credit.name,
            "kind": booking.credit_kind,
        },
        "amount": booking.amount,
        "money": show(each.money),
        "currency": each.books.currency,
        "transfers": booking.transfers,
    }
