"""Rows of a file of balances: each is read whole, or refused with the cell that is wrong."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from django.utils.translation import gettext as _

from ledger.models import TRANSFER_AMOUNT_MAX, Account, Unit
from ledger.opening.mapping import BalanceMapping
from partners.importing.mapping import normalise_header
from partners.importing.rows import HEADERS_SHOWN_MAX, VALUE_SHOWN_MAX, HeadersDiffer
from partners.importing.tables import Table
from partners.importing.values import (
    ValueNotReadable,
    make_amount_reader,
    make_day_reader,
    make_reference_reader,
    make_text_reader,
)
from partners.intake import EARLIEST, LATEST

REQUIRED = ("partner", "amount", "earned_on")
PLACES = (Account.Kind.POOL.value, Account.Kind.PENDING.value, Account.Kind.DEBT.value)
FIRST_DAY, LAST_DAY = f"{EARLIEST:%Y-%m-%d}", f"{LATEST:%Y-%m-%d}"


class BalanceRow(NamedTuple):
    """A row in our words: ``amount`` in minor units of the unit, days as ISO text or empty."""

    number: int
    partner_ref: str
    unit: str
    account: str
    amount: int
    earned_on: str
    expires_on: str
    matures_on: str
    reference: str

    @property
    def natural_key(self) -> str:
        """Return what tells this balance from the partner's others in the same source."""
        if self.reference:
            return json.dumps([self.unit, self.reference])
        days = (self.earned_on, self.expires_on, self.matures_on)
        return json.dumps([self.unit, self.account, *days])


class RefusedRow(NamedTuple):
    """A row that cannot be posted. What could be read of it counts in the sums of the file."""

    number: int
    column: str
    code: str
    message: str
    value: str
    partner_ref: str = ""
    unit: str = ""
    account: str = ""
    amount: int = 0


class CellRefused(Exception):
    """One cell makes the row unusable; ``name`` is our name of its column."""

    def __init__(self, name: str, code: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.code = code


def read_rows(
    table: Table, mapping: BalanceMapping, *, units: Mapping[str, Unit]
) -> Iterator[BalanceRow | RefusedRow]:
    """
    Yield every row that is not blank.

    :raises FileNotReadable: If the headers do not fit, or the file breaks somewhere.
    """
    reader = RowReader(table.headers, mapping, units=units)
    for number, cells in table.rows:
        yield reader.read(number, cells)


class RowReader:
    """Knows where each of our columns stands, and reads one row after the other."""

    def __init__(
        self, headers: list[str], mapping: BalanceMapping, *, units: Mapping[str, Unit]
    ) -> None:
        self.mapping, self.units, self.headers = mapping, units, headers
        self.places = find_places(headers, mapping)
        day, text = make_day_reader(mapping.form), make_text_reader
        self.read_amount = make_amount_reader(mapping.form)
        self.texts: dict[str, Callable[[str], str]] = {
            "partner": text(64, required=True),
            "unit": text(64),
            "account": text(16),
            "earned_on": day,
            "expires_on": day,
            "matures_on": day,
            "reference": make_reference_reader(100),
        }

    def read(self, number: int, cells: list[str]) -> BalanceRow | RefusedRow:
        if len(cells) != len(self.headers):
            counts = {"found": len(cells), "expected": len(self.headers)}
            message = _("%(found)d cells, but %(expected)d headers.") % counts
            return RefusedRow(number, "", "unreadable", message, "")
        given = {name: cells[place] for name, place in self.places.items()}
        found: dict[str, str] = {}
        amount = 0
        try:
            self._read_owner(given, found)
            amount = self._read_amount(given, found)
            self._read_days(given, found)
            found["reference"] = self._text("reference", given)
        except CellRefused as refusal:
            place = self.places.get(refusal.name)
            return RefusedRow(
                number,
                self.headers[place] if place is not None else refusal.name,
                refusal.code,
                str(refusal),
                given.get(refusal.name, "")[:VALUE_SHOWN_MAX],
                found.get("partner", ""),
                found.get("unit", ""),
                found.get("account", ""),
                amount,
            )
        return BalanceRow(
            number,
            found["partner"],
            found["unit"],
            found["account"],
            amount,
            found["earned_on"],
            found["expires_on"],
            found["matures_on"],
            found["reference"],
        )

    def _text(self, name: str, given: Mapping[str, str]) -> str:
        try:
            return self.texts[name](given.get(name, ""))
        except ValueNotReadable as error:
            raise CellRefused(name, "unreadable", str(error)) from error

    def _read_owner(self, given: Mapping[str, str], found: dict[str, str]) -> None:
        found["partner"] = self._text("partner", given)
        unit = self._text("unit", given) or self.mapping.unit
        if unit not in self.units:
            raise CellRefused("unit", "unknown_unit", _("There is no such unit."))
        found["unit"] = unit
        account = self._text("account", given).lower() or Account.Kind.POOL.value
        if account not in PLACES:
            known = ", ".join(PLACES)
            message = _("The account is one of %(known)s.") % {"known": known}
            raise CellRefused("account", "unknown_account", message)
        found["account"] = account

    def _read_amount(self, given: Mapping[str, str], found: Mapping[str, str]) -> int:
        try:
            amount_e4 = self.read_amount(given["amount"])
        except ValueNotReadable as error:
            raise CellRefused("amount", "unreadable", str(error)) from error
        decimals = self.units[found["unit"]].decimals
        amount, rest = divmod(amount_e4 * 10**decimals, 10_000)
        if rest:
            message = _("This unit has %(count)d decimals.") % {"count": decimals}
            raise CellRefused("amount", "too_precise", message)
        if amount <= 0:
            raise CellRefused("amount", "not_positive", _("A balance is above zero."))
        if amount > TRANSFER_AMOUNT_MAX:
            raise CellRefused("amount", "too_large", _("This number is too large."))
        return amount

    def _read_days(self, given: Mapping[str, str], found: dict[str, str]) -> None:
        for name in ("earned_on", "expires_on", "matures_on"):
            found[name] = day = self._text(name, given)
            if day and not FIRST_DAY <= day < LAST_DAY:
                message = _("This date is out of range. Leave it empty if there is none.")
                raise CellRefused(name, "unreadable", message)
        if not found["earned_on"]:
            raise CellRefused("earned_on", "unreadable", _("This cell must not be empty."))
        self._refuse_days_that_do_not_fit(found)

    def _refuse_days_that_do_not_fit(self, found: Mapping[str, str]) -> None:
        account, earned_on = found["account"], found["earned_on"]
        if found["matures_on"] and account != Account.Kind.PENDING:
            message = _("Only a pending balance matures.")
            raise CellRefused("matures_on", "not_pending", message)
        if found["expires_on"] and account == Account.Kind.DEBT:
            raise CellRefused("expires_on", "debt_never_expires", _("A debt does not expire."))
        for name in ("expires_on", "matures_on"):
            if found[name] and found[name] < earned_on:
                message = _("This is before the day it was earned.")
                raise CellRefused(name, "before_earned", message)


def find_places(headers: list[str], mapping: BalanceMapping) -> dict[str, int]:
    """
    Return where each of our columns stands.

    A column we do not know is an error unless the mapping names the columns: a misspelt expiry
    would make balances that never expire.

    :raises HeadersDiffer: Naming what is missing, unknown or there twice.
    """
    places: dict[str, int] = {}
    known = [normalise_header(header) for header in headers]
    columns = mapping.form.columns
    for name, header in columns.items():
        wanted = normalise_header(header)
        if known.count(wanted) > 1:
            raise HeadersDiffer(_("The header %(header)s stands twice.") % {"header": header})
        if wanted in known:
            places[name] = known.index(wanted)
    needed = [*(columns if mapping.form.columns_are_named else ()), *REQUIRED]
    if not mapping.unit:
        needed.append("unit")
    found = ", ".join(headers[:HEADERS_SHOWN_MAX])
    if missing := [name for name in dict.fromkeys(needed) if name not in places]:
        named = ", ".join(columns.get(name, name) for name in missing)
        message = _("The headers do not fit. Missing: %(missing)s. The file has: %(found)s.")
        raise HeadersDiffer(message % {"missing": named, "found": found})
    if not mapping.form.columns_are_named and len(places) < len(headers):
        strange = [header for at, header in enumerate(headers) if at not in places.values()]
        message = _("These headers are not known: %(headers)s. There are %(known)s.")
        names = {
            "headers": ", ".join(strange[:HEADERS_SHOWN_MAX]),
            "known": ", ".join(columns.values()),
        }
        raise HeadersDiffer(message % names)
    return places
