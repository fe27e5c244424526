"""``import_balances FILE``: post what partners held in the system before, and reconcile."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table

from ledger.correcting import MayNotAsk, MayNotDecide, OwnRequest
from ledger.management.commands.import_adjustments import find_person
from ledger.models import Unit
from ledger.opening import (
    Agreement,
    BalanceMapping,
    OpeningReport,
    agree_on,
    has_two_people,
    load_mapping,
    open_balances,
)
from ledger.opening.staging import Outcome
from ledger.opening.standing import show_minor_units
from partners.doors.export import write_rows
from partners.doors.importing import (
    INTERRUPTED,
    SOURCE_LENGTH_MAX,
    USAGE,
    describe_stop,
    describe_unreadable,
    watching,
)
from partners.importing.files import FileNotOpened, FileNotReadable
from partners.importing.mapping import MappingInvalid
from rewards.programmes.zones import read_zones


class Command(BaseCommand):
    help = "Post opening balances from a CSV file or an Excel workbook. Twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, help="CSV, CSV.gz or XLSX; the first line names columns."
        )
        parser.add_argument("--source", required=True, help="The system the balances come from.")
        parser.add_argument("--mapping", type=Path, help="TOML file: what the headers mean.")
        parser.add_argument(
            "--asked-by", metavar="EMAIL", help="Who asks for it; required where people may agree."
        )
        parser.add_argument(
            "--agreed-by", metavar="EMAIL", help="Somebody else, who may decide about corrections."
        )
        parser.add_argument("--dry-run", action="store_true", help="Judge all, write nothing.")
        parser.add_argument("--report", type=Path, help="CSV file for rows not posted.")
        parser.add_argument("--fail-on-refused", action="store_true", help="Exit 1 if any was.")
        parser.add_argument("--json", action="store_true", help="One JSON document on stdout.")
        parser.add_argument("--quiet", action="store_true", help="No progress, no table.")

    def handle(self, **options: Any) -> None:
        source, report_path = options["source"].strip(), options["report"]
        if not 0 < len(source) <= SOURCE_LENGTH_MAX or ":" in source:
            raise CommandError(
                _("--source is a name of up to 64 characters without a colon."), returncode=USAGE
            )
        if report_path and not os.access(report_path.parent, os.W_OK):
            raise CommandError(
                _("%(path)s cannot be written.") % {"path": report_path}, returncode=USAGE
            )
        mapping = read_mapping(options["mapping"])
        agreement = read_agreement(options)
        try:
            with watching(quiet=options["quiet"]) as watcher:
                report = open_balances(
                    path=options["file"],
                    source=source,
                    mapping=mapping,
                    zones=read_zones(),
                    as_of=timezone.now(),
                    dry_run=options["dry_run"],
                    progress=watcher,
                    report_to=report_path and ReportFile(report_path).write,
                    agreement=agreement,
                )
        except FileNotOpened as error:
            raise CommandError(str(error), returncode=USAGE) from error
        except FileNotReadable as error:
            raise CommandError(describe_unreadable(error), returncode=1) from error
        except KeyboardInterrupt:
            raise CommandError(describe_stop(options), returncode=INTERRUPTED) from None
        self.answer(report, options)

    def answer(self, report: OpeningReport, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), indent=1))
        elif not options["quiet"]:
            self.stdout.write(draw_report(report))
        if options["fail_on_refused"] and report.tally.rows_refused:
            raise CommandError(
                _("%(count)d rows were refused.") % {"count": report.tally.rows_refused},
                returncode=1,
            )


class ReportFile:
    """Row by row what was not posted, for a spreadsheet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, outcomes: Iterable[Outcome]) -> None:
        columns = ("row", "outcome", "column", "code", "message", "value")
        write_rows(self.path, columns, outcomes)


def read_agreement(options: dict[str, Any]) -> Agreement | None:
    """Return who asks and who agrees: two people, unless there are none yet or it is a dry run."""
    given = [email for email in (options["asked_by"], options["agreed_by"]) if email]
    if not given and (options["dry_run"] or not has_two_people()):
        return None
    if len(given) < 2:
        raise CommandError(
            _(
                "One person asks for opening balances and another one agrees: "
                "name them with --asked-by EMAIL --agreed-by EMAIL."
            ),
            returncode=USAGE,
        )
    asked_by, agreed_by = (find_person(email) for email in given)
    try:
        return agree_on(asked_by=asked_by, agreed_by=agreed_by)
    except (MayNotAsk, MayNotDecide, OwnRequest) as error:
        raise CommandError(str(error), returncode=USAGE) from error


def read_mapping(path: Path | None) -> BalanceMapping:
    if path is None:
        return BalanceMapping()
    try:
        return load_mapping(path)
    except MappingInvalid as error:
        raise CommandError(str(error), returncode=USAGE) from error


def draw_report(report: OpeningReport) -> str:
    tally = report.tally
    console = Console(width=120, highlight=False)
    with console.capture() as drawn:
        console.print(_("Rows read: %(count)s") % {"count": f"{report.rows:,}"})
        console.print(_("  posted now: %(count)s") % {"count": f"{tally.rows_accepted:,}"})
        console.print(_("  known already: %(count)s") % {"count": f"{tally.rows_duplicate:,}"})
        console.print(_("  refused: %(count)s") % {"count": f"{tally.rows_refused:,}"})
        for code, count in sorted(tally.refused_by_code.items()):
            console.print(f"    {code}: {count:,}")
        if report.lines:
            console.print(draw_reconciliation(report))
        for one in report.unnamed:
            named = {"count": f"{one.partners:,}", "unit": one.unit, "balance": f"{one.balance:,}"}
            console.print(
                _("%(unit)s: not in the file, but with a balance: %(count)s, together %(balance)s")
                % named
            )
        if report.dry_run:
            console.print(_("This was a dry run: nothing was written."))
    return drawn.get().rstrip()


def draw_reconciliation(report: OpeningReport) -> Table:
    decimals = dict(Unit.objects.values_list("code", "decimals"))
    table = Table(box=None, pad_edge=False)
    table.add_column(_("unit"))
    table.add_column(_("account"))
    for heading in (
        _("in the file"),
        _("posted now"),
        _("posted before"),
        _("difference"),
        _("ledger before"),
        _("ledger after"),
    ):
        table.add_column(heading, justify="right")
    for line in report.lines:
        figures = (
            line.in_file,
            line.posted_now,
            line.posted_before,
            line.difference,
            line.ledger_before,
            line.ledger_after,
        )
        shown = [show_signed(figure, decimals[line.unit]) for figure in figures]
        table.add_row(line.unit, line.account, *shown)
    return table


def show_signed(amount: int, decimals: int) -> str:
    written = show_minor_units(abs(amount), decimals)
    return f"-{written}" if amount < 0 else written
