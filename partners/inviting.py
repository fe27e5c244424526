"""
Places on a team, offered by e-mail. The link is random, works once and for seven days.

Asking looks up nobody by address beyond the team itself, and the mail goes out whoever it is for:
the answer and its time say nothing about who is known here.
"""

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from partners import events
from partners.models import Actor, Invitation, InvitationMail, Member, Partner, Person
from partners.team import PartnerClosed, refuse_unless_head_buyer, take_on, takes_part

VALID_FOR = timedelta(days=7)
# Pressed twice is sent once.
PAUSE = timedelta(minutes=1)
DAY = timedelta(days=1)
MAILS_OF_COMPANY_A_DAY = 50
MAILS_TO_ADDRESS_A_DAY = 5
TOKEN_BYTES = 32
# The name stands in a mail to somebody who may not know us: no links, no addresses, no markup.
NOT_A_NAME = re.compile(r"[<>@\\/:\x00-\x1f\x7f]|www\.", re.IGNORECASE)

Mail = Callable[[Invitation, str], None]
"""Sends the link with this token. Called once the invitation is committed."""


class State(StrEnum):
    OPEN = "open"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


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


class TooManyInvitations(Exception):
    """The company, or somebody's mailbox, had enough of them today. Which one is not told."""

    code = "too_many_invitations"

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(_("No more invitations can be sent today. Try again tomorrow."))
        self.retry_after = retry_after


class InvitationNotOpen(Exception):
    """It was accepted or withdrawn, its time is over, or the company does not take part."""

    code = "invitation_not_open"

    def __init__(self, state: State) -> None:
        super().__init__(_("This invitation is not open any more."))
        self.state = state.value


class NotTheInvited(Exception):
    """The invitation went to another address, or the person may not sign in."""

    code = "not_the_invited"


class AddressKnown(Exception):
    """Somebody signs in with this address already; they accept as themselves."""

    code = "address_known"


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
        _refuse_too_many(locked, given.email, at)
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
        if at - locked.sent_at < PAUSE:
            return locked
        _refuse_too_many(partner, locked.email, at)
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


def find(token: str) -> Invitation | None:
    """Return the invitation whose link this is."""
    rows = Invitation.objects.select_related("partner", "member", "invited_by")
    return rows.filter(token_hash=hash_token(token)).first()


def state_of(invitation: Invitation, at: datetime) -> State:
    """Return what has become of it. Load the partner with it."""
    if invitation.accepted_at is not None:
        return State.ACCEPTED
    if invitation.withdrawn_at is not None:
        return State.WITHDRAWN
    if not takes_part(invitation.partner):
        return State.CLOSED
    return State.EXPIRED if invitation.expires_at <= at else State.OPEN


def accept(*, invitation: Invitation, person: Person, at: datetime) -> Member:
    """
    Put the person on the team, or back on it. The address has to be theirs.

    :raises InvitationNotOpen: If the link does not work (any more).
    :raises NotTheInvited: If it went to another address, or the person may not sign in.
    """
    with transaction.atomic():
        locked = _lock_open(invitation, at)
        if person.email != locked.email or not person.is_active:
            raise NotTheInvited
        by = Actor(person=person)
        member = take_on(
            partner=locked.partner,
            person=person,
            role=locked.role,
            job_title=locked.job_title,
            by=by,
            at=at,
        )
        locked.accepted_at, locked.member = at, member
        locked.save(update_fields=["accepted_at", "member"])
        return member


def join(
    *, invitation: Invitation, name: str, language: str, password: str, at: datetime
) -> Member:
    """
    Accept as somebody new here, with a name and password of their own choice.

    :raises InvitationNotOpen: If the link does not work (any more).
    :raises AddressKnown: If somebody signs in with this address already.
    """
    with transaction.atomic():
        locked = _lock_open(invitation, at)
        known = Person.objects.filter(email=locked.email).first()
        if known is not None and not is_new(known):
            raise AddressKnown
        person = known or Person(email=locked.email)
        person.name, person.language = " ".join(name.split()), language
        person.set_password(password)
        try:
            with transaction.atomic():
                person.save()
        except IntegrityError as error:
            # The same address was invited by two companies and accepts both at this moment.
            raise AddressKnown from error
        return accept(invitation=locked, person=person, at=at)


def is_new(person: Person) -> bool:
    """Whether somebody was entered by the seller, but never chose a password or came in."""
    entered_only = not person.has_usable_password() and person.last_login is None
    return entered_only and person.is_active and not person.is_staff


def hash_token(token: str) -> str:
    """Hash a token. It is random, so a slow hash would protect nothing."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


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


def _lock_open(invitation: Invitation, at: datetime) -> Invitation:
    Partner.objects.lock([invitation.partner_id])
    locked = Invitation.objects.select_related("partner").get(pk=invitation.pk)
    if locked.token_hash != invitation.token_hash:
        # Sent again meanwhile: the newer link counts.
        raise InvitationNotOpen(State.EXPIRED)
    if (state := state_of(locked, at)) != State.OPEN:
        raise InvitationNotOpen(state)
    return locked


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


def _refuse_too_many(partner: Partner, email: str, at: datetime) -> None:
    today = InvitationMail.objects.filter(sent_at__gt=at - DAY).order_by("-sent_at")
    limits = (
        (today.filter(invitation__partner=partner), MAILS_OF_COMPANY_A_DAY),
        (today.filter(invitation__email=email), MAILS_TO_ADDRESS_A_DAY),
    )
    for mails, most in limits:
        sent = list(mails.values_list("sent_at", flat=True)[:most])
        if len(sent) == most:
            wait = sent[-1] + DAY - at
            raise TooManyInvitations(retry_after=max(1, int(wait.total_seconds())))


def _send(invitation: Invitation, token: str, mail: Mail | None, at: datetime) -> None:
    InvitationMail.objects.create(invitation=invitation, sent_at=at)
    if mail is not None:
        # A mail server that is down is logged; the invitation stands and can be sent again.
        transaction.on_commit(partial(mail, invitation, token), robust=True)


def _record(kind: str, invitation: Invitation, *, by: Actor, at: datetime) -> None:
    draft = events.EventDraft(
        partner_id=invitation.partner_id,
        kind=kind,
        payload={"invitation": str(invitation.public_id), "role": invitation.role},
        occurred_at=at,
        actor_id=by.person.pk if by.person else None,
    )
    events.record([draft], recorded_at=at)
