"""Say whose waiting documents are, and take them in: each once, whoever asks at the same time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext as _

from partners.families import find_family
from partners.intake import ActivityConflict, Recorded
from partners.kinds import Kind, all_kinds, check
from partners.models import Activity, ImportRow, Member, ParkedDocument, Partner, Person
from partners.reports import ActivityReport
from partners.team import PartnerClosed
from rewards.converting import NoRate
from rewards.crediting import take_in
from rewards.inbox.content import NothingToTake, read_report

DOCUMENTS_PER_CHUNK = 500


class NotWaiting(Exception):
    """The document does not wait any more: somebody matched or dismissed it."""

    code = "waits_no_more"


class NotDismissed(Exception):
    """Only what was dismissed can be brought back."""

    code = "not_dismissed"


class OwnCompany(Exception):
    """Whoever is on a partner's team does not decide what that partner earns."""

    code = "own_company"


class Ending(StrEnum):
    """What became of a document that was to be matched."""

    TAKEN = "taken"
    KNOWN = "known"
    """The same fact came in by another way meanwhile."""
    CONFLICT = "conflict"
    """Under its number another fact is known."""
    NO_RATE = "no_rate"
    """It is known whose it is; it waits for the rate of its day."""
    REFUSED = "refused"
    """Its kind does not go together with what it says."""
    NOT_WAITING = "not_waiting"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one document. ``detail`` says why it was refused."""

    document: ParkedDocument
    ending: Ending
    activity: Activity | None = None
    detail: str = ""


@dataclass(slots=True)
class Matching:
    """What became of the documents, and what that earned: minor units by unit code."""

    outcomes: list[Outcome] = field(default_factory=list)
    units_awarded: Counter[str] = field(default_factory=Counter)
    units_clawed_back: Counter[str] = field(default_factory=Counter)
    compensated: Counter[str] = field(default_factory=Counter)

    def count(self, ending: str) -> int:
        return sum(1 for outcome in self.outcomes if outcome.ending == ending)

    def add(self, other: "Matching") -> None:
        self.outcomes += other.outcomes
        self.units_awarded.update(other.units_awarded)
        self.units_clawed_back.update(other.units_clawed_back)
        self.compensated.update(other.compensated)


def match(
    *, documents: Sequence[ParkedDocument], partner: Partner, by: Person | None, at: datetime
) -> Matching:
    """
    Take waiting documents in as facts of a partner, with their own times.

    What somebody else matched or dismissed meanwhile is left alone and says so. A document that
    cannot be taken goes on waiting; its outcome says why.

    :raises OwnCompany: If ``by`` is on the team of the partner.
    :raises PartnerClosed: If the partner is closed.
    """
    if by is not None:
        refuse_own_company(partner.pk, by)
    if partner.status == Partner.Status.CLOSED:
        raise PartnerClosed
    with transaction.atomic():
        return match_each({each.pk: partner.pk for each in documents}, by=by, at=at)


def rehearse(
    *, documents: Sequence[ParkedDocument], partner: Partner, by: Person | None, at: datetime
) -> Matching:
    """Return what ``match`` would do, and do nothing. Raises what it raises."""
    with transaction.atomic():
        would = match(documents=documents, partner=partner, by=by, at=at)
        transaction.set_rollback(True)
    return would


def match_each(partner_of: Mapping[int, int], *, by: Person | None, at: datetime) -> Matching:
    """
    Match documents, by id, each to the partner with the id beside it.

    The caller owns the transaction.
    """
    matching = Matching()
    # Partners first, as everywhere, and all of them: then no two callers wait for each other.
    Partner.objects.lock_roots(set(partner_of.values()))
    ids = sorted(partner_of)
    kinds = all_kinds() if ids else {}
    for start in range(0, len(ids), DOCUMENTS_PER_CHUNK):
        chunk = {pk: partner_of[pk] for pk in ids[start : start + DOCUMENTS_PER_CHUNK]}
        matching.add(_match_chunk(chunk, kinds, by=by, at=at))
    return matching


def _match_chunk(
    partner_of: Mapping[int, int], kinds: Mapping[str, Kind], *, by: Person | None, at: datetime
) -> Matching:
    rows = ParkedDocument.objects.filter(pk__in=partner_of).select_for_update(of=("self",))
    documents = {row.pk: row for row in rows.select_related("run").order_by("pk")}
    waiting = [row for row in documents.values() if not row.matched_at and not row.dismissed_at]
    outcomes = [
        Outcome(row, Ending.NOT_WAITING) for row in documents.values() if row not in waiting
    ]
    good: list[tuple[ParkedDocument, ActivityReport]] = []
    rows_of = _read_rows(waiting)
    for document in waiting:
        partner_id = partner_of[document.pk]
        read = _read(document, rows_of.get(document.pk, []), partner_id, kinds)
        if isinstance(read, Outcome):
            outcomes.append(read)
        else:
            good.append((document, read))
    # Each partner's in canonical order: what an order earns depends on those before it.
    good.sort(key=lambda each: (each[1].partner_id, each[1].occurred_at, each[1].external_id))
    taken = take_in([report for _document, report in good], as_of=at)
    for (document, report), result in zip(good, taken.results, strict=True):
        outcomes.append(_judge(document, report, result))
    _write_down(outcomes, partner_of, by=by, at=at)
    return Matching(
        outcomes,
        Counter(taken.units_awarded),
        Counter(taken.units_clawed_back),
        Counter(taken.compensated),
    )


def _read_rows(documents: Sequence[ParkedDocument]) -> dict[int, list[ImportRow]]:
    found: dict[int, list[ImportRow]] = {}
    of_files = [document.pk for document in documents if document.content is None]
    if of_files:
        rows = ImportRow.objects.filter(parked_document__in=of_files)
        for row in rows.order_by("row_number", "pk"):
            found.setdefault(row.parked_document_id or 0, []).append(row)
    return found


def _read(
    document: ParkedDocument,
    rows: Sequence[ImportRow],
    partner_id: int,
    kinds: Mapping[str, Kind],
) -> ActivityReport | Outcome:
    kind = kinds.get(document.kind or (document.run.kind if document.run else ""))
    if kind is None:
        said = _("There is no such kind of activity any more.")
        return Outcome(document, Ending.REFUSED, detail=said)
    try:
        report = read_report(document, rows, partner_id=partner_id, kind=kind)
    except NothingToTake:
        return Outcome(document, Ending.REFUSED, detail=_("No row of it counts."))
    checked = check(report, kinds=kinds)
    if checked.problems:
        return Outcome(document, Ending.REFUSED, detail=checked.problems[0].detail)
    return checked.report


def _judge(
    document: ParkedDocument,
    report: ActivityReport,
    result: Recorded | ActivityConflict | NoRate,
) -> Outcome:
    if isinstance(result, Recorded):
        ending = Ending.TAKEN if result.is_new else Ending.KNOWN
        return Outcome(document, ending, result.activity)
    if isinstance(result, NoRate):
        said = _("There is no rate of %(currency)s into %(into)s for %(day)s.") % {
            "currency": result.wanted.currency,
            "into": result.wanted.into,
            "day": result.wanted.day.isoformat(),
        }
        return Outcome(document, Ending.NO_RATE, detail=said)
    return Outcome(document, Ending.CONFLICT, detail=str(result))


def _write_down(
    outcomes: Sequence[Outcome], partner_of: Mapping[int, int], *, by: Person | None, at: datetime
) -> None:
    """Keep whose each document is, and that it waits no more or for what else it waits."""
    changed: list[ParkedDocument] = []
    for outcome in outcomes:
        document = outcome.document
        if outcome.ending in (Ending.TAKEN, Ending.KNOWN):
            document.matched_at, document.matched_by = at, by
        elif outcome.ending is Ending.NO_RATE:
            document.reason = ParkedDocument.Reason.NO_RATE
        else:
            continue
        document.matched_partner_id = partner_of[document.pk]
        changed.append(document)
    ParkedDocument.objects.bulk_update(
        changed, ["matched_at", "matched_by", "matched_partner", "reason"], batch_size=200
    )


def refuse_own_company(partner_id: int, by: Person) -> None:
    """
    Let nobody decide about what their own company earns.

    :raises OwnCompany: If the person is on the team of the partner, or of one it became.
    """
    team = Member.objects.active().filter(partner__in=find_family(partner_id))
    if team.filter(person=by).exists():
        raise OwnCompany(_("You are on this partner's team. Somebody else has to decide."))


# ------------------------------------------------------------------- dismissing


def dismiss(
    *, document: ParkedDocument, reason: str, by: Person | None, at: datetime
) -> ParkedDocument:
    """
    Put a document aside for good, with a reason. It can be brought back.

    :raises NotWaiting: If it was matched or dismissed meanwhile.
    """
    changed = ParkedDocument.objects.waiting().filter(pk=document.pk)
    if not changed.update(dismissed_at=at, dismissed_by=by, dismiss_reason=reason):
        raise NotWaiting(_("This document does not wait any more."))
    document.refresh_from_db()
    return document


def bring_back(*, document: ParkedDocument) -> ParkedDocument:
    """
    Let a dismissed document wait again.

    :raises NotDismissed: If it is not dismissed.
    """
    changed = ParkedDocument.objects.filter(pk=document.pk, dismissed_at__isnull=False)
    if not changed.update(dismissed_at=None, dismissed_by=None, dismiss_reason=""):
        raise NotDismissed(_("This document is not dismissed."))
    document.refresh_from_db()
    return document
