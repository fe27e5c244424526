"""Rows that were not taken, as a file for a spreadsheet: CSV as it is read, XLSX from disk."""

import csv
from collections.abc import Iterable, Iterator
from tempfile import TemporaryFile
from typing import Any

import xlsxwriter
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse

from partners.doors.export import export_cell
from partners.importing.staging import Outcome

HEADERS = ("row", "column", "code", "message", "value")
SHEET_ROWS_MAX = 1_000_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class _Echo:
    """Hands back what the writer writes."""

    def write(self, text: str) -> str:
        return text


def as_csv(outcomes: Iterable[Outcome], *, name: str) -> HttpResponseBase:
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        # Without the mark a spreadsheet takes UTF-8 for the encoding of its country.
        yield "\N{BYTE ORDER MARK}"
        yield writer.writerow(HEADERS)
        for outcome in outcomes:
            yield writer.writerow([export_cell(value) for value in outcome])

    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def as_xlsx(outcomes: Iterable[Outcome], *, name: str) -> HttpResponseBase:
    """A workbook keeps texts as texts: nothing in it is ever run as a formula."""
    file = TemporaryFile()  # noqa: SIM115 - the answer closes it when it is sent
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        _write_sheets(book, outcomes)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


def _write_sheets(book: Any, outcomes: Iterable[Outcome]) -> None:
    sheet, line = _begin_sheet(book), 1
    for outcome in outcomes:
        if line > SHEET_ROWS_MAX:
            sheet, line = _begin_sheet(book), 1
        number, *texts = outcome
        sheet.write_number(line, 0, number)
        for place, text in enumerate(texts, start=1):
            sheet.write_string(line, place, text)
        line += 1


def _begin_sheet(book: Any) -> Any:
    sheet = book.add_worksheet()
    for place, header in enumerate(HEADERS):
        sheet.write_string(0, place, header)
    return sheet
