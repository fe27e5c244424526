"""``import_activities FILE``: take in orders, returns or invoices from a file and credit them."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed
from rich.table import Table

from partners.doors.export import write_rows
from partners.importing.files import EncodingDiffers, FileNotOpened, FileNotReadable
from partners.importing.mapping import Mapping, MappingInvalid, load_mapping
from partners.importing.rows import HeadersDiffer
from partners.importing.staging import Outcome
from partners.models import Activity
from rewards.loading import LoadReport, load_file
from rewards.loading import Progress as Watcher

USAGE = 2
INTERRUPTED = 130
SOURCE_LENGTH_MAX = 64
KINDS = (
    Activity.Kind.ORDER.value,
    Activity.Kind.INVOICE.value,
    Activity.Kind.RETURN.value,
    Activity.Kind.GENERIC.value,
)


class Command(BaseCommand):
    help = "Take in facts from a CSV file, plain or gzipped. Running it twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="CSV or CSV.gz; the first line names columns.")
        parser.add_argument("--kind", required=True, choices=KINDS)
        parser.add_argument("--source", required=True, help="The system the file comes from.")
        parser.add_argument("--mapping", type=Path, help="TOML file: what the headers mean.")
        parser.add_argument("--dry-run", action="store_true", help="Judge all, write nothing.")
        parser.add_argument("--report", type=Path, help="CSV file for rows not accepted.")
        parser.add_argument("--fail-on-refused", action="store_true", help="Exit 1 if any was.")
        parser.add_argument("--json", action="store_true", help="One JSON document on stdout.")
        parser.add_argument("--quiet", action="store_true", help="No progress, no table.")

    def handle(self, **options: Any) -> None:
        source, report_path = options["source"].strip(), options["report"]
        if not 0 < len(source) <= SOURCE_LENGTH_MAX:
            raise CommandError(_("--source is a name of up to 64 characters."), returncode=USAGE)
        if report_path and not os.access(report_path.parent, os.W_OK):
            raise CommandError(
                _("%(path)s cannot be written.") % {"path": report_path}, returncode=USAGE
            )
        mapping = read_mapping(options["mapping"])
        try:
            with watching(quiet=options["quiet"]) as watcher:
                report = load_file(
                    path=options["file"],
                    kind=options["kind"],
                    source=source,
                    mapping=mapping,
                    as_of=timezone.now(),
                    dry_run=options["dry_run"],
                    progress=watcher,
                    report_to=report_path and ReportFile(report_path).write,
                )
        except FileNotOpened as error:
            raise CommandError(str(error), returncode=USAGE) from error
        except FileNotReadable as error:
            raise CommandError(describe_unreadable(error), returncode=1) from error
        except KeyboardInterrupt:
            raise CommandError(describe_stop(options), returncode=INTERRUPTED) from None
        self.answer(report, options)

    def answer(self, report: LoadReport, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), indent=1))
        elif not options["quiet"]:
            self.stdout.write(draw_table(report))
        if options["fail_on_refused"] and report.tally.rows_refused:
            raise CommandError(
                _("%(count)d rows were refused.") % {"count": report.tally.rows_refused},
                returncode=1,
            )


class ReportFile:
    """Row by row what was not accepted, for a spreadsheet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, outcomes: Iterable[Outcome]) -> None:
        rows = ((one.number, one.column, one.code, one.message, one.value) for one in outcomes)
        write_rows(self.path, ("row", "column", "code", "message", "value"), rows)


def read_mapping(path: Path | None) -> Mapping:
    if path is None:
        return Mapping()
    try:
        return load_mapping(path)
    except MappingInvalid as error:
        raise CommandError(str(error), returncode=USAGE) from error


def describe_unreadable(error: FileNotReadable) -> str:
    """Say why nothing was written, and what a mapping could do about it: uploads have none."""
    advice = {
        EncodingDiffers: _("Or name its encoding in the mapping."),
        HeadersDiffer: _("Or name the columns in a mapping."),
    }
    reasons = [str(error), advice.get(type(error), "")]
    return _("%(reason)s Nothing was written.") % {"reason": " ".join(filter(None, reasons))}


def describe_stop(options: dict[str, Any]) -> str:
    if options["dry_run"]:
        return _("Stopped. Nothing was written.")
    return _("Stopped. What was taken in stays. Run it again to go on.")


@contextmanager
def watching(*, quiet: bool) -> Iterator[Watcher | None]:
    """Show a bar for each step on stderr."""
    if quiet:
        yield None
        return
    names = {"reading": _("Reading"), "taking_in": _("Taking in")}
    columns = (TextColumn("{task.description:<12}"), BarColumn(), TaskProgressColumn(), Elapsed())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def watch(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(names[step], total=total)
            bars.update(tasks[step], completed=done)

        yield watch


def draw_table(report: LoadReport) -> str:
    told, tally = report.as_dict(), report.tally
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row(_("Rows read"), f"{report.rows:,}")
    table.add_row(_("  accepted"), f"{tally.rows_accepted:,}")
    table.add_row(_("  known already"), f"{tally.rows_duplicate:,}")
    table.add_row(_("  waiting for a partner"), f"{tally.rows_parked:,}")
    table.add_row(_("  refused"), f"{tally.rows_refused:,}")
    for code, count in told["refused_by_code"].items():
        table.add_row(f"    {code}", f"{count:,}")
    for kind, count in told["activities"].items():
        label = str(Activity.Kind(kind).label)
        table.add_row(_("New: %(kind)s") % {"kind": label.lower()}, f"{count:,}")
    table.add_row(_("Partners created"), f"{tally.partners_created:,}")
    table.add_row(_("Orders less returns"), f"{told['amount']} {report.currency}")
    for code, units in told["units"].items():
        names = {"unit": code}
        table.add_row(_("Awarded, %(unit)s") % names, f"{units['awarded']:,}")
        table.add_row(_("Taken back, %(unit)s") % names, f"{units['clawed_back']:,}")
    console = Console(width=80, highlight=False)
    with console.capture() as drawn:
        console.print(table)
        if report.dry_run:
            console.print(_("This was a dry run: nothing was written."))
    return drawn.get().rstrip()
