"""
Load a file of balances: read it whole, judge it row by row, post it by chunks, reconcile.

A chunk is a transaction of its own, and every row is posted under a key of its own. So a run that
was killed is simply run again, and two runs at once come to the same result as one.
"""

import contextlib
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import DatabaseError, transaction
from django.db.models import Sum

from ledger.models import Account, Unit
from ledger.opening.agreeing import Agreement
from ledger.opening.chunk import DEBT, POOL, REFUSED, Chunk, Source
from ledger.opening.mapping import BalanceMapping
from ledger.opening.report import Line, OpeningReport, Place, Tally, Unnamed
from ledger.opening.rows import BalanceRow, RefusedRow, read_rows
from ledger.opening.staging import Outcome, Stage, StagedRow
from ledger.opening.standing import Standing, sum_posted
from partners.importing.parking import SetAside, store_rows
from partners.importing.tables import Table, open_table
from partners.models import ImportRun, Partner, Person
from partners.retrying import in_transaction

KIND = "balances"
SOURCE_LENGTH_MAX = 64
CHUNK_ROWS = 900
PROGRESS_EVERY_ROWS = 2_000
UNNAMED_SHOWN = 100
UTC_ZONE = ZoneInfo("UTC")

Progress = Callable[[str, int, int], None]
"""Told the step (``reading`` counts bytes, ``taking_in`` rows), how far it is, and of how much."""


def open_balances(  # noqa: PLR0913 - these are the options of one command, all named at the call
    *,
    path: Path,
    source: str,
    mapping: BalanceMapping,
    as_of: datetime,
    zones: Mapping[str, ZoneInfo] | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    report_to: Callable[[Iterable[Outcome]], None] | None = None,
    agreement: Agreement | None = None,
) -> OpeningReport:
    """
    Post the opening balances of a file, each once per source, and reconcile file and ledger.

    A day is a local day of the mapping's zone, else of ``zones`` (by unit code), else of UTC.
    A dry run judges and posts everything and rolls every chunk back. ``report_to`` is given every
    row that was not posted by this run. Rows of a partner on whose team is who agreed are refused:
    somebody else may post the same file again.

    :raises FileNotReadable: Before anything is written.
    :raises ValueError: If the name of the source is empty, too long, or holds a colon.
    """
    if not 0 < len(source) <= SOURCE_LENGTH_MAX or ":" in source:
        raise ValueError("a source is a name of up to 64 characters without a colon")
    units = {unit.code: unit for unit in Unit.objects.all()}
    given = zones or {}
    with Stage() as stage:
        _fill(stage, path, mapping, units, progress)
        run = ImportRun(
            kind=KIND,
            source=source,
            file_name=path.name[-255:],
            status=ImportRun.Status.RUNNING,
            started_at=as_of,
            started_by=agreement.agreed_by if agreement else None,
        )
        opener = _Opener(
            stage=stage,
            run=run,
            source=Source(
                name=source,
                units=units,
                zones={code: mapping.zone or given.get(code, UTC_ZONE) for code in units},
                columns=mapping.form.columns,
                as_of=as_of,
                agreed_by=agreement.agreed_by if agreement else None,
            ),
            asked_by=agreement.asked_by if agreement else None,
            dry_run=dry_run,
            progress=progress or _keep_quiet,
        )
        report = opener.open()
        if report_to is not None:
            report_to(stage.outcomes())
        return report


def _keep_quiet(_step: str, _done: int, _total: int) -> None:
    pass


def _fill(
    stage: Stage,
    path: Path,
    mapping: BalanceMapping,
    units: Mapping[str, Unit],
    progress: Progress | None,
) -> None:
    with open_table(path, mapping.form) as table:
        rows = read_rows(table, mapping, units=units)
        stage.fill(_watched(rows, table, progress) if progress else rows)
    for references in stage.partner_refs(CHUNK_ROWS):
        stage.name_partners(find_partners(references))


def _watched(
    rows: Iterator[BalanceRow | RefusedRow], table: Table, progress: Progress
) -> Iterator[BalanceRow | RefusedRow]:
    while batch := list(islice(rows, PROGRESS_EVERY_ROWS)):
        yield from batch
        progress("reading", table.position(), table.size)


def find_partners(references: Iterable[str]) -> dict[str, int]:
    """Return partner ids by what names them: the ERP number, else our own id."""
    wanted = list(references)
    own_ids: dict[UUID, list[str]] = defaultdict(list)
    for reference in wanted:
        with contextlib.suppress(ValueError):
            own_ids[UUID(reference)].append(reference)
    by_id = Partner.objects.filter(public_id__in=own_ids).values_list("public_id", "pk")
    by_number = Partner.objects.filter(erp_number__in=wanted).values_list("erp_number", "pk")
    found = {reference: pk for public_id, pk in by_id for reference in own_ids[public_id]}
    return found | dict(by_number)


@dataclass(slots=True)
class _Opener:
    """One run over one staged file."""

    stage: Stage
    run: ImportRun
    source: Source
    asked_by: Person | None
    dry_run: bool
    progress: Progress
    tally: Tally = field(default_factory=Tally)
    rows: int = 0

    def open(self) -> OpeningReport:
        started = time.monotonic()
        self.rows = self.stage.count()
        sums = self.stage.sums()
        posted_before, ledger_before = sum_posted(self.source.name), self._read_ledger()
        if not self.dry_run:
            in_transaction(self.run.save)
        try:
            self._take_all()
        except BaseException:
            # Also when somebody interrupts: what was committed stays, and the run says so.
            with contextlib.suppress(DatabaseError):
                self._finish(ImportRun.Status.FAILED, [], [], time.monotonic() - started)
            raise
        lines = self._reconcile(sums, posted_before, ledger_before)
        unnamed = self._find_unnamed({unit for unit, *_rest in sums})
        seconds = time.monotonic() - started
        return self._finish(ImportRun.Status.FINISHED, lines, unnamed, seconds)

    def _finish(
        self, status: str, lines: list[Line], unnamed: list[Unnamed], seconds: float
    ) -> OpeningReport:
        report = OpeningReport(
            rows=self.rows,
            tally=self.tally,
            lines=lines,
            unnamed=unnamed,
            source=self.source.name,
            dry_run=self.dry_run,
            seconds=seconds,
            run_id=self.run.pk,
            asked_by=self.asked_by,
            agreed_by=self.source.agreed_by,
        )
        if not self.dry_run:
            self.run.status = status
            self.run.report = report.as_dict()
            self.run.finished_at = self.source.as_of + timedelta(seconds=seconds)
            in_transaction(lambda: self.run.save(update_fields=["status", "report", "finished_at"]))
        return report

    # ------------------------------------------------------------------- rows

    def _take_all(self) -> None:
        refused = self.stage.refused()
        while batch := list(islice(refused, CHUNK_ROWS)):
            self._refuse(batch)
        staged = self.stage.rows_to_judge()
        previous: tuple[str, Standing] | None = None
        while rows := list(islice(staged, CHUNK_ROWS)):
            chunk = in_transaction(partial(self._take, rows, previous))
            previous = chunk.previous
            self._count(chunk.tally, chunk.outcomes)

    def _take(self, rows: list[StagedRow], previous: tuple[str, Standing] | None) -> Chunk:
        chunk = Chunk(self.source, rows, previous)
        chunk.take()
        if self.dry_run:
            transaction.set_rollback(True)
        else:
            store_rows(chunk.set_aside, run=self.run)
        return chunk

    def _refuse(self, batch: list[RefusedRow]) -> None:
        tally = Tally()
        for row in batch:
            tally.refuse(row.code, (row.unit, row.account), row.amount)
        if not self.dry_run:
            in_transaction(lambda: store_rows((_set_aside(row) for row in batch), run=self.run))
        self._count(
            tally,
            [
                Outcome(row.number, REFUSED, row.column, row.code, row.message, row.value)
                for row in batch
            ],
        )

    def _count(self, tally: Tally, outcomes: Iterable[Outcome]) -> None:
        self.tally.add(tally)
        self.stage.note(outcomes)
        self.progress("taking_in", self.tally.rows, self.rows)

    # -------------------------------------------------------------- reconcile

    def _read_ledger(self) -> dict[Place, int]:
        rows = Account.objects.filter(partner__isnull=False).values_list("unit__code", "kind")
        return {
            (unit, kind): balance
            for unit, kind, balance in rows.annotate(Sum("balance")).order_by()
        }

    def _reconcile(
        self,
        sums: list[tuple[str, str, int, int]],
        posted_before: Mapping[Place, int],
        ledger_before: Mapping[Place, int],
    ) -> list[Line]:
        in_file = {(unit, account): (rows, amount) for unit, account, rows, amount in sums}
        units = {unit for unit, _account in in_file}
        repaid_in = {unit for unit, amount in self.tally.repaid.items() if amount}
        places = sorted(
            {*in_file}
            | {place for place in posted_before if place[0] in units}
            | {(unit, kind) for unit in repaid_in for kind in (POOL, DEBT)}
        )
        now = None if self.dry_run else self._read_ledger()
        lines = []
        for place in places:
            unit, account = place
            repaid = self.tally.repaid[unit] if account != Account.Kind.PENDING else 0
            before, posted = ledger_before.get(place, 0), self.tally.posted[place]
            lines.append(
                Line(
                    unit=unit,
                    account=account,
                    rows=in_file.get(place, (0, 0))[0],
                    in_file=in_file.get(place, (0, 0))[1],
                    posted_now=posted,
                    duplicate=self.tally.known[place],
                    refused=self.tally.refused[place],
                    posted_before=posted_before.get(place, 0),
                    repaid=repaid,
                    ledger_before=before,
                    ledger_after=before + posted - repaid if now is None else now.get(place, 0),
                )
            )
        return lines

    def _find_unnamed(self, units: Iterable[str]) -> list[Unnamed]:
        holders = (
            Account.objects.filter(
                unit__code__in=list(units), kind__in=Account.KINDS_WITH_LOTS, balance__gt=0
            )
            .values_list("unit__code", "partner", "partner__erp_number")
            .annotate(total=Sum("balance"))
            .order_by()
        )
        self.stage.hold(holders.iterator())
        return [Unnamed(*row) for row in self.stage.unnamed(shown_max=UNNAMED_SHOWN)]


def _set_aside(row: RefusedRow) -> SetAside:
    return SetAside(
        number=row.number,
        document=row.partner_ref[:100],
        outcome=REFUSED,
        code=row.code,
        column=row.column[:64],
        value=row.value,
        content=json.dumps({"message": row.message}),
    )
