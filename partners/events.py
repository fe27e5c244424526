"""Record what happened to partners: once, in order, in the transaction that made it happen."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from partners.bulk_writing import stored_time, write_rows
from partners.models import Event, Partner

COLUMNS = (
    "partner_id",
    "sequence",
    "kind",
    "member_id",
    "actor_id",
    "payload",
    "occurred_at",
    "recorded_at",
)
MOVE_SEQUENCE = "UPDATE partners_partner SET event_sequence = event_sequence + %s WHERE id = %s"


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event before it has its sequence. The payload holds codes, numbers and opaque ids only."""

    partner_id: int
    kind: str
    occurred_at: datetime
    payload: dict[str, Any] = field(default_factory=dict)
    member_id: int | None = None
    actor_id: int | None = None


class UnknownEventKind(LookupError):
    """No app registered this kind of event."""


_KINDS: set[str] = set()


def register(*kinds: str) -> None:
    """Make kinds of events known; each app does so when it is ready."""
    _KINDS.update(kinds)


def registered_kinds() -> list[str]:
    return sorted(_KINDS)


def record(drafts: Sequence[EventDraft], *, recorded_at: datetime) -> None:
    """
    Store events and give each its sequence, in the order given.

    The partners must be locked by the caller, so that sequences have no gaps and no ties.

    :raises UnknownEventKind: If a kind was never registered.
    """
    if not drafts:
        return
    if unknown := {draft.kind for draft in drafts} - _KINDS:
        raise UnknownEventKind(", ".join(sorted(unknown)))
    next_sequence = _reserve_sequences(Counter(draft.partner_id for draft in drafts))
    recorded = stored_time(recorded_at)
    rows = []
    for draft in drafts:
        sequence = next_sequence[draft.partner_id]
        next_sequence[draft.partner_id] = sequence + 1
        rows.append(
            (
                draft.partner_id,
                sequence,
                draft.kind,
                draft.member_id,
                draft.actor_id,
                json.dumps(draft.payload),
                stored_time(draft.occurred_at),
                recorded,
            )
        )
    write_rows(model=Event, columns=COLUMNS, rows=rows)


def _reserve_sequences(counts: Counter[int]) -> dict[int, int]:
    """Move each partner's counter on by its number of events; return the first free sequence."""
    # One statement a partner through executemany: portable, and pipelined by the driver.
    with connection.cursor() as cursor:
        cursor.executemany(
            MOVE_SEQUENCE, [(count, partner_id) for partner_id, count in sorted(counts.items())]
        )
    latest = _latest_sequences(counts)
    return {partner_id: latest[partner_id] - count + 1 for partner_id, count in counts.items()}


def _latest_sequences(partner_ids: Iterable[int]) -> dict[int, int]:
    rows = Partner.objects.filter(pk__in=list(partner_ids))
    return dict(rows.values_list("pk", "event_sequence"))
