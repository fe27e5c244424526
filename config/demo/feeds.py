"""
The story's companies report month by month, as an ERP would, so that their team can act between.

Their rows are cut out of the real file into one small file a month. When the whole file is loaded
afterwards, these documents are known already.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

DOCUMENT, MOMENT, PARTNER = 0, 4, 6


@dataclass(frozen=True, slots=True)
class Feed:
    """A month of orders: the file, the month's first real day, and that of the next month."""

    path: Path
    first_day: date
    until: date


def cut_feeds(file: Path, *, partner_numbers: set[str], folder: Path) -> Iterator[Feed]:
    """Write one file a month into ``folder`` and yield them in order of time."""
    with gzip.open(file, "rt", newline="", encoding="utf-8") as text:
        rows = csv.reader(text)
        header = next(rows)
        kept = [row for row in rows if row[PARTNER] in partner_numbers]
    months: dict[date, list[list[str]]] = defaultdict(list)
    begins: dict[str, date] = {}
    for row in sorted(kept, key=lambda each: each[MOMENT]):
        # A document belongs to the month of its earliest row, whole.
        day = datetime.fromisoformat(row[MOMENT]).date()
        months[begins.setdefault(row[DOCUMENT], day.replace(day=1))].append(row)
    for first_day, rows_of_month in sorted(months.items()):
        path = folder / f"orders-{first_day:%Y-%m}.csv"
        with path.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows([header, *rows_of_month])
        yield Feed(path, first_day, _next_month(first_day))


def _next_month(first_day: date) -> date:
    if first_day.month == 12:
        return date(first_day.year + 1, 1, 1)
    return first_day.replace(month=first_day.month + 1)
