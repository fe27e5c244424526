"""
One table out of a file, whatever it is written as: headers, and rows of cells as text.

CSV with any separator and encoding, the same packed with gzip, and sheets of Excel workbooks. What
a spreadsheet knows about a cell (a number, a day) is written the way the mapping reads it.
"""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from partners.importing.files import (
    FileNotOpened,
    FileNotReadable,
    NotATextTable,
    TextFile,
    TooManyColumns,
    open_text,
)
from partners.importing.mapping import Mapping, normalise_header
from partners.importing.workbooks import ZIP, Sheet, open_workbook

if TYPE_CHECKING:
    # The type of csv.reader has its name only here.
    import _csv

COLUMNS_MAX = 1_000
DELIMITERS = ",;\t|"
XML_STARTS = (b"<", b"\xef\xbb\xbf<")


class FileEmpty(FileNotReadable):
    """There is nothing in the file, or nothing but headers."""

    code = "file_empty"


class QuotingBroken(FileNotReadable):
    """The separators and quotes do not make rows."""

    code = "quoting_broken"


class SheetNotClear(FileNotReadable):
    """The workbook has several sheets that could be meant, or not the one that is named."""

    code = "sheet_not_clear"


Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Table:
    """
    ``rows`` come with their number as a spreadsheet counts them; blank ones are left out.

    ``position`` counts what was read of ``size``, for showing how far it is. ``form`` is ``csv``
    or ``xlsx``; ``sheet`` is the one that was taken of ``sheets``.
    """

    headers: list[str]
    rows: Iterator[Row]
    position: Callable[[], int]
    size: int
    form: str = "csv"
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()


@contextmanager
def open_table(path: Path, mapping: Mapping | None = None) -> Iterator[Table]:
    """
    Open a file as a table, by what it is and not by how it is called.

    :raises FileNotReadable: Here or while rows are read, with the reason as its text.
    """
    by = mapping or Mapping()
    start = read_start(path)
    if start.startswith(ZIP):
        with open_workbook(path) as sheets:
            yield _read_sheet(sheets, by)
    else:
        if start.startswith(XML_STARTS):
            raise NotATextTable(_("This is an XML document, not a table."))
        with open_text(path, encoding=by.encoding) as file:
            yield split_lines(file, by)


def read_start(path: Path) -> bytes:
    """
    Return the first bytes of a file, to see what it is.

    :raises FileNotOpened: If it cannot be opened.
    """
    try:
        with path.open("rb") as file:
            return file.read(8)
    except OSError as error:
        raise FileNotOpened(f"{path}: {error.strerror}") from error


def split_lines(file: TextFile, mapping: Mapping) -> Table:
    """Return the lines of a text as a table."""
    first = next((line for line in file.lines if line.strip()), None)
    if first is None:
        raise FileEmpty(_("The file is empty."))
    delimiter = mapping.delimiter or recognise_delimiter(first, mapping)
    cells = csv.reader(chain([first], file.lines), delimiter=delimiter, strict=True)
    rows = _numbered(cells)
    _number, headers = next(rows)
    return Table(
        headers=_checked_headers(headers),
        rows=rows,
        position=file.position,
        size=file.size,
        encoding=file.encoding,
        delimiter=delimiter,
    )


def recognise_delimiter(first_line: str, mapping: Mapping) -> str:
    """Return the separator that makes most of the line's cells headers that we know."""
    wanted = {normalise_header(header) for header in mapping.columns.values()}

    def count(delimiter: str) -> tuple[int, int]:
        cells = first_line.split(delimiter)
        known = sum(normalise_header(cell.strip().strip('"')) in wanted for cell in cells)
        return known, len(cells)

    # Where no header is known, the one that makes most cells; of equals the first stands.
    return max(DELIMITERS, key=count)


def _numbered(table: "_csv.Reader") -> Iterator[Row]:
    count = 0
    try:
        for number, cells in enumerate(table, start=1):
            if any(cells):
                count += 1
                yield number, cells
    except csv.Error as error:
        raise QuotingBroken(
            _("Line %(number)d: the quotes or separators are broken (%(error)s).")
            % {"number": table.line_num, "error": error}
        ) from error
    if count < 2:
        raise FileEmpty(_("The file has headers but no rows."))


def _checked_headers(headers: list[str]) -> list[str]:
    if len(headers) > COLUMNS_MAX:
        raise TooManyColumns(
            _("The first line has %(count)d columns; at most %(limit)d can be read.")
            % {"count": len(headers), "limit": COLUMNS_MAX}
        )
    return headers


# ------------------------------------------------------------------------ sheets


def _read_sheet(sheets: list[Sheet], mapping: Mapping) -> Table:
    sheet = _choose(sheets, mapping)
    rows = sheet.rows(decimal=mapping.decimal)
    first = next(rows, None)
    if first is None:
        raise FileEmpty(_("The file is empty."))
    number, headers = first
    return Table(
        headers=_checked_headers(headers),
        rows=_as_wide(rows, len(headers), sheet, below=number),
        position=sheet.position,
        size=sheet.size,
        form="xlsx",
        sheet=sheet.name,
        sheets=tuple(each.name for each in sheets),
    )


def _choose(sheets: list[Sheet], mapping: Mapping) -> Sheet:
    """Take the sheet that the mapping names, else the only one whose headers fit."""
    named = ", ".join(sheet.name for sheet in sheets)
    if mapping.sheet:
        for sheet in sheets:
            if sheet.name.casefold() == mapping.sheet.casefold():
                return sheet
        raise SheetNotClear(
            _("There is no sheet %(name)s. There are: %(known)s.")
            % {"name": mapping.sheet, "known": named}
        )
    if len(sheets) == 1:
        return sheets[0]
    wanted = {normalise_header(header) for header in mapping.columns.values()}
    known = {
        sheet.name: len(wanted & {normalise_header(cell) for cell in sheet.headers()})
        for sheet in sheets
    }
    most = max(known.values())
    fitting = [sheet for sheet in sheets if known[sheet.name] == most]
    if len(fitting) == 1:
        return fitting[0]
    filled = [sheet for sheet in fitting if sheet.headers()]
    if len(filled) == 1:
        return filled[0]
    raise SheetNotClear(
        _("The workbook has several sheets: %(known)s. Name the one to read.") % {"known": named}
    )


def _as_wide(rows: Iterator[Row], width: int, sheet: Sheet, *, below: int) -> Iterator[Row]:
    """Give every row a cell for each header; what stands beyond them stays to be told."""
    any_row = False
    for number, cells in rows:
        any_row = True
        cells.extend([""] * (width - len(cells)))
        yield number, cells
    sheet.refuse_merged_cells(below=below)
    if not any_row:
        raise FileEmpty(_("The file has headers but no rows."))
