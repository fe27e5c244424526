"""What events of the timeline only name by id: the awards, redemptions and shares themselves."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from metrics import ledger_events
from partners.models import Actor, Event
from rewards.explaining import Teller
from rewards.models import Award, ClawBack, Redemption, Share


@dataclass(slots=True)
class Background:
    """The rows that events refer to by id, read once for the whole timeline."""

    awards: dict[str, Award] = field(default_factory=dict)
    claw_backs: dict[str, list[ClawBack]] = field(default_factory=dict)
    redemptions: dict[str, Redemption] = field(default_factory=dict)
    shares: dict[str, Share] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    is_company: bool = True


def read_background(actor: Actor, events: Sequence[Event]) -> Background:
    """Return what these events name, as far as the reader may see it."""
    redemptions = Redemption.objects.for_actor(actor).filter(
        public_id__in=_ids(events, "redemption")
    )
    shares = Share.objects.for_actor(actor).filter(public_id__in=_ids(events, "share"))
    awards = Award.objects.for_actor(actor).filter(public_id__in=_ids(events, "award"))
    causes = [event for event in events if event.kind == "points_taken_back"]
    claw_backs = (
        ClawBack.objects.for_actor(actor)
        .filter(cause__public_id__in=_ids(causes, "activity"), due__gt=0)
        .select_related("cause", "award__activity")
        .order_by("pk")
    )
    by_cause: dict[str, list[ClawBack]] = defaultdict(list)
    for claw_back in claw_backs:
        by_cause[str(claw_back.cause.public_id)].append(claw_back)
    return Background(
        awards={str(award.public_id): award for award in awards},
        claw_backs=by_cause,
        redemptions={
            str(row.public_id): row
            for row in redemptions.select_related("reward", "member__person", "account")
        },
        shares={str(row.public_id): row for row in shares.select_related("shared_by__person")},
        reasons=ledger_events.read_reasons(events),
    )


def _ids(events: Iterable[Event], name: str) -> list[str]:
    return [event.payload[name] for event in events if event.payload.get(name)]


Fields = dict[str, Any]
Tell = Callable[[Event, Fields, Background, Teller], Fields]
"""The event, its payload, what stands behind it, and who tells; returns the fields of an entry."""
