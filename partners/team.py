"""
Who is on a team, and in which role. A company that takes part always keeps a head buyer.

Every change locks the partner first, so that two people who leave or hand over at once see each
other. Whoever acts as a member has to be a head buyer of that team under the lock, not only when
their page was opened. Leaving moves points: see ``rewards.leaving``.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from partners import events
from partners.models import Actor, Member, Partner, Person
from partners.models.team import MemberQuerySet
from partners.revising import StaleRevision, refuse_if_stale

__all__ = [
    "LastHeadBuyer",
    "MemberNotActive",
    "OnlyHeadBuyerDecides",
    "PartnerClosed",
    "StaleRevision",
    "change",
    "hand_over",
    "leave",
    "take_on",
]

Role = Member.Role


class OnlyHeadBuyerDecides(Exception):
    """Whoever asks acts as a member, but is not an active head buyer of this team (any more)."""

    code = "only_head_buyer_decides"

    def __init__(self) -> None:
        super().__init__(_("Only a head buyer of the company decides about its team."))


class LastHeadBuyer(Exception):
    """The company would be left without a head buyer who can sign in."""

    code = "last_head_buyer"

    def __init__(self) -> None:
        super().__init__(_("This is the only head buyer. Name another one first."))


class MemberNotActive(Exception):
    """The member has left the team."""

    code = "member_not_active"

    def __init__(self) -> None:
        super().__init__(_("This person is not on the team any more."))


class PartnerClosed(Exception):
    """The company does not take part any more, or became part of another."""

    code = "partner_closed"

    def __init__(self) -> None:
        super().__init__(_("This company does not take part any more."))


def change(
    *,
    member: Member,
    by: Actor,
    at: datetime,
    role: str | None = None,
    job_title: str | None = None,
    revision: int | None = None,
) -> Member:
    """
    Give a member another role or job title; what is None stays. Saying the same changes nothing.

    :raises OnlyHeadBuyerDecides: If a member asks who is no active head buyer of this team.
    :raises StaleRevision: If somebody else changed the member since ``revision``.
    :raises MemberNotActive: If the member has left.
    :raises LastHeadBuyer: If the company would be left without a head buyer.
    """
    with transaction.atomic():
        locked = lock_member(member, by=by, revision=revision)
        if locked.status != Member.Status.ACTIVE:
            raise MemberNotActive
        wanted = {"role": role, "job_title": job_title if job_title is None else job_title.strip()}
        changed = {
            name: value
            for name, value in wanted.items()
            if value is not None and value != getattr(locked, name)
        }
        if not changed:
            return locked
        if "role" in changed:
            refuse_without_head_buyer(locked)
        # Codes only: what somebody is called in their company is theirs.
        payload: dict[str, Any] = {"changed": sorted(changed)}
        if "role" in changed:
            payload |= {"from_role": locked.role, "to_role": changed["role"]}
        _save(locked, **changed)
        _record("member_changed", locked, payload, by=by, at=at)
        return locked


def hand_over(
    *,
    member: Member,
    to: Member,
    becomes: str = Role.BUYER,
    by: Actor,
    at: datetime,
    revision: int | None = None,
) -> tuple[Member, Member]:
    """
    Make ``to`` head buyer in place of ``member``, who ``becomes`` a buyer or viewer.

    Both happen or neither; asked for again, it has happened already.

    :raises OnlyHeadBuyerDecides: If a member asks who is no active head buyer of this team, or
        ``member`` is none.
    :raises StaleRevision: If somebody else changed ``member`` since ``revision``.
    :raises MemberNotActive: If one of the two is not on this team.
    """
    with transaction.atomic():
        giver, taker = _lock_both(member, to)
        if giver.role == becomes and taker.is_head_buyer and _are_active(giver, taker):
            return giver, taker
        refuse_unless_head_buyer(member.partner_id, by)
        refuse_if_stale(giver, revision)
        if not _are_active(giver, taker) or not taker.person.is_active:
            raise MemberNotActive
        if not giver.is_head_buyer or becomes == Role.HEAD_BUYER:
            raise OnlyHeadBuyerDecides
        was = taker.role
        _save(giver, role=becomes)
        _save(taker, role=Role.HEAD_BUYER)
        for each, before in ((giver, Role.HEAD_BUYER), (taker, was)):
            payload = {"changed": ["role"], "from_role": str(before), "to_role": str(each.role)}
            _record("member_changed", each, payload, by=by, at=at)
        return giver, taker


def _lock_both(member: Member, other: Member) -> tuple[Member, Member]:
    """:raises MemberNotActive: If they are not two of one team."""
    Partner.objects.lock([member.partner_id])
    team = Member.objects.filter(partner=member.partner_id).select_related("person", "partner")
    found = team.in_bulk([member.pk, other.pk])
    if len(found) != 2:
        raise MemberNotActive
    return found[member.pk], found[other.pk]


def take_on(
    *, partner: Partner, person: Person, role: str, job_title: str, by: Actor, at: datetime
) -> Member:
    """
    Put a person on the team of a partner that the caller has locked, or back on it.

    Whoever is on it already stays what they are.
    """
    known = Member.objects.filter(partner=partner, person=person).first()
    if known is not None and known.status == Member.Status.ACTIVE:
        return known
    joined = known or Member(partner=partner, person=person, revision=0)
    joined.status, joined.joined_at, joined.left_at = Member.Status.ACTIVE, at, None
    joined.role, joined.job_title = role, job_title or joined.job_title
    joined.revision += 1
    joined.save()
    _record("member_joined", joined, {"role": role}, by=by, at=at)
    return joined


def leave(*, member: Member, by: Actor, at: datetime) -> None:
    """
    Record that a member is off the team. The caller has locked the partner and emptied the wallet.

    :raises LastHeadBuyer: If the company would be left without a head buyer.
    """
    refuse_without_head_buyer(member)
    _save(member, status=Member.Status.LEFT, left_at=at)
    _record("member_left", member, {"role": member.role}, by=by, at=at)


def lock_member(member: Member, *, by: Actor, revision: int | None = None) -> Member:
    """
    Lock the member's partner and return the member as it is now.

    :raises OnlyHeadBuyerDecides: If a member asks who is no active head buyer of this team.
    :raises StaleRevision: If somebody else changed the member since ``revision``.
    """
    Partner.objects.lock([member.partner_id])
    refuse_unless_head_buyer(member.partner_id, by)
    locked = Member.objects.select_related("person", "partner").get(pk=member.pk)
    refuse_if_stale(locked, revision)
    return locked


def refuse_unless_head_buyer(partner_id: int, by: Actor) -> None:
    """
    Let staff and systems pass, and of the members only head buyers of this team.

    :raises OnlyHeadBuyerDecides: If it is another member, or one who is head buyer no longer.
    """
    if by.member is None:
        return
    if not find_head_buyers(partner_id).filter(pk=by.member.pk).exists():
        raise OnlyHeadBuyerDecides


def find_head_buyers(partner_id: int) -> MemberQuerySet:
    """Return those who can sign in and decide for a company."""
    heads: MemberQuerySet = (
        Member.objects.active().head_buyers().filter(partner=partner_id, person__is_active=True)
    )
    return heads


def takes_part(partner: Partner) -> bool:
    return partner.status != Partner.Status.CLOSED and partner.merged_into_id is None


def refuse_without_head_buyer(member: Member) -> None:
    """
    Let a member cease to be head buyer only if somebody else is one.

    A company that takes part no longer needs none.

    :raises LastHeadBuyer: If there is nobody else.
    """
    if not member.is_head_buyer or not takes_part(member.partner):
        return
    if not find_head_buyers(member.partner_id).exclude(pk=member.pk).exists():
        raise LastHeadBuyer


def find_companies_left_alone(person: Person) -> list[Partner]:
    """Return the companies whose only head buyer is this person, their rows locked."""
    own = Member.objects.active().head_buyers().filter(person=person)
    partners = Partner.objects.lock_and_read(own.values_list("partner", flat=True))
    return [
        partner
        for partner in partners.values()
        if takes_part(partner) and not find_head_buyers(partner.pk).exclude(person=person).exists()
    ]


def _are_active(*members: Member) -> bool:
    return all(member.status == Member.Status.ACTIVE for member in members)


def _save(member: Member, **changed: Any) -> None:
    for name, value in changed.items():
        setattr(member, name, value)
    member.revision += 1
    member.save(update_fields=[*changed, "revision"])


def _record(kind: str, member: Member, payload: dict[str, Any], *, by: Actor, at: datetime) -> None:
    draft = events.EventDraft(
        partner_id=member.partner_id,
        kind=kind,
        payload={"member": str(member.public_id), **payload},
        occurred_at=at,
        member_id=member.pk,
        actor_id=by.person.pk if by.person else None,
    )
    events.record([draft], recorded_at=at)
