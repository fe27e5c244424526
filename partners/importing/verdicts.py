"""Compare a document with what is already known of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto

from partners.importing.documents import Document, same_but_for_partner
from partners.intake import KEYS_PER_QUERY, find_content_hashes
from partners.models import ParkedDocument


class Verdict(Enum):
    TAKE = auto()
    MATCH = auto()
    """Take it: its rows were parked, and now they have a partner."""
    PARK = auto()
    DUPLICATE = auto()
    CONFLICT = auto()


@dataclass(frozen=True, slots=True)
class Known:
    """Content hashes by document number: of facts taken, and of documents that wait or waited."""

    taken: dict[str, str] = field(default_factory=dict)
    parked: dict[str, ParkedDocument] = field(default_factory=dict)


def find_known(*, source: str, numbers: Iterable[str]) -> Known:
    """Return what is known of these documents: two queries for every 900 of them."""
    ordered = sorted(set(numbers))
    taken = find_content_hashes((source, number) for number in ordered)
    parked: dict[str, ParkedDocument] = {}
    for start in range(0, len(ordered), KEYS_PER_QUERY):
        batch = ordered[start : start + KEYS_PER_QUERY]
        for document in ParkedDocument.objects.filter(source=source, external_id__in=batch):
            parked[document.external_id] = document
    return Known({number: known for (_, number), known in taken.items()}, parked)


def decide(document: Document, known: Known, *, partner_id: int | None) -> Verdict:
    """Say what becomes of a document without flaw, by its partner or None. Pure."""
    parked = known.parked.get(document.number)
    taken_hash = known.taken.get(document.number)
    waits = parked is not None and parked.matched_at is None and taken_hash is None
    if parked is not None and parked.matched_at and partner_id is not None:
        # Somebody said whose it is; now the source says the same.
        is_same = same_but_for_partner(parked.content_hash, document.content_hash)
        if is_same and parked.matched_partner_id == partner_id:
            return Verdict.DUPLICATE
    if parked is not None and waits and partner_id is not None:
        if same_but_for_partner(parked.content_hash, document.content_hash):
            return Verdict.MATCH
        return Verdict.CONFLICT
    hashes = {taken_hash, parked.content_hash if parked else None} - {None}
    if hashes:
        return Verdict.DUPLICATE if document.content_hash in hashes else Verdict.CONFLICT
    return Verdict.TAKE if partner_id is not None else Verdict.PARK
