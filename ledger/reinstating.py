"""What has expired comes back, as an exception somebody decides on, with a new expiry."""

from datetime import datetime

from django.db import transaction

from ledger.entries import Entry, Posted
from ledger.giving_back import GivenBack
from ledger.models import Transfer
from ledger.posting import post
from ledger.taking_back import ExpiredOfAwards
from partners import events
from partners.events import EventDraft
from partners.models import Partner


def reinstate(
    *,
    expiry: Transfer,
    amount: int | None = None,
    until: datetime,
    reason_code: str,
    reference: str,
    key: str,
    as_of: datetime,
) -> Posted:
    """
    Give back what a transfer has retired, or ``amount`` of it, until a new expiry; once per key.

    The slices that expired come back to the account they came from, the latest first. Never more
    than expired, less what came back before and what a claw-back has counted. Debt is repaid first.

    :raises AmountOutOfBounds: If more is asked for than may come back, or nothing is left.
    :raises IdempotencyKeyReused: If the key stands for something else.
    """
    if expiry.kind != Transfer.Kind.EXPIRE:
        raise ValueError("what is reinstated has expired")
    if until <= as_of:
        raise ValueError("the new expiry lies ahead")
    with transaction.atomic():
        Partner.objects.lock({expiry.partner_id})
        if amount is None:
            earlier = Transfer.objects.filter(idempotency_key=key).first()
            amount = earlier.amount if earlier else find_reinstatable(expiry)
        [posted] = post(
            [
                Entry(
                    kind=Transfer.Kind.REINSTATE,
                    debit=expiry.credit_account,
                    credit=expiry.debit_account,
                    amount=amount,
                    idempotency_key=key,
                    occurred_at=as_of,
                    reason_code=reason_code,
                    reference=reference,
                    gives_back=expiry,
                    revive_until=until,
                )
            ],
            posted_at=as_of,
        )
        if not posted.replayed:
            _record(posted.transfer, expiry, until=until, at=as_of)
        return posted


def find_reinstatable(expiry: Transfer) -> int:
    """Return how much of what a transfer has retired may still come back."""
    whole = Entry(
        kind=Transfer.Kind.REINSTATE,
        debit=expiry.credit_account,
        credit=expiry.debit_account,
        amount=expiry.amount,
        idempotency_key="",
        occurred_at=expiry.occurred_at,
        gives_back=expiry,
    )
    given_back = GivenBack.read([whole])
    expired = ExpiredOfAwards.read([], reinstating=given_back.expired_awards)
    return sum(part.amount for part in given_back.find_left(whole, expired))


def _record(transfer: Transfer, expiry: Transfer, *, until: datetime, at: datetime) -> None:
    account = expiry.debit_account
    draft = EventDraft(
        partner_id=transfer.partner_id,
        member_id=account.member_id,
        kind="points_reinstated",
        occurred_at=at,
        payload={
            "amount": transfer.amount,
            "unit": account.unit.code,
            "expires_at": until.isoformat(),
        },
    )
    events.record([draft], recorded_at=at)
