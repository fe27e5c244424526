"""Offering a place on a team by mail, offering it again, and taking the offer back."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from partners import events
from partners.inviting.limits import refuse_too_many
from partners.inviting.links import (
    TOKEN_BYTES,
    VALID_FOR,
    InvitationNotOpen,
    State,
    hash_token,
    state_of,
)
from partners.models import Actor, Invitation, InvitationMail, Member, Partner
from partners.team import PartnerClosed, refuse_unless_head_buyer, takes_part

# Pressed twice is sent once.
PAUSE = timedelta(minutes=1)
# The name stands in a mail to somebody who may not know us: no links, no addresses, no markup.
NOT_A_NAME = re.compile(r"[<>@\\/:\x00-\x1f\x7f]|www\.", re.IGNORECASE)

Mail = Callable[[Invitation, str], None]
"""Sends the link with this token. Called once the invitation is committed."""


class NameNotPlain(Exception):
    """The name holds a link, an address or markup."""

    code = "name_not_plain"

    def __init__(self) -> None:
        super().__init__(_("Write a name, without links or addresses."))


class OwnInvitation(Exception):
    """Nobody puts themselves on a team."""

    code = "own_invitation"

    def __init__(self) -> None:
        super().__init__(_("This is your own address. Somebody else has to invite you."))


class AlreadyOnTheTeam(Exception):
    """The address belongs to an active member of this very team."""

    code = "already_on_the_team"

    def __init__(self) -> None:
        super().__init__(_("Somebody with this address is on the team already."))


class AlreadyInvited(Exception):
    """An invitation to this address is open, and says something else."""

    code = "already_invited"

    def __init__(self) -> None:
        super().__init__(
            _("This address is invited already. Send that again, or withdraw it first.")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What is offered to whom, as the inviter typed it."""

    email: str
    name: str
    role: str
    job_title: str = ""
    language: str = "en"

    def tidy(self) -> "Offer":
        return Offer(
            email=self.email.strip().lower(),
            name=" ".join(self.name.split()),
            role=self.role,
            job_title=self.job_title.strip(),
            language=self.language,
        )


def invite(
    *, partner: Partner, offer: Offer, by: Actor, at: datetime, mail: Mail | None
) -> Invitation:
    """
    Offer a place on the team and send the link, once the transaction is committed.

    Asked twice for the same, the first invitation is the answer and nothing is sent again. One
    that has expired makes way for a new one.

    :raises NameNotPlain: If the name holds a link or an address.
    :raises OnlyHeadBuyerDecides: If a member asks who is no active head buyer of this team.
    :raises PartnerClosed: If the company does not take part.
    :raises OwnInvitation: If staff or a member invite themselves.
    :raises AlreadyOnTheTeam: If the address is that of an active member.
    :raises AlreadyInvited: If an invitation with other words is open.
    :raises TooManyInvitations: If enough mails were sent today.
    """
    given = offer.tidy()
    check_name(given.name)
    with transaction.atomic():
        locked = _lock(partner.pk, by)
        if by.person is not None and by.person.email == given.email:
            raise OwnInvitation
        team = Member.objects.active().filter(partner=locked)
        if team.filter(person__email=given.email).exists():
            raise AlreadyOnTheTeam
        if earlier := _find_earlier(locked, given, at):
            return earlier
        refuse_too_many(locked, given.email, at)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        made = Invitation.objects.create(
            partner=locked,
            email=given.email,
            name=given.name,
            language=given.language,
            role=given.role,
            job_title=given.job_title,
            token_hash=hash_token(token),
            invited_by=by.person,
            invited_at=at,
            sent_at=at,
            expires_at=at + VALID_FOR,
        )
        _send(made, token, mail, at)
        _record("member_invited", made, by=by, at=at)
        return made


def resend(*, invitation: Invitation, by: Actor, at: datetime, mail: Mail | None) -> Invitation:
    """
    Send a new link, which works for seven days from now; the old one works no more.

    Within a minute it counts as the same press of the button.

    :raises OnlyHeadBuyerDecides: If a member asks who is no active head buyer of this team.
    :raises PartnerClosed: If the company does not take part.
    :raises InvitationNotOpen: If it was accepted or withdrawn.
    :raises TooManyInvitations: If enough mails were sent today.
    """
    with transaction.atomic():
        partner = _lock(invitation.partner_id, by)
        locked = Invitation.objects.select_related("partner", "invited_by").get(pk=invitation.pk)
        _refuse_ended(locked, at)
        if at - locked.sent_at < PAUSE and was_mailed(locked):
            return locked
        refuse_too_many(partner, locked.email, at)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        locked.token_hash = hash_token(token)
        locked.sent_at, locked.expires_at = at, at + VALID_FOR
        locked.sent_times += 1
        locked.save(update_fields=["token_hash", "sent_at", "expires_at", "sent_times"])
        _send(locked, token, mail, at)
        _record("invitation_sent_again", locked, by=by, at=at)
        return locked


def withdraw(*, invitation: Invitation, by: Actor, at: datetime) -> Invitation:
    """
    Take the offer back: its link works no more. Doing it again changes nothing.

    :raises OnlyHeadBuyerDecides: If a member asks who is no active head buyer of this team.
    :raises InvitationNotOpen: If it was accepted.
    """
    with transaction.atomic():
        Partner.objects.lock([invitation.partner_id])
        refuse_unless_head_buyer(invitation.partner_id, by)
        locked = Invitation.objects.select_related("partner", "invited_by").get(pk=invitation.pk)
        if locked.withdrawn_at is not None:
            return locked
        if locked.accepted_at is not None:
            raise InvitationNotOpen(State.ACCEPTED)
        locked.withdrawn_at = at
        locked.save(update_fields=["withdrawn_at"])
        _record("invitation_withdrawn", locked, by=by, at=at)
        return locked


def check_name(name: str) -> None:
    """
    Let pass what can stand in a mail to a stranger.

    :raises NameNotPlain: If it holds a link, an address or markup.
    """
    if NOT_A_NAME.search(name):
        raise NameNotPlain


def _lock(partner_id: int, by: Actor) -> Partner:
    partner = Partner.objects.lock_and_read([partner_id])[partner_id]
    refuse_unless_head_buyer(partner_id, by)
    if not takes_part(partner):
        raise PartnerClosed
    return partner


def _refuse_ended(invitation: Invitation, at: datetime) -> None:
    state = state_of(invitation, at)
    if state in {State.ACCEPTED, State.WITHDRAWN}:
        raise InvitationNotOpen(state)


def _find_earlier(partner: Partner, given: Offer, at: datetime) -> Invitation | None:
    """Return the open invitation that says the same; make room where the old one has expired."""
    earlier = (
        Invitation.objects.open()
        .select_related("partner", "invited_by")
        .filter(partner=partner, email=given.email)
        .first()
    )
    if earlier is None:
        return None
    if earlier.expires_at <= at:
        Invitation.objects.filter(pk=earlier.pk).update(withdrawn_at=at)
        return None
    said = Offer(
        email=earlier.email,
        name=earlier.name,
        role=earlier.role,
        job_title=earlier.job_title,
        language=earlier.language,
    )
    if said != given:
        raise AlreadyInvited
    return earlier


def was_mailed(invitation: Invitation) -> bool:
    """Whether its newest link went out, as far as is known here. Ask after the commit."""
    return invitation.mails.filter(sent_at=invitation.sent_at).exists()


def _send(invitation: Invitation, token: str, mail: Mail | None, at: datetime) -> None:
    noted = InvitationMail.objects.create(invitation=invitation, sent_at=at)
    if mail is None:
        return

    # A function by name: Django logs the failure of no other.
    def post() -> None:
        try:
            mail(invitation, token)
        except Exception:
            # What did not go out counts for no limit, and pressing again at once sends it.
            noted.delete()
            raise

    # A mail server that is down is logged; the invitation stands and can be sent again.
    transaction.on_commit(post, robust=True)


def _record(kind: str, invitation: Invitation, *, by: Actor, at: datetime) -> None:
    draft = events.EventDraft(
        partner_id=invitation.partner_id,
        kind=kind,
        payload={"invitation": str(invitation.public_id), "role": invitation.role},
        occurred_at=at,
        actor_id=by.person.pk if by.person else None,
    )
    events.record([draft], recorded_at=at)
