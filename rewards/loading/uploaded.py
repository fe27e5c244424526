"""
Files that were uploaded: looked at, judged in a dry run, and taken in by somebody in the background.

The ``ImportRun`` is what everybody sees of it: how far it is, whether it lives, how it ended. A run
that was killed, cancelled or broken off is simply run again and goes on where it stopped.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from partners.importing.companies import CompanyReader, CompanyRow, parse_company_mapping
from partners.importing.einvoices import is_xml, read_einvoice
from partners.importing.enlisting import Change, CompaniesReport, load_companies
from partners.importing.files import FileNotReadable
from partners.importing.guessing import PARTNERS
from partners.importing.mapping import Mapping, MappingInvalid, parse_mapping
from partners.importing.parking import describe
from partners.importing.rows import FileRow, RowReader, UnreadableRow
from partners.importing.runs import BEAT_EVERY_SECONDS, FileGone, claim, path_of
from partners.importing.staging import Outcome, Stage
from partners.importing.tables import open_table, read_start
from partners.kinds import all_kinds, find_kind
from partners.models import ImportRun
from partners.retrying import in_transaction
from rewards.loading.chunk import show_value
from rewards.loading.file import collecting_rarely
from rewards.loading.filling import Progress, fill, keep_quiet
from rewards.loading.loader import Loader
from rewards.loading.report import LoadReport

ROWS_SHOWN = 20
EINVOICE_HEADERS = ("order", "occurred_at", "sku", "description", "quantity", "amount", "currency")
OUTCOMES_SHOWN = 200
ReportTo = Callable[[Iterable[Outcome]], None]
WRONG_WITH_THE_FILE = (FileNotReadable, MappingInvalid, FileGone)


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as the file has it and as we read it (by our names), or what is wrong with it."""

    number: int
    cells: list[str]
    problem: str = ""
    column: str = ""
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Preview:
    """
    What a file holds and what taking it in would do.

    ``rows`` are the first ones. ``report`` has the totals of a dry run, as the command tells them;
    ``outcomes`` are the first rows that would not be accepted, each with why; ``changes`` is what
    a file of partners would make or change, value by value. ``problem`` says why the file or its mapping cannot be read at all; then there is nothing else.
    """

    headers: list[str] = field(default_factory=list)
    rows: list[ShownRow] = field(default_factory=list)
    form: str = ""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    report: dict[str, Any] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    problem: str = ""
    code: str = ""
    missing: tuple[str, ...] = ()


def look_at(path: Path, *, mapping: Mapping, kind: str, rows_max: int = ROWS_SHOWN) -> Preview:
    """
    Show the first rows of a file, and what is wrong with each by this mapping. Quick at any size.

    Headers that do not fit are told as ``problem``; the rows are shown all the same. An e-invoice
    needs no mapping: its ``form`` is ``ubl``.

    :raises FileNotReadable: If the file cannot be read at all.
    :raises UnknownKind: If there is no such kind.
    """
    wanted = None if kind == PARTNERS else find_kind(kind)
    if is_xml(read_start(path)):
        return _look_at_einvoice(path, mapping, kind=kind, rows_max=rows_max)
    with open_table(path, mapping) as table:
        problem, code, missing = "", "", ()
        reader: RowReader | CompanyReader | None = None
        try:
            if wanted is None:
                reader = CompanyReader(table.headers, mapping)
            else:
                reader = RowReader(table.headers, mapping, kind=wanted)
        except FileNotReadable as error:
            problem, code = str(error), error.code
            missing = getattr(error, "missing", ())
        rows = [_show(number, cells, reader) for number, cells in islice(table.rows, rows_max)]
        return Preview(
            headers=table.headers,
            rows=rows,
            form=table.form,
            encoding=table.encoding,
            delimiter=table.delimiter,
            sheet=table.sheet,
            sheets=table.sheets,
            problem=problem,
            code=code,
            missing=missing,
        )


def _look_at_einvoice(path: Path, mapping: Mapping, *, kind: str, rows_max: int) -> Preview:
    """An e-invoice has no columns; its lines are shown as if it had."""
    rows = [
        ShownRow(row.number, [row.document], row.problem.message, row.problem.column)
        if isinstance(row, UnreadableRow)
        else ShownRow(row.number, [show_value(row, name) for name in EINVOICE_HEADERS])
        for row in read_einvoice(path, mapping, kind=kind).rows[:rows_max]
    ]
    return Preview(headers=list(EINVOICE_HEADERS), rows=rows, form="ubl")


def _show(number: int, cells: list[str], reader: RowReader | CompanyReader | None) -> ShownRow:
    read = reader.read(number, list(cells)) if reader else None
    if isinstance(read, UnreadableRow):
        return ShownRow(number, cells, read.problem.message, read.problem.column)
    if isinstance(read, Outcome):
        return ShownRow(number, cells, read.message, read.column)
    return ShownRow(number, cells, values=_say_values(read))


def _say_values(read: FileRow | CompanyRow | None) -> dict[str, str]:
    if isinstance(read, FileRow):
        attributes = json.loads(read.attributes) if read.attributes else {}
        named = describe(read) | {"order": read.document}
        return named | {name: _say_value(value) for name, value in attributes.items()}
    if isinstance(read, CompanyRow):
        content = {"erp_number": read.erp_number, **read.content}
        return {name: _say_value(value) for name, value in content.items()}
    return {}


def _say_value(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def read_mapping(run: ImportRun) -> Mapping:
    """
    Return what the headers of an uploaded file mean.

    :raises MappingInvalid: If its mapping makes no sense.
    """
    if run.kind == PARTNERS:
        return parse_company_mapping(run.mapping)
    return parse_mapping(run.mapping)


def prepare(
    run: ImportRun,
    *,
    as_of: datetime,
    progress: Progress | None = None,
    report_to: ReportTo | None = None,
) -> Preview:
    """
    Judge an uploaded file whole, by a dry run, and keep its totals in ``run.report``.

    The run is then ``checked``, unless the file cannot be read: then ``error`` says why.
    ``report_to`` is given every row that would not be accepted; the preview has the first ones.

    :raises RunBusy: If somebody takes it in already, or it is through.
    """
    claim(run, at=as_of)
    try:
        preview = _judge(
            run, as_of=as_of, progress=progress or keep_quiet, report_to=report_to or exhaust
        )
    except WRONG_WITH_THE_FILE as error:
        preview = Preview(problem=str(error), code=error.code)
    except BaseException:
        _end(run, ImportRun.Status.UPLOADED)
        raise
    # What an earlier try took in is still to be counted.
    kept = {name: run.report[name] for name in ("so_far",) if name in run.report}
    run.report = kept | ({"dry_run": preview.report} if preview.report else {})
    run.error = preview.problem
    _end(run, ImportRun.Status.UPLOADED if preview.problem else ImportRun.Status.CHECKED)
    return preview


def _end(run: ImportRun, status: str) -> None:
    run.status = status
    in_transaction(lambda: run.save(update_fields=["status", "report", "error", "beat_at"]))


def exhaust(outcomes: Iterable[Outcome]) -> None:
    for _outcome in islice(outcomes, OUTCOMES_SHOWN):
        pass


def _judge(run: ImportRun, *, as_of: datetime, progress: Progress, report_to: ReportTo) -> Preview:
    path, mapping = path_of(run), read_mapping(run)
    first = look_at(path, mapping=mapping, kind=run.kind)
    if first.problem:
        return first
    outcomes: list[Outcome] = []

    def keep_first(given: Iterable[Outcome]) -> Iterator[Outcome]:
        for outcome in given:
            if len(outcomes) < OUTCOMES_SHOWN:
                outcomes.append(outcome)
            yield outcome

    def keep(given: Iterable[Outcome]) -> None:
        report_to(keep_first(given))

    report = _load(run, path, mapping, as_of=as_of, progress=progress, dry_run=True, report_to=keep)
    changes = report.changes if isinstance(report, CompaniesReport) else []
    return replace(first, report=report.as_dict(), outcomes=outcomes, changes=changes)


def run(
    run: ImportRun, *, as_of: datetime, progress: Progress | None = None
) -> LoadReport | CompaniesReport | None:
    """
    Take in an uploaded file, or go on with it where an earlier try was broken off.

    Returns None where the file cannot be read: the run then has failed and ``error`` says why.

    :raises RunBusy: If somebody takes it in already, or it is through.
    """
    claim(run, at=as_of)
    try:
        path, mapping = path_of(run), read_mapping(run)
        return _load(run, path, mapping, as_of=as_of, progress=progress or keep_quiet)
    except WRONG_WITH_THE_FILE as error:
        run.error = str(error)
        _end(run, ImportRun.Status.FAILED)
        return None
    except BaseException:
        if run.status == ImportRun.Status.STAGING:
            _end(run, ImportRun.Status.FAILED)
        raise


def _load(
    run: ImportRun,
    path: Path,
    mapping: Mapping,
    *,
    as_of: datetime,
    progress: Progress,
    dry_run: bool = False,
    report_to: ReportTo | None = None,
) -> LoadReport | CompaniesReport:
    beating = _beating(run, as_of, progress)
    if run.kind == PARTNERS:
        return load_companies(
            path=path,
            source=run.source,
            mapping=mapping,
            as_of=as_of,
            dry_run=dry_run,
            progress=beating,
            report_to=report_to,
            started_by=run.started_by,
            run=run,
        )
    with collecting_rarely(), Stage() as stage:
        fill(stage, path, mapping, kind=run.kind, source=run.source, progress=beating)
        loader = Loader(
            stage=stage,
            run=run,
            mapping=mapping,
            kinds=all_kinds(),
            as_of=as_of,
            dry_run=dry_run,
            progress=beating if dry_run else progress,
        )
        report = loader.load()
        if report_to is not None:
            report_to(stage.outcomes())
        return report


def _beating(run: ImportRun, as_of: datetime, progress: Progress) -> Progress:
    """Return a watcher that lets the run say every few seconds that it lives."""
    begun = last = time.monotonic()

    def watch(step: str, done: int, total: int) -> None:
        nonlocal last
        progress(step, done, total)
        now = time.monotonic()
        if now - last >= BEAT_EVERY_SECONDS:
            last = now
            beat = as_of + timedelta(seconds=now - begun)
            in_transaction(lambda: _beat(run, beat, step, done, total))

    return watch


def _beat(run: ImportRun, at: datetime, step: str, done: int, total: int) -> None:
    counted = {"rows_done": done, "rows_total": total} if step == "taking_in" else {}
    ImportRun.objects.filter(pk=run.pk).update(beat_at=at, **counted)
