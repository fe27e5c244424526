"""What the body of a request about the books names, found among what the caller may see."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from ledger import accounts
from ledger.models import Account, Unit
from ledger.naming import match_account
from partners.doors.filtering import ERP_PREFIX, match_partner
from partners.doors.serializers import TextField
from partners.models import Actor, Member, Partner

ACCOUNT_NAME_LENGTH_MAX = 128


def refuse(field: str, detail: str, code: str) -> serializers.ValidationError:
    return serializers.ValidationError({field: [serializers.ErrorDetail(detail, code=code)]})


class AccountReferenceField(TextField):
    """The id of an account, ``pool:points:<partner id>``, or ``pool:points:erp:<ERP number>``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=ACCOUNT_NAME_LENGTH_MAX, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if match_account(name) is None and not _names_by_number(name):
            raise serializers.ValidationError(
                _("This is not the id of an account."), code="invalid"
            )
        return name


def _names_by_number(name: str) -> bool:
    kind, _unit, owner = (*name.split(":", 2), "", "")[:3]
    of_partner = kind in Account.PARTNER_KINDS and owner.startswith(ERP_PREFIX)
    return of_partner and match_partner(owner) is not None


def find_account(name: str, *, actor: Actor) -> Account:
    """
    Return the partner's or member's account of this name; it is opened if it never was.

    Somebody else's is refused like one that is not there.
    """
    kind, unit_code, owner = (*name.split(":", 2), "")[:3]
    unit = Unit.objects.filter(code=unit_code).first()
    named = match_partner(owner)
    found: Account | None = None
    if unit is not None and named is not None and kind == Account.Kind.WALLET:
        member = Member.objects.for_actor(actor).filter(public_id=owner).first()
        found = member and accounts.wallet(unit, member)
    elif unit is not None and named is not None:
        partner = Partner.objects.for_actor(actor).filter(named).first()
        found = partner and accounts.of_partners(unit, kind, [partner.pk])[partner.pk]
    if found is None:
        raise refuse("account", _("There is no such account."), "does_not_exist")
    return Account.objects.select_related("unit", "partner", "member").get(pk=found.pk)


def require_ahead(field: str, moment: datetime | None, *, now: datetime) -> datetime | None:
    """Return the moment if it lies ahead, or was left out."""
    if moment is not None and moment <= now:
        raise refuse(field, _("It must lie ahead."), "not_ahead")
    return moment
