"""
The nightly run: which steps, in which order, and why in that order.

``run_night`` closes one local day of one programme: its ``as_of`` is the local midnight after that
day. Beat ticks every hour in UTC and asks the database which programmes have a day to close.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from ledger.auditing import audit
from ledger.expiring import expire
from ledger.lapsing import lapse as lapse_holds
from ledger.maturing import mature
from ledger.sealing import JournalBusy, seal
from partners.importing.forgetting import forget_old_files
from partners.jobs import ChunkDone, Clock, StepFailed, StepRefused, run_step
from partners.models import JobRun
from rewards import claiming, inbox
from rewards.catching_up import convert_earlier
from rewards.deciding import decide
from rewards.late import work_out_again
from rewards.models import Programme
from rewards.programmes.calendar import local_date, local_midnight
from rewards.redeeming.lapsing import lapse as lapse_requests
from rewards.tiers.recalculating import recalculate

DAYS_BACK_MAX = 31


@dataclass(frozen=True, slots=True)
class Night:
    """One local day of one programme that has closed."""

    programme: Programme
    day: date

    @property
    def as_of(self) -> datetime:
        return local_midnight(self.day + timedelta(days=1), self.programme.time_zone)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the night; ``reason`` says why it stands where it stands."""

    name: str
    chunk: Callable[[Night, int], ChunkDone]
    reason: str


def _late_facts(night: Night, after: int) -> ChunkDone:
    """
    For every programme at once: whichever closes its day first clears the marks.

    Beforehand what waits in the inbox is tried again: what is taken in now is late too. Ids of
    documents go below zero, so that one number says how far both have come.
    """
    if after <= 0:
        matching, last_document_id = inbox.try_again(at=night.as_of, after_id=-after)
        taken = matching.count(inbox.Ending.TAKEN)
        if last_document_id is not None:
            return ChunkDone(taken, -last_document_id)
    counts = work_out_again(as_of=night.as_of, after_partner_id=max(after, 0))
    return ChunkDone(counts.partners, counts.last_partner_id)


def _earlier(night: Night, after: int) -> ChunkDone:
    counts = convert_earlier(programme=night.programme, as_of=night.as_of, after_activity_id=after)
    return ChunkDone(counts.converted, counts.last_activity_id)


def _decide(night: Night, after: int) -> ChunkDone:
    counts = decide(programme=night.programme, as_of=night.as_of, after_partner_id=after)
    return ChunkDone(counts.partners, counts.last_partner_id)


def _mature(night: Night, after: int) -> ChunkDone:
    counts = mature(as_of=night.as_of, unit=night.programme.main_unit, after_account_id=after)
    return ChunkDone(counts.lots, counts.last_account_id)


def _lapse(night: Night, after: int) -> ChunkDone:
    """Requests first: they end with their holds, and take stock and codes back."""
    requests = lapse_requests(programme=night.programme, as_of=night.as_of)
    if requests.last_redemption_id is not None:
        return ChunkDone(requests.redemptions, after)
    counts = lapse_holds(as_of=night.as_of, unit=night.programme.main_unit, after_hold_id=after)
    return ChunkDone(requests.redemptions + counts.holds, counts.last_hold_id)


def _expire(night: Night, after: int) -> ChunkDone:
    counts = expire(as_of=night.as_of, unit=night.programme.main_unit, after_account_id=after)
    return ChunkDone(counts.lots, counts.last_account_id)


def _tiers(night: Night, after: int) -> ChunkDone:
    moved, last_partner_id = recalculate(
        programme=night.programme, day=night.day, as_of=night.as_of, after_partner_id=after
    )
    return ChunkDone(moved, last_partner_id)


def _uploads(night: Night, _after: int) -> ChunkDone:
    """For every programme at once: whichever closes its day first forgets the files."""
    days = settings.UPLOAD_KEEP_DAYS
    files = forget_old_files(as_of=night.as_of, keep_days=days)
    return ChunkDone(files + claiming.forget_strays(as_of=night.as_of))


def _seal(night: Night, _after: int) -> ChunkDone:
    """Seal what is new of the whole ledger: it has one journal, whichever programme asks first."""
    try:
        made = seal(as_of=night.as_of)
    except JournalBusy as error:
        raise StepRefused("The journal could not be sealed: others kept writing to it.") from error
    return ChunkDone(made.transfers, made.number) if made else ChunkDone(0)


def _audit(night: Night, _after: int) -> ChunkDone:
    report = audit(as_of=night.as_of)
    if not report.ok:
        raise StepRefused(f"The ledger does not add up: {report.divergences[0]}")
    return ChunkDone(0)


STEPS = (
    Step("late_facts", _late_facts, "First: what came in late counts in all that follows."),
    Step("earlier", _earlier, "With them: facts of before the programme, in another currency."),
    Step("decide", _decide, "Before maturing: what was not paid in time, or bought for, is lost."),
    Step("mature", _mature, "What became available today may be spent, and expire, from today."),
    Step("lapse", _lapse, "Before expiring: what nobody decided about in time is free to expire."),
    Step("expire", _expire, "After maturing, so that a lot cannot mature after its expiry."),
    Step("tiers", _tiers, "After all movements of the day; tiers look at facts, not at balances."),
    Step("uploads", _uploads, "Moves nothing; before the books are closed, so that audit is last."),
    Step("seal", _seal, "After all movements of the night, so that it seals them too."),
    Step("audit", _audit, "Last: it checks what the steps before it did."),
)


class UnknownStep(LookupError):
    """There is no nightly step of this name."""

    def __init__(self, name: str) -> None:
        names = ", ".join(step.name for step in STEPS)
        super().__init__(f"There is no step {name}. Steps: {names}.")


class DayNotOver(ValueError):
    """The local day has not closed yet."""

    def __init__(self, day: date) -> None:
        super().__init__(f"{day.isoformat()} is not over yet.")


def closed_day(programme: Programme, now: datetime) -> date:
    """Return the latest local day that is over."""
    return local_date(now, programme.time_zone) - timedelta(days=1)


def days_to_close(programme: Programme, *, now: datetime) -> list[date]:
    """
    Return the local days that are over and not closed, oldest first; after an outage, each of them.

    A programme that was never closed begins with its latest day. What has waited longer than
    ``DAYS_BACK_MAX`` is left: every step looks at the whole state, not at a single day.
    """
    latest = closed_day(programme, now)
    done = JobRun.objects.filter(
        scope=programme.code, step=STEPS[-1].name, status=JobRun.Status.DONE
    ).order_by("-local_date")
    last_closed = done.values_list("local_date", flat=True).first()
    if last_closed is None:
        return [latest]
    first = max(last_closed + timedelta(days=1), latest - timedelta(days=DAYS_BACK_MAX - 1))
    return [first + timedelta(days=ahead) for ahead in range((latest - first).days + 1)]


def run_night(
    *,
    programme: Programme,
    day: date,
    clock: Clock,
    step_name: str | None = None,
    again: bool = False,
) -> list[JobRun]:
    """
    Close a local day, step by step; steps that are done are left as they are.

    :raises UnknownStep: If ``step_name`` is no step.
    :raises DayNotOver: If the day is still running in the programme's time zone.
    :raises StepFailed: If a step refused; the steps before it are done.
    """
    steps = [step for step in STEPS if step_name in (None, step.name)]
    if not steps:
        raise UnknownStep(step_name or "")
    if day > closed_day(programme, clock()):
        raise DayNotOver(day)
    night = Night(programme, day)
    return [_run(step, night, clock, again=again) for step in steps]


def _run(step: Step, night: Night, clock: Clock, *, again: bool) -> JobRun:
    return run_step(
        scope=night.programme.code,
        local_date=night.day,
        step=step.name,
        chunk=lambda after: step.chunk(night, after),
        clock=clock,
        again=again,
    )


@shared_task(ignore_result=True, acks_late=True)
def close_due_days(**_: object) -> None:
    """The hourly tick: close every local day that is over and not closed yet, oldest first."""
    for programme in Programme.objects.live():
        for day in days_to_close(programme, now=timezone.now()):
            close_day.delay(programme=programme.code, day=day.isoformat())


@shared_task(ignore_result=True, acks_late=True)
def close_day(*, programme: str, day: str, **_: object) -> None:
    """Run every step of a programme's day in order. A failed step waits for the next tick."""
    for step in STEPS:
        run_nightly_step(programme=programme, day=day, step=step.name)


@shared_task(ignore_result=True, acks_late=True)
def run_nightly_step(*, programme: str, day: str, step: str, **_: object) -> None:
    """Run one step; what it does, and how far it got, stands in its ``JobRun``."""
    live = Programme.objects.select_related("main_unit").get(code=programme)
    run_night(programme=live, day=date.fromisoformat(day), clock=timezone.now, step_name=step)


__all__ = ["STEPS", "DayNotOver", "StepFailed", "UnknownStep", "closed_day", "run_night"]
