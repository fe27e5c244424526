"""Turn the lines of a file into rows in our words, one by one, with what is wrong with each."""

import csv
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from partners.importing.files import FileNotReadable
from partners.importing.mapping import Mapping
from partners.importing.values import (
    ValueNotReadable,
    make_amount_reader,
    make_currency_reader,
    make_day_reader,
    make_text_reader,
    make_time_reader,
    multiply,
)

DELIMITERS = ",;\t|"
DOCUMENT_LENGTH_MAX = 100
VALUE_SHOWN_MAX = 255
HEADERS_SHOWN_MAX = 30
ONE_E4 = 10_000
REQUIRED = ("order", "occurred_at", "partner")
REQUIRED_OF_LINES = ("sku", "quantity")
KINDS_WITH_LINES = ("order", "return")


class FileEmpty(FileNotReadable):
    """There is nothing in the file, or nothing but headers."""

    code = "file_empty"


class HeadersDiffer(FileNotReadable):
    """The first line does not name the columns that the mapping needs."""

    code = "headers_differ"


class QuotingBroken(FileNotReadable):
    """The separators and quotes do not make rows."""

    code = "quoting_broken"


class Problem(NamedTuple):
    """Why a row cannot be read: the file's own header, a sentence, and what stood there."""

    column: str
    message: str
    value: str


class FileRow(NamedTuple):
    """
    A row in our words. Amounts in ten-thousandths, the time in microseconds since 1970 (UTC).

    ``number`` counts as a spreadsheet does: the headers are row 1. ``unit_price_e4`` only says
    whether the row is worth something; ``amount_e4`` says how much, with the sign of the quantity.
    """

    number: int
    document: str
    partner_ref: str
    occurred_at: int
    sku: str
    description: str
    category: str
    quantity_e4: int
    unit_price_e4: int
    amount_e4: int
    country: str
    currency: str
    due_on: str
    paid_on: str


class UnreadableRow(NamedTuple):
    number: int
    document: str
    problem: Problem


def read_rows(
    lines: Iterator[str], mapping: Mapping, *, kind: str, shift_days: int = 0
) -> Iterator[FileRow | UnreadableRow]:
    """
    Yield every row that is not blank.

    :raises FileNotReadable: If the headers do not fit, or the quoting breaks somewhere.
    """
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise FileEmpty(_("The file is empty."))
    delimiter = mapping.delimiter or recognise_delimiter(first, mapping)
    table = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
    any_row = False
    try:
        headers = next(table)
        reader = RowReader(headers, mapping, kind=kind, shift_days=shift_days)
        for number, cells in enumerate(table, start=2):
            if cells:
                any_row = True
                yield reader.read(number, cells)
    except csv.Error as error:
        raise QuotingBroken(
            _("Line %(number)d: the quotes or separators are broken (%(error)s).")
            % {"number": table.line_num, "error": error}
        ) from error
    if not any_row:
        raise FileEmpty(_("The file has headers but no rows."))


def normalise_header(header: str) -> str:
    return "".join(header.split()).casefold()


def recognise_delimiter(first_line: str, mapping: Mapping) -> str:
    """Return the separator that makes most of the line's cells headers that we know."""
    wanted = {normalise_header(header) for header in mapping.columns.values()}

    def count_known(delimiter: str) -> int:
        return sum(
            normalise_header(cell.strip('"')) in wanted for cell in first_line.split(delimiter)
        )

    # Of equals the first stands: a file of one known column is taken to use commas.
    return max(DELIMITERS, key=count_known)


class RowReader:
    """Knows where each of our columns stands, and reads one row after the other."""

    def __init__(self, headers: list[str], mapping: Mapping, *, kind: str, shift_days: int) -> None:
        self.mapping, self.kind = mapping, kind
        self.headers, self.width = headers, len(headers)
        has_lines = kind in KINDS_WITH_LINES
        self.places = _find_places(headers, mapping, has_lines=has_lines)
        text = make_text_reader
        amount = make_amount_reader(mapping)
        readers: dict[str, Callable[[str], str | int]] = {
            "order": text(DOCUMENT_LENGTH_MAX, required=True),
            "partner": text(64),
            "occurred_at": make_time_reader(mapping, shift_days=shift_days),
            "sku": text(64, required=has_lines),
            "description": text(255),
            "category": text(64),
            "quantity": amount,
            "unit_price": amount,
            "amount": amount,
            "country": text(64),
            "currency": make_currency_reader(mapping.currency),
            "due_on": make_day_reader(mapping, shift_days=shift_days),
            "paid_on": make_day_reader(mapping, shift_days=shift_days),
        }
        self.steps = [(place, readers[name]) for name, place in self.places.items()]

    def read(self, number: int, cells: list[str]) -> FileRow | UnreadableRow:
        if len(cells) != self.width:
            message = _("%(found)d cells, but %(expected)d headers.")
            counts = {"found": len(cells), "expected": self.width}
            problem = Problem("", message % counts, "")
            return UnreadableRow(number, self._find_document(cells), problem)
        try:
            values = [read(cells[place]) for place, read in self.steps]
            return self._make_row(number, dict(zip(self.places, values, strict=True)))
        except ValueNotReadable as error:
            # Only now look which cell it was: nearly every row is good.
            place = self._find_culprit(cells)
            problem = Problem(self.headers[place], str(error), cells[place][:VALUE_SHOWN_MAX])
            return UnreadableRow(number, self._find_document(cells), problem)

    def _find_culprit(self, cells: list[str]) -> int:
        for place, read in self.steps:
            try:
                read(cells[place])
            except ValueNotReadable:
                return place
        # Every cell can be read alone: quantity and price do not go together.
        return self.places["unit_price"]

    def _make_row(self, number: int, found: dict[str, Any]) -> FileRow:
        document = found["order"]
        quantity_e4: int = found.get("quantity", ONE_E4)
        if "unit_price" in found:
            unit_price_e4: int = found["unit_price"]
        else:
            # On returns some sources write amounts below zero, others do not.
            is_return = self.mapping.marks_return(document, kind=self.kind)
            unit_price_e4 = abs(found["amount"]) if is_return else found["amount"]
        if "amount" in found:
            amount_e4: int = found["amount"]
        else:
            amount_e4 = multiply(quantity_e4, unit_price_e4)
        get = found.get
        return FileRow(
            number,
            document,
            found["partner"],
            found["occurred_at"],
            get("sku", ""),
            get("description", ""),
            get("category", ""),
            quantity_e4,
            unit_price_e4,
            amount_e4,
            get("country", ""),
            get("currency", self.mapping.currency),
            get("due_on", ""),
            get("paid_on", ""),
        )

    def _find_document(self, cells: list[str]) -> str:
        """Return the document of a row that cannot be read, where at least that can be told."""
        place = self.places["order"]
        document = cells[place].strip() if place < len(cells) else ""
        return document if len(document) <= DOCUMENT_LENGTH_MAX else ""


def _find_places(headers: list[str], mapping: Mapping, *, has_lines: bool) -> dict[str, int]:
    places: dict[str, int] = {}
    known = [normalise_header(header) for header in headers]
    for name, header in mapping.columns.items():
        wanted = normalise_header(header)
        if known.count(wanted) > 1:
            raise HeadersDiffer(_("The header %(header)s stands twice.") % {"header": header})
        if wanted in known:
            places[name] = known.index(wanted)
    required = [*REQUIRED, *(REQUIRED_OF_LINES if has_lines else ())]
    if not places.keys() & {"unit_price", "amount"}:
        required.append("unit_price")
    if not mapping.currency:
        required.append("currency")
    needed = [*mapping.columns, *required] if mapping.columns_are_named else required
    if missing := [name for name in dict.fromkeys(needed) if name not in places]:
        named = ", ".join(mapping.columns.get(name, name) for name in missing)
        message = _("The headers do not fit. Missing: %(missing)s. The file has: %(found)s.")
        found = ", ".join(headers[:HEADERS_SHOWN_MAX])
        raise HeadersDiffer(message % {"missing": named, "found": found})
    return places
