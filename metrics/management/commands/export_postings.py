"""Print or write what the seller's books take over: the journal by day and pair of accounts."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from metrics.finance.files import POSTING_HEADINGS, describe_posting, posting_rows
from metrics.finance.postings import Posting, read_postings
from metrics.finance.values import read_books
from metrics.finance.writing import write_csv
from metrics.management.commands.export_liability import USAGE, check_writable, find_units


class Command(BaseCommand):
    help = "Sums the journal by day, unit, kind and pair of accounts, with the seller's codes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", required=True, help="Such as 2026-03-01.")
        parser.add_argument(
            "--to", dest="last", required=True, help="Such as 2026-03-31; both days are included."
        )
        parser.add_argument("--unit", help="Its code. All units without it.")
        parser.add_argument("--csv", type=Path, help="Write debit and credit lines here.")
        parser.add_argument("--json", action="store_true", help="One JSON document on stdout.")

    def handle(self, **options: Any) -> None:
        first, last = read_day(options["first"]), read_day(options["last"])
        if last < first:
            raise CommandError(_("--to lies before --from."), returncode=USAGE)
        units = find_units(options["unit"])
        postings = read_postings(first=first, last=last, units=units)
        path = options["csv"] and check_writable(options["csv"])
        if options["json"]:
            kept = list(postings)
            if path:
                write_csv(path, POSTING_HEADINGS, posting_rows(kept))
            document = {
                "from": first.isoformat(),
                "to": last.isoformat(),
                "units": [
                    {"unit": books.unit.code, "time_zone": str(books.zone)}
                    for books in read_books(units)
                ],
                "postings": [describe_posting(each) for each in kept],
            }
            self.stdout.write(json.dumps(document, indent=1))
        elif path:
            lines = write_csv(path, POSTING_HEADINGS, posting_rows(postings))
            self.stdout.write(_("%(count)s lines written.") % {"count": f"{lines:,}"})
        else:
            self.stdout.write("\n".join(as_text(postings)))


def read_day(given: str) -> date:
    try:
        day = parse_date(given)
    except ValueError:
        day = None
    if day is None or not 1970 <= day.year < 2200:
        raise CommandError(
            _("%(given)r is not a day such as 2026-03-01.") % {"given": given}, returncode=USAGE
        )
    return day


def as_text(postings: Iterator[Posting]) -> Iterator[str]:
    heads = ("date", "unit", "kind", "account", "debit", "credit", "debit money", "credit money")
    yield line(heads)
    for (
        day,
        unit,
        kind,
        code,
        _name,
        debit,
        credit,
        debit_money,
        credit_money,
        *_rest,
    ) in posting_rows(postings):
        yield line((day, unit, kind, code, debit, credit, debit_money, credit_money))


def line(cells: tuple[Any, ...]) -> str:
    shown = ["" if cell is None else str(cell) for cell in cells]
    words = f"{shown[0]:<12}{shown[1]:<20}{shown[2]:<16}{shown[3]:<16}"
    return (words + "".join(f" {cell:>15}" for cell in shown[4:])).rstrip()
