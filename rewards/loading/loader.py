"""
The second half of loading: what was staged is judged and taken in, chunk by chunk.

All documents of a partner are taken in one chunk and in canonical order, so nothing inside a file
is ever late. A chunk is a transaction of its own. A run that was killed is simply run again: what
is known already is a duplicate.
"""

import json
import time
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from django.db import DatabaseError, transaction

from partners.importing.documents import Document, assemble
from partners.importing.mapping import Mapping
from partners.importing.parking import SetAside, describe, store_rows
from partners.importing.reasons import SENTENCES
from partners.importing.rows import FileRow
from partners.importing.staging import Outcome, Stage
from partners.importing.values import to_microseconds
from partners.kinds import Kind
from partners.models import ImportRow, ImportRun, Partner
from partners.retrying import in_transaction
from rewards.loading.chunk import REFUSED, Chunk
from rewards.loading.filling import Progress, keep_quiet
from rewards.loading.report import LoadReport, Tally
from rewards.models import Programme
from rewards.tiers.recalculating import raise_standings

CHUNK_ROWS = 20_000
ASIDE_ROWS = 5_000
STANDINGS_PER_CHUNK = 1_000

# Clocks differ a little; the API allows as much.
CLOCK_SKEW = timedelta(minutes=5)


Refused = tuple[str, Outcome, dict[str, Any]]
"""Of a row: its document, what the report says of it, and what else is to be kept."""


class RunCancelled(Exception):
    """Somebody asked the run to stop. What was taken in stays."""


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
        unreadable: Iterator[Refused] = (
            (row.document, Outcome(row.number, column, "unreadable", message, value), {})
            for row in self.stage.unreadable()
            for column, message, value in [row.problem]
        )
        spoiled: Iterator[Refused] = (
            (
                row.document,
                Outcome(row.number, "", "unreadable", sentence, ""),
                {"because_of_row": spoiler, **describe(row)},
            )
            for row, spoiler in self.stage.spoiled()
        )
        for rows in (unreadable, spoiled):
            while batch := list(islice(rows, ASIDE_ROWS)):
                self._refuse_batch(batch)

    def _refuse_batch(self, batch: list[Refused]) -> None:
        rows = [
            SetAside(
                number=outcome.number,
                document=document,
                outcome=REFUSED,
                code=outcome.code,
                column=outcome.column[:64],
                value=outcome.value,
                content=json.dumps({"message": outcome.message, **said}),
            )
            for document, outcome, said in batch
        ]
        if not self.dry_run:
            in_transaction(lambda: store_rows(rows, run=self.run))
        tally = Tally()
        tally.refuse("unreadable", len(batch))
        self._count(tally, [outcome for _document, outcome, _said in batch])

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
