"""CSV files for accounts departments: plain, in UTF-8, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from partners.doors.export import export_cell


def write_csv(path: Path, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write headings and rows; return how many rows."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(headings)
        for row in rows:
            # Numbers below zero are ours, and a spreadsheet may read them as numbers.
            table.writerow([cell if is_number(cell) else export_cell(cell) for cell in row])
            count += 1
    return count


def is_number(cell: object) -> bool:
    return isinstance(cell, str) and cell.removeprefix("-").replace(".", "", 1).isdecimal()
