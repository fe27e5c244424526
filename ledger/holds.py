"""Holds, as a door asks for them: points are reserved until somebody decides."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from ledger import accounts, owing
from ledger.models import Account, Hold
from ledger.posting import Capture, Release, Reserve, post
from partners import events
from partners.events import EventDraft
from partners.models import Partner

KEY_PREFIX = "hold:"


class HoldBelongsElsewhere(Exception):
    """A request waits on this hold: whoever decides about the request ends the hold with it."""

    code = "hold_belongs_elsewhere"

    def __init__(self) -> None:
        super().__init__(_("A request waits on this hold. Decide about the request instead."))


def refuse_unless_placed_by_door(hold: Hold) -> None:
    """
    Let pass what was reserved with ``place``, and nothing that a redemption reserved.

    :raises HoldBelongsElsewhere: If something else ends with this hold.
    """
    if not is_placed_by_door(hold):
        raise HoldBelongsElsewhere


def is_placed_by_door(hold: Hold) -> bool:
    return hold.idempotency_key.startswith(KEY_PREFIX)


def place(
    *,
    account: Account,
    amount: int,
    request_key: str,
    placed_at: datetime,
    lapses_at: datetime | None = None,
    reason_code: str = "",
    reference: str = "",
) -> Hold:
    """
    Reserve part of a pool or wallet, once per request key of its partner.

    :raises DebtOutstanding: If the pool's partner owes: what it earns repays that first.
    :raises InsufficientPoints: If less is available than would be held.
    :raises IdempotencyKeyReused: If the key stands for another hold.
    """
    if account.partner_id is None:
        raise ValueError("a hold is of a pool or wallet")
    with transaction.atomic():
        Partner.objects.lock({account.partner_id})
        if account.kind == Account.Kind.POOL:
            owing.refuse_while_owing(partner_id=account.partner_id, unit_id=account.unit_id)
        reserve = Reserve(
            account=account,
            amount=amount,
            idempotency_key=f"{KEY_PREFIX}{account.partner_id}:{request_key}",
            occurred_at=placed_at,
            lapses_at=lapses_at,
            reason_code=reason_code,
            reference=reference,
        )
        return _settle(reserve, "points_held", at=placed_at)


def capture(
    *,
    hold: Hold,
    amount: int | None = None,
    request_key: str,
    captured_at: datetime,
    reason_code: str = "",
    reference: str = "",
) -> Hold:
    """
    Redeem what is held, or ``amount`` of it; the rest is free again.

    :raises HoldEnded: If it has ended, or lapsed at or before ``captured_at``.
    :raises AmountOutOfBounds: If ``amount`` is not from 1 to what is held.
    :raises IdempotencyKeyReused: If the key stands for something else.
    """
    with transaction.atomic():
        Partner.objects.lock({hold.partner_id})
        instruction = Capture(
            hold=hold,
            credit=accounts.house(hold.account.unit, Account.Kind.REDEEMED),
            amount=amount,
            idempotency_key=f"capture:{hold.partner_id}:{request_key}",
            occurred_at=captured_at,
            reason_code=reason_code,
            reference=reference,
        )
        return _settle(instruction, "hold_captured", at=captured_at)


def release(*, hold: Hold, released_at: datetime) -> Hold:
    """
    Set free what is held. Releasing again answers the same.

    :raises HoldEnded: If it was captured or has lapsed.
    """
    with transaction.atomic():
        Partner.objects.lock({hold.partner_id})
        return _settle(Release(hold=hold, occurred_at=released_at), "hold_released", at=released_at)


def draft_event(hold: Hold, kind: str, *, unit_code: str, occurred_at: datetime) -> EventDraft:
    """Return the event of a hold that was placed or ended, with the amount that this is about."""
    return EventDraft(
        partner_id=hold.partner_id,
        member_id=hold.account.member_id,
        kind=kind,
        occurred_at=occurred_at,
        payload={
            "hold": str(hold.public_id),
            "amount": hold.captured or hold.amount,
            "unit": unit_code,
        },
    )


def _settle(instruction: Reserve | Capture | Release, kind: str, *, at: datetime) -> Hold:
    [posted] = post([instruction], posted_at=at)
    hold = posted.hold
    if hold is None:
        raise ValueError("what is asked of a hold is answered with it")
    if not posted.replayed:
        unit_code = instruction.accounts[0].unit.code
        draft = draft_event(hold, kind, unit_code=unit_code, occurred_at=at)
        events.record([draft], recorded_at=at)
    return hold
