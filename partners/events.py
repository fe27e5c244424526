"""Record what happened to partners: once, in order, in the transaction that made it happen."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from partners.fixed_sql import build_source, give_rows, open_cursor, together
from partners.models import Partner

COLUMNS = {
    "partner_id": "bigint",
    "sequence": "bigint",
    "kind": "text",
    "member_id": "bigint",
    "actor_id": "bigint",
    "payload": "jsonb",
    "occurred_at": "timestamptz",
    "recorded_at": "timestamptz",
}


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


_KINDS: dict[str, Any] = {}


def register(kinds: Mapping[str, Any]) -> None:
    """Make kinds of events known, each with its words; each app does so when it is ready."""
    _KINDS.update(kinds)


def registered_kinds() -> list[str]:
    return sorted(_KINDS)


def say_event(kind: str) -> str:
    return str(_KINDS.get(kind, kind))


def record(drafts: Sequence[EventDraft], *, recorded_at: datetime) -> None:
    """
    Store events and give each its sequence, in the order given.

    The partners must be locked by the caller, so that sequences have no gaps and no ties.

    :raises UnknownEventKind: If a kind was never registered.
    """
    if not drafts:
        return
    if unknown := {draft.kind for draft in drafts} - _KINDS.keys():
        raise UnknownEventKind(", ".join(sorted(unknown)))
    counts = Counter(draft.partner_id for draft in drafts)
    left = dict(counts)
    rows = []
    for draft in drafts:
        left[draft.partner_id] -= 1
        rows.append(
            (
                draft.partner_id,
                left[draft.partner_id],
                draft.kind,
                draft.member_id,
                draft.actor_id,
                json.dumps(draft.payload),
                draft.occurred_at,
                recorded_at,
            )
        )
    with together():
        open_cursor().execute(_build_move(), give_rows(sorted(counts.items())))
        inserted = open_cursor()
        inserted.execute(_build_insert(), give_rows(rows))
    if inserted.rowcount != len(rows):
        raise Partner.DoesNotExist("an event is about a partner that is not there")


@cache
def _build_move() -> str:
    source = build_source([("partner_id", "bigint"), ("events", "bigint")])
    return (
        "UPDATE partners_partner SET event_sequence = event_sequence + moved.events "  # noqa: S608 - constants
        f"FROM (SELECT * FROM {source}) AS moved WHERE id = moved.partner_id"
    )


@cache
def _build_insert() -> str:
    """The sequence counts back from the partner's counter, which has just been moved on."""
    names = ", ".join(COLUMNS)
    given = [
        ("later", "bigint") if name == "sequence" else (name, of) for name, of in COLUMNS.items()
    ]
    picked = names.replace("sequence", "event_sequence - later")
    return (
        f"INSERT INTO partners_event ({names}) "  # noqa: S608 - all names are constants above
        f"SELECT {picked} FROM {build_source(given)} "
        "JOIN partners_partner ON partners_partner.id = given.partner_id ORDER BY place"
    )
