"""CSV for accounts departments: plain, in UTF-8, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from partners.doors.export import export_cell


def write_csv(path: Path, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write headings and rows into a file; return how many rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        return write_table(file, headings, rows)


def write_table(file: TextIO, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write headings and rows; return how many rows."""
    table = csv.writer(file)
    table.writerow(headings)
    count = 0
    for row in rows:
        # Numbers below zero are ours, and a spreadsheet may read them as numbers.
        table.writerow([cell if is_number(cell) else export_cell(cell) for cell in row])
        count += 1
    return count


def is_number(cell: object) -> bool:
    return isinstance(cell, str) and cell.removeprefix("-").replace(".", "", 1).isdecimal()
