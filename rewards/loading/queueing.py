"""
Work on uploaded files in the background: asked for once, begun by somebody else, stopped, gone on with.

With a broker a worker of the queue does it. Without one a process of its own is started on this
machine: it outlives the web process that asked for it.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from functools import partial

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext_lazy
from kombu.exceptions import OperationalError as QueueUnreachable

from partners.importing.runs import (
    SILENT_AFTER,
    WORKING,
    RunBusy,
    ask_to_cancel,
    can_go_on,
    forget_file,
    is_interrupted,
    notes_of,
    path_of,
)
from partners.importing.staging import Outcome
from partners.models import ImportRun, ParkedDocument
from rewards.loading import uploaded

TASK = "rewards.work_on_import"
LAUNCH_SECONDS_MAX = 15
LOOK_EVERY_SECONDS = 1.0
CHANGES_KEPT = 200
OUTCOMES_KEPT = 50
WAITING = frozenset(ParkedDocument.Reason.values)
# The launcher ends at once, so that nobody has to wait for the process it leaves behind.
LAUNCHER = """
import subprocess, sys
quiet = subprocess.DEVNULL
subprocess.Popen(sys.argv[1:], stdin=quiet, stdout=quiet, start_new_session=True)
"""

BROKEN_OFF = gettext_lazy(
    "It broke off through no fault of the file. Try again; the log says more."
)

Status = ImportRun.Status
Clock = Callable[[], datetime]


class Task(StrEnum):
    CHECK = "check"
    RUN = "run"


class NotStarted(Exception):
    """Nobody could be asked to do the work. Asking again later may help."""

    code = "not_started"


class _Stopped(Exception):
    """Somebody asked a check to stop."""


def task_of(run: ImportRun) -> Task:
    """Return what was asked for last."""
    return Task(run.report.get("task", Task.RUN))


def has_fallen_silent(run: ImportRun, *, at: datetime) -> bool:
    """Say whether a run was killed, or has waited so long that asking again makes sense."""
    waits = run.status == Status.QUEUED and (run.beat_at or run.started_at) < at - SILENT_AFTER
    return waits or is_interrupted(run, at=at)


def is_silent(at: datetime) -> Q:
    """The same as a condition on the rows of runs."""
    before = at - SILENT_AFTER
    return Q(status__in=(Status.QUEUED, *WORKING)) & (
        Q(beat_at__lt=before) | Q(beat_at=None, started_at__lt=before)
    )


def may_go_on(run: ImportRun, *, at: datetime) -> bool:
    """Say whether an uploaded file may be taken up again where it was broken off."""
    return bool(run.stored_as) and (has_fallen_silent(run, at=at) or can_go_on(run, at=at))


def queue(run: ImportRun, task: Task, *, at: datetime) -> bool:
    """
    Ask for a run to be judged or taken in; False if somebody has asked already.

    The work begins once the caller's transaction is committed.

    :raises NotStarted: If nobody could be asked; then, or when it commits. The run is as before.
    """
    ready = {
        Task.CHECK: (Status.UPLOADED, Status.CHECKED),
        Task.RUN: (Status.CHECKED, Status.FAILED, Status.CANCELLED),
    }[task]
    before = run.status
    queued = (
        ImportRun.objects.filter(Q(status__in=ready) | is_silent(at), pk=run.pk)
        .exclude(stored_as="")
        .update(
            status=Status.QUEUED,
            beat_at=at,
            cancel_asked_at=None,
            finished_at=None,
            error="",
            rows_done=0,
            report=run.report | {"task": task.value},
        )
    )
    if not queued:
        return False
    run.refresh_from_db()
    transaction.on_commit(partial(_start, run.pk, task, before))
    return True


def _start(run_id: int, task: Task, before: str) -> None:
    try:
        if settings.CELERY_TASK_ALWAYS_EAGER:
            _start_process(run_id, task)
        else:
            arguments = {"run_id": run_id, "task": task.value}
            current_app.send_task(TASK, kwargs=arguments)
    except (OSError, subprocess.SubprocessError, QueueUnreachable) as error:
        ImportRun.objects.filter(pk=run_id, status=Status.QUEUED).update(status=before)
        raise NotStarted(str(error)) from error


def _start_process(run_id: int, task: Task) -> None:
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py"), "run_import", str(run_id)]
    subprocess.run(  # noqa: S603 - our own command, and a number
        [sys.executable, "-c", LAUNCHER, *manage, f"--task={task.value}"],
        env=os.environ | {"TESSERA_PROCESS": "job"},
        timeout=LAUNCH_SECONDS_MAX,
        check=True,
    )


def stop(run: ImportRun, *, at: datetime) -> bool:
    """
    Stop what waits or was killed now, and what runs after its chunk.

    Returns False if there is nothing to stop.
    """
    back = Status.UPLOADED if task_of(run) is Task.CHECK else Status.CANCELLED
    waiting = ImportRun.objects.filter(Q(status=Status.QUEUED) | is_silent(at), pk=run.pk)
    if waiting.update(status=back, finished_at=at if back == Status.CANCELLED else None):
        return True
    return ask_to_cancel(run, at=at)


def take_nothing(run: ImportRun, *, at: datetime) -> bool:
    """Give up an upload that nothing was taken of, and forget its file."""
    open_runs = ImportRun.objects.filter(pk=run.pk, status__in=(Status.UPLOADED, Status.CHECKED))
    given_up = open_runs.update(status=Status.CANCELLED, finished_at=at)
    if given_up:
        forget_file(run)
    return bool(given_up)


# -------------------------------------------------------------------- the work


def work_on(run: ImportRun, task: Task, *, clock: Clock) -> None:
    """
    Do what was asked for, in the language of whoever asked. Asked for twice, it is done once.

    What was stopped while it waited, or has begun elsewhere, is left alone.
    """
    if run.status != Status.QUEUED and not is_interrupted(run, at=clock()):
        return
    person = run.started_by
    spoken = person.language if person else settings.LANGUAGE_CODE
    try:
        with translation.override(spoken):
            if task is Task.CHECK:
                check(run, clock=clock)
            else:
                uploaded.run(run, as_of=clock())
    except RunBusy:
        return
    except Exception:
        with suppress(DatabaseError):
            ImportRun.objects.filter(pk=run.pk).update(error=str(BROKEN_OFF))
        raise


def check(run: ImportRun, *, clock: Clock) -> None:
    """
    Judge an uploaded file whole, and keep what a person wants to see of it before deciding.

    :raises RunBusy: If somebody works on it already, or it is through.
    """
    last = time.monotonic()
    refused: list[Outcome] = []

    def stop_if_asked(_step: str, _done: int, _total: int) -> None:
        nonlocal last
        if time.monotonic() - last < LOOK_EVERY_SECONDS:
            return
        last = time.monotonic()
        if ImportRun.objects.filter(pk=run.pk, cancel_asked_at__isnull=False).exists():
            raise _Stopped

    try:
        preview = uploaded.prepare(
            run,
            as_of=clock(),
            progress=stop_if_asked,
            report_to=lambda outcomes: refused.extend(note(run, outcomes)),
        )
    except _Stopped:
        ImportRun.objects.filter(pk=run.pk).update(report={}, rows_done=0, rows_total=0)
        return
    if run.status == Status.CHECKED:
        # What waits goes on by itself; what is refused needs somebody.
        waiting = [outcome for outcome in preview.outcomes if outcome.code in WAITING]
        run.report |= {
            "task": Task.CHECK.value,
            "changes": [asdict(change) for change in preview.changes[:CHANGES_KEPT]],
            "outcomes": [list(outcome) for outcome in [*refused, *waiting][:OUTCOMES_KEPT]],
        }
    run.rows_done = 0
    run.save(update_fields=["report", "rows_done"])


def note(run: ImportRun, outcomes: Iterable[Outcome]) -> list[Outcome]:
    """
    Write every row that a dry run would not take beside the file, one a line.

    Returns the first ones that are refused.
    """
    refused: list[Outcome] = []
    with notes_of(path_of(run)).open("w", encoding="utf-8") as notes:
        for outcome in outcomes:
            notes.write(json.dumps(outcome) + "\n")
            if outcome.code not in WAITING and len(refused) < OUTCOMES_KEPT:
                refused.append(outcome)
    return refused


def read_notes(run: ImportRun) -> Iterator[Outcome]:
    """
    Yield what the latest dry run noted.

    :raises FileGone: If the file is not kept any more, and its notes with it.
    """
    path = notes_of(path_of(run))
    if path.is_file():
        with path.open(encoding="utf-8") as notes:
            for line in notes:
                yield Outcome(*json.loads(line))
