"""What a body names by id or code, found among what the caller may see."""

import uuid

from django.utils.translation import gettext as _

from partners.doors.naming import PartnerReferenceField, find_partner, refuse
from partners.models import Actor, Member
from rewards.models import Programme

__all__ = [
    "PartnerReferenceField",
    "find_acting_member",
    "find_partner",
    "find_programme",
    "refuse",
]


def find_acting_member(given: uuid.UUID | None, *, actor: Actor) -> Member:
    """
    Return the member on whose behalf the request acts.

    A signed-in member acts for themselves; a system with a key names the member in the body.
    """
    if actor.member is not None:
        if given is not None and given != actor.member.public_id:
            raise refuse("member", _("You can act only for yourself."), "not_yourself")
        return actor.member
    if given is None:
        raise refuse("member", _("Name the member who acts."), "required")
    members = Member.objects.for_actor(actor).active().select_related("person", "partner")
    found = members.filter(public_id=given).first()
    if found is None:
        raise refuse("member", _("There is no such active member."), "does_not_exist")
    return found


def find_programme(code: str | None) -> Programme:
    """Return the live programme a body names; without a name, the only one there is."""
    live = Programme.objects.live().select_related("main_unit").order_by("pk")
    found = list(live.filter(code=code) if code else live[:2])
    if len(found) == 1:
        return found[0]
    if code or not found:
        raise refuse("programme", _("There is no such live programme."), "does_not_exist")
    raise refuse("programme", _("There are several programmes: name one."), "required")
