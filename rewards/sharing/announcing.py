"""What the team's timeline hears of a share: once for the company, once for each wallet."""

from collections.abc import Mapping
from datetime import datetime

from partners import events
from partners.models import Member
from rewards.models import Share


def announce(
    share: Share,
    *,
    kind: str,
    member_kind: str,
    amounts: Mapping[int, int],
    by: Member,
    at: datetime,
) -> None:
    """Record one event of ``kind``, and one of ``member_kind`` for each member id in ``amounts``."""
    common = {"share": str(share.public_id), "unit": share.programme.main_unit.code}
    company = events.EventDraft(
        partner_id=share.partner_id,
        kind=kind,
        payload={**common, "amount": sum(amounts.values()), "people": len(amounts)},
        occurred_at=at,
        actor_id=by.person_id,
    )
    personal = [
        events.EventDraft(
            partner_id=share.partner_id,
            kind=member_kind,
            payload={**common, "amount": amount},
            occurred_at=at,
            member_id=member_id,
            actor_id=by.person_id,
        )
        for member_id, amount in amounts.items()
    ]
    events.record([company, *personal], recorded_at=at)
