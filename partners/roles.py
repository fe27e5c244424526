"""The roles of the seller's staff, and whose rows each of them may see."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners.models import Actor, Partner, Person


class Role(models.TextChoices):
    """A role is a group of that name; what it may do is listed in ``config.roles``."""

    LOYALTY_MANAGER = "loyalty manager", _("Loyalty manager")
    ACCOUNT_MANAGER = "account manager", _("Account manager")
    FULFILMENT = "fulfilment", _("Fulfilment")
    FINANCE = "finance", _("Finance")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


SEES_EVERY_PARTNER = frozenset(Role) - {Role.ACCOUNT_MANAGER}


def read_staff_actor(person: Person) -> Actor:
    """
    Return what a member of staff may see: every partner, or those they manage.

    Whoever has no role that sees everybody sees their own partners only, so that a forgotten
    role shows too little, never too much.
    """
    if not person.is_active or not person.is_staff:
        return Actor(person=person)
    if person.is_superuser or person.groups.filter(name__in=SEES_EVERY_PARTNER).exists():
        return Actor(partner_ids=None, person=person)
    # Of a merged partner whoever manages the one that was kept.
    own = Q(account_manager=person, merged_into__isnull=True)
    managed = Partner.objects.filter(own | Q(merged_into__account_manager=person)).values_list(
        "pk", flat=True
    )
    return Actor(partner_ids=frozenset(managed), person=person)
