"""
``import_activities FILE ...``: take in facts of one kind from files and credit them.

Each file is a run of its own, in the order given. One that cannot be read does not keep the others
from being taken in; the exit says so at the end.
"""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table

from partners.doors.importing import (
    INTERRUPTED,
    USAGE,
    ReportFile,
    add_file_arguments,
    check_options,
    explaining_trouble,
    watching,
)
from partners.importing.mapping import Mapping, MappingInvalid, load_mapping, parse_mapping
from partners.importing.mappings import find_mapping
from partners.kinds import UnknownKind, all_kinds, find_kind
from rewards.loading import LoadReport, load_file


class Command(BaseCommand):
    help = (
        "Take in facts from a CSV file, plain or gzipped, an Excel workbook or a UBL document. "
        "Running it twice changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "files", metavar="FILE", nargs="+", type=Path, help="CSV, CSV.gz, XLSX or UBL XML."
        )
        parser.add_argument(
            "--kind", required=True, help="order, invoice, return, ... or your own."
        )
        parser.add_argument("--source", required=True, help="The system the file comes from.")
        add_file_arguments(parser)

    def handle(self, **options: Any) -> None:
        source, report_path = check_options(options)
        kind = options["kind"]
        try:
            find_kind(kind)
        except UnknownKind as error:
            known = ", ".join(code for code, each in all_kinds().items() if each.is_active)
            message = _("%(reason)s There are: %(known)s.") % {"reason": error, "known": known}
            raise CommandError(message, returncode=USAGE) from error
        mapping = read_mapping(options["mapping"], source=source, kind=kind)
        paths: list[Path] = options["files"]
        if report_path and len(paths) > 1:
            message = _("--report is for one file. The reports of several are in the admin.")
            raise CommandError(message, returncode=USAGE)
        done: list[tuple[Path, LoadReport]] = []
        unreadable: list[CommandError] = []
        for path in paths:
            try:
                report = self._load(path, kind, source, mapping, report_path, options)
                done.append((path, report))
            except CommandError as error:
                if len(paths) == 1 or error.returncode == INTERRUPTED:
                    raise
                unreadable.append(CommandError(f"{path}: {error}", returncode=error.returncode))
        self._answer(done, options, is_one=len(paths) == 1)
        if unreadable:
            raise CommandError("\n".join(map(str, unreadable)), returncode=1)
        refused = sum(report.tally.rows_refused for _path, report in done)
        if options["fail_on_refused"] and refused:
            raise CommandError(_("%(count)d rows were refused.") % {"count": refused}, returncode=1)

    def _load(
        self,
        path: Path,
        kind: str,
        source: str,
        mapping: Mapping,
        report_path: Path | None,
        options: dict[str, Any],
    ) -> LoadReport:
        with explaining_trouble(options), watching(quiet=options["quiet"]) as watcher:
            return load_file(
                path=path,
                kind=kind,
                source=source,
                mapping=mapping,
                as_of=timezone.now(),
                dry_run=options["dry_run"],
                progress=watcher,
                report_to=ReportFile(report_path).write if report_path else None,
            )

    def _answer(
        self, done: list[tuple[Path, LoadReport]], options: dict[str, Any], *, is_one: bool
    ) -> None:
        """One file is answered with its report, several with a list of them."""
        if options["json"]:
            told = [{"file": str(path), **report.as_dict()} for path, report in done]
            self.stdout.write(json.dumps(done[0][1].as_dict() if is_one else told, indent=1))
        elif not options["quiet"]:
            for path, report in done:
                if not is_one:
                    self.stdout.write(str(path))
                self.stdout.write(draw_table(report))


def read_mapping(path: Path | None, *, source: str, kind: str) -> Mapping:
    """
    Return the mapping of the file, else what was saved for the source, else our own names.

    :raises CommandError: If it is none.
    """
    try:
        if path is not None:
            return load_mapping(path)
        saved = find_mapping(source=source, kind=kind)
        return parse_mapping(saved) if saved else Mapping()
    except MappingInvalid as error:
        raise CommandError(str(error), returncode=USAGE) from error


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
    kinds = all_kinds()
    for kind, count in told["activities"].items():
        label = str(kinds[kind].name)
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
