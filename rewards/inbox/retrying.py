"""Try what waits again, because something became known: a partner, a number, a rule, a rate."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Q

from partners.models import ParkedDocument, Partner, PartnerNumber
from partners.recognising import recognise
from rewards.inbox.matching import Matching, match_each

Reason = ParkedDocument.Reason
REF_PREFIX = "ref:"
DOCUMENTS_PER_NIGHT_CHUNK = 500


def match_what_waited(partner_ids: Collection[int], *, at: datetime) -> Matching:
    """
    Take in what waited for these partners, who have just appeared or have a new number.

    Called in the transaction that made them known: see ``settings.AFTER_PARTNER_APPEARS``. Costs
    two queries where nothing waits for them.
    """
    waiting = ParkedDocument.objects.waiting().filter(reason=Reason.UNKNOWN_PARTNER)
    if not waiting.exists():
        return Matching()
    partners = Partner.objects.filter(pk__in=partner_ids)
    names = set(partners.exclude(erp_number="").values_list("erp_number", flat=True))
    numbers = PartnerNumber.objects.filter(partner__in=partner_ids)
    for system, number in numbers.values_list("system", "number"):
        names |= {number, f"{REF_PREFIX}{system}:{number}"}
    named = waiting.filter(partner_ref__in=names)
    return _match_recognised(named, among=frozenset(partner_ids), at=at)


def apply_rules(*, at: datetime, source: str = "") -> Matching:
    """Take in what rules, or numbers, say whose it is; of one source, or of every one."""
    waiting = ParkedDocument.objects.waiting().exclude(reason=Reason.NO_RATE)
    return _match_recognised(waiting.filter(source=source) if source else waiting, at=at)


def retry_no_rate(currencies: Collection[str], *, at: datetime) -> Matching:
    """Take in what waited for a rate of these currencies and has one now."""
    waiting = ParkedDocument.objects.waiting().filter(
        reason=Reason.NO_RATE, currency__in=currencies
    )
    return _match_recognised(waiting, at=at)


def try_again(
    *, at: datetime, after_id: int = 0, documents_max: int = DOCUMENTS_PER_NIGHT_CHUNK
) -> tuple[Matching, int | None]:
    """
    Try the next documents that wait, whatever they wait for: what the night does.

    Return what became of them and the id to go on after; None when all are through.
    """
    waiting = ParkedDocument.objects.waiting().filter(pk__gt=after_id).order_by("pk")
    ids = list(waiting.values_list("pk", flat=True)[:documents_max])
    if not ids:
        return Matching(), None
    return _match_recognised(ParkedDocument.objects.filter(pk__in=ids), at=at), ids[-1]


def _match_recognised(
    documents: Iterable[ParkedDocument],
    *,
    at: datetime,
    among: frozenset[int] | None = None,
) -> Matching:
    found = _recognise(list(documents))
    if among is not None:
        found = {pk: partner_id for pk, partner_id in found.items() if partner_id in among}
    open_ones = Partner.objects.filter(pk__in=set(found.values()))
    is_open = set(open_ones.exclude(status=Partner.Status.CLOSED).values_list("pk", flat=True))
    return match_each(
        {pk: partner_id for pk, partner_id in found.items() if partner_id in is_open},
        by=None,
        at=at,
    )


def _recognise(documents: list[ParkedDocument]) -> dict[int, int]:
    """Return whose each document is, where that can be told: three queries for each source."""
    found = {each.pk: each.matched_partner_id for each in documents if each.matched_partner_id}
    by_source: dict[str, list[ParkedDocument]] = {}
    for document in documents:
        if document.pk not in found:
            by_source.setdefault(document.source, []).append(document)
    for source, some in by_source.items():
        recognised = recognise(
            source=source,
            references={document.partner_ref for document in some},
            numbers=[document.external_id for document in some],
        )
        for document in some:
            partner_id = recognised.find(document.partner_ref, document.external_id)
            if partner_id is not None:
                found[document.pk] = partner_id
    return found | _find_named(document for document in documents if document.pk not in found)


def _find_named(documents: Iterable[ParkedDocument]) -> dict[int, int]:
    """What came through the API may name the number of another system than its own source."""
    named: dict[tuple[str, str], list[int]] = {}
    for document in documents:
        if document.partner_ref.startswith(REF_PREFIX):
            _prefix, system, number = document.partner_ref.split(":", 2)
            named.setdefault((system, number), []).append(document.pk)
    if not named:
        return {}
    asked = Q()
    for system, number in named:
        asked |= Q(system=system, number=number)
    known = PartnerNumber.objects.filter(asked).values_list("system", "number", "partner")
    return {pk: partner_id for system, number, partner_id in known for pk in named[system, number]}
