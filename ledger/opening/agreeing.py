"""Opening balances create what was earned elsewhere, so one person asks and another one agrees."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ledger.correcting.people import MAY_ASK, MAY_DECIDE, MayNotAsk, MayNotDecide, OwnRequest
from partners.models import Member, Person
from partners.roles import read_staff_actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Who asked for the balances of a file, and who agreed. Made by ``agree_on``."""

    asked_by: Person
    agreed_by: Person


def agree_on(*, asked_by: Person, agreed_by: Person) -> Agreement:
    """
    Let pass two people who may open balances together.

    That nobody agrees to those of their own company is a question of each row, so it is asked when
    the row is judged.

    :raises MayNotAsk: If the first may not ask for corrections of every partner.
    :raises MayNotDecide: If the second may not decide about them.
    :raises OwnRequest: If both are the same person.
    """
    if not may_ask(asked_by):
        raise MayNotAsk(_("%(person)s may not open balances.") % {"person": asked_by.name})
    if not may_agree(agreed_by):
        raise MayNotDecide(
            _("%(person)s may not agree to opening balances.") % {"person": agreed_by.name}
        )
    if asked_by.pk == agreed_by.pk:
        raise OwnRequest(_("Somebody else decides about what you asked for."))
    return Agreement(asked_by=asked_by, agreed_by=agreed_by)


def may_ask(person: Person) -> bool:
    return person.has_perm(MAY_ASK) and _sees_all(person)


def may_agree(person: Person) -> bool:
    return person.has_perm(MAY_DECIDE) and _sees_all(person)


def has_two_people() -> bool:
    """
    Whether anybody is there who could agree to what somebody else asks for.

    An installation begins without people, and often with its balances.
    """
    staff = Person.objects.filter(is_active=True, is_staff=True).order_by("pk")
    askers: set[int] = set()
    agreeing: set[int] = set()
    for person in staff.iterator():
        if may_ask(person):
            askers.add(person.pk)
        if may_agree(person):
            agreeing.add(person.pk)
        if askers and agreeing and len(askers | agreeing) > 1:
            return True
    return False


def find_own_partners(person: Person, partner_ids: Iterable[int]) -> set[int]:
    """Return the partners on whose team a person is."""
    teams = Member.objects.filter(person=person, partner__in=list(partner_ids))
    left = Member.Status.LEFT
    return set(teams.exclude(status=left).values_list("partner", flat=True))


def _sees_all(person: Person) -> bool:
    # The reconciliation tells of all partners.
    return read_staff_actor(person).partner_ids is None
