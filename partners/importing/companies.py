"""Files of partners: rows in our words, each judged by itself and staged until all are read."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Dict
from datetime import date
from types import TracebackType
from typing import Any, NamedTuple, Self

from django.conf import settings
from django.utils.translation import gettext as _

from partners.currencies import CURRENCIES
from partners.enrolling import PartnerRow
from partners.importing.mapping import FORMAT, Mapping, Sections, normalise_header, parse_mapping
from partners.importing.rows import HEADERS_SHOWN_MAX, VALUE_SHOWN_MAX, HeadersDiffer
from partners.importing.staging import Outcome
from partners.importing.tables import Table
from partners.importing.values import (
    ValueNotReadable,
    make_currency_reader,
    make_day_reader,
    make_name_reader,
    make_text_reader,
)
from partners.models import Partner

COLUMNS = (
    "erp_number",
    "legal_name",
    "tax_id",
    "country",
    "currency",
    "language",
    "partner_since",
    "account_manager",
    "status",
    "tags",
    "number",
)
OUR_NAMES = {name: name for name in COLUMNS}
SECTIONS: Sections = {
    "columns": dict.fromkeys(COLUMNS, str),
    "defaults": {"currency": str, "timezone": str},
    "format": FORMAT,
}
TAG_LENGTH_MAX = 64
TAGS_MAX = 50

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
CREATE TABLE company (number INTEGER PRIMARY KEY, erp_number TEXT, content TEXT);
CREATE TABLE outcome (number INTEGER, "column" TEXT, code TEXT, message TEXT, value TEXT);
"""
# The first row of each partner that says everything the others of it say.
ONCE_EACH = """
SELECT min(number), erp_number, min(content) FROM company
GROUP BY erp_number HAVING count(DISTINCT content) = 1 ORDER BY 1
"""
AGAIN = """
SELECT count(*) - count(DISTINCT erp_number) FROM company WHERE erp_number IN (
    SELECT erp_number FROM company GROUP BY erp_number HAVING count(DISTINCT content) = 1
)
"""
TWICE = """
SELECT number, erp_number FROM company WHERE erp_number IN (
    SELECT erp_number FROM company GROUP BY erp_number HAVING count(DISTINCT content) > 1
)
"""


class CompanyRow(NamedTuple):
    """A row in our words: only what the file says of the partner. Days are ISO text."""

    number: int
    erp_number: str
    content: dict[str, Any]


def parse_company_mapping(content: Dict[str, Any]) -> Mapping:
    """
    Check the content of a mapping for files of partners.

    :raises MappingInvalid: On the first thing that is unknown or makes no sense.
    """
    return parse_mapping(content, sections=SECTIONS, our_names=OUR_NAMES)


def read_companies(table: Table, mapping: Mapping) -> Iterator[CompanyRow | Outcome]:
    """
    Yield every row, or what is wrong with it.

    :raises FileNotReadable: If the headers do not fit, or the file breaks somewhere.
    """
    reader = CompanyReader(table.headers, mapping)
    for number, cells in table.rows:
        yield reader.read(number, cells)


class CompanyReader:
    """Knows where each of our columns stands, and reads one row after the other."""

    def __init__(self, headers: list[str], mapping: Mapping) -> None:
        self.headers = headers
        self.places = _find_places(headers, mapping)
        self.currency = mapping.currency
        text = make_text_reader
        self.readers: dict[str, Callable[[str], Any]] = {
            "erp_number": make_name_reader(64, required=True),
            "legal_name": make_name_reader(200),
            "tax_id": make_name_reader(32),
            "country": text(64),
            "currency": _make_currency_reader(),
            "language": _make_choice_reader([code for code, _name in settings.LANGUAGES]),
            "partner_since": make_day_reader(mapping),
            "account_manager": text(254),
            "status": _make_choice_reader([str(value) for value in Partner.Status.values]),
            "tags": _read_tags,
            "number": make_name_reader(64),
        }

    def read(self, number: int, cells: list[str]) -> CompanyRow | Outcome:
        if len(cells) != len(self.headers):
            counts = {"found": len(cells), "expected": len(self.headers)}
            message = _("%(found)d cells, but %(expected)d headers.") % counts
            return Outcome(number, "", "unreadable", message, "")
        content: dict[str, Any] = {"currency": self.currency} if self.currency else {}
        for name, place in self.places.items():
            try:
                value = self.readers[name](cells[place])
            except ValueNotReadable as error:
                shown = cells[place][:VALUE_SHOWN_MAX]
                return Outcome(number, self.headers[place], "unreadable", str(error), shown)
            # An empty cell says nothing: what is known stays.
            if value:
                content[name] = value
        return CompanyRow(number, content.pop("erp_number"), content)


def _find_places(headers: list[str], mapping: Mapping) -> dict[str, int]:
    known = [normalise_header(header) for header in headers]
    places: dict[str, int] = {}
    for name, header in mapping.columns.items():
        wanted = normalise_header(header)
        if known.count(wanted) > 1:
            raise HeadersDiffer(_("The header %(header)s stands twice.") % {"header": header})
        if wanted in known:
            places[name] = known.index(wanted)
    needed = ["erp_number", *(mapping.columns if mapping.columns_are_named else ())]
    if missing := [name for name in dict.fromkeys(needed) if name not in places]:
        named = ", ".join(mapping.columns.get(name, name) for name in missing)
        message = _("The headers do not fit. Missing: %(missing)s. The file has: %(found)s.")
        found = ", ".join(headers[:HEADERS_SHOWN_MAX])
        raise HeadersDiffer(message % {"missing": named, "found": found}, missing=missing)
    return places


def _make_currency_reader() -> Callable[[str], str]:
    read = make_currency_reader("", required=False)

    def read_currency(text: str) -> str:
        code = read(text)
        if code and code not in CURRENCIES:
            raise ValueNotReadable(_("This is not a currency code such as GBP."))
        return code

    return read_currency


def _make_choice_reader(codes: Iterable[str]) -> Callable[[str], str]:
    known = list(codes)

    def read_choice(text: str) -> str:
        code = text.strip().casefold()
        if code and code not in known:
            raise ValueNotReadable(_("Write one of: %(known)s.") % {"known": ", ".join(known)})
        return code

    return read_choice


def _read_tags(text: str) -> list[str]:
    plain = text.replace(";", ",").replace("|", ",").split(",")
    tags = sorted({tag.strip() for tag in plain if tag.strip()})
    if len(tags) > TAGS_MAX or any(len(tag) > TAG_LENGTH_MAX or "\0" in tag for tag in tags):
        raise ValueNotReadable(_("A partner has at most 50 tags of up to 64 characters."))
    return tags


def to_partner_row(row: CompanyRow, *, source: str, managers: Dict[str, Any]) -> PartnerRow:
    """Return the row as enrolling takes it; ``managers`` are people by e-mail address."""
    values = {name: row.content[name] for name in VALUES if name in row.content}
    if "partner_since" in values:
        values["partner_since"] = date.fromisoformat(values["partner_since"])
    if "account_manager" in values:
        values["account_manager"] = managers[values["account_manager"].casefold()]
    number = row.content.get("number")
    return PartnerRow(
        erp_number=row.erp_number,
        values=values,
        tags=row.content.get("tags"),
        numbers=[(source, number)] if number else [],
    )


VALUES = tuple(name for name in COLUMNS if name not in {"erp_number", "tags", "number"})


class CompanyStage:
    """The rows of one file, then what became of them, in a private database on disk."""

    def __init__(self) -> None:
        self._stage = sqlite3.connect("", isolation_level=None)
        self._stage.executescript(SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stage.close()

    def fill(self, rows: Iterable[CompanyRow | Outcome]) -> None:
        self._stage.execute("BEGIN")
        for row in rows:
            if isinstance(row, Outcome):
                self._stage.execute("INSERT INTO outcome VALUES (?, ?, ?, ?, ?)", row)
            else:
                content = json.dumps(row.content, sort_keys=True)
                entry = (row.number, row.erp_number, content)
                self._stage.execute("INSERT INTO company VALUES (?, ?, ?)", entry)
        self._stage.execute("COMMIT")

    def finish(self) -> None:
        """All rows are there: make looking through them quick."""
        self._stage.execute("CREATE INDEX of_partner ON company (erp_number, content)")

    def count(self) -> int:
        counted = "SELECT (SELECT count(*) FROM company) + (SELECT count(*) FROM outcome)"
        return int(self._stage.execute(counted).fetchone()[0])

    def count_again(self) -> int:
        """Return how many rows only repeat another one."""
        return int(self._stage.execute(AGAIN).fetchone()[0])

    def once_each(self) -> Iterator[CompanyRow]:
        """Yield one row a partner; partners of whom rows say different things are left out."""
        for number, erp_number, content in self._stage.execute(ONCE_EACH):
            yield CompanyRow(number, erp_number, json.loads(content))

    def twice(self) -> list[tuple[int, str]]:
        """Return rows that say different things of one partner: their number and its number."""
        return list(self._stage.execute(TWICE))

    def note(self, outcomes: Iterable[Outcome]) -> None:
        self._stage.execute("BEGIN")
        self._stage.executemany("INSERT INTO outcome VALUES (?, ?, ?, ?, ?)", outcomes)
        self._stage.execute("COMMIT")

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what was refused, in the order of the file."""
        yield from map(Outcome._make, self._stage.execute("SELECT * FROM outcome ORDER BY number"))
