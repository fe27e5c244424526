"""The gift register as a file for a spreadsheet: CSV with its lines, XLSX with the totals too."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, Final, cast
from zoneinfo import ZoneInfo

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from partners.doors.export import export_cell
from rewards.gift_register import (
    GiftRow,
    PersonTotal,
    Question,
    read_register,
    say_kind,
    sum_up,
)

IN_MEMORY_MAX = 2**20
SHEET_ROWS_MAX = 1_000_000
CONTENT_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Cell = str | int | Decimal


def write_file(question: Question, kind: str, *, cap: Decimal | None = None) -> BinaryIO:
    """
    Return the register as a finished file of this kind, at its beginning; the caller closes it.

    It is finished before its first byte goes out: half a register would look like a whole one.

    :param cap: What a person may earn for themselves in a year, for the sheet of totals.
    """
    # Whoever sends it closes it, so that no block can.
    file = cast(BinaryIO, SpooledTemporaryFile(max_size=IN_MEMORY_MAX))  # noqa: SIM115
    try:
        WRITERS[kind](question, file, cap)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def write_csv(question: Question, file: BinaryIO, _cap: Decimal | None = None) -> None:
    """Write the lines; with the mark without which a spreadsheet guesses the encoding."""
    writer = csv.writer(_Encoding(file))
    file.write("\N{BYTE ORDER MARK}".encode())
    writer.writerow(_heads())
    for row in read_register(question):
        writer.writerow([export_cell(cell) for cell in _cells(row)])


def write_xlsx(question: Question, file: BinaryIO, cap: Decimal | None = None) -> None:
    """Write two sheets: the lines, and what each person was given. Texts stay texts."""
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        totals = sum_up(_write_lines(book, read_register(question)))
        sheet = book.add_worksheet(_("Totals")[:31])
        _write_row(sheet, 0, _total_heads())
        for line, total in enumerate(totals, start=1):
            _write_row(sheet, line, _total_cells(total, question, cap))


WRITERS: Final[Mapping[str, Callable[[Question, BinaryIO, Decimal | None], None]]] = {
    "csv": write_csv,
    "xlsx": write_xlsx,
}


class _Encoding:
    """Gives what the writer writes to a file of bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(text.encode())


def _heads() -> list[str]:
    return [
        _("When"),
        _("What"),
        _("Partner number"),
        _("Partner"),
        _("Person"),
        _("Amount"),
        _("Unit"),
        pgettext("worth in money", "Value"),
        _("Currency"),
        _("About"),
        _("Transfer"),
    ]


def _cells(row: GiftRow) -> list[Cell]:
    zone = ZoneInfo(row.programme.time_zone)
    return [
        f"{row.at.astimezone(zone):%Y-%m-%d %H:%M}",
        str(say_kind(row.kind)),
        row.partner.erp_number,
        row.partner.legal_name,
        row.member.person.name,
        Decimal(row.units).scaleb(-row.programme.main_unit.decimals),
        row.programme.main_unit.code,
        row.value,
        row.programme.currency,
        row.about,
        str(row.public_id),
    ]


def _total_heads() -> list[str]:
    return [
        _("Partner number"),
        _("Partner"),
        _("Person"),
        _("Given in all"),
        _("Of that earned for themselves"),
        _("May earn in a year"),
        _("Left to earn"),
        _("Taken from the catalogue"),
        _("Currency"),
    ]


def _total_cells(total: PersonTotal, question: Question, cap: Decimal | None) -> list[Cell]:
    left = total.left_of(cap)
    return [
        total.partner.erp_number,
        total.partner.legal_name,
        total.member.person.name,
        total.value,
        total.earned,
        "" if cap is None else cap,
        "" if left is None else left,
        total.taken,
        question.programme.currency,
    ]


def _write_lines(book: Any, rows: Iterable[GiftRow]) -> Iterator[GiftRow]:
    """Write the lines and hand them on, so that they are added up while they pass."""
    sheet, line = _begin_sheet(book), 1
    for row in rows:
        if line > SHEET_ROWS_MAX:
            sheet, line = _begin_sheet(book), 1
        _write_row(sheet, line, _cells(row))
        line += 1
        yield row


def _begin_sheet(book: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    _write_row(sheet, 0, _heads())
    return sheet


def _write_row(sheet: Any, line: int, cells: Iterable[Cell]) -> None:
    for place, cell in enumerate(cells):
        if isinstance(cell, str):
            # Never a formula or a link, whatever it begins with.
            sheet.write_string(line, place, cell)
        else:
            sheet.write_number(line, place, float(cell))
