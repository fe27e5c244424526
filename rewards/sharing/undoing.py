"""Taking back to the pool what nobody has spent of a share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from ledger import accounts
from ledger.models import Lot, Transfer
from ledger.posting import Entry, post
from partners.models import Member, Partner
from rewards.models import Share, SharePart
from rewards.sharing.announcing import announce
from rewards.sharing.giving import OnlyHeadBuyerShares


class UndoTooLate(Exception):
    """The time in which the share could be undone is over."""

    code = "undo_too_late"

    def __init__(self, *, undo_until: datetime) -> None:
        super().__init__(_("The time to take it back is over."))
        self.undo_until = undo_until


class NothingLeftToUndo(Exception):
    """Everything that was shared is spent or expired."""

    code = "nothing_left_to_undo"


@dataclass(frozen=True, slots=True)
class Undone:
    """What came back to the pool, and per member id what could not because it is spent."""

    share: Share
    returned: int
    kept: Mapping[int, int]


def undo(*, share: Share, by: Member, at: datetime) -> Undone:
    """
    Take back to the pool what nobody has spent of a share. Undoing again returns the same answer.

    :raises OnlyHeadBuyerShares: If ``by`` is not an active head buyer of this partner.
    :raises UndoTooLate: If ``at`` is not before ``share.undo_until``.
    :raises NothingLeftToUndo: If everything is spent or expired.
    """
    with transaction.atomic():
        Partner.objects.lock([share.partner_id])
        locked = Share.objects.select_related("programme__main_unit", "partner").get(pk=share.pk)
        parts = list(
            locked.parts.select_related("member", "transfer", "undo_transfer").order_by("member_id")
        )
        is_head_buyer = by.is_head_buyer and by.status == Member.Status.ACTIVE
        if not is_head_buyer or by.partner_id != locked.partner_id:
            raise OnlyHeadBuyerShares
        if locked.state == Share.State.UNDONE:
            return _say_undone(locked, parts)
        if at >= locked.undo_until:
            raise UndoTooLate(undo_until=locked.undo_until)
        returnable = find_unspent(parts, at)
        if not returnable:
            raise NothingLeftToUndo
        _post_undo(locked, parts, returnable, at)
        announce(
            locked,
            kind="share_undone",
            member_kind="share_undone",
            amounts=returnable,
            by=by,
            at=at,
        )
        return _say_undone(locked, parts)


def find_unspent(parts: Iterable[SharePart], at: datetime) -> dict[int, int]:
    """Return per member id what is left, neither held nor expired, of the lots a share opened."""
    member_of = {part.transfer_id: part.member_id for part in parts}
    left = (
        Lot.objects.spendable(at)
        .filter(opened_by__in=member_of)
        .values_list("opened_by")
        .annotate(free=Sum(F("remaining") - F("held")))
    )
    return {member_of[transfer_id]: free for transfer_id, free in left if free}


def _post_undo(
    made: Share, parts: list[SharePart], returnable: Mapping[int, int], at: datetime
) -> None:
    unit = made.programme.main_unit
    pool = accounts.pool(unit, made.partner)
    touched = [part for part in parts if part.member_id in returnable]
    wallets = accounts.wallets(unit, [part.member for part in touched])
    posted = post(
        [
            Entry(
                kind=Transfer.Kind.UNSHARE,
                debit=wallets[part.member_id],
                credit=pool,
                amount=returnable[part.member_id],
                idempotency_key=f"unshare:{made.public_id}:{part.member_id}",
                occurred_at=at,
                reference=str(made.public_id),
                reverses=part.transfer,
            )
            for part in touched
        ],
        posted_at=at,
    )
    for part, answer in zip(touched, posted, strict=True):
        part.undo_transfer = answer.transfer
    SharePart.objects.bulk_update(touched, ["undo_transfer"])
    made.state, made.undone_at = Share.State.UNDONE, at
    made.save(update_fields=["state", "undone_at"])


def _say_undone(made: Share, parts: list[SharePart]) -> Undone:
    returned = {
        part.member_id: part.undo_transfer.amount if part.undo_transfer else 0 for part in parts
    }
    kept = {
        part.member_id: part.amount - returned[part.member_id]
        for part in parts
        if part.amount > returned[part.member_id]
    }
    return Undone(share=made, returned=sum(returned.values()), kept=kept)
