"""Adjustments out of a file: each row is asked for like any other, within the person's limit."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from ledger import accounts
from ledger.correcting.asking import AccountNotAdjustable, ExpiryNotAhead, ask_adjustment
from ledger.correcting.files import AdjustmentRow, RefusedRow, read_file
from ledger.correcting.people import Asker, MayNotAsk, lock_asker
from ledger.correcting.reasons import ReasonNotAllowed, find_reason
from ledger.correcting.wording import say_refusal
from ledger.models import Account, Correction, Unit
from ledger.opening.standing import end_of_day
from ledger.posting import AmountOutOfBounds, IdempotencyKeyReused, InsufficientPoints
from partners.importing.parking import SetAside, store_rows
from partners.models import ImportRow, ImportRun, Member, Partner, Person
from partners.retrying import again, in_transaction

KIND = "adjustment"
REFUSALS = (
    MayNotAsk,
    ReasonNotAllowed,
    AccountNotAdjustable,
    AmountOutOfBounds,
    InsufficientPoints,
    ExpiryNotAhead,
)
COLUMN_OF_ERROR: dict[type[Exception], str] = {
    MayNotAsk: "partner",
    ReasonNotAllowed: "reason",
    AccountNotAdjustable: "account",
    AmountOutOfBounds: "amount",
    InsufficientPoints: "amount",
    ExpiryNotAhead: "expires_on",
}


class Result(StrEnum):
    POSTED = "posted"
    WAITING = "waiting"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row. ``code`` says why it was not posted."""

    number: int
    result: Result
    column: str = ""
    code: str = ""
    message: str = ""
    value: str = ""


@dataclass(slots=True)
class AdjustmentReport:
    """What became of a file: every row has exactly one outcome."""

    file_name: str
    source: str
    dry_run: bool
    outcomes: list[Outcome] = field(default_factory=list)
    credited: Counter[str] = field(default_factory=Counter)
    debited: Counter[str] = field(default_factory=Counter)
    run_id: int | None = None
    seconds: float = 0

    def count(self, result: Result) -> int:
        return sum(outcome.result == result for outcome in self.outcomes)

    def as_dict(self) -> dict[str, Any]:
        codes = Counter(one.code for one in self.outcomes if one.result == Result.REFUSED)
        units = sorted(self.credited.keys() | self.debited.keys())
        return {
            "file": self.file_name,
            "source": self.source,
            "dry_run": self.dry_run,
            "run": self.run_id,
            "rows": len(self.outcomes),
            **{result.value: self.count(result) for result in Result},
            "refused_by_code": dict(sorted(codes.items())),
            "units": {
                unit: {"credited": self.credited[unit], "debited": self.debited[unit]}
                for unit in units
            },
        }


class _RowRefused(Exception):
    def __init__(self, column: str, code: str, message: str) -> None:
        super().__init__(message)
        self.column = column
        self.code = code


def make_key(source: str, row: AdjustmentRow) -> str:
    """Return the request key of a row: the same row of the same source is the same."""
    named = f"{source}\n{row.natural_key}"
    return f"import:{hashlib.sha256(named.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Import:
    source: str
    person: Person
    zone: ZoneInfo
    as_of: datetime
    units: dict[str, Unit]

    def take(self, row: AdjustmentRow, report: AdjustmentReport) -> Outcome:
        try:
            account = again(partial(self._find_account, row))
        except _RowRefused as refusal:
            return _refuse(row, refusal.column, refusal.code, str(refusal))
        try:
            correction, is_known = again(partial(self._ask, row, account))
        except IdempotencyKeyReused:
            message = _("This reference is known with other content. The first one stands.")
            return _refuse(row, "reference", "conflict", message)
        except REFUSALS as error:
            message = say_refusal(error, account.unit)
            return _refuse(row, COLUMN_OF_ERROR[type(error)], error.code, message)
        if is_known:
            message = _("This adjustment is known already.")
            return Outcome(row.number, Result.DUPLICATE, "", Result.DUPLICATE, message)
        if correction.state == Correction.State.WAITING:
            message = _("Above the limit. It waits for a second person.")
            return Outcome(row.number, Result.WAITING, "", Result.WAITING, message, str(row.amount))
        moved = report.credited if row.amount > 0 else report.debited
        moved[correction.account.unit.code] += abs(row.amount)
        return Outcome(row.number, Result.POSTED)

    def _ask(self, row: AdjustmentRow, account: Account) -> tuple[Correction, bool]:
        """Return the row's correction, and whether it was known before."""
        kind = Correction.Kind.CREDIT if row.amount > 0 else Correction.Kind.DEBIT
        key = make_key(self.source, row)
        # Whoever imports it again, it is the same row.
        earlier = Correction.objects.filter(request_key=key).select_related("reason").first()
        expires_at = end_of_day(row.expires_on, self.zone) if row.expires_on else None
        if earlier is not None:
            given = (account.pk, abs(row.amount), kind, row.reason, expires_at, row.reference)
            if given != _content_of(earlier):
                raise IdempotencyKeyReused(key)
            return earlier, True
        asked = ask_adjustment(
            account=account,
            amount=row.amount,
            reason=find_reason(row.reason, kind=kind),
            note=row.note,
            expires_at=expires_at,
            reference=row.reference,
            asker=Asker(person=self.person),
            request_key=key,
            door=Correction.Door.IMPORT,
            asked_at=self.as_of,
        )
        # Somebody may have imported the same row in between.
        return asked, asked.requested_at != self.as_of

    def _find_account(self, row: AdjustmentRow) -> Account:
        partner = Partner.objects.filter(erp_number=row.partner).first()
        if partner is None:
            raise _RowRefused("partner", "unknown_partner", _("There is no such partner."))
        unit = self._find_unit(row.unit)
        if row.account != Account.Kind.WALLET:
            return accounts.of_partners(unit, row.account, [partner.pk])[partner.pk]
        member = Member.objects.filter(partner=partner, person__email=row.member.lower()).first()
        if member is None:
            raise _RowRefused("member", "unknown_member", _("Nobody of that name is on the team."))
        return accounts.wallet(unit, member)

    def _find_unit(self, code: str) -> Unit:
        if not code and len(self.units) == 1:
            return next(iter(self.units.values()))
        if code not in self.units:
            message = _("Units known here: %(units)s.") % {"units": ", ".join(sorted(self.units))}
            raise _RowRefused("unit", "unknown_unit", message)
        return self.units[code]


def import_adjustments(
    *,
    path: Path,
    source: str,
    person: Person,
    zone: ZoneInfo,
    as_of: datetime,
    dry_run: bool = False,
) -> AdjustmentReport:
    """
    Ask for every row of a file on behalf of a person, in order. Twice changes nothing.

    Rows count together against the person's limit of the day: what is above it waits. Each row is
    a transaction of its own, so that a stopped import goes on where it stood. A dry run judges
    all of them in one transaction that is undone; meanwhile their partners are locked.

    :param zone: Where a day ends; an expiry on a day includes it.
    :raises FileNotReadable: Before anything is asked for.
    """
    rows = list(read_file(path))
    report = AdjustmentReport(file_name=path.name, source=source, dry_run=dry_run)
    taking = _Import(
        source=source,
        person=person,
        zone=zone,
        as_of=as_of,
        units={unit.code: unit for unit in Unit.objects.all()},
    )
    if dry_run:
        _try_out(taking, rows, report)
        return report
    run = ImportRun(
        kind=KIND,
        source=source,
        file_name=path.name[-255:],
        status=ImportRun.Status.RUNNING,
        started_at=as_of,
        started_by=person,
    )
    in_transaction(run.save)
    report.run_id = run.pk
    started = time.monotonic()
    status = ImportRun.Status.FAILED
    try:
        _take_all(taking, rows, report)
        status = ImportRun.Status.FINISHED
    finally:
        # Also when somebody interrupts: what was asked for stays, and the run says so.
        report.seconds = time.monotonic() - started
        _finish(run, status, report, rows)
    return report


def _take_all(
    taking: _Import, rows: Sequence[AdjustmentRow | RefusedRow], report: AdjustmentReport
) -> None:
    for row in rows:
        if isinstance(row, RefusedRow):
            shown = (row.column, row.code, row.message, row.value)
            report.outcomes.append(Outcome(row.number, Result.REFUSED, *shown))
        else:
            report.outcomes.append(taking.take(row, report))


def _try_out(
    taking: _Import, rows: Sequence[AdjustmentRow | RefusedRow], report: AdjustmentReport
) -> None:
    named = {row.partner for row in rows if isinstance(row, AdjustmentRow)}
    with transaction.atomic():
        lock_asker(Asker(person=taking.person))
        # All at once and in order, so that nobody waits for us while we wait for them.
        Partner.objects.lock(
            set(Partner.objects.filter(erp_number__in=named).values_list("pk", flat=True))
        )
        _take_all(taking, rows, report)
        transaction.set_rollback(True)


def _finish(
    run: ImportRun,
    status: str,
    report: AdjustmentReport,
    rows: Sequence[AdjustmentRow | RefusedRow],
) -> None:
    by_number = {row.number: row for row in rows}
    run.status, run.report = status, report.as_dict()
    run.finished_at = run.started_at + timedelta(seconds=report.seconds)

    def finish() -> None:
        refused = (one for one in report.outcomes if one.result == Result.REFUSED)
        store_rows((_set_aside(one, by_number[one.number]) for one in refused), run=run)
        run.save(update_fields=["status", "report", "finished_at"])

    in_transaction(finish)


def _set_aside(outcome: Outcome, row: AdjustmentRow | RefusedRow) -> SetAside:
    # Without the note: it is personal words, and erasing has to find them in one place.
    content = {}
    if isinstance(row, AdjustmentRow):
        names = ("partner", "unit", "account", "amount", "reason", "reference", "expires_on")
        content = {name: str(getattr(row, name)) for name in names}
    return SetAside(
        number=outcome.number,
        document=content.get("reference", ""),
        outcome=ImportRow.Outcome.REFUSED,
        code=outcome.code[:32],
        column=outcome.column,
        value=outcome.value,
        content=json.dumps(content),
    )


def _refuse(row: AdjustmentRow, column: str, code: str, message: str) -> Outcome:
    value = str(getattr(row, column)) if column else ""
    return Outcome(row.number, Result.REFUSED, column, code, message, value)


def _content_of(known: Correction) -> tuple[Any, ...]:
    return (
        known.account_id,
        known.amount,
        known.kind,
        known.reason.code,
        known.expires_at,
        known.reference,
    )
