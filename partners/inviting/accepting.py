"""Accepting an invitation: as somebody known here, or as somebody new."""

from datetime import datetime

from django.db import IntegrityError, transaction

from partners.inviting.links import InvitationNotOpen, State, state_of
from partners.models import Actor, Invitation, Member, Partner, Person
from partners.team import take_on


class NotTheInvited(Exception):
    """The invitation went to another address, or the person may not sign in."""

    code = "not_the_invited"


class AddressKnown(Exception):
    """Somebody signs in with this address already; they accept as themselves."""

    code = "address_known"


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


def _lock_open(invitation: Invitation, at: datetime) -> Invitation:
    Partner.objects.lock([invitation.partner_id])
    locked = Invitation.objects.select_related("partner").get(pk=invitation.pk)
    if locked.token_hash != invitation.token_hash:
        # Sent again meanwhile: the newer link counts.
        raise InvitationNotOpen(State.EXPIRED)
    if (state := state_of(locked, at)) != State.OPEN:
        raise InvitationNotOpen(state)
    return locked
