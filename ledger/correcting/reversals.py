"""What the reversal of each kind of transfer does, and which kinds have none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger import accounts
from ledger.holds import is_placed_by_door
from ledger.models import Account, Correction, Hold, Lot, Transfer
from ledger.posting import Entry, InsufficientPoints
from ledger.taking_back import ExpiredOfAwards

Kind = Transfer.Kind


# A first credit by the rules: what came of it is known by its reference, and by its lots' origin.
AWARDING = frozenset({Kind.EARN, Kind.PEND})


class NotReversible(Exception):
    """Transfers of this kind are corrected otherwise; the text says how."""

    code = "not_reversible"

    def __init__(self, reason: Any, *, kind: str) -> None:
        super().__init__(str(reason))
        self.kind = kind


class NothingLeftToReverse(Exception):
    """Less than was asked for is left of the transfer to reverse."""

    code = "nothing_left_to_reverse"

    def __init__(self, *, left: int, needed: int) -> None:
        super().__init__(
            _("%(needed)s to reverse, %(left)s left of this transfer.")
            % {"needed": needed, "left": left}
        )
        self.left = left
        self.needed = needed


@dataclass(frozen=True, slots=True)
class Reversal:
    """``says`` is what the reversal does or, if there is none, what to do instead."""

    says: Any
    is_possible: bool = True


BELONGS_TO_REDEMPTION = gettext_lazy(
    "It belongs to a redemption. Cancel or return the redemption instead."
)
BELONGS_TO_SHARE = gettext_lazy("It belongs to a share. Undo the share instead.")
BELONGS_TO_AWARD = gettext_lazy("It follows from a return. Credit the partner instead.")

# Each kind of transfer stands here: a new one has to be decided about.
REVERSALS: Mapping[str, Reversal] = {
    Kind.EARN: Reversal(gettext_lazy("The award leaves the account, its own points first.")),
    Kind.PEND: Reversal(
        gettext_lazy("What still waits is cancelled. Once it is available, it leaves the pool.")
    ),
    Kind.OPEN: Reversal(gettext_lazy("The opening balance leaves the account.")),
    Kind.ADJUST: Reversal(
        gettext_lazy("A credit leaves the account. After a debit the same points come back.")
    ),
    Kind.REDEEM: Reversal(gettext_lazy("The same points come back, with their expiry.")),
    Kind.REVERSE: Reversal(gettext_lazy("The same points come back, with their expiry.")),
    Kind.REINSTATE: Reversal(gettext_lazy("What was reinstated expires again.")),
    Kind.MATURE: Reversal(gettext_lazy("Reverse the award instead."), is_possible=False),
    Kind.EXPIRE: Reversal(gettext_lazy("Reinstate what has expired instead."), is_possible=False),
    Kind.REFUND: Reversal(BELONGS_TO_REDEMPTION, is_possible=False),
    Kind.SHARE: Reversal(BELONGS_TO_SHARE, is_possible=False),
    Kind.UNSHARE: Reversal(BELONGS_TO_SHARE, is_possible=False),
    Kind.CLAW_BACK: Reversal(BELONGS_TO_AWARD, is_possible=False),
    Kind.CANCEL_PENDING: Reversal(
        gettext_lazy("Nothing waits any more. Credit the partner instead."), is_possible=False
    ),
    Kind.INCUR_DEBT: Reversal(gettext_lazy("Forgive the debt instead."), is_possible=False),
    Kind.REPAY_DEBT: Reversal(
        gettext_lazy("It follows from a credit. Correct that one instead."), is_possible=False
    ),
    Kind.FORGIVE_DEBT: Reversal(
        gettext_lazy("A debt that was forgiven stays so. Debit the pool instead."),
        is_possible=False,
    ),
    Kind.MERGE: Reversal(gettext_lazy("A merge is undone as a whole."), is_possible=False),
    Kind.LEAVE: Reversal(
        gettext_lazy("It followed from leaving the team. Share from the pool instead."),
        is_possible=False,
    ),
}


def check_reversible(transfer: Transfer) -> None:
    """
    Let pass what can be reversed by hand.

    :raises NotReversible: With what to do instead.
    """
    rule = REVERSALS[transfer.kind]
    if not rule.is_possible:
        raise NotReversible(rule.says, kind=transfer.kind)
    if transfer.kind == Kind.REDEEM and _belongs_to_redemption(transfer):
        raise NotReversible(BELONGS_TO_REDEMPTION, kind=transfer.kind)
    if transfer.kind == Kind.REVERSE:
        _check_undoable(transfer)
    sides = (transfer.debit_account, transfer.credit_account)
    if Account.Kind.DEBT in {side.kind for side in sides}:
        raise NotReversible(_("It is about a debt. Forgive the debt instead."), kind=transfer.kind)


def check_reinstatable(transfer: Transfer) -> None:
    """
    Let pass what retired points: only that can be reinstated.

    :raises NotReversible: With what to do instead.
    """
    if transfer.kind != Kind.EXPIRE:
        raise NotReversible(_("Only what has expired can be reinstated."), kind=transfer.kind)


def _belongs_to_redemption(transfer: Transfer) -> bool:
    """A redemption writes its id beside what it takes; what captures a door's hold is nobody's."""
    hold = Hold.objects.filter(capture=transfer).first()
    return bool(transfer.reference) and not (hold and is_placed_by_door(hold))


def _check_undoable(transfer: Transfer) -> None:
    if transfer.reverses_id is None or not transfer.reason_code:
        raise NotReversible(BELONGS_TO_AWARD, kind=transfer.kind)
    if transfer.reverses is not None and transfer.reverses.kind == Kind.REVERSE:
        raise NotReversible(
            _("A reversal is undone once. Credit or debit instead."), kind=transfer.kind
        )


def find_left(transfer: Transfer) -> int:
    """
    Return how much of the transfer was not reversed, refunded or taken back yet.

    An undone reversal still counts: never more than the transfer's amount is reversed in all. Of an
    award never more than is left of the whole award, with its raises. What has expired is gone
    already: to take other points for it would cost the partner the same points twice.
    """
    undone = Transfer.objects.filter(reverses=transfer)
    left = transfer.amount - _sum(undone)
    if transfer.kind in AWARDING:
        left = min(left, _find_left_of_award(transfer, left))
    return max(0, left)


def _find_left_of_award(transfer: Transfer, left: int) -> int:
    """
    Return what the award has left: what came in for it, less what was taken back or corrected.

    A claw-back names the award's first transfer only, and not even that one if they were posted
    together. The reference is what all transfers of an award have in common.
    """
    expired = ExpiredOfAwards.read([], reinstating={transfer.pk}).find_left(transfer.pk)
    if not transfer.reference:
        return left - expired
    own = Transfer.objects.filter(partner=transfer.partner_id, reference=transfer.reference)
    came_in = own.filter(kind__in=(Kind.EARN, Kind.PEND, Kind.REVERSE))
    taken = own.filter(kind__in=(Kind.CLAW_BACK, Kind.CANCEL_PENDING, Kind.INCUR_DEBT))
    corrected = Transfer.objects.filter(kind=Kind.REVERSE, reverses__in=came_in)
    return _sum(came_in) - _sum(taken) - _sum(corrected) - expired


def _sum(transfers: QuerySet[Transfer]) -> int:
    return transfers.aggregate(sum=Sum("amount"))["sum"] or 0


def find_waiting(transfer: Transfer) -> int:
    """Return how much of it is asked to be undone and waits for a second person."""
    waiting = Correction.objects.waiting().filter(corrects=transfer)
    return waiting.aggregate(sum=Sum("amount"))["sum"] or 0


def find_owner_side(transfer: Transfer) -> Account:
    """Return the side that is the partner's: what comes in where both are."""
    debit, credit = transfer.debit_account, transfer.credit_account
    return debit if credit.is_house else credit


def plan_reversal(
    transfer: Transfer, *, amount: int, key: str, reason_code: str, reference: str, at: datetime
) -> Entry:
    """
    Return the entry that reverses so much of the transfer: its sides change places.

    What was credited leaves with its own slices first; what was taken comes back slice by slice.

    :raises InsufficientPoints: If less of a pending award still waits.
    """
    takes_from, gives_to = transfer.credit_account, transfer.debit_account
    if transfer.kind == Kind.PEND:
        takes_from = _find_award(transfer, amount)
    returns_slices = takes_from.is_house
    return Entry(
        kind=Kind.REVERSE,
        debit=takes_from,
        credit=gives_to,
        amount=amount,
        idempotency_key=key,
        occurred_at=at,
        reason_code=reason_code,
        reference=reference,
        gives_back=transfer if returns_slices else None,
        reverses=None if returns_slices else transfer,
        prefer_origin_id=None if returns_slices else transfer.pk,
    )


def _find_award(transfer: Transfer, amount: int) -> Account:
    """Return where a pending award is now: it waits, or it is in the pool since it matured."""
    pending = transfer.credit_account
    own = Lot.objects.open().filter(account=pending, opened_by=transfer)
    waits = own.aggregate(sum=Sum(F("remaining") - F("held")))["sum"] or 0
    if waits == 0:
        return accounts.pool(pending.unit, transfer.partner)
    if amount > waits:
        raise InsufficientPoints(available=waits, held=pending.held, needed=amount)
    return pending
