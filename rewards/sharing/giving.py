"""Moving an amount from the pool into wallets, by the head buyer alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ledger import accounts
from ledger.models import Transfer
from ledger.posting import Entry, post
from partners.models import Member, Partner
from rewards.models import Programme, Share, SharePart
from rewards.programmes.definition import Settings
from rewards.programmes.live import NoVersionInForce, version_in_force
from rewards.sharing.announcing import announce
from rewards.spending import RequestIdReused, refuse_while_owing

Method = Share.Method
WEIGHT_ONE = 1_000


class SharesDoNotSum(Exception):
    """The parts add up to another amount. ``missing`` is below zero where they exceed it."""

    code = "shares_do_not_sum"

    def __init__(self, *, missing: int) -> None:
        super().__init__(
            _("%(missing)d are still to be given.") % {"missing": missing}
            if missing > 0
            else _("%(over)d too many are given.") % {"over": -missing}
        )
        self.missing = missing


class OnlyHeadBuyerShares(Exception):
    """Whoever asks is not an active head buyer of this partner."""

    code = "only_head_buyer_shares"


class NotOnTheTeam(Exception):
    """Recipients that are not active buyers of this partner, by member id."""

    code = "not_on_the_team"

    def __init__(self, member_ids: Iterable[int]) -> None:
        self.member_ids = sorted(member_ids)
        super().__init__(_("Somebody chosen is not on the team any more."))


class SelfShareNotAllowed(Exception):
    """The programme does not let a head buyer share points to their own wallet."""

    code = "self_share_not_allowed"


class ReasonMissing(Exception):
    """A share needs a reason that the team can read."""

    code = "reason_missing"


class ProgrammeNotLive(Exception):
    """The programme is not running, so nothing in it moves."""

    code = "programme_not_live"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartDraft:
    """What one member shall get. ``weight`` is in thousandths, as the head buyer typed it."""

    member_id: int
    amount: int
    weight: int = WEIGHT_ONE
    proposed: int = 0
    note: str = ""


def share(
    *,
    head_buyer: Member,
    programme: Programme,
    amount: int,
    method: str,
    parts: Sequence[PartDraft],
    reason: str,
    request_id: UUID,
    shared_at: datetime,
) -> Share:
    """
    Move an amount from the pool into wallets, in one batch. Points keep origin and expiry.

    Parts of zero are left out. Calling again with the same ``request_id`` returns the first share
    and moves nothing. If several refusals apply, the first of the list below is raised.

    :raises RequestIdReused: If the id stands for a share of another amount or by somebody else.
    :raises OnlyHeadBuyerShares: If ``head_buyer`` is not one, or has left.
    :raises ProgrammeNotLive: If the programme is a draft or closed.
    :raises ReasonMissing: If the reason is blank.
    :raises SharesDoNotSum: If the parts do not add up to ``amount``, or it is not above zero.
    :raises NotOnTheTeam: If a recipient is not an active head buyer or buyer of this partner.
    :raises SelfShareNotAllowed: If the programme forbids a part for the head buyer.
    :raises DebtOutstanding: If points taken back are still owed.
    :raises InsufficientPoints: If the pool holds too few points.
    """
    with transaction.atomic():
        Partner.objects.lock([head_buyer.partner_id])
        if earlier := _find_earlier(head_buyer, programme, amount, request_id):
            return earlier
        settings = _check_giver(head_buyer, programme, reason, shared_at)
        given = _check_parts(parts, amount)
        recipients = _find_recipients(head_buyer, given, to_self=settings.share_to_self)
        refuse_while_owing(partner_id=head_buyer.partner_id, unit_id=programme.main_unit_id)
        made = Share(
            programme=programme,
            partner=head_buyer.partner,
            shared_by=head_buyer,
            request_id=request_id,
            method=method,
            amount=amount,
            reason=reason.strip(),
            shared_at=shared_at,
            undo_until=shared_at + timedelta(days=settings.share_undo_days),
        )
        _post_parts(made, given, recipients, method)
        _announce(made, given)
        return made


def _check_giver(head_buyer: Member, programme: Programme, reason: str, at: datetime) -> Settings:
    """Refuse who may not share, or may not now; return the settings that hold."""
    if not head_buyer.is_head_buyer or head_buyer.status != Member.Status.ACTIVE:
        raise OnlyHeadBuyerShares
    if programme.status != Programme.Status.LIVE:
        raise ProgrammeNotLive
    settings = _read_settings(programme, at)
    if not reason.strip():
        raise ReasonMissing
    return settings


def _announce(made: Share, given: Iterable[PartDraft]) -> None:
    announce(
        made,
        kind="points_shared",
        member_kind="share_received",
        amounts={part.member_id: part.amount for part in given},
        by=made.shared_by,
        at=made.shared_at,
    )


def _find_earlier(
    head_buyer: Member, programme: Programme, amount: int, request_id: UUID
) -> Share | None:
    earlier = Share.objects.filter(partner_id=head_buyer.partner_id, request_id=request_id).first()
    if earlier is None:
        return None
    given = (earlier.shared_by_id, earlier.programme_id, earlier.amount)
    if given != (head_buyer.pk, programme.pk, amount):
        raise RequestIdReused(str(request_id))
    return earlier


def _read_settings(programme: Programme, at: datetime) -> Settings:
    try:
        return version_in_force(programme, at).definition.settings
    except NoVersionInForce as error:
        raise ProgrammeNotLive from error


def _check_parts(parts: Sequence[PartDraft], amount: int) -> list[PartDraft]:
    """Return the parts above zero in the order of their members, which fixes the journal's order."""
    missing = amount - sum(part.amount for part in parts)
    if missing or amount <= 0 or any(part.amount < 0 for part in parts):
        raise SharesDoNotSum(missing=missing)
    members = [part.member_id for part in parts]
    if len(set(members)) != len(members):
        raise NotOnTheTeam({member for member in members if members.count(member) > 1})
    return sorted((part for part in parts if part.amount), key=lambda part: part.member_id)


def find_possible_recipients(partner_id: int) -> QuerySet[Member]:
    """Active members who may spend: a viewer could do nothing with points."""
    return (
        Member.objects.active()
        .filter(partner_id=partner_id)
        .exclude(role=Member.Role.VIEWER)
        .for_listing()
    )


def _find_recipients(
    head_buyer: Member, parts: list[PartDraft], *, to_self: bool
) -> dict[int, Member]:
    wanted = {part.member_id for part in parts}
    found = find_possible_recipients(head_buyer.partner_id).in_bulk(wanted)
    if absent := wanted - found.keys():
        raise NotOnTheTeam(absent)
    if not to_self and head_buyer.pk in found:
        raise SelfShareNotAllowed
    return found


def _post_parts(
    made: Share, parts: list[PartDraft], recipients: dict[int, Member], method: str
) -> None:
    unit = made.programme.main_unit
    pool = accounts.pool(unit, made.partner)
    wallets = accounts.wallets(unit, recipients.values())
    posted = post(
        [
            Entry(
                kind=Transfer.Kind.SHARE,
                debit=pool,
                credit=wallets[part.member_id],
                amount=part.amount,
                idempotency_key=f"share:{made.partner_id}:{made.request_id}:{part.member_id}",
                occurred_at=made.shared_at,
                reference=str(made.public_id),
            )
            for part in parts
        ],
        posted_at=made.shared_at,
    )
    made.save(force_insert=True)
    SharePart.objects.bulk_create(
        SharePart(
            share=made,
            member_id=part.member_id,
            weight=part.weight,
            proposed=part.amount if method == Method.BY_HAND else part.proposed,
            amount=part.amount,
            note=part.note.strip(),
            transfer=answer.transfer,
        )
        for part, answer in zip(parts, posted, strict=True)
    )
