"""
Let what waited for something to happen be spent, once it has happened.

What should wait of an award follows from the facts, what does wait from the ledger; the difference
matures. So it does not matter in which order facts came, or what was released by hand before.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from ledger.entries import Entry, Posted
from ledger.models import Lot, Transfer
from ledger.posting import post
from partners.events import EventDraft, record
from rewards.earning.judging import AwardDue, Judgement
from rewards.models import Award
from rewards.remembering import AwardKey
from rewards.settlement import Books


@dataclass(frozen=True, slots=True)
class _Lot:
    """What of an award waits in one lot: which transfer credited it, and how much is left."""

    origin_id: int
    free: int


def release(
    judgements: Mapping[int, Judgement],
    awards: Mapping[AwardKey, Award],
    books: Books,
    *,
    post_when_occurred: bool = False,
) -> None:
    """
    Mature what has become available, and keep which day decides about the rest.

    Everything that takes back has been posted. The caller owns the transaction.
    """
    dues = {
        (due.activity.stored_id, due.version.version_id, due.award.rule_code): due
        for judged in judgements.values()
        for due in judged.awards
        if due.outcome is not None
    }
    entries: list[tuple[Award, Entry]] = []
    if dues:
        entries = list(_find_entries(dues, awards, books, post_when_occurred=post_when_occurred))
        posted = post([entry for _award, entry in entries], posted_at=books.as_of)
        _tell(entries, posted, books.as_of)
    _keep_days(dues, awards, released={award.pk for award, _entry in entries})


def _find_entries(
    dues: Mapping[AwardKey, AwardDue],
    awards: Mapping[AwardKey, Award],
    books: Books,
    *,
    post_when_occurred: bool,
) -> Iterator[tuple[Award, Entry]]:
    waiting = _find_waiting(books)
    for key, due in dues.items():
        award = awards.get(key)
        lots = waiting.get(str(award.public_id), []) if award else []
        if award is None or not lots:
            continue
        left = sum(lot.free for lot in lots) - _should_wait(due, award)
        occurred_at = _find_time(due)
        for lot in lots:
            amount = min(left, lot.free)
            if amount <= 0:
                break
            left -= amount
            entry = Entry(
                kind=Transfer.Kind.MATURE,
                debit=books.pendings[award.partner_id],
                credit=books.pools[award.partner_id],
                amount=amount,
                idempotency_key=_key(award),
                occurred_at=occurred_at,
                posted_at=occurred_at if post_when_occurred else None,
                reference=str(award.public_id),
                prefer_origin_id=lot.origin_id,
                strictly_of_origin=True,
            )
            award.released += amount
            yield award, entry


def _key(award: Award) -> str:
    return f"release:{award.version_id}:{award.activity_id}:{award.rule_code}:{award.released}"


def _find_time(due: AwardDue) -> datetime:
    since = due.outcome.since if due.outcome else None
    return since or due.activity.occurred_at


def _should_wait(due: AwardDue, award: Award) -> int:
    """
    Return what of an award waits by the facts; less where its campaign withheld a part.

    What was withheld is taken back first, so that the rest of it may have been given in full.
    """
    if due.outcome is None or due.outcome.waits == 0:
        return 0
    kept = due.outcome.released + due.outcome.waits
    return -(-due.outcome.waits * min(award.amount, kept) // kept)


def _find_waiting(books: Books) -> dict[str, list[_Lot]]:
    """Return what waits for no time, by the award it is of."""
    lots = Lot.objects.open().filter(
        account__in=[account.pk for account in books.pendings.values()], matures_at__isnull=True
    )
    found: dict[str, list[_Lot]] = defaultdict(list)
    rows = lots.annotate(free=F("remaining") - F("held")).order_by("pk")
    for reference, origin_id, free in rows.values_list("origin__reference", "origin", "free"):
        found[reference].append(_Lot(origin_id, free))
    return found


def _tell(entries: list[tuple[Award, Entry]], posted: list[Posted], as_of: datetime) -> None:
    amounts: dict[int, int] = defaultdict(int)
    codes: dict[int, str] = {}
    for (award, entry), outcome in zip(entries, posted, strict=True):
        if not outcome.replayed:
            amounts[award.partner_id] += entry.amount
            codes[award.partner_id] = entry.credit.unit.code
    record(
        [
            EventDraft(
                partner_id=partner_id,
                kind="points_matured",
                occurred_at=as_of,
                payload={"amount": amount, "unit": codes[partner_id]},
            )
            for partner_id, amount in amounts.items()
        ],
        recorded_at=as_of,
    )


def _keep_days(
    dues: Mapping[AwardKey, AwardDue], awards: Mapping[AwardKey, Award], *, released: set[int]
) -> None:
    """Keep which day decides next, and what was released. What is due no more waits for none."""
    changed = []
    for key, award in awards.items():
        due = dues.get(key)
        decide_on = due.outcome.decide_on if due and due.outcome else None
        if decide_on != award.decide_on or award.pk in released:
            award.decide_on = decide_on
            changed.append(award)
    Award.objects.bulk_update(changed, ["decide_on", "released"], batch_size=500)
