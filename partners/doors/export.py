"""Cells of files that a spreadsheet will open."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00")


def export_cell(value: object) -> str:
    """
    Return the text of one CSV cell.

    A text that a spreadsheet would run as a formula gets an apostrophe in front. Numbers stay as
    they are, below zero too: only texts come from people.
    """
    if value is None:
        return ""
    if isinstance(value, str) and value.lstrip(" ").startswith(STARTS_A_FORMULA):
        return f"'{value}"
    return str(value)


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a table for a spreadsheet: a row of headers, then the rows, in cells that are safe."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(columns)
        table.writerows([export_cell(value) for value in row] for row in rows)
