"""
Nightly work: one row per scope, local day and step, with a checkpoint in the database.

A step is a function from a checkpoint to (changed, next checkpoint). Each call is one transaction
together with its checkpoint, so that a killed run goes on where it stopped and nothing is done
twice. A step that is done stays done: running the night again changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from partners.models import JobRun
from partners.retrying import in_transaction

Chunk = Callable[[int], "ChunkDone"]
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class ChunkDone:
    """What one chunk changed, and the checkpoint to go on from; None when there is no more."""

    changed: int
    next_checkpoint: int | None = None


class StepFailed(Exception):
    """A nightly step could not be finished; its row says why, and the next run goes on from it."""

    def __init__(self, job: JobRun) -> None:
        super().__init__(f"{job.step} of {job.scope} on {job.local_date}: {job.error}")
        self.job = job


class StepRefused(Exception):
    """Raised by a step that found what a person must look at; the message says what."""


def run_step(
    *, scope: str, local_date: date, step: str, chunk: Chunk, clock: Clock, again: bool = False
) -> JobRun:
    """
    Run a step to its end, chunk by chunk, from its last checkpoint.

    ``again`` starts a finished step over, which its own idempotence makes harmless.

    :raises StepFailed: If a chunk refused; what was done before it stays done.
    """
    job = _begin(scope=scope, local_date=local_date, step=step, now=clock(), again=again)
    if job.status == JobRun.Status.DONE:
        return job
    checkpoint: int | None = job.checkpoint
    while checkpoint is not None:
        try:
            checkpoint = _run_chunk(job.pk, checkpoint, chunk)
        except StepRefused as refusal:
            _finish(job.pk, JobRun.Status.FAILED, now=clock(), error=str(refusal))
            raise StepFailed(JobRun.objects.get(pk=job.pk)) from refusal
    return _finish(job.pk, JobRun.Status.DONE, now=clock())


def _begin(*, scope: str, local_date: date, step: str, now: datetime, again: bool) -> JobRun:
    def begin() -> JobRun:
        known, _created = JobRun.objects.get_or_create(
            scope=scope, local_date=local_date, step=step
        )
        job = JobRun.objects.select_for_update().get(pk=known.pk)
        if job.status == JobRun.Status.DONE and not again:
            return job
        if job.status == JobRun.Status.DONE:
            job.checkpoint = job.changed = 0
        job.status, job.error, job.finished_at = JobRun.Status.RUNNING, "", None
        job.started_at = job.started_at or now
        job.save()
        return job

    return in_transaction(begin)


def _run_chunk(job_id: int, checkpoint: int, chunk: Chunk) -> int | None:
    def run() -> int | None:
        job = JobRun.objects.select_for_update().get(pk=job_id)
        # Another worker may have gone further meanwhile; what it did is not done again.
        done = chunk(max(checkpoint, job.checkpoint))
        job.changed += done.changed
        if done.next_checkpoint is not None:
            job.checkpoint = done.next_checkpoint
        job.save(update_fields=["changed", "checkpoint"])
        return done.next_checkpoint

    return in_transaction(run)


def _finish(job_id: int, status: str, *, now: datetime, error: str = "") -> JobRun:
    def finish() -> JobRun:
        JobRun.objects.filter(pk=job_id).update(status=status, finished_at=now, error=error)
        return JobRun.objects.get(pk=job_id)

    return in_transaction(finish)
