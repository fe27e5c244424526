"""``import_partners FILE``: enrol new partners and edit known ones, row by row of a file."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table

from partners.doors.importing import (
    USAGE,
    ReportFile,
    add_file_arguments,
    check_options,
    explaining_trouble,
    watching,
)
from partners.importing.companies import parse_company_mapping
from partners.importing.enlisting import KIND, CompaniesReport, load_companies
from partners.importing.mapping import Mapping, MappingInvalid, read_toml
from partners.importing.mappings import find_mapping

CHANGES_DRAWN = 20


class Command(BaseCommand):
    help = "Enrol and edit partners from a CSV file or an Excel workbook. Twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="CSV, CSV.gz or XLSX.")
        parser.add_argument(
            "--source",
            default="erp",
            help="The system the file comes from; the column number is the partner's number there.",
        )
        add_file_arguments(parser)

    def handle(self, **options: Any) -> None:
        source, report_path = check_options(options)
        mapping = read_mapping(options["mapping"], source=source)
        with explaining_trouble(options), watching(quiet=options["quiet"]) as watcher:
            report = load_companies(
                path=options["file"],
                source=source,
                mapping=mapping,
                as_of=timezone.now(),
                dry_run=options["dry_run"],
                progress=watcher,
                report_to=ReportFile(report_path).write if report_path else None,
            )
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), indent=1))
        elif not options["quiet"]:
            self.stdout.write(draw_report(report))
        if options["fail_on_refused"] and report.refused:
            raise CommandError(
                _("%(count)d rows were refused.") % {"count": report.refused}, returncode=1
            )


def read_mapping(path: Path | None, *, source: str) -> Mapping:
    """
    Return the mapping of the file, else what was saved for the source, else our own names.

    :raises CommandError: If it is none.
    """
    try:
        if path is not None:
            return parse_company_mapping(read_toml(path))
        return parse_company_mapping(find_mapping(source=source, kind=KIND) or {})
    except MappingInvalid as error:
        raise CommandError(str(error), returncode=USAGE) from error


def draw_report(report: CompaniesReport) -> str:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row(_("Rows read"), f"{report.rows:,}")
    table.add_row(_("  new partners"), f"{report.created:,}")
    table.add_row(_("  changed"), f"{report.changed:,}")
    table.add_row(_("  as they were"), f"{report.same:,}")
    table.add_row(_("  refused"), f"{report.refused:,}")
    for code, count in sorted(report.refused_by_code.items()):
        table.add_row(f"    {code}", f"{count:,}")
    console = Console(width=100, highlight=False)
    with console.capture() as drawn:
        console.print(table)
        if report.dry_run:
            for change in report.changes[:CHANGES_DRAWN]:
                told = ", ".join(
                    f"{name}: {before or '-'} > {after or '-'}"
                    for name, (before, after) in change.changes.items()
                )
                console.print(f"{change.erp_number} {change.outcome}: {told}", markup=False)
            console.print(_("This was a dry run: nothing was written."))
    return drawn.get().rstrip()
