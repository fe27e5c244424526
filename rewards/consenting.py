"""
Whether people may earn for themselves, and who said so.

By default all points go to the company's pool. Where a programme allows personal earning, the
company names an approver among its team, who agrees member by member to the programme's terms.
Both are kept with their times: a fact is judged by what held when it happened.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from partners import events
from partners.models import Actor, Member, Partner
from partners.team import MemberNotActive, OnlyHeadBuyerDecides
from rewards.models import EarningApprover, EarningConsent, Programme
from rewards.programmes.live import NoVersionInForce, settings_at
from rewards.programmes.settings import Settings

__all__ = [
    "AlreadyAgreed",
    "Holding",
    "MemberNotActive",
    "NotTheApprover",
    "OnlyHeadBuyerDecides",
    "OwnEarning",
    "PersonalEarningClosed",
    "TermsChanged",
    "agree",
    "find_approver",
    "is_to_terms_at",
    "name_approver",
    "read_holdings",
    "withdraw",
    "withdraw_all",
]


class PersonalEarningClosed(Exception):
    """The programme lets nobody earn for themselves."""

    code = "personal_earning_closed"

    def __init__(self) -> None:
        super().__init__(_("This programme does not let people earn for themselves."))


class NotTheApprover(Exception):
    """Somebody else was named to agree to personal earning, or nobody."""

    code = "not_the_approver"

    def __init__(self) -> None:
        super().__init__(_("Only the approver your company named can agree to this."))


class OwnEarning(Exception):
    """An approver cannot agree to earning of their own."""

    code = "own_earning"

    def __init__(self) -> None:
        super().__init__(_("You cannot agree to your own earning. Somebody else has to."))


class TermsChanged(Exception):
    """The terms that were read are not those in force any more."""

    code = "terms_changed"

    def __init__(self) -> None:
        super().__init__(_("The terms have changed. Please read them again."))


class AlreadyAgreed(Exception):
    """A consent to these very terms is in force."""

    code = "already_agreed"

    def __init__(self) -> None:
        super().__init__(_("This person may earn for themselves already."))


@dataclass(frozen=True, slots=True)
class Holding:
    """From when on, until when, and by which terms a member might earn for themselves."""

    member_id: int
    given_at: datetime
    withdrawn_at: datetime | None
    terms_version: int

    def holds_at(self, moment: datetime) -> bool:
        return self.given_at <= moment and (self.withdrawn_at is None or moment < self.withdrawn_at)


def read_holdings(member_ids: Iterable[int], *, programme: Programme) -> list[Holding]:
    """Return every consent these members ever had in a programme: one query."""
    rows = EarningConsent.objects.filter(programme=programme, member__in=set(member_ids))
    columns = ("member_id", "given_at", "withdrawn_at", "terms_version")
    return [Holding(*row) for row in rows.order_by("pk").values_list(*columns)]


def is_to_terms_at(consent: EarningConsent, moment: datetime) -> bool:
    """Say whether a consent is to the terms that hold at a moment: others let nobody earn."""
    try:
        personal = settings_at(consent.programme, moment).personal_earning
    except NoVersionInForce:
        return False
    return personal.allowed and personal.terms_version == consent.terms_version


def find_approver(partner: Partner) -> EarningApprover | None:
    """Return who the company has named to agree, if anybody."""
    named = EarningApprover.objects.filter(partner=partner, ended_at__isnull=True)
    return named.select_related("member__person").first()


@transaction.atomic
def name_approver(*, partner: Partner, member: Member, by: Actor, at: datetime) -> EarningApprover:
    """
    Name the member who agrees to personal earning from now on. Named again, nothing changes.

    The head buyer of the company does, or staff of the seller on its word.

    :raises OnlyHeadBuyerDecides: If a member asks who is no active head buyer of this company.
    :raises MemberNotActive: If the member is not on the team of this company.
    """
    Partner.objects.lock([partner.pk])
    _refuse_all_but_head_buyers(partner, by)
    member = Member.objects.get(pk=member.pk)
    if member.partner_id != partner.pk or member.status != Member.Status.ACTIVE:
        raise MemberNotActive
    current = find_approver(partner)
    if current is not None and current.member_id == member.pk:
        return current
    EarningApprover.objects.filter(partner=partner, ended_at__isnull=True).update(ended_at=at)
    named = EarningApprover.objects.create(
        partner=partner, member=member, named_at=at, named_by=by.person
    )
    _tell("approver_named", member, by, at)
    return named


@transaction.atomic
def agree(
    *,
    programme: Programme,
    member: Member,
    by: Actor,
    terms_version: int,
    language: str,
    at: datetime,
) -> EarningConsent:
    """
    Agree, as the company's named approver, that a member earns for themselves from now on.

    Where the terms have changed since the last consent, the new one takes its place.

    :param terms_version: Which terms the approver has read.
    :raises PersonalEarningClosed: If the programme does not allow it now.
    :raises TermsChanged: If these are not the terms in force.
    :raises NotTheApprover: If ``by`` is not the approver the company named.
    :raises OwnEarning: If the approver is the member.
    :raises MemberNotActive: If the member has left.
    :raises AlreadyAgreed: If a consent to these terms is in force.
    """
    Partner.objects.lock([member.partner_id])
    member = Member.objects.select_related("partner").get(pk=member.pk)
    policy = _open_settings(programme, at).personal_earning
    if policy.terms_version != terms_version:
        raise TermsChanged
    approver = _refuse_all_but_approver(member, by)
    given = EarningConsent.objects.filter(programme=programme, member=member)
    in_force = given.filter(withdrawn_at__isnull=True).first()
    if in_force is not None:
        if in_force.terms_version == terms_version:
            raise AlreadyAgreed
        _end(in_force, by=by, at=at)
    terms = policy.terms or {}
    consent = EarningConsent.objects.create(
        programme=programme,
        partner=member.partner,
        member=member,
        version=given.count() + 1,
        approver=approver,
        terms_version=terms_version,
        terms=terms.get(language) or terms.get("en", ""),
        given_at=at,
    )
    _tell("personal_earning_agreed", member, by, at, programme=programme.code)
    return consent


@transaction.atomic
def withdraw(*, consent: EarningConsent, by: Actor, at: datetime) -> EarningConsent:
    """
    End a consent: what happens from now on earns for the pool. Withdrawn again, it has happened.

    The approver may, any head buyer of the company, the member, and staff of the seller.

    :raises NotTheApprover: If ``by`` is a member who is none of these.
    """
    Partner.objects.lock([consent.partner_id])
    consent = EarningConsent.objects.select_related("member", "programme").get(pk=consent.pk)
    if consent.withdrawn_at is not None:
        return consent
    if by.member is not None and not _may_withdraw(consent, by.member):
        raise NotTheApprover
    _end(consent, by=by, at=at)
    _tell("personal_earning_withdrawn", consent.member, by, at, programme=consent.programme.code)
    return consent


def withdraw_all(*, member: Member, by: Actor, at: datetime) -> None:
    """
    End what a member who leaves was allowed, or was named for. The caller has locked the partner.
    """
    for consent in EarningConsent.objects.filter(member=member, withdrawn_at__isnull=True):
        _end(consent, by=by, at=at)
    EarningApprover.objects.filter(member=member, ended_at__isnull=True).update(ended_at=at)


def _open_settings(programme: Programme, at: datetime) -> Settings:
    try:
        settings = settings_at(programme, at)
    except NoVersionInForce:
        raise PersonalEarningClosed from None
    if not settings.personal_earning.allowed:
        raise PersonalEarningClosed
    return settings


def _refuse_all_but_head_buyers(partner: Partner, by: Actor) -> None:
    if by.member is None:
        return
    heads = Member.objects.active().head_buyers()
    if not heads.filter(pk=by.member.pk, partner=partner).exists():
        raise OnlyHeadBuyerDecides


def _refuse_all_but_approver(member: Member, by: Actor) -> Member:
    """Return who agrees: the one the company named, about somebody else who is on the team."""
    approver = find_approver(member.partner)
    if by.member is None or approver is None or approver.member_id != by.member.pk:
        raise NotTheApprover
    if by.member.pk == member.pk:
        raise OwnEarning
    if member.status != Member.Status.ACTIVE:
        raise MemberNotActive
    return by.member


def _may_withdraw(consent: EarningConsent, member: Member) -> bool:
    if member.pk == consent.member_id:
        return True
    team = Member.objects.active().filter(pk=member.pk, partner=consent.partner_id)
    if team.head_buyers().exists():
        return True
    approver = find_approver(consent.partner)
    return approver is not None and approver.member_id == member.pk


def _end(consent: EarningConsent, *, by: Actor, at: datetime) -> None:
    consent.withdrawn_at, consent.withdrawn_by = at, by.person
    consent.save(update_fields=["withdrawn_at", "withdrawn_by"])


def _tell(kind: str, member: Member, by: Actor, at: datetime, **payload: str) -> None:
    events.record(
        [
            events.EventDraft(
                partner_id=member.partner_id,
                kind=kind,
                payload={"member": str(member.public_id), **payload},
                occurred_at=at,
                member_id=member.pk,
                actor_id=by.person.pk if by.person else None,
            )
        ],
        recorded_at=at,
    )
