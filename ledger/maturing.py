"""Pending awards become available: when their time has come, or when somebody decides so."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Sum

from ledger import accounts
from ledger.due import DueLots, lock_due
from ledger.models import Account, Lot, Transfer, Unit
from ledger.posting import Entry, Posted, post
from partners import events
from partners.events import EventDraft
from partners.models import Partner


@dataclass(frozen=True, slots=True)
class MaturingCounts:
    """What one chunk moved to the pools; ``last_account_id`` is None when there is no more."""

    accounts: int
    lots: int
    amount: int
    last_account_id: int | None


def mature(
    *,
    as_of: datetime,
    unit: Unit | None = None,
    after_account_id: int = 0,
    accounts_max: int = 1000,
) -> MaturingCounts:
    """
    Move what has waited long enough at ``as_of`` from pending to the pool, lot by lot.

    Lots keep their origin, age and expiry; debt is repaid out of them first. The caller owns the
    transaction. Safe to run twice, and twice at once.
    """
    chunk = lock_due(
        column="matures_at",
        as_of=as_of,
        unit=unit,
        after_account_id=after_account_id,
        accounts_max=accounts_max,
    )
    pools = _find_pools(chunk.due)
    post([_mature(one, pools[one.account.pk], as_of) for one in chunk.due], posted_at=as_of)
    events.record(
        [
            _draft_event("points_matured", one.account, one.amount, occurred_at=one.latest_at)
            for one in chunk.due
        ],
        recorded_at=as_of,
    )
    return MaturingCounts(len(chunk.due), chunk.lots, chunk.amount, chunk.last_account_id)


def release_pending(
    *,
    award: Transfer,
    amount: int | None = None,
    reason_code: str,
    request_key: str,
    as_of: datetime,
) -> Posted:
    """
    Let an award, or ``amount`` of it, be available before its time: by hand, or by an event.

    Only slices of this award move, with their expiry; debt is repaid out of them first. Once per
    request key of the partner.

    :param award: The transfer that made it pending.
    :raises InsufficientPoints: If less of the award is pending.
    :raises IdempotencyKeyReused: If the key stands for something else.
    """
    pending = accounts.now_of(award.credit_account)
    owner_id = pending.partner_id or award.partner_id
    return _settle_award(
        award,
        kind=Transfer.Kind.MATURE,
        credit=accounts.of_partners(pending.unit, Account.Kind.POOL, [owner_id])[owner_id],
        amount=amount,
        reason_code=reason_code,
        key=f"release_pending:{award.partner_id}:{request_key}",
        event="points_matured",
        as_of=as_of,
    )


def cancel_pending(
    *,
    award: Transfer,
    amount: int | None = None,
    reason_code: str,
    request_key: str,
    as_of: datetime,
) -> Posted:
    """
    Take back an award, or ``amount`` of it, while it is pending. Once per request key.

    :param award: The transfer that made it pending.
    :raises InsufficientPoints: If less of the award is pending.
    :raises IdempotencyKeyReused: If the key stands for something else.
    """
    return _settle_award(
        award,
        kind=Transfer.Kind.CANCEL_PENDING,
        credit=accounts.house(award.credit_account.unit, Account.Kind.TAKEN_BACK),
        amount=amount,
        reason_code=reason_code,
        key=f"cancel_pending:{award.partner_id}:{request_key}",
        event="pending_cancelled",
        as_of=as_of,
    )


def find_pending(award: Transfer) -> int:
    """Return how much of an award still waits."""
    own = Lot.objects.open().filter(account__kind=Account.Kind.PENDING, origin=award)
    return own.aggregate(free=Sum(F("remaining") - F("held")))["free"] or 0


def _settle_award(
    award: Transfer,
    *,
    kind: str,
    credit: Account,
    amount: int | None,
    reason_code: str,
    key: str,
    event: str,
    as_of: datetime,
) -> Posted:
    pending = accounts.now_of(award.credit_account)
    if pending.kind != Account.Kind.PENDING:
        raise ValueError("only an award that was pending can be released or cancelled")
    with transaction.atomic():
        Partner.objects.lock({award.partner_id})
        if amount is None:
            earlier = Transfer.objects.filter(idempotency_key=key).first()
            # Of nothing that waits, one is already too much to ask for.
            amount = earlier.amount if earlier else find_pending(award) or 1
        [posted] = post(
            [
                Entry(
                    kind=kind,
                    debit=pending,
                    credit=credit,
                    amount=amount,
                    idempotency_key=key,
                    occurred_at=as_of,
                    reason_code=reason_code,
                    reference=award.reference,
                    reverses=award if kind == Transfer.Kind.CANCEL_PENDING else None,
                    prefer_origin_id=award.pk,
                    strictly_of_origin=True,
                )
            ],
            posted_at=as_of,
        )
        if not posted.replayed:
            draft = _draft_event(event, pending, amount, occurred_at=as_of)
            events.record([draft], recorded_at=as_of)
        return posted


def _mature(one: DueLots, pool: Account, as_of: datetime) -> Entry:
    return Entry(
        kind=Transfer.Kind.MATURE,
        debit=one.account,
        credit=pool,
        amount=one.amount,
        idempotency_key=f"mature:{one.account.pk}:{as_of.isoformat()}:{one.mark}",
        occurred_at=one.latest_at,
    )


def _draft_event(kind: str, account: Account, amount: int, *, occurred_at: datetime) -> EventDraft:
    if account.partner_id is None:
        raise ValueError("what is pending is a partner's")
    return EventDraft(
        partner_id=account.partner_id,
        kind=kind,
        occurred_at=occurred_at,
        payload={"amount": amount, "unit": account.unit.code},
    )


def _find_pools(due: Iterable[DueLots]) -> dict[int, Account]:
    """Return the pool beside each pending account, by the id of the pending account."""
    found: dict[int, Account] = {}
    for unit in {one.account.unit for one in due}:
        of_unit = [one for one in due if one.account.unit_id == unit.pk]
        pools = accounts.of_partners(unit, Account.Kind.POOL, [one.partner_id for one in of_unit])
        found |= {one.account.pk: pools[one.partner_id] for one in of_unit}
    return found
