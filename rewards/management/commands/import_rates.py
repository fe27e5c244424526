"""``import_rates FILE``: state rates of exchange; what waited for one of them is tried again."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from partners.doors.export import write_rows
from partners.importing.files import FileNotOpened, FileNotReadable
from partners.retrying import in_transaction
from rewards.rate_files import RateFile, RateProblem, read_rate_file
from rewards.stating_rates import state_rates

USAGE = 2
SHOWN_MAX = 5
SOURCE_LENGTH_MAX = 64


class Command(BaseCommand):
    help = (
        "State rates of exchange out of a CSV file or a workbook with the columns currency, into, "
        "day and rate. All rows are taken, or none. Running it twice changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="CSV, CSV.gz or XLSX.")
        parser.add_argument("--source", default="", help="Whose rates they are, such as a bank.")
        parser.add_argument("--dry-run", action="store_true", help="Judge all, write nothing.")
        parser.add_argument("--report", type=Path, help="CSV file for rows that make no sense.")
        parser.add_argument("--json", action="store_true", help="One JSON document on stdout.")
        parser.add_argument("--quiet", action="store_true", help="Say nothing when all is well.")

    def handle(self, **options: Any) -> None:
        source = options["source"].strip()
        if len(source) > SOURCE_LENGTH_MAX:
            raise CommandError(_("--source is a name of up to 64 characters."), returncode=USAGE)
        file = read(options["file"])
        if options["report"]:
            write_report(options["report"], file.problems)
        if file.problems:
            raise CommandError(say_problems(file.problems), returncode=1)
        counts = {"rows": len(file.rows), "new": 0, "changed": 0, "known": 0}
        if not options["dry_run"]:
            now = timezone.now()
            stated = in_transaction(lambda: state_rates(file.rows, source=source, by=None, at=now))
            counts |= {"new": stated.new, "changed": stated.changed, "known": stated.known}
        if options["json"]:
            self.stdout.write(json.dumps(counts))
        elif not options["quiet"]:
            said = _("%(rows)d rates: %(new)d new, %(changed)d changed, %(known)d known already.")
            self.stdout.write(said % counts)


def read(path: Path) -> RateFile:
    try:
        return read_rate_file(path, today=timezone.localdate())
    except FileNotOpened as error:
        raise CommandError(str(error), returncode=USAGE) from error
    except FileNotReadable as error:
        said = _("%(reason)s Nothing was written.") % {"reason": error}
        raise CommandError(said, returncode=1) from error


def say_problems(problems: list[RateProblem]) -> str:
    shown = [
        _("row %(number)d, %(column)s: %(message)s")
        % {"number": one.number, "column": one.column, "message": one.message}
        for one in problems[:SHOWN_MAX]
    ]
    if len(problems) > SHOWN_MAX:
        shown.append(_("and %(count)d more") % {"count": len(problems) - SHOWN_MAX})
    return "; ".join(shown).rstrip(".") + ". " + _("Nothing was written.")


def write_report(path: Path, problems: list[RateProblem]) -> None:
    rows = ((one.number, one.column, one.code, one.message, one.value) for one in problems)
    write_rows(path, ("row", "column", "code", "message", "value"), rows)
