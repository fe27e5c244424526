"""Turn the rows of a table into rows in our words, one by one, with what is wrong with each."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from partners.importing.files import FileNotReadable
from partners.importing.mapping import COLUMNS, Mapping, normalise_header
from partners.importing.tables import FileEmpty, QuotingBroken, Row, Table, recognise_delimiter
from partners.importing.values import (
    ValueNotReadable,
    make_amount_reader,
    make_currency_reader,
    make_day_reader,
    make_field_reader,
    make_name_reader,
    make_text_reader,
    make_time_reader,
    multiply,
)
from partners.kinds import Ask, Kind, find_kind

DOCUMENT_LENGTH_MAX = 100
VALUE_SHOWN_MAX = 255
HEADERS_SHOWN_MAX = 30
ONE_E4 = 10_000
# Few enough to stay in the caches of the processor.
ROWS_AT_ONCE = 200
REQUIRED = ("order", "occurred_at", "partner")
REQUIRED_OF_LINES = ("sku", "quantity")
KINDS_WITH_LINES = ("order", "return")


class HeadersDiffer(FileNotReadable):
    """The first line does not name the columns that the mapping needs: ours, by our names."""

    code = "headers_differ"

    def __init__(self, message: str, *, missing: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.missing = tuple(missing)


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
    ``kind`` is empty where the file is of one kind. ``attributes`` are the typed fields of the
    kind, as the text of a JSON object, or empty.
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
    kind: str = ""
    refers_to: str = ""
    attributes: str = ""


# As FileRow._make does, but without a step of Python for each row.
make_row: Callable[[Sequence[Any]], FileRow] = partial(tuple.__new__, FileRow)
# Where in a row our columns stand.
RENAMED = {
    "order": "document",
    "partner": "partner_ref",
    "quantity": "quantity_e4",
    "unit_price": "unit_price_e4",
    "amount": "amount_e4",
}
SLOTS = {name: FileRow._fields.index(RENAMED.get(name, name)) for name in COLUMNS}
DOCUMENT, QUANTITY = SLOTS["order"], SLOTS["quantity"]
PRICE, AMOUNT = SLOTS["unit_price"], SLOTS["amount"]
ATTRIBUTES = FileRow._fields.index("attributes")


class UnreadableRow(NamedTuple):
    number: int
    document: str
    problem: Problem


def read_rows(
    table: Table, mapping: Mapping, *, kind: str, shift_days: int = 0
) -> Iterator[FileRow | UnreadableRow]:
    """
    Yield every row of the table in our words.

    :raises FileNotReadable: If the headers do not fit, or the file breaks somewhere.
    :raises UnknownKind: If there is no such kind.
    """
    reader = RowReader(table.headers, mapping, kind=find_kind(kind), shift_days=shift_days)
    while batch := list(islice(table.rows, ROWS_AT_ONCE)):
        yield from reader.read_many(batch)


class RowReader:
    """Knows where each of our columns stands, and reads one row after the other."""

    def __init__(
        self, headers: list[str], mapping: Mapping, *, kind: Kind, shift_days: int = 0
    ) -> None:
        self.mapping, self.kind = mapping, kind
        self.headers, self.width = headers, len(headers)
        self.has_lines = kind.code in KINDS_WITH_LINES
        self.needs_currency = kind.has_amount
        self.places = _find_places(headers, mapping, kind)
        day = make_day_reader(mapping, shift_days=shift_days)
        self.readers = self._make_readers(mapping, day, shift_days)
        fields = {field.name: field for field in kind.fields}
        # Columns of every file go straight to their place in the row, fields of the kind together.
        self.steps = [
            (place, self.readers[name], SLOTS[name])
            for name, place in self.places.items()
            if name in SLOTS
        ]
        self.said = [
            (place, make_field_reader(fields.get(name), mapping, read_day=day), name)
            for name, place in self.places.items()
            if name not in SLOTS
        ]
        self.template: list[Any] = [""] * len(FileRow._fields)
        self.template[SLOTS["currency"]] = mapping.currency if self.needs_currency else ""
        self.template[QUANTITY] = ONE_E4
        self.template[PRICE] = self.template[AMOUNT] = 0
        self.has_price, self.has_amount = "unit_price" in self.places, "amount" in self.places

    def _make_readers(
        self, mapping: Mapping, day: Callable[[str], str], shift_days: int
    ) -> dict[str, Callable[[str], Any]]:
        amount = make_amount_reader(mapping)
        currency = make_currency_reader(mapping.currency, required=self.needs_currency)
        return {
            "order": make_name_reader(DOCUMENT_LENGTH_MAX, required=True),
            "partner": make_name_reader(64),
            "occurred_at": make_time_reader(mapping, shift_days=shift_days),
            "sku": make_name_reader(64, required=self.has_lines),
            "description": make_text_reader(255),
            "category": make_text_reader(64),
            "quantity": amount,
            "unit_price": amount,
            "amount": amount,
            "country": make_text_reader(64),
            "currency": currency,
            "due_on": day,
            "paid_on": day,
            "refers_to": make_name_reader(DOCUMENT_LENGTH_MAX, required=self.kind.must_refer),
        }

    def read(self, number: int, cells: list[str]) -> FileRow | UnreadableRow:
        return self.read_many([(number, cells)])[0]

    def read_many(self, rows: Sequence[Row]) -> Sequence[FileRow | UnreadableRow]:
        """
        Read rows of the table together, column by column: that takes half as long as row by row.

        Where a row cannot be read the halves are, and so on, until it stands alone.
        """
        try:
            return self._read_columns(rows)
        except ValueNotReadable as error:
            if len(rows) == 1:
                return [self._explain(*rows[0], str(error))]
        half = len(rows) // 2
        return [*self.read_many(rows[:half]), *self.read_many(rows[half:])]

    def _read_columns(self, rows: Sequence[Row]) -> list[FileRow]:
        """
        :raises ValueNotReadable: If any cell of any row cannot be read.
        """
        numbers, cells = zip(*rows, strict=True)
        if wrong := set(map(len, cells)) - {self.width}:
            message = _("%(found)d cells, but %(expected)d headers.")
            raise ValueNotReadable(message % {"found": wrong.pop(), "expected": self.width})
        given = list(zip(*cells, strict=True))
        columns: list[Any] = [[value] * len(rows) for value in self.template]
        columns[0] = numbers
        for place, read, slot in self.steps:
            columns[slot] = list(map(read, given[place]))
        self._work_out(columns)
        if self.said:
            columns[ATTRIBUTES] = self._read_said(given)
        return list(map(make_row, zip(*columns, strict=True)))

    def _work_out(self, columns: list[Any]) -> None:
        """Fill the columns of what a row is worth, where the file has not both of them."""
        if not self.has_price:
            # On returns some sources write amounts below zero, others do not.
            marks_return = partial(self.mapping.marks_return, kind=self.kind.code)
            columns[PRICE] = [
                abs(amount_e4) if marks_return(document) else amount_e4
                for document, amount_e4 in zip(columns[DOCUMENT], columns[AMOUNT], strict=True)
            ]
        if not self.has_amount:
            columns[AMOUNT] = list(map(multiply, columns[QUANTITY], columns[PRICE]))

    def _read_said(self, given: list[tuple[str, ...]]) -> list[str]:
        """Return the fields of the kind, as JSON, row by row; what is empty says nothing."""
        names = [name for _place, _read, name in self.said]
        values = zip(*(map(read, given[place]) for place, read, _name in self.said), strict=True)
        said = (
            {name: value for name, value in zip(names, row, strict=True) if value is not None}
            for row in values
        )
        return [json.dumps(row, sort_keys=True, ensure_ascii=False) if row else "" for row in said]

    def _explain(self, number: int, cells: list[str], message: str) -> UnreadableRow:
        """Only now look which cell it was: nearly every row is good."""
        column = value = ""
        if len(cells) == self.width:
            place = self._find_culprit(cells)
            column, value = self.headers[place], cells[place][:VALUE_SHOWN_MAX]
        return UnreadableRow(number, self._find_document(cells), Problem(column, message, value))

    def _find_culprit(self, cells: list[str]) -> int:
        readable = [*self.steps, *((place, read, 0) for place, read, _name in self.said)]
        for place, read, _slot in readable:
            try:
                read(cells[place])
            except ValueNotReadable:
                return place
        # Every cell can be read alone: quantity and price do not go together.
        return self.places.get("unit_price", 0)

    def _find_document(self, cells: list[str]) -> str:
        """Return the document of a row that cannot be read, where at least that can be told."""
        place = self.places["order"]
        document = cells[place].strip() if place < len(cells) else ""
        return document if len(document) <= DOCUMENT_LENGTH_MAX else ""


def _find_places(headers: list[str], mapping: Mapping, kind: Kind) -> dict[str, int]:
    places: dict[str, int] = {}
    known = [normalise_header(header) for header in headers]
    columns = dict(mapping.columns)
    if not mapping.columns_are_named:
        # A file in our own words may say what its kind says.
        columns |= {field.name: field.name for field in kind.fields}
    for name, header in columns.items():
        wanted = normalise_header(header)
        if known.count(wanted) > 1:
            raise HeadersDiffer(_("The header %(header)s stands twice.") % {"header": header})
        if wanted in known:
            places[name] = known.index(wanted)
    needed = list_required(kind, mapping, places)
    if mapping.columns_are_named:
        needed = [*columns, *needed]
    if missing := [name for name in dict.fromkeys(needed) if name not in places]:
        named = ", ".join(columns.get(name, name) for name in missing)
        message = _("The headers do not fit. Missing: %(missing)s. The file has: %(found)s.")
        found = ", ".join(headers[:HEADERS_SHOWN_MAX])
        raise HeadersDiffer(message % {"missing": named, "found": found}, missing=missing)
    return places


def list_required(kind: Kind, mapping: Mapping, places: dict[str, int]) -> list[str]:
    """Return the columns that a file of this kind cannot do without; some stand for others."""
    required = [*REQUIRED, *(REQUIRED_OF_LINES if kind.code in KINDS_WITH_LINES else ())]
    if kind.amount is Ask.MUST and not places.keys() & {"unit_price", "amount"}:
        required.append("unit_price" if kind.code in KINDS_WITH_LINES else "amount")
    if kind.quantity is Ask.MUST:
        required.append("quantity")
    if kind.must_refer:
        required.append("refers_to")
    if kind.amount is Ask.MUST and not mapping.currency:
        required.append("currency")
    required += [field.name for field in kind.fields if field.is_required]
    return required


__all__ = [
    "HEADERS_SHOWN_MAX",
    "VALUE_SHOWN_MAX",
    "FileEmpty",
    "FileRow",
    "HeadersDiffer",
    "Problem",
    "QuotingBroken",
    "RowReader",
    "UnreadableRow",
    "list_required",
    "normalise_header",
    "read_rows",
    "recognise_delimiter",
]
