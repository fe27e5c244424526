"""How the API names accounts, and whose accounts a buyer sees."""

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ledger.models import Account
from ledger.naming import match_account, name_account
from partners.models import Actor, Member

OWNED_KINDS = [choice for choice in Account.Kind.choices if choice[0] not in Account.HOUSE_KINDS]


def own_wallet_only(actor: Actor) -> bool:
    """A buyer sees the own wallet; the company's accounts are for head buyers and viewers."""
    return actor.member is not None and actor.member.role == Member.Role.BUYER


@extend_schema_field(
    {"type": "string", "example": "pool:points:0190b6c2-5d1f-7c3a-9d0e-0b6f6b0c1a2d"}
)
class AccountNameField(serializers.Field[Account, Any, str, Any]):
    def to_representation(self, value: Account) -> str:
        return name_account(value)


class AccountFormField(forms.CharField):
    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if text and match_account(text) is None:
            raise ValidationError(_("This is not the id of an account."))
        return text


@extend_schema_field(OpenApiTypes.STR)
class AccountFilter(django_filters.Filter):
    """``account=<id>``, looked for along each of ``paths``."""

    field_class = AccountFormField

    def __init__(self, *, paths: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.paths = paths

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if not value:
            return qs
        wanted = Q()
        for path in self.paths:
            wanted |= match_account(value, path) or Q()
        return qs.filter(wanted)
