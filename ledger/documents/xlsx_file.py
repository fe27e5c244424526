"""A statement as a workbook: the movements on one sheet, what they add up to on another."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.format import Format

from ledger.documents.paper import Paper
from ledger.expiry_schedule import ExpirySchedule
from ledger.referring import Line

DAY_FORMAT = "yyyy-mm-dd"
TIME_FORMAT = "yyyy-mm-dd hh:mm"
WIDTHS = {"A": 17, "B": 17, "C": 26, "D": 38, "E": 14, "F": 14, "G": 38, "H": 38}

Cell = str | Decimal | datetime | date | None


class _Sheet:
    """Writes rows from the top down: texts as texts, numbers as numbers, dates as dates."""

    def __init__(self, book: xlsxwriter.Workbook, name: str, number_format: str) -> None:
        self.sheet = book.add_worksheet(name)
        self.row = 0
        self.plain = self._formats(book, number_format, bold=False)
        self.bold = self._formats(book, number_format, bold=True)

    @staticmethod
    def _formats(book: xlsxwriter.Workbook, number_format: str, *, bold: bool) -> dict[str, Format]:
        shapes: dict[str, dict[str, Any]] = {
            "text": {"valign": "top", "text_wrap": True},
            "number": {"num_format": number_format, "valign": "top"},
            "time": {"num_format": TIME_FORMAT, "align": "left", "valign": "top"},
            "day": {"num_format": DAY_FORMAT, "align": "left", "valign": "top"},
        }
        return {name: book.add_format({**shape, "bold": bold}) for name, shape in shapes.items()}

    def write(self, *cells: Cell, bold: bool = False) -> None:
        formats = self.bold if bold else self.plain
        for column, cell in enumerate(cells):
            if isinstance(cell, str) and cell:
                # Never a formula or a link, whatever it begins with.
                self.sheet.write_string(self.row, column, cell, formats["text"])
            elif isinstance(cell, Decimal):
                # A cell holds a double, which is exact for every balance an account may have.
                self.sheet.write_number(self.row, column, float(cell), formats["number"])
            elif isinstance(cell, datetime):
                self.sheet.write_datetime(self.row, column, cell, formats["time"])
            elif isinstance(cell, date):
                midnight = datetime.combine(cell, time.min)
                self.sheet.write_datetime(self.row, column, midnight, formats["day"])
        self.row += 1


def write_xlsx(paper: Paper, file: BinaryIO) -> None:
    """
    Write the workbook. Rows go to disk as they come; the file is put together at the end.

    :raises TooManyMovements: If the period has more movements than a sheet should hold.
    """
    paper.check_length("xlsx")
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": DAY_FORMAT})
    book.set_properties(
        {
            "title": f"{_('Statement')}, {paper.partner}, {paper.period}",
            "author": paper.seller,
            "created": paper.issued_at.replace(tzinfo=None),
        }
    )
    decimals = paper.unit.decimals
    number_format = "#,##0" + ("." + "0" * decimals if decimals else "")
    _write_movements(paper, _Sheet(book, _sheet_name(_("Movements")), number_format))
    _write_summary(paper, _Sheet(book, _sheet_name(_("Summary")), number_format))
    book.close()


def _sheet_name(wanted: str) -> str:
    # Excel allows 31 letters and none of these.
    return "".join(letter for letter in wanted if letter not in "[]:*?/\\'")[:31]


def _write_movements(paper: Paper, sheet: _Sheet) -> None:
    page = sheet.sheet
    page.freeze_panes(1, 0)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    # In a header & begins a code, so that a name with one doubles it.
    page.set_header(
        "&L{}&R&P / &N".format(f"{paper.partner}, {paper.period}".replace("&", "&&")[:200])
    )
    for column, width in WIDTHS.items():
        page.set_column(f"{column}:{column}", width)
    head = [_("Posted"), _("Happened"), _("Kind"), _("Movement"), _("Amount"), _("Balance")]
    sheet.write(*head, _("Detail"), _("Transfer"), bold=True)
    opening = paper.unit.amount(paper.figures.opening)
    closing = paper.unit.amount(paper.figures.closing)
    sheet.write(paper.first, None, _("Opening balance"), None, None, opening, bold=True)
    for chunk in paper.lines():
        for line in chunk:
            sheet.write(*_row(paper, line))
    sheet.write(paper.last, None, _("Closing balance"), None, None, closing, bold=True)


def _row(paper: Paper, line: Line) -> list[Cell]:
    movement = line.movement
    return [
        _naive(paper, movement.posted_at),
        _naive(paper, movement.occurred_at),
        movement.label,
        line.reference.text if line.reference else "",
        paper.unit.amount(movement.amount),
        paper.unit.amount(movement.balance),
        line.detail,
        str(movement.transfer_id),
    ]


def _naive(paper: Paper, moment: datetime) -> datetime:
    """Return the local wall clock: cells know no time zones."""
    return paper.local(moment).replace(tzinfo=None)


def _write_summary(paper: Paper, sheet: _Sheet) -> None:
    figures, amount = paper.figures, paper.unit.amount
    page = sheet.sheet
    page.set_column("A:A", 34)
    page.set_column("B:E", 18)
    page.set_paper(9)
    for label, value in (
        (_("Issued by"), paper.seller),
        (_("Partner"), paper.partner),
        (_("Partner number"), paper.number),
        (_("Holder"), paper.holder),
        (_("Account"), paper.account_name),
        (_("Unit"), paper.unit_word),
        (_("Period"), paper.period),
        (_("Time zone"), str(paper.zone)),
    ):
        if value:
            sheet.write(label, value)
    sheet.write(_("Issued on"), _naive(paper, paper.issued_at))
    sheet.write()
    sheet.write(None, _("Movements"), _("In"), _("Out"), _("Together"), bold=True)
    sheet.write(_("Opening balance"), None, None, None, amount(figures.opening), bold=True)
    for each in figures.by_kind:
        together = amount(each.credited - each.debited)
        count = Decimal(each.movements)
        sheet.write(each.label, count, amount(each.credited), amount(-each.debited), together)
    sheet.write(_("Closing balance"), None, None, None, amount(figures.closing), bold=True)
    if paper.schedule is not None and paper.schedule.total:
        _write_schedule(paper, paper.schedule, sheet)
    if paper.seal_note:
        sheet.write()
        sheet.write(paper.seal_note)


def _write_schedule(paper: Paper, schedule: ExpirySchedule, sheet: _Sheet) -> None:
    amount = paper.unit.amount
    sheet.write()
    sheet.write(_("Can be used until"), _("Free"), _("Reserved"), bold=True)
    if schedule.overdue.amount:
        overdue = schedule.overdue
        sheet.write(_("Past its last day"), amount(overdue.free), amount(overdue.held))
    for day in schedule.days():
        sheet.write(day.last_day or _("Never expires"), amount(day.free), amount(day.held))
