"""A statement as CSV: one row a movement, between the opening and the closing balance."""

import csv
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from ledger.documents.paper import Paper
from ledger.referring import Line
from partners.doors.export import export_cell

# Without the mark, Excel reads UTF-8 as the machine's own code page.
BYTE_ORDER_MARK = "\ufeff"


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def write_csv(paper: Paper) -> Iterator[str]:
    """Yield the file piece by piece. Cells are safe to open in a spreadsheet."""
    write = csv.writer(_Echo()).writerow
    opening, closing = paper.figures.opening, paper.figures.closing
    yield BYTE_ORDER_MARK
    yield write(_cells(_head()))
    yield write(_cells([None, None, _("Opening balance"), *_ends(paper, opening)]))
    for chunk in paper.lines():
        yield "".join(write(_cells(_row(paper, line))) for line in chunk)
    yield write(_cells([None, None, _("Closing balance"), *_ends(paper, closing)]))


def _head() -> list[str]:
    return [
        _("Posted"),
        _("Happened"),
        _("Kind"),
        _("Movement"),
        _("Amount"),
        _("Balance"),
        _("Detail"),
        _("Transfer"),
    ]


def _ends(paper: Paper, balance: int) -> list[Any]:
    return ["", None, paper.unit.amount(balance), "", ""]


def _row(paper: Paper, line: Line) -> list[Any]:
    movement = line.movement
    return [
        paper.local(movement.posted_at).isoformat(timespec="seconds"),
        paper.local(movement.occurred_at).isoformat(timespec="seconds"),
        movement.label,
        line.reference.text if line.reference else "",
        paper.unit.amount(movement.amount),
        paper.unit.amount(movement.balance),
        line.detail,
        str(movement.transfer_id),
    ]


def _cells(values: list[Any]) -> list[str]:
    return [export_cell(value) for value in values]
