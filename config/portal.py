"""What the lower floors show and only the upper ones know: the frame, what movements refer to."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ledger.correcting import say_reason
from ledger.models import Account, Correction, Hold, Transfer
from ledger.naming import UUID as UUID_WORDS
from ledger.referring import Reference
from ledger.statements import Movement
from partners.access import Frame
from partners.kinds import KINDS, all_kinds
from partners.models import Actor, Member, Partner
from partners.wording import UnitWording, choose_language
from rewards.explaining import Explanation, teller_of
from rewards.models import Award, Programme, Redemption, SharePart, Standing
from rewards.programmes.live import NoVersionInForce, definition_of, version_in_force

UUID_PATTERN = re.compile(UUID_WORDS)
EXPLAINED = (Transfer.Kind.EARN, Transfer.Kind.PEND)


def read_frame(member: Member, at: datetime) -> Frame:
    """Return the frame for a member's pages: two queries, or one without a programme."""
    return frame_of(member.partner, at)


def frame_of(partner: Partner, at: datetime) -> Frame:
    """Return how amounts are written for a partner, and by whose programme."""
    standing = (
        Standing.objects.filter(partner=partner, programme__status=Programme.Status.LIVE)
        .select_related("programme__main_unit")
        .order_by("programme_id")
        .first()
    )
    if standing is None:
        return Frame(currency=partner.currency)
    programme = standing.programme
    frame = Frame(
        seller=programme.seller_name,
        programme=programme.name,
        currency=programme.currency,
        zone=ZoneInfo(programme.time_zone),
        unit_id=programme.main_unit_id,
        demo_weeks=programme.shifted_days // 7,
    )
    try:
        settings = version_in_force(programme, at).definition.settings
    except NoVersionInForce:
        return frame
    unit = UnitWording(settings.unit_names, programme.main_unit.decimals)
    return replace(
        frame,
        unit=unit,
        unit_value=settings.unit_value,
        personal_earning=settings.personal_earning.allowed,
    )


def name_references(actor: Actor, movements: Sequence[Movement]) -> dict[UUID, Reference]:
    """Return what each movement is about, by the id of its transfer. Five queries."""
    # Other parts of the product may refer to what is no row of ours.
    references = {each.reference for each in movements if UUID_PATTERN.fullmatch(each.reference)}
    corrections = Correction.objects.for_actor(actor).filter(public_id__in=references)
    awards = list(
        Award.objects.for_actor(actor)
        .filter(public_id__in=references)
        .select_related("activity", "unit", "version")
    )
    names = _name_awards(awards)
    for correction in corrections.select_related("reason"):
        names[str(correction.public_id)] = Reference(say_reason(correction.reason))
    redemptions = Redemption.objects.for_actor(actor).filter(public_id__in=references)
    for redemption in redemptions.select_related("reward"):
        url = reverse("rewards:redemption", args=[redemption.public_id])
        names[str(redemption.public_id)] = Reference(redemption.reward.name, url=url)
    names |= _name_leavers(actor, movements)
    parts = _share_parts(actor, [each.transfer_id for each in movements])
    own = _find_own(awards, movements)
    return {
        each.transfer_id: _name_part(parts[each.transfer_id], each)
        if each.transfer_id in parts
        else _name_earned(_without_bill(names[each.reference], each), each, own)
        for each in movements
        if each.transfer_id in parts or each.reference in names
    }


def _name_leavers(actor: Actor, movements: Sequence[Movement]) -> dict[str, Reference]:
    """Name who left, where a wallet went back: one more query, and only then."""
    left = {each.reference for each in movements if each.kind == Transfer.Kind.LEAVE}
    if not left:
        return {}
    members = Member.objects.for_actor(actor).filter(public_id__in=left).select_related("person")
    return {str(member.public_id): Reference(member.person.name) for member in members}


def _find_own(awards: Sequence[Award], movements: Sequence[Movement]) -> frozenset[UUID]:
    """Return what somebody earned for themselves: one more query, and only where anybody did."""
    personal = {str(award.public_id) for award in awards if award.personal}
    if not personal:
        return frozenset()
    earned = [each.transfer_id for each in movements if each.reference in personal]
    own = Transfer.objects.filter(
        public_id__in=earned,
        kind=Transfer.Kind.EARN,
        credit_account__kind=Account.Kind.WALLET,
    )
    return frozenset(own.values_list("public_id", flat=True))


def _name_earned(reference: Reference, movement: Movement, own: frozenset[UUID]) -> Reference:
    """Say in a wallet whose word made it so: all else of an award is the company's."""
    if movement.transfer_id not in own:
        return reference
    return replace(reference, detail=reference.detail or _("Earned for yourself"))


def _without_bill(reference: Reference, movement: Movement) -> Reference:
    """The bill of an award explains what it gave, not what was taken back of it later."""
    return reference if movement.kind in EXPLAINED else replace(reference, explanation=None)


def name_holds(actor: Actor, holds: Sequence[Hold]) -> dict[UUID, Reference]:
    """Return what each hold waits for, by its id: one query."""
    waiting = Redemption.objects.for_actor(actor).filter(hold__in=holds)
    return {
        redemption.hold.public_id: Reference(
            redemption.reward.name,
            _("Asked for by %(name)s, waits for a decision")
            % {"name": redemption.member.person.name},
            reverse("rewards:redemption", args=[redemption.public_id]),
        )
        for redemption in waiting.select_related("hold", "reward", "member__person")
        if redemption.hold is not None
    }


def _name_awards(found: Sequence[Award]) -> dict[str, Reference]:
    """Name awards by their activity; where it earned by several rules, by the rule too."""
    times = Counter(award.activity_id for award in found)
    language = get_language() or ""
    # Own kinds are rows: they are asked for only where there is one.
    kinds = KINDS if all(each.activity.kind in KINDS for each in found) else all_kinds()
    names = {}
    for award in found:
        text = _("%(kind)s %(document)s") % {
            "kind": kinds[award.activity.kind].name,
            "document": award.activity.external_id,
        }
        rules = award.explanation.get("rule_name") or {}
        rule = rules.get(choose_language(language, rules), "") if rules else ""
        detail = rule if times[award.activity_id] > 1 else ""
        names[str(award.public_id)] = Reference(text, detail, explanation=_explain(award, language))
    return names


def _explain(award: Award, language: str) -> Explanation:
    """Tell the award by the version that gave it, whose tiers may have had other names."""
    teller = teller_of(
        definition_of(award.version),
        language=language,
        currency=award.activity.currency,
        decimals=award.unit.decimals,
    )
    return teller.tell(award.explanation)


def _share_parts(actor: Actor, transfer_ids: Sequence[UUID]) -> dict[UUID, SharePart]:
    found = SharePart.objects.for_actor(actor).select_related(
        "member__person", "share__shared_by__person", "transfer", "undo_transfer"
    )
    of_these = found.filter(
        Q(transfer__public_id__in=transfer_ids) | Q(undo_transfer__public_id__in=transfer_ids)
    )
    return {
        transfer.public_id: part
        for part in of_these
        for transfer in (part.transfer, part.undo_transfer)
        if transfer is not None
    }


def _name_part(part: SharePart, movement: Movement) -> Reference:
    """Name the other side of a share: the member in the pool's journal, the giver in a wallet's."""
    takes = movement.amount < 0
    is_undone = movement.kind == Transfer.Kind.UNSHARE
    if takes is not is_undone:
        text = _("To %(name)s") if takes else _("Back from %(name)s")
        return Reference(text % {"name": part.member.person.name}, part.share.reason)
    text = _("Taken back by %(name)s") if takes else _("From %(name)s")
    return Reference(text % {"name": part.share.shared_by.person.name}, part.share.reason)
