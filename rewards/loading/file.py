"""
Load a file of facts: read it whole, group it into documents, take them in and credit them.

All documents of a partner are taken in one chunk and in canonical order, so nothing inside a file
is ever late. A chunk is a transaction of its own. A run that was killed is simply run again: what
is known already is a duplicate.
"""

import gc
import time
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Dict
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from heapq import nlargest
from itertools import islice
from pathlib import Path

from django.db import DatabaseError, transaction

from partners.importing.documents import Document, assemble
from partners.importing.einvoices import EInvoice, is_xml, read_einvoice
from partners.importing.mapping import Mapping
from partners.importing.parking import SetAside, describe, store_rows
from partners.importing.reasons import SENTENCES
from partners.importing.rows import FileRow, UnreadableRow, read_rows
from partners.importing.staging import Outcome, Stage
from partners.importing.tables import Table, open_table, read_start
from partners.importing.values import to_microseconds
from partners.kinds import Kind, all_kinds
from partners.models import ImportRow, ImportRun, Partner, Person
from partners.recognising import recognise
from partners.retrying import in_transaction
from rewards.loading.chunk import REFUSED, Chunk
from rewards.loading.report import LoadReport, Tally
from rewards.models import Programme
from rewards.tiers.recalculating import raise_standings

CHUNK_ROWS = 20_000
ASIDE_ROWS = 5_000
STANDINGS_PER_CHUNK = 1_000
PROGRESS_EVERY_ROWS = 2_000
OBJECTS_BETWEEN_COLLECTIONS = 200_000

# Clocks differ a little; the API allows as much.
CLOCK_SKEW = timedelta(minutes=5)


class RunCancelled(Exception):
    """Somebody asked the run to stop. What was taken in stays."""


Progress = Callable[[str, int, int], None]
"""Told the step (``reading`` counts bytes, ``taking_in`` rows), how far it is, and of how much."""


def load_file(  # noqa: PLR0913 - these are the options of one command, all named at the call
    *,
    path: Path,
    kind: str,
    source: str,
    mapping: Mapping,
    as_of: datetime,
    shift_days: int = 0,
    post_when_occurred: bool = False,
    partners_max: int | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    report_to: Callable[[Iterable[Outcome]], None] | None = None,
    started_by: Person | None = None,
) -> LoadReport:
    """
    Take in a file: good documents are credited, others wait or are refused, each row with why.

    ``shift_days`` moves every date by whole days; local times stay. ``partners_max`` takes only
    the partners with the largest net value and forgets all other rows. A dry run judges
    everything and rolls every chunk back. ``report_to`` is given what was not accepted.

    :raises FileNotReadable: Before anything is written.
    """
    run = _begin(path, kind=kind, source=source, as_of=as_of, by=started_by)
    kinds = all_kinds()
    with collecting_rarely(), Stage() as stage:
        fill(
            stage,
            path,
            mapping,
            kind=kind,
            source=source,
            shift_days=shift_days,
            progress=progress,
        )
        if partners_max is not None:
            stage.keep_only(
                _find_largest(stage, mapping, kind=kinds[kind], partners_max=partners_max)
            )
        loader = Loader(
            stage=stage,
            run=run,
            mapping=mapping,
            kinds=kinds,
            as_of=as_of,
            post_when_occurred=post_when_occurred,
            # What the demo moves in time may well lie ahead.
            may_lie_ahead=bool(shift_days),
            dry_run=dry_run,
            progress=progress or keep_quiet,
        )
        report = loader.load()
        if report_to is not None:
            report_to(stage.outcomes())
        return report


def _begin(path: Path, *, kind: str, source: str, as_of: datetime, by: Person | None) -> ImportRun:
    return ImportRun(
        kind=kind,
        source=source,
        file_name=path.name[-255:],
        status=ImportRun.Status.RUNNING,
        started_at=as_of,
        beat_at=as_of,
        started_by=by,
    )


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """
    Let the collector of reference cycles look less often.

    Millions of plain rows come and go here and hold no cycles. Looking through them again and
    again costs a quarter of the run.
    """
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def keep_quiet(_step: str, _done: int, _total: int) -> None:
    pass


def fill(
    stage: Stage,
    path: Path,
    mapping: Mapping,
    *,
    kind: str,
    source: str,
    shift_days: int = 0,
    progress: Progress | None = None,
) -> None:
    """
    Read a whole file into the stage, whatever it is written as.

    :raises FileNotReadable: If it, its headers or its separators cannot be read.
    """
    if is_xml(read_start(path)):
        invoice = read_einvoice(path, mapping, kind=kind, shift_days=shift_days)
        stage.fill(invoice.named(find_party(invoice, source=source)))
        return
    with open_table(path, mapping) as table:
        rows = read_rows(table, mapping, kind=kind, shift_days=shift_days)
        stage.fill(_watched(rows, table, progress) if progress else rows)


def find_party(invoice: EInvoice, *, source: str) -> str:
    """Return what names the partner: of all that may, the first by which somebody is known."""
    known = recognise(source=source, references=invoice.parties)
    known_parties = (party for party in invoice.parties if known.find(party) is not None)
    return next(known_parties, next(iter(invoice.parties), ""))


def _watched(
    rows: Iterator[FileRow | UnreadableRow], table: Table, progress: Progress
) -> Iterator[FileRow | UnreadableRow]:
    while batch := list(islice(rows, PROGRESS_EVERY_ROWS)):
        yield from batch
        progress("reading", table.position(), table.size)


def _find_largest(stage: Stage, mapping: Mapping, *, kind: Kind, partners_max: int) -> list[str]:
    """Return the partners with the largest value of orders less returns."""
    value_e4: dict[str, int] = {}
    for rows in stage.documents_by_partner():
        document = assemble(rows, mapping=mapping, kind=kind)
        if document.kept and not document.flaw:
            sign = -1 if document.is_return else 1
            so_far = value_e4.get(document.partner_ref, 0)
            value_e4[document.partner_ref] = so_far + sign * document.amount_e4
    return nlargest(partners_max, sorted(value_e4), key=value_e4.__getitem__)


@dataclass(slots=True)
class Loader:
    """One run over one staged file."""

    stage: Stage
    run: ImportRun
    mapping: Mapping
    kinds: Dict[str, Kind]
    as_of: datetime
    post_when_occurred: bool = False
    may_lie_ahead: bool = False
    dry_run: bool = False
    progress: Progress = keep_quiet
    tally: Tally = field(default_factory=Tally)
    touched: set[int] = field(default_factory=set)
    rows: int = 0
    earlier: Tally = field(default_factory=Tally)
    _started: float = field(default_factory=time.monotonic)

    def load(self) -> LoadReport:
        self.rows = self.stage.count()
        if not self.dry_run:
            in_transaction(self._save_begun)
        try:
            self._take_all()
        except RunCancelled:
            return self._finish(ImportRun.Status.CANCELLED)
        except BaseException:
            # Also when somebody interrupts: what was committed stays, and the run says so.
            with suppress(DatabaseError):
                self._finish(ImportRun.Status.FAILED)
            raise
        return self._finish(ImportRun.Status.FINISHED)

    @property
    def now(self) -> datetime:
        return self.as_of + timedelta(seconds=time.monotonic() - self._started)

    def _save_begun(self) -> None:
        self.run.status = ImportRun.Status.RUNNING
        self.run.rows_total = self.rows
        if self.run.pk is None:
            self.run.save()
            return
        # What is refused is refused anew, and must not stand there twice.
        self.earlier = Tally.from_dict(self.run.report.get("so_far", {}))
        ImportRow.objects.filter(run=self.run, outcome=REFUSED).delete()
        self.run.save(update_fields=["status", "rows_total"])

    def _finish(self, status: str) -> LoadReport:
        programme = Programme.objects.live().select_related("main_unit").order_by("pk").first()
        total = self.tally.copy()
        total.go_on_from(self.earlier)
        report = LoadReport(
            rows=self.rows,
            tally=total,
            currency=self.mapping.currency or next(iter(sorted(total.amounts_e4)), ""),
            main_unit=programme.main_unit.code if programme else "",
            dry_run=self.dry_run,
            seconds=time.monotonic() - self._started,
            run_id=self.run.pk,
            is_cancelled=status == ImportRun.Status.CANCELLED,
        )
        if not self.dry_run:
            self.run.status = status
            self.run.report = report.as_dict()
            if status != ImportRun.Status.FINISHED:
                self.run.report["so_far"] = total.as_dict()
            self.run.rows_done = total.rows
            self.run.beat_at = self.run.finished_at = self.now
            changed = ["status", "report", "finished_at", "rows_done", "beat_at"]
            in_transaction(lambda: self.run.save(update_fields=changed))
        return report

    def _take_all(self) -> None:
        self._stop_if_asked()
        self._refuse_unreadable()
        aside = self._assembled(self.stage.documents_aside())
        for documents in _in_chunks(aside, rows_max=ASIDE_ROWS):
            self._take(documents)
        of_one_partner = self._assembled(self.stage.documents_by_partner())
        for documents in _in_chunks(of_one_partner, rows_max=CHUNK_ROWS):
            self._take(documents)
        if not self.dry_run:
            self._decide_tiers()

    def _assembled(self, groups: Iterable[list[FileRow]]) -> Iterator[Document]:
        kind = self.kinds[self.run.kind]
        latest = None if self.may_lie_ahead else to_microseconds(self.as_of + CLOCK_SKEW)
        for rows in groups:
            yield assemble(rows, mapping=self.mapping, kind=kind, latest=latest)

    def _take(self, documents: list[Document]) -> None:
        def take() -> Chunk:
            if self.dry_run and self.run.pk is None:
                self.run.save(force_insert=True)
            chunk = Chunk(
                documents,
                self.run,
                self.mapping,
                self.as_of,
                self.post_when_occurred,
                kinds=self.kinds,
            )
            chunk.take()
            if self.dry_run:
                transaction.set_rollback(True)
            else:
                self._say_how_far(chunk.tally)
            return chunk

        is_new = self.run.pk is None
        try:
            chunk = in_transaction(take)
        finally:
            if self.dry_run and is_new:
                self.run.pk = None
        self._count(chunk.tally, chunk.outcomes)
        self.touched |= chunk.touched
        self._stop_if_asked()

    def _say_how_far(self, chunk: Tally) -> None:
        """Say in the chunk's own transaction what is done with it, so that it is exact."""
        so_far = self.tally.copy()
        so_far.add(chunk)
        so_far.go_on_from(self.earlier)
        ImportRun.objects.filter(pk=self.run.pk).update(
            rows_done=self.tally.rows + chunk.rows,
            beat_at=self.now,
            report={"so_far": so_far.as_dict()},
        )

    def _stop_if_asked(self) -> None:
        """
        :raises RunCancelled: If somebody asked the run to stop.
        """
        if self.dry_run:
            return
        asked = ImportRun.objects.filter(pk=self.run.pk, cancel_asked_at__isnull=False)
        if asked.exists():
            raise RunCancelled

    def _count(self, tally: Tally, outcomes: Iterable[Outcome]) -> None:
        self.tally.add(tally)
        self.stage.note(outcomes)
        self.progress("taking_in", self.tally.rows, self.rows)

    def _refuse_unreadable(self) -> None:
        sentence = str(SENTENCES["unreadable"])
        unreadable = (
            SetAside(
                number=row.number,
                document=row.document,
                outcome=REFUSED,
                code="unreadable",
                column=row.problem.column,
                value=row.problem.value,
                content={"message": row.problem.message},
            )
            for row in self.stage.unreadable()
        )
        spoiled = (
            SetAside(
                number=row.number,
                document=row.document,
                outcome=REFUSED,
                code="unreadable",
                column="",
                value="",
                content={"message": sentence, "because_of_row": spoiler, **describe(row)},
            )
            for row, spoiler in self.stage.spoiled()
        )
        for rows in (unreadable, spoiled):
            while batch := list(islice(rows, ASIDE_ROWS)):
                self._refuse_batch(batch)

    def _refuse_batch(self, batch: list[SetAside]) -> None:
        if not self.dry_run:
            in_transaction(lambda: store_rows(batch, run=self.run))
        tally = Tally()
        tally.refuse("unreadable", len(batch))
        self._count(
            tally,
            [
                Outcome(row.number, row.column, row.code, row.content["message"], row.value)
                for row in batch
            ],
        )

    def _decide_tiers(self) -> None:
        """Decide standings once, at the end, not once per chunk."""
        partner_ids = sorted(self.touched)
        for programme in Programme.objects.live().order_by("pk"):
            for start in range(0, len(partner_ids), STANDINGS_PER_CHUNK):
                batch = partner_ids[start : start + STANDINGS_PER_CHUNK]
                in_transaction(partial(self._raise_standings, batch, programme))
                ImportRun.objects.filter(pk=self.run.pk).update(beat_at=self.now)

    def _raise_standings(self, partner_ids: list[int], programme: Programme) -> None:
        Partner.objects.lock(partner_ids)
        raise_standings(partner_ids, programme=programme, as_of=self.as_of)


def _in_chunks(documents: Iterable[Document], *, rows_max: int) -> Iterator[list[Document]]:
    """Yield chunks of about ``rows_max`` rows; a partner's documents stay together."""
    chunk: list[Document] = []
    rows = 0
    for document in documents:
        same_partner = bool(chunk and document.partner_ref) and (
            document.partner_ref == chunk[-1].partner_ref
        )
        if rows >= rows_max and not same_partner:
            yield chunk
            chunk, rows = [], 0
        chunk.append(document)
        rows += len(document.kept)
    if chunk:
        yield chunk
