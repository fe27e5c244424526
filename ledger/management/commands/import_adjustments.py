"""``import_adjustments FILE``: ask for credits and debits out of a file, as a person with limits."""

import json
import os
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from ledger.correcting.importing import AdjustmentReport, Result, import_adjustments
from partners.doors.export import write_rows
from partners.importing.files import FileNotOpened, FileNotReadable
from partners.models import Person

USAGE = 2
INTERRUPTED = 130
SOURCE_LENGTH_MAX = 64
COLUMNS = ("row", "outcome", "column", "code", "message", "value")


class Command(BaseCommand):
    help = (
        "Ask for the adjustments of a CSV file or an Excel workbook on behalf of a person: within"
        " their limit they are posted, above it they wait. Running it twice changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, help="CSV, CSV.gz or XLSX; the first line names columns."
        )
        parser.add_argument("--source", required=True, help="Where the file comes from.")
        parser.add_argument(
            "--as", dest="person", required=True, metavar="EMAIL", help="Who asks for them."
        )
        parser.add_argument("--time-zone", default="UTC", help="Where the day of an expiry ends.")
        parser.add_argument("--dry-run", action="store_true", help="Judge all, write nothing.")
        parser.add_argument("--report", type=Path, help="CSV file: what became of every row.")
        parser.add_argument("--fail-on-refused", action="store_true", help="Exit 1 if any was.")
        parser.add_argument("--json", action="store_true", help="One JSON document on stdout.")

    def handle(self, **options: Any) -> None:
        report_path = options["report"]
        if report_path and not os.access(report_path.parent, os.W_OK):
            raise CommandError(
                _("%(path)s cannot be written.") % {"path": report_path}, returncode=USAGE
            )
        try:
            report = import_adjustments(
                path=options["file"],
                source=read_source(options["source"]),
                person=find_person(options["person"]),
                zone=read_zone(options["time_zone"]),
                as_of=timezone.now(),
                dry_run=options["dry_run"],
            )
        except FileNotOpened as error:
            raise CommandError(str(error), returncode=USAGE) from error
        except FileNotReadable as error:
            raise CommandError(
                _("%(reason)s Nothing was written.") % {"reason": error}, returncode=1
            ) from error
        except KeyboardInterrupt:
            raise CommandError(
                _("Stopped. What was asked for stays. Run it again to go on."),
                returncode=INTERRUPTED,
            ) from None
        if report_path:
            write_report(report, report_path)
        self.stdout.write(
            json.dumps(report.as_dict(), indent=1) if options["json"] else say(report)
        )
        refused = report.count(Result.REFUSED)
        if options["fail_on_refused"] and refused:
            raise CommandError(_("%(count)d rows were refused.") % {"count": refused}, returncode=1)


def read_source(text: str) -> str:
    name = text.strip()
    if not 0 < len(name) <= SOURCE_LENGTH_MAX:
        raise CommandError(_("--source is a name of up to 64 characters."), returncode=USAGE)
    return name


def find_person(email: str) -> Person:
    person = Person.objects.filter(email=email.strip().lower(), is_staff=True).first()
    if person is None or not person.is_active:
        raise CommandError(
            _("Nobody of the seller's staff signs in with %(email)s.") % {"email": email},
            returncode=USAGE,
        )
    return person


def read_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise CommandError(_("There is no such time zone."), returncode=USAGE) from error


def write_report(report: AdjustmentReport, path: Path) -> None:
    rows = (
        (one.number, one.result.value, one.column, one.code, one.message, one.value)
        for one in report.outcomes
    )
    write_rows(path, COLUMNS, rows)


def say(report: AdjustmentReport) -> str:
    lines = [
        (_("Rows read"), len(report.outcomes)),
        (_("  posted"), report.count(Result.POSTED)),
        (_("  waiting for a second person"), report.count(Result.WAITING)),
        (_("  known already"), report.count(Result.DUPLICATE)),
        (_("  refused"), report.count(Result.REFUSED)),
        *((f"    {code}", n) for code, n in report.as_dict()["refused_by_code"].items()),
    ]
    for unit, sums in report.as_dict()["units"].items():
        lines.append((_("Credited, %(unit)s") % {"unit": unit}, sums["credited"]))
        lines.append((_("Debited, %(unit)s") % {"unit": unit}, sums["debited"]))
    width = max(len(label) for label, _count in lines) + 2
    text = [f"{label:<{width}}{number:>12,}" for label, number in lines]
    if report.dry_run:
        text.append(_("This was a dry run: nothing was written."))
    return "\n".join(text)
