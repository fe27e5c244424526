"""Awards that wait before they can be spent: what of them waits, and ending the wait by hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from ledger.correcting import OwnPartner, ReasonNotAllowed, find_reason
from ledger.entries import Posted
from ledger.maturing import cancel_pending, find_pending, release_pending
from ledger.models import Account, Correction, Lot, Transfer
from partners.families import ids_of_families
from partners.models import Member, Partner, Person
from rewards.models import Award

__all__ = [
    "NothingWaits",
    "OwnPartner",
    "ReasonNotAllowed",
    "Waiting",
    "cancel",
    "find_waiting",
    "release",
]


class NothingWaits(Exception):
    """Nothing of the award is pending: it can be spent, was taken back, or has expired."""

    code = "nothing_waits"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much of an award cannot be spent yet, and from when on it can."""

    amount: int
    until: datetime | None


def find_waiting(award: Award) -> Waiting:
    """Return what of an award waits. Zero where nothing does."""
    lots = Lot.objects.open().filter(
        account__kind=Account.Kind.PENDING, origin__in=_transfers_of(award)
    )
    rows = list(lots.values_list("remaining", "matures_at"))
    until = max((at for _left, at in rows if at is not None), default=None)
    return Waiting(sum(left for left, _at in rows), until)


def release(*, award: Award, reason: str, by: Person | None, at: datetime) -> int:
    """
    Let what waits of an award be spent now, and return how much.

    ``reason`` is a code of the managed list. Debt is repaid first, as by every credit.

    :raises OwnPartner: If ``by`` is on the team of the partner.
    :raises ReasonNotAllowed: If the reason may not be given for a credit.
    :raises NothingWaits: If nothing of it is pending.
    """
    code = find_reason(reason, kind=Correction.Kind.CREDIT).code
    return _end_wait(award, release_pending, code, by, at)


def cancel(*, award: Award, reason: str, by: Person | None, at: datetime) -> int:
    """
    Take back what waits of an award, and return how much.

    :raises OwnPartner: If ``by`` is on the team of the partner.
    :raises ReasonNotAllowed: If the reason may not be given for a reversal.
    :raises NothingWaits: If nothing of it is pending.
    """
    code = find_reason(reason, kind=Correction.Kind.REVERSAL).code
    return _end_wait(award, cancel_pending, code, by, at)


def _end_wait(
    award: Award,
    end: Callable[..., Posted],
    reason_code: str,
    by: Person | None,
    at: datetime,
) -> int:
    with transaction.atomic():
        Partner.objects.lock([award.partner_id])
        _refuse_own(award, by)
        waiting = [one for one in _transfers_of(award) if find_pending(one)]
        if not waiting:
            raise NothingWaits(_("Nothing of this award waits any more."))
        # What has left pending never comes back under the same transfer, so its id is key enough.
        posted = [
            end(award=one, reason_code=reason_code, request_key=str(one.public_id), as_of=at)
            for one in waiting
        ]
        return sum(done.transfer.amount for done in posted)


def _transfers_of(award: Award) -> Sequence[Transfer]:
    """What ever went into pending for an award: itself, its raises, what came back of it."""
    own = Transfer.objects.filter(
        reference=str(award.public_id),
        partner__in=ids_of_families([award.partner_id]),
        credit_account__kind=Account.Kind.PENDING,
    )
    return list(own.select_related("credit_account__unit").order_by("pk"))


def _refuse_own(award: Award, by: Person | None) -> None:
    team = Member.objects.active().filter(partner=award.partner_id)
    if by is not None and team.filter(person=by).exists():
        raise OwnPartner(_("You are on this partner's team. Somebody else has to decide."))
