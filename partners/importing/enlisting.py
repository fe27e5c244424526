"""
Take in a file of partners: enrol who is new, edit what differs, and say of each row what came of it.

Chunks are transactions of their own, and the same file again changes nothing: so a run that was
killed is simply run again.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Dict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import DatabaseError

from partners.enrolling import Enrolled, enrol_many
from partners.importing.companies import (
    CompanyRow,
    CompanyStage,
    read_companies,
    to_partner_row,
)
from partners.importing.mapping import Mapping
from partners.importing.parking import SetAside, store_rows
from partners.importing.reasons import SENTENCES
from partners.importing.staging import Outcome
from partners.importing.tables import open_table
from partners.models import ImportRow, ImportRun, Person
from partners.retrying import in_transaction

KIND = "partners"
CHUNK_ROWS = 1_000
CHANGES_SHOWN = 200
PROGRESS_EVERY_ROWS = 2_000
COLUMN_OF = {
    "unknown_manager": "account_manager",
    "number_taken": "number",
    "name_missing": "legal_name",
    "stands_twice": "erp_number",
}

Progress = Callable[[str, int, int], None]
"""Told the step (``reading`` counts bytes, ``taking_in`` rows), how far it is, and of how much."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a row does to a partner: ``created`` or ``changed``, with values before and after."""

    number: int
    erp_number: str
    outcome: str
    changes: dict[str, tuple[str, str]]


@dataclass(slots=True)
class CompaniesReport:
    """What came of a file of partners. Every row of it is in exactly one of the four counts."""

    rows: int = 0
    created: int = 0
    changed: int = 0
    same: int = 0
    refused_by_code: Counter[str] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    dry_run: bool = False
    is_cancelled: bool = False
    seconds: float = 0.0

    @property
    def refused(self) -> int:
        return self.refused_by_code.total()

    @property
    def rows_done(self) -> int:
        return self.created + self.changed + self.same + self.refused

    def as_dict(self) -> dict[str, Any]:
        """Return the keys that scripts rely on."""
        return {
            "rows": self.rows,
            "rows_created": self.created,
            "rows_changed": self.changed,
            "rows_same": self.same,
            "rows_refused": self.refused,
            "refused_by_code": dict(sorted(self.refused_by_code.items())),
            "dry_run": self.dry_run,
            "seconds": round(self.seconds, 1),
        }


def load_companies(  # noqa: PLR0913 - these are the options of one command, all named at the call
    *,
    path: Path,
    source: str,
    mapping: Mapping,
    as_of: datetime,
    dry_run: bool = False,
    progress: Progress | None = None,
    report_to: Callable[[Iterable[Outcome]], None] | None = None,
    started_by: Person | None = None,
    run: ImportRun | None = None,
) -> CompaniesReport:
    """
    Enrol and edit the partners of a file. ``run`` is the one to go on with, else a new one is made.

    :raises FileNotReadable: Before anything is written.
    """
    with CompanyStage() as stage:
        with open_table(path, mapping) as table:
            rows = read_companies(table, mapping)
            while batch := list(islice(rows, PROGRESS_EVERY_ROWS)):
                stage.fill(batch)
                if progress:
                    progress("reading", table.position(), table.size)
        stage.finish()
        loader = _Loader(
            stage=stage,
            run=run or _begin(path, source=source, as_of=as_of, by=started_by),
            mapping=mapping,
            as_of=as_of,
            progress=progress,
            report=CompaniesReport(rows=stage.count(), dry_run=dry_run),
        )
        report = loader.load()
        if report_to is not None:
            report_to(stage.outcomes())
        return report


def _begin(path: Path, *, source: str, as_of: datetime, by: Person | None) -> ImportRun:
    return ImportRun(
        kind=KIND,
        source=source,
        file_name=path.name[-255:],
        status=ImportRun.Status.RUNNING,
        started_at=as_of,
        beat_at=as_of,
        started_by=by,
    )


class _Cancelled(Exception):
    """Somebody asked the run to stop."""


@dataclass(slots=True)
class _Loader:
    stage: CompanyStage
    run: ImportRun
    mapping: Mapping
    as_of: datetime
    progress: Progress | None
    report: CompaniesReport
    _started: float = field(default_factory=time.monotonic)

    def load(self) -> CompaniesReport:
        if not self.report.dry_run:
            in_transaction(self._save_begun)
        try:
            self._take_all()
        except _Cancelled:
            self.report.is_cancelled = True
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
        self.run.rows_total = self.report.rows
        if self.run.pk is None:
            self.run.save()
            return
        self.run.rows.all().delete()
        self.run.save(update_fields=["status", "rows_total"])

    def _finish(self, status: str) -> CompaniesReport:
        self.report.seconds = time.monotonic() - self._started
        if not self.report.dry_run:
            self.run.status = status
            self.run.report = self.report.as_dict()
            self.run.rows_done = self.report.rows_done
            self.run.beat_at = self.run.finished_at = self.now
            changed = ["status", "report", "rows_done", "beat_at", "finished_at"]
            in_transaction(lambda: self.run.save(update_fields=changed))
        return self.report

    def _take_all(self) -> None:
        self._refuse(list(self.stage.outcomes()), noted=True)
        twice = str(SENTENCES["stands_twice"])
        column = self._column_of("stands_twice")
        self._refuse(
            [
                Outcome(number, column, "stands_twice", twice, erp_number)
                for number, erp_number in self.stage.twice()
            ]
        )
        self.report.same += self.stage.count_again()
        rows = self.stage.once_each()
        while batch := list(islice(rows, CHUNK_ROWS)):
            self._stop_if_asked()
            self._take(batch)

    def _take(self, batch: list[CompanyRow]) -> None:
        managers = _find_managers(batch)
        good, refused = [], []
        for row in batch:
            manager = row.content.get("account_manager")
            if manager and manager.casefold() not in managers:
                refused.append(self._refuse_row(row, "unknown_manager", manager))
            else:
                good.append(row)
        answers = in_transaction(lambda: self._enrol(good, managers))
        for row, answer in zip(good, answers, strict=True):
            if answer.outcome == "refused":
                refused.append(self._refuse_row(row, answer.code, answer.about))
            else:
                self._count(row, answer)
        self._refuse(refused)
        if self.progress:
            self.progress("taking_in", self.report.rows_done, self.report.rows)

    def _enrol(self, rows: list[CompanyRow], managers: Dict[str, Person]) -> list[Enrolled]:
        source, dry_run = self.run.source, self.report.dry_run
        if not dry_run:
            done = self.report.rows_done + len(rows)
            ImportRun.objects.filter(pk=self.run.pk).update(beat_at=self.now, rows_done=done)
        return enrol_many(
            [to_partner_row(row, source=source, managers=managers) for row in rows],
            by=self.run.started_by,
            at=self.as_of,
            dry_run=dry_run,
        )

    def _count(self, row: CompanyRow, answer: Enrolled) -> None:
        outcome = str(answer.outcome)
        setattr(self.report, outcome, getattr(self.report, outcome) + 1)
        if outcome != "same" and len(self.report.changes) < CHANGES_SHOWN:
            shown = {
                name: (_show(before), _show(after))
                for name, (before, after) in answer.changes.items()
            }
            self.report.changes.append(Change(row.number, row.erp_number, outcome, shown))

    def _column_of(self, code: str) -> str:
        name = COLUMN_OF.get(code, "erp_number")
        return self.mapping.columns.get(name, name)

    def _refuse_row(self, row: CompanyRow, code: str, about: str) -> Outcome:
        return Outcome(row.number, self._column_of(code), code, str(SENTENCES[code]), about)

    def _refuse(self, outcomes: list[Outcome], *, noted: bool = False) -> None:
        self.report.refused_by_code.update(outcome.code for outcome in outcomes)
        if not noted:
            self.stage.note(outcomes)
        if outcomes and not self.report.dry_run:
            rows = [
                SetAside(
                    number=each.number,
                    document="",
                    outcome=ImportRow.Outcome.REFUSED.value,
                    code=each.code,
                    column=each.column[:64],
                    value=each.value,
                    content=json.dumps({"message": each.message}),
                )
                for each in outcomes
            ]
            in_transaction(lambda: store_rows(rows, run=self.run))

    def _stop_if_asked(self) -> None:
        asked = ImportRun.objects.filter(pk=self.run.pk, cancel_asked_at__isnull=False)
        if not self.report.dry_run and asked.exists():
            raise _Cancelled


def _find_managers(rows: Iterable[CompanyRow]) -> dict[str, Person]:
    """Return people of the seller by their e-mail address, in one query."""
    wanted = {
        row.content["account_manager"].casefold()
        for row in rows
        if "account_manager" in row.content
    }
    if not wanted:
        return {}
    people = Person.objects.filter(is_staff=True, email__in=wanted)
    return {person.email.casefold(): person for person in people}


def _show(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(str(each[1] if isinstance(each, tuple) else each) for each in value)
    return value.isoformat() if isinstance(value, date) else str(value)


__all__ = ["Change", "CompaniesReport", "load_companies"]
