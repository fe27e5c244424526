"""Rows of a file of adjustments: each is read whole, or refused with the cell that is wrong."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from django.utils.translation import gettext as _

from ledger.models import Account
from partners.importing.files import FileNotReadable
from partners.importing.mapping import Mapping, normalise_header
from partners.importing.rows import HEADERS_SHOWN_MAX, VALUE_SHOWN_MAX, HeadersDiffer
from partners.importing.tables import Table, open_table
from partners.importing.values import ValueNotReadable, make_day_reader, make_text_reader
from partners.intake import EARLIEST, LATEST

ROWS_MAX = 10_000
REQUIRED = ("partner", "amount", "reason")
WHOLE = re.compile(r"[+-]?[0-9]{1,15}", re.ASCII)
FIRST_DAY, LAST_DAY = f"{EARLIEST:%Y-%m-%d}", f"{LATEST:%Y-%m-%d}"
PLACES = (Account.Kind.POOL.value, Account.Kind.WALLET.value, Account.Kind.DEBT.value)
read_any_day = make_day_reader(Mapping())


def read_last_day(text: str) -> str:
    """Refuse what is outside of our calendar: the last day of all has no end."""
    day = read_any_day(text)
    if day and not FIRST_DAY <= day < LAST_DAY:
        raise ValueNotReadable(_("This date is out of range. Leave it empty if there is none."))
    return day


READERS: dict[str, Callable[[str], str]] = {
    "partner": make_text_reader(64, required=True),
    "unit": make_text_reader(64),
    "account": make_text_reader(16),
    "member": make_text_reader(254),
    "amount": make_text_reader(20, required=True),
    "reason": make_text_reader(64, required=True),
    "reference": make_text_reader(100),
    "expires_on": read_last_day,
    "note": make_text_reader(500),
}
HEADERS = Mapping(columns={name: name for name in READERS})


class TooManyRows(FileNotReadable):
    """Adjustments are decided on by people; a file of many more is something else."""

    code = "too_many_rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentRow:
    """
    A row in our words: ``amount`` is signed, in minor units; ``expires_on`` is a day or empty.

    ``repeats`` counts equal rows without a reference before it: each of them is one of its own.
    """

    number: int
    partner: str
    unit: str
    account: str
    member: str
    amount: int
    reason: str
    reference: str
    expires_on: str
    note: str
    repeats: int = 0

    @property
    def natural_key(self) -> str:
        """Return what tells this row from the others of its source."""
        if self.reference:
            return f"{self.partner}\n{self.reference}"
        return "\n".join((*self.content, str(self.repeats)))

    @property
    def content(self) -> tuple[str, ...]:
        """What the row asks for. The note is words about it."""
        place = (self.partner, self.unit, self.account, self.member)
        return (*place, str(self.amount), self.reason, self.reference, self.expires_on)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """Why a row is not taken: our name of the column, a stable code, and what stood there."""

    number: int
    column: str
    code: str
    message: str
    value: str


def read_file(path: Path) -> Iterator[AdjustmentRow | RefusedRow]:
    """
    Yield every row that is not blank of a CSV file, plain or gzipped, or of a workbook.

    :raises FileNotReadable: If the file, its headers or its quoting cannot be read.
    """
    with open_table(path, HEADERS) as table:
        yield from _count_repeats(_read_rows(table))


def _read_rows(table: Table) -> Iterator[AdjustmentRow | RefusedRow]:
    places = _find_places(table.headers)
    for count, (number, cells) in enumerate(table.rows, start=1):
        if count > ROWS_MAX:
            limit = {"limit": ROWS_MAX}
            raise TooManyRows(_("A file of adjustments has at most %(limit)d rows.") % limit)
        yield _read_row(number, cells, places, width=len(table.headers))


def _find_places(headers: list[str]) -> dict[str, int]:
    known = [normalise_header(header) for header in headers]
    places: dict[str, int] = {}
    for name in READERS:
        if known.count(name) > 1:
            raise HeadersDiffer(_("The header %(header)s stands twice.") % {"header": name})
        if name in known:
            places[name] = known.index(name)
    strange = [header for header in headers if normalise_header(header) not in READERS]
    missing = [name for name in REQUIRED if name not in places]
    if missing:
        message = _("The headers do not fit. Missing: %(missing)s. The file has: %(found)s.")
        found = ", ".join(headers[:HEADERS_SHOWN_MAX])
        raise HeadersDiffer(message % {"missing": ", ".join(missing), "found": found})
    if strange:
        # A misspelt expiry or account would otherwise be left out in silence.
        message = _("These headers are not known: %(strange)s. Known are: %(known)s.")
        names = {"strange": ", ".join(strange[:HEADERS_SHOWN_MAX]), "known": ", ".join(READERS)}
        raise HeadersDiffer(message % names)
    return places


def _read_row(
    number: int, cells: list[str], places: dict[str, int], *, width: int
) -> AdjustmentRow | RefusedRow:
    if len(cells) != width:
        counts = {"found": len(cells), "expected": width}
        message = _("%(found)d cells, but %(expected)d headers.") % counts
        return RefusedRow(number, "", "unreadable", message, "")
    found = dict.fromkeys(READERS, "")
    for name, place in places.items():
        try:
            found[name] = READERS[name](cells[place])
        except ValueNotReadable as error:
            shown = cells[place][:VALUE_SHOWN_MAX]
            return RefusedRow(number, name, "unreadable", str(error), shown)

    def refuse(name: str, message: str) -> RefusedRow:
        return RefusedRow(number, name, "unreadable", message, found[name][:VALUE_SHOWN_MAX])

    held_in = found["account"] or (Account.Kind.WALLET if found["member"] else Account.Kind.POOL)
    if held_in not in PLACES:
        return refuse("account", _("Say pool, wallet or debt."))
    if (held_in == Account.Kind.WALLET) != bool(found["member"]):
        return refuse("member", _("A wallet, and only a wallet, has a member: their e-mail."))
    if not WHOLE.fullmatch(found["amount"]):
        return refuse("amount", _("This is not a whole number such as 120 or -120."))
    return AdjustmentRow(
        number=number,
        partner=found["partner"],
        unit=found["unit"],
        account=str(held_in),
        member=found["member"],
        amount=int(found["amount"]),
        reason=found["reason"],
        reference=found["reference"],
        expires_on=found["expires_on"],
        note=found["note"],
    )


def _count_repeats(
    rows: Iterator[AdjustmentRow | RefusedRow],
) -> Iterator[AdjustmentRow | RefusedRow]:
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        if isinstance(row, RefusedRow) or row.reference:
            yield row
            continue
        repeats = seen.get(row.content, 0)
        seen[row.content] = repeats + 1
        yield replace(row, repeats=repeats)
