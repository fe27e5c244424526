"""Ask for a correction: it is posted at once within the asker's limit, or waits."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from ledger.correcting.carrying_out import (
    AccountNotAdjustable,
    ExpiryNotAhead,
    announce,
    carry_out,
    refuse_who_left,
)
from ledger.correcting.limits import read_allowance
from ledger.correcting.people import Asker, check_may_ask, is_on_team, lock_asker
from ledger.correcting.reasons import find_reason
from ledger.correcting.reversals import (
    NothingLeftToReverse,
    check_reinstatable,
    check_reversible,
    find_left,
    find_owner_side,
    find_waiting,
)
from ledger.models import (
    TRANSFER_AMOUNT_MAX,
    Account,
    Correction,
    CorrectionReason,
    Transfer,
)
from ledger.posting import AmountOutOfBounds, IdempotencyKeyReused
from ledger.reinstating import find_reinstatable
from partners.models import Partner

__all__ = [
    "AccountNotAdjustable",
    "ExpiryNotAhead",
    "ask_adjustment",
    "ask_reinstatement",
    "ask_reversal",
]

Kind = Correction.Kind
ADJUSTABLE = {
    Kind.CREDIT: (Account.Kind.POOL, Account.Kind.WALLET, Account.Kind.DEBT),
    Kind.DEBIT: (Account.Kind.POOL, Account.Kind.WALLET),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What is asked for. ``amount`` is None where all that is left is meant."""

    kind: str
    account: Account
    amount: int | None
    reason: CorrectionReason
    note: str
    door: str
    request_key: str
    corrects: Transfer | None = None
    expires_at: datetime | None = None
    reference: str = ""

    def is_same_as(self, known: Correction, asker: Asker) -> bool:
        """Not the note: that may have been erased since."""
        return (
            asker.is_asker_of(known)
            and self.amount in {None, known.amount}
            and (self.kind, self.account.pk, self.reason.pk, self.expires_at, self.reference)
            == (known.kind, known.account_id, known.reason_id, known.expires_at, known.reference)
            and (self.corrects.pk if self.corrects else None) == known.corrects_id
        )


def ask_reversal(
    *,
    transfer: Transfer,
    amount: int | None = None,
    reason: CorrectionReason,
    note: str = "",
    asker: Asker,
    request_key: str,
    door: str,
    asked_at: datetime,
) -> Correction:
    """
    Ask to reverse a transfer, whole or a part of it; without an amount, what is left of it.

    Asking again with the same ``request_key`` returns the first correction and moves nothing. If
    several refusals apply, the first of the list below is raised; those after the first four only
    where it is posted at once.

    :raises IdempotencyKeyReused: If the key stands for another request.
    :raises MayNotAsk: If the asker may not correct anything of this partner.
    :raises ReasonNotAllowed: If the reason is not offered for reversals.
    :raises NotReversible: If transfers of this kind are corrected otherwise.
    :raises AmountOutOfBounds: If the amount is not above zero.
    :raises NothingLeftToReverse: If less is left, or is already asked for.
    :raises InsufficientPoints: If the account has less available: the points are spent. A part
        is possible.
    """
    wish = _Wish(
        kind=Kind.REVERSAL,
        account=find_owner_side(transfer),
        amount=amount,
        corrects=transfer,
        reason=reason,
        note=note,
        door=door,
        request_key=request_key,
    )
    return _ask(wish, asker, partner_id=transfer.partner_id, at=asked_at)


def ask_adjustment(  # noqa: PLR0913 - keyword-only, and each is something a form asks
    *,
    account: Account,
    amount: int,
    reason: CorrectionReason,
    note: str = "",
    expires_at: datetime | None = None,
    reference: str = "",
    asker: Asker,
    request_key: str,
    door: str,
    asked_at: datetime,
) -> Correction:
    """
    Ask to credit an account (above zero) or to debit it (below zero), against *adjusted*.

    A credit of the debt account forgives so much of the debt. A credit of a pool repays debt
    first. Asking again with the same ``request_key`` returns the first correction. If several
    refusals apply, the first of the list below is raised.

    :raises IdempotencyKeyReused: If the key stands for another request.
    :raises MayNotAsk: If the asker may not correct anything of this partner.
    :raises ReasonNotAllowed: If the reason is not offered for adjustments.
    :raises AccountNotAdjustable: If nobody adjusts this account in this direction.
    :raises AmountOutOfBounds: If the amount is zero or too large, or a debt is smaller.
    :raises ExpiryNotAhead: If a credit would expire at once.
    :raises InsufficientPoints: If a debit that is posted at once finds less available.
    """
    if account.is_house or account.partner_id is None:
        raise AccountNotAdjustable(_("This account is the house's."))
    wish = _Wish(
        kind=Kind.DEBIT if amount < 0 else Kind.CREDIT,
        account=account,
        amount=abs(amount),
        reason=reason,
        note=note,
        expires_at=expires_at,
        reference=reference,
        door=door,
        request_key=request_key,
    )
    return _ask(wish, asker, partner_id=account.partner_id, at=asked_at)


def ask_reinstatement(  # noqa: PLR0913 - keyword-only, and each is something a form asks
    *,
    transfer: Transfer,
    amount: int | None = None,
    until: datetime,
    reason: CorrectionReason,
    note: str = "",
    asker: Asker,
    request_key: str,
    door: str,
    asked_at: datetime,
) -> Correction:
    """
    Ask to give back what a transfer has retired, or a part of it, with a new expiry.

    Asking again with the same ``request_key`` returns the first correction. If several refusals
    apply, the first of the list below is raised.

    :raises IdempotencyKeyReused: If the key stands for another request.
    :raises MayNotAsk: If the asker may not correct anything of this partner.
    :raises ReasonNotAllowed: If the reason is not offered for reversals.
    :raises NotReversible: If the transfer retired nothing.
    :raises ExpiryNotAhead: If the new expiry does not lie ahead.
    :raises AmountOutOfBounds: If the amount is not above zero.
    :raises NothingLeftToReverse: If less can come back, or is already asked for.
    """
    wish = _Wish(
        kind=Kind.REINSTATEMENT,
        account=transfer.debit_account,
        amount=amount,
        corrects=transfer,
        expires_at=until,
        reason=reason,
        note=note,
        door=door,
        request_key=request_key,
    )
    return _ask(wish, asker, partner_id=transfer.partner_id, at=asked_at)


def _ask(wish: _Wish, asker: Asker, *, partner_id: int, at: datetime) -> Correction:
    with transaction.atomic():
        asker = lock_asker(asker)
        partner = Partner.objects.lock_and_read([partner_id])[partner_id]
        earlier = Correction.objects.filter(request_key=wish.request_key).first()
        if earlier is not None:
            if not wish.is_same_as(earlier, asker):
                raise IdempotencyKeyReused(wish.request_key)
            return earlier
        check_may_ask(asker, partner_id=partner_id, at=at)
        if partner.merged_into is not None:
            says = _("This partner was merged into %(partner)s. Correct it there.")
            raise AccountNotAdjustable(says % {"partner": partner.merged_into})
        find_reason(wish.reason.code, kind=wish.kind)
        if wish.corrects is not None:
            amount = _check_undoing(wish, wish.corrects, at)
        else:
            amount = _check_adjustment(wish, at)
        correction = Correction(
            request_key=wish.request_key,
            kind=wish.kind,
            door=wish.door,
            partner_id=partner_id,
            account=wish.account,
            corrects=wish.corrects,
            amount=amount,
            expires_at=wish.expires_at,
            reason=wish.reason,
            note=wish.note,
            reference=wish.reference,
            requested_by=asker.person,
            requested_with=asker.key,
            requested_at=at,
        )
        if _may_post_alone(asker, correction, at):
            correction.transfer = carry_out(correction, at=at)
            correction.state = Correction.State.POSTED
        correction.save(force_insert=True)
        announce(correction, by=asker, at=at)
        return correction


def _may_post_alone(asker: Asker, correction: Correction, at: datetime) -> bool:
    """For the own company nobody posts alone, whatever the limit, nor with a key they made."""
    person = asker.key.created_by if asker.key else asker.person
    if person is not None and is_on_team(person, correction.partner_id):
        return False
    allowance = read_allowance(asker=asker, unit=correction.account.unit, at=at)
    return allowance.covers(correction.amount)


def _check_undoing(wish: _Wish, transfer: Transfer, at: datetime) -> int:
    """Return the amount to reverse or to reinstate."""
    if wish.kind == Kind.REINSTATEMENT:
        check_reinstatable(transfer)
        if wish.expires_at is None or wish.expires_at <= at:
            raise ExpiryNotAhead
        left = find_reinstatable(transfer)
    else:
        check_reversible(transfer)
        left = find_left(transfer)
    if wish.amount is not None:
        _check_bounds(wish.amount)
    left = max(0, left - find_waiting(transfer))
    amount = left if wish.amount is None else wish.amount
    if amount == 0 or amount > left:
        raise NothingLeftToReverse(left=left, needed=amount or transfer.amount)
    return amount


def _check_adjustment(wish: _Wish, at: datetime) -> int:
    account, amount = wish.account, wish.amount or 0
    if account.kind not in ADJUSTABLE[Kind(wish.kind)]:
        raise AccountNotAdjustable(
            _("Debt can only be forgiven.")
            if account.kind == Account.Kind.DEBT
            else _("Points that wait are released or cancelled, not adjusted.")
        )
    if wish.kind == Kind.CREDIT:
        refuse_who_left(account)
    _check_bounds(amount)
    if account.kind == Account.Kind.DEBT:
        _check_owed(account, amount)
    if wish.expires_at is not None and (wish.expires_at <= at or wish.kind == Kind.DEBIT):
        raise ExpiryNotAhead
    return amount


def _check_owed(account: Account, amount: int) -> None:
    """Refuse before it waits what nobody could agree to."""
    owed = Account.objects.values_list("balance", flat=True).get(pk=account.pk)
    if owed == 0:
        raise AccountNotAdjustable(_("Nothing is owed on this account."))
    if amount > owed:
        raise AmountOutOfBounds(amount=amount, bound=owed)


def _check_bounds(amount: int) -> None:
    if not 0 < amount <= TRANSFER_AMOUNT_MAX:
        raise AmountOutOfBounds(amount=amount, bound=TRANSFER_AMOUNT_MAX)
