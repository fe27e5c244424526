"""
Reports through the API: what can be taken is, what cannot be yet waits and says so.

Reported again, what waits is answered as the first time. Reported again with its partner, it is
taken in and waits no more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from partners.importing.documents import same_but_for_partner
from partners.intake import ActivityConflict, Recorded, find_recorded
from partners.models import Activity, ParkedDocument
from partners.references import by_source
from partners.reports import ActivityReport, NaturalKey
from rewards.converting import NoRate
from rewards.crediting import take_in
from rewards.inbox.content import hash_report, write_content

Reason = ParkedDocument.Reason


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A report of which nobody knows whose it is; ``reference`` is what names the partner."""

    report: ActivityReport
    reference: str


@dataclass(frozen=True, slots=True)
class Parked:
    """A report that waits. It was kept now, or is the same as what waits already."""

    document: ParkedDocument


Given = ActivityReport | Unplaced
Answer = Recorded | ActivityConflict | Parked


def receive(given: Sequence[Given], *, as_of: datetime) -> list[Answer]:
    """
    Take in what can be taken, let the rest wait, and answer for each in their order.

    The caller owns the transaction.
    """
    waiting = _find_parked({_report_of(each).natural_key for each in given})
    unplaced = [each for each in given if isinstance(each, Unplaced)]
    placed = [each for each in given if isinstance(each, ActivityReport)]
    good = [each for each in placed if not _differs(each, waiting.get(each.natural_key))]
    taken = take_in(good, as_of=as_of)
    _mark_matched(taken.results, waiting, at=as_of)
    known = find_recorded({each.report.natural_key for each in unplaced})
    lacking = [result.report for result in taken.results if isinstance(result, NoRate)]
    new = [each for each in unplaced if each.report.natural_key not in known]
    if new or lacking:
        _park(new, lacking, waiting, at=as_of)
    results = dict(zip(map(id, good), taken.results, strict=True))
    return [
        _answer_unplaced(each, waiting, known)
        if isinstance(each, Unplaced)
        else _answer_placed(each, waiting, results.get(id(each)))
        for each in given
    ]


def _report_of(given: Given) -> ActivityReport:
    return given.report if isinstance(given, Unplaced) else given


def _find_parked(keys: Iterable[NaturalKey]) -> dict[NaturalKey, ParkedDocument]:
    """Return what waits, or waited, under these keys: one query for each source."""
    found: dict[NaturalKey, ParkedDocument] = {}
    for source, external_ids in by_source(keys):
        rows = ParkedDocument.objects.filter(source=source, external_id__in=external_ids)
        for document in rows:
            found[source, document.external_id] = document
    return found


def _differs(report: ActivityReport, waiting: ParkedDocument | None) -> bool:
    """Say whether other content waits under the number of this report."""
    if waiting is None or waiting.matched_at is not None:
        return False
    # Whose it is was said already where only the rate is missing.
    owner = waiting.matched_partner_id
    if owner is not None and owner != report.partner_id:
        return True
    return not same_but_for_partner(waiting.content_hash, hash_report(report, reference=""))


def _mark_matched(
    results: Sequence[Recorded | ActivityConflict | NoRate],
    waiting: dict[NaturalKey, ParkedDocument],
    *,
    at: datetime,
) -> None:
    matched = []
    for result in results:
        if not isinstance(result, Recorded):
            continue
        activity = result.activity
        document = waiting.get((activity.source, activity.external_id))
        if document is not None and document.matched_at is None:
            document.matched_at = at
            document.matched_partner_id = activity.partner_id
            # Put aside while nobody knew whose it was; now its source has said so.
            document.dismissed_at = None
            matched.append(document)
    ParkedDocument.objects.bulk_update(
        matched, ["matched_at", "matched_partner", "dismissed_at"], batch_size=200
    )


def _park(
    unplaced: Sequence[Unplaced],
    lacking: Sequence[ActivityReport],
    waiting: dict[NaturalKey, ParkedDocument],
    *,
    at: datetime,
) -> None:
    """Let new ones wait; afterwards ``waiting`` holds what is kept under each number."""
    rows = [
        _make(each.report, Reason.UNKNOWN_PARTNER, each.reference, None, at) for each in unplaced
    ]
    rows += [_make(report, Reason.NO_RATE, "", report.partner_id, at) for report in lacking]
    new = {(row.source, row.external_id): row for row in reversed(rows)}
    for report in lacking:
        document = waiting.get(report.natural_key)
        if document is not None and document.matched_at is None:
            document.reason, document.matched_partner_id = Reason.NO_RATE, report.partner_id
            document.save(update_fields=["reason", "matched_partner"])
    missing = {key: row for key, row in new.items() if key not in waiting}
    if missing:
        ParkedDocument.objects.bulk_create(missing.values(), ignore_conflicts=True, batch_size=200)
        # Somebody else may have been quicker with the same number: theirs stands.
        waiting |= _find_parked(missing)


def _make(
    report: ActivityReport, reason: str, reference: str, partner_id: int | None, at: datetime
) -> ParkedDocument:
    return ParkedDocument(
        source=report.source,
        external_id=report.external_id,
        kind=report.kind,
        partner_ref=reference,
        currency=report.currency,
        content=write_content(report),
        reason=reason,
        content_hash=hash_report(report, reference=reference),
        occurred_at=report.occurred_at,
        parked_at=at,
        matched_partner_id=partner_id,
    )


def _answer_unplaced(
    given: Unplaced,
    waiting: Mapping[NaturalKey, ParkedDocument],
    known: Mapping[NaturalKey, Activity],
) -> Answer:
    key = given.report.natural_key
    given_hash = hash_report(given.report, reference=given.reference)
    document, activity = waiting.get(key), known.get(key)
    if document is not None and document.content_hash == given_hash:
        if document.matched_at is not None and activity is not None:
            return Recorded(activity, is_new=False)
        return Parked(document)
    known_hash = activity.content_hash if activity else document.content_hash if document else ""
    return _conflict(given.report, known_hash, given_hash)


def _answer_placed(
    report: ActivityReport,
    waiting: Mapping[NaturalKey, ParkedDocument],
    result: Recorded | ActivityConflict | NoRate | None,
) -> Answer:
    if isinstance(result, Recorded | ActivityConflict):
        return result
    document = waiting[report.natural_key]
    # Within a batch the same number may come twice, the second time with other content.
    if result is None or _differs(report, document):
        return _conflict(report, document.content_hash, hash_report(report, reference=""))
    return Parked(document)


def _conflict(report: ActivityReport, known_hash: str, given_hash: str) -> ActivityConflict:
    return ActivityConflict(
        source=report.source,
        external_id=report.external_id,
        known_hash=known_hash,
        given_hash=given_hash,
    )
