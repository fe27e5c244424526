"""Turn a correction into its transfer, and tell the partner's stream of it."""

from datetime import datetime

from django.utils.translation import gettext as _

from ledger import accounts
from ledger.correcting.people import Asker
from ledger.correcting.reversals import NothingLeftToReverse, find_left, plan_reversal
from ledger.models import Account, Correction, Transfer
from ledger.posting import Entry, post
from ledger.reinstating import find_reinstatable, reinstate
from partners import events
from partners.events import EventDraft
from partners.models import Member, Person

EVENT_OF_STATE = {
    Correction.State.WAITING: "correction_asked",
    Correction.State.POSTED: "correction_posted",
    Correction.State.DECLINED: "correction_declined",
    Correction.State.WITHDRAWN: "correction_withdrawn",
}


class AccountNotAdjustable(Exception):
    """Nobody credits or debits this account by hand, or its owner has left."""

    code = "account_not_adjustable"


class ExpiryNotAhead(Exception):
    """The expiry of a credit lies behind, or something else than a credit was given one."""

    code = "expiry_not_ahead"

    def __init__(self) -> None:
        super().__init__(_("An expiry lies ahead, and only what comes in has one."))


def carry_out(correction: Correction, *, at: datetime) -> Transfer:
    """
    Post the correction under the partner's lock, which the caller holds.

    :raises AccountNotAdjustable: If it would fill the wallet of a member who has left.
    :raises ExpiryNotAhead: If the expiry of a credit is not after ``at``.
    :raises NothingLeftToReverse: If less of the transfer is left, or less can come back.
    :raises InsufficientPoints: If the account has less available.
    :raises AmountOutOfBounds: If a debt is smaller than what is forgiven.
    """
    if correction.kind == Correction.Kind.REINSTATEMENT:
        return _reinstate(correction, at)
    if correction.corrects is not None:
        entry = _plan_reversal(correction, correction.corrects, at)
    else:
        entry = _plan_adjustment(correction, at)
    refuse_who_left(entry.credit)
    return post([entry], posted_at=at)[0].transfer


def refuse_who_left(account: Account) -> None:
    """
    Let nothing into the wallet of who left: nobody could spend it.

    :raises AccountNotAdjustable: If its owner is on the team no more.
    """
    if account.member_id is None:
        return
    if Member.objects.filter(pk=account.member_id, status=Member.Status.LEFT).exists():
        raise AccountNotAdjustable(_("This member has left. Correct the pool instead."))


def _reinstate(correction: Correction, at: datetime) -> Transfer:
    expiry, until = correction.corrects, correction.expires_at
    if expiry is None or until is None or until <= at:
        raise ExpiryNotAhead
    refuse_who_left(expiry.debit_account)
    left = find_reinstatable(expiry)
    if correction.amount > left:
        raise NothingLeftToReverse(left=left, needed=correction.amount)
    posted = reinstate(
        expiry=expiry,
        amount=correction.amount,
        until=until,
        reason_code=correction.reason.code,
        reference=str(correction.public_id),
        key=_journal_key(correction),
        as_of=at,
    )
    return posted.transfer


def _plan_reversal(correction: Correction, transfer: Transfer, at: datetime) -> Entry:
    left = find_left(transfer)
    if correction.amount > left:
        raise NothingLeftToReverse(left=left, needed=correction.amount)
    return plan_reversal(
        transfer,
        amount=correction.amount,
        key=_journal_key(correction),
        reason_code=correction.reason.code,
        reference=str(correction.public_id),
        at=at,
    )


def _plan_adjustment(correction: Correction, at: datetime) -> Entry:
    if correction.expires_at is not None and correction.expires_at <= at:
        raise ExpiryNotAhead
    account = correction.account
    adjusted = accounts.house(account.unit, Account.Kind.ADJUSTED)
    is_credit = correction.kind == Correction.Kind.CREDIT
    forgives = account.kind == Account.Kind.DEBT
    return Entry(
        kind=Transfer.Kind.FORGIVE_DEBT if forgives else Transfer.Kind.ADJUST,
        debit=adjusted if is_credit else account,
        credit=account if is_credit else adjusted,
        amount=correction.amount,
        idempotency_key=_journal_key(correction),
        occurred_at=at,
        expires_at=correction.expires_at,
        reason_code=correction.reason.code,
        reference=str(correction.public_id),
    )


def _journal_key(correction: Correction) -> str:
    return f"correction:{correction.public_id}"


def announce(correction: Correction, *, by: Asker | Person | None, at: datetime) -> None:
    """Record what became of the correction. No note goes along: those are personal words."""
    person = by.person if isinstance(by, Asker) else by
    corrects, transfer = correction.corrects, correction.transfer
    events.record(
        [
            EventDraft(
                partner_id=correction.partner_id,
                member_id=correction.account.member_id,
                actor_id=person.pk if person else None,
                kind=EVENT_OF_STATE[Correction.State(correction.state)],
                occurred_at=at,
                payload={
                    "correction": str(correction.public_id),
                    "kind": correction.kind,
                    "amount": correction.amount,
                    "unit": correction.account.unit.code,
                    "account": correction.account.kind,
                    "reason": correction.reason.code,
                    "corrects": str(corrects.public_id) if corrects else None,
                    "transfer": str(transfer.public_id) if transfer else None,
                },
            )
        ],
        recorded_at=at,
    )
