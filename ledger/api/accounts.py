"""Accounts with their balances, and the statement of one account."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F, Min, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.api.naming import OWNED_KINDS, AccountNameField, own_wallet_only
from ledger.models import Account, Lot, Transfer
from ledger.naming import OWNED_PATTERN, match_account, name_account
from ledger.statements import Movement, Statement, balance_as_of, read_statement
from partners.doors.filtering import (
    MomentFormField,
    PartnerFilter,
    describe_invalid,
)
from partners.doors.pagination import PAGE_PARAMETERS, read_cursor, read_page_size, write_cursor
from partners.doors.problems import NotFoundHere
from partners.doors.serializers import MomentField
from partners.doors.views import Door
from partners.keys import Scope

EXPIRING_SOON = timedelta(days=90)
STATEMENT_LENGTH_MAX = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """An account with what can be spent now and what expires before ``until``."""

    account: Account
    available: int
    expiring: int
    until: datetime
    next_expiry_at: datetime | None


def read_figures(accounts: Iterable[Account], *, at: datetime) -> list[AccountFigures]:
    """Return the figures of each account, in their order: one query for all of them."""
    found = list(accounts)
    until = at + EXPIRING_SOON
    free = F("remaining") - F("held")
    lots = Lot.objects.spendable(at).filter(account__in=found).order_by().values("account")
    sums = {
        row["account"]: row
        for row in lots.annotate(
            free=Sum(free),
            soon=Sum(free, filter=Q(expires_at__lt=until)),
            next_at=Min("expires_at"),
        )
    }
    nothing = {"free": 0, "soon": 0, "next_at": None}
    return [
        AccountFigures(
            account=account,
            available=sums.get(account.pk, nothing)["free"]
            if account.kind in {Account.Kind.POOL, Account.Kind.WALLET}
            else 0,
            expiring=sums.get(account.pk, nothing)["soon"] or 0,
            until=until,
            next_expiry_at=sums.get(account.pk, nothing)["next_at"],
        )
        for account in found
    ]


class ExpiringOutput(serializers.Serializer[Any]):
    amount = serializers.IntegerField(source="expiring")
    until = MomentField()
    next_at = MomentField(source="next_expiry_at", allow_null=True)


class AccountOutput(serializers.Serializer[AccountFigures]):
    id = AccountNameField(source="account")
    kind = serializers.ChoiceField(source="account.kind", choices=OWNED_KINDS)
    unit = serializers.CharField(source="account.unit.code")
    partner = serializers.UUIDField(source="account.partner.public_id")
    member = serializers.UUIDField(source="account.member.public_id", allow_null=True, default=None)
    balance = serializers.IntegerField(source="account.balance")
    held = serializers.IntegerField(source="account.held")
    available = serializers.IntegerField(help_text="What can be spent now.")
    expiring = ExpiringOutput(
        source="*", help_text="What expires before `until` if nothing is spent."
    )


class AccountFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="partner")
    kind = django_filters.ChoiceFilter(choices=OWNED_KINDS)
    unit = django_filters.CharFilter(field_name="unit__code")

    class Meta:
        model = Account
        fields: ClassVar[list[str]] = []


class MovementOutput(serializers.Serializer[Movement]):
    transfer = serializers.UUIDField(source="transfer_id")
    kind = serializers.ChoiceField(choices=Transfer.Kind.choices)
    posted_at = MomentField()
    occurred_at = MomentField()
    amount = serializers.IntegerField(help_text="Below zero where something left the account.")
    balance = serializers.IntegerField(help_text="What the account then had.")
    reason_code = serializers.CharField()
    reference = serializers.CharField()


class StatementOutput(serializers.Serializer[Statement]):
    account = AccountNameField()
    unit = serializers.CharField(source="account.unit.code")
    opening = serializers.IntegerField()
    credited = serializers.IntegerField()
    debited = serializers.IntegerField()
    closing = serializers.IntegerField()
    movements = MovementOutput(many=True)
    next_cursor = serializers.CharField(allow_null=True, default=None)


class PeriodForm(forms.Form):
    """The period of a statement; the end is not part of it."""

    until = MomentFormField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A parameter may be called what a Python name may not.
        self.fields["from"] = MomentFormField()

    def clean(self) -> dict[str, Any]:
        period = super().clean() or {}
        if {"from", "until"} <= period.keys():
            length = period["until"] - period["from"]
            if not timedelta(0) < length <= STATEMENT_LENGTH_MAX:
                raise ValidationError({"until": _("It must be after from, by at most a year.")})
        return period


class MomentForm(forms.Form):
    at = MomentFormField()


class BalanceOutput(serializers.Serializer[Any]):
    account = AccountNameField()
    unit = serializers.CharField(source="account.unit.code")
    at = MomentField()
    balance = serializers.IntegerField()


@extend_schema(tags=["ledger"])
class AccountDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, Door):
    """
    Accounts of partners and members, with balances in whole minor units.

    `balance` counts everything, `held` is reserved, `available` can be spent now. On an account
    of the kind `debt` the balance is what is still owed.
    """

    scopes: ClassVar = {
        "list": Scope.ACCOUNTS_READ,
        "retrieve": Scope.ACCOUNTS_READ,
        "statement": Scope.ACCOUNTS_READ,
        "balance": Scope.ACCOUNTS_READ,
    }
    parameters: ClassVar = {
        "statement": ("from", "until", "limit", "cursor"),
        "balance": ("at",),
    }
    queryset = Account.objects.none()
    serializer_class = AccountOutput
    filterset_class = AccountFilters
    page_order = ("pk",)
    lookup_value_regex = OWNED_PATTERN

    def get_queryset(self) -> QuerySet[Account]:
        rows = Account.objects.for_actor(self.actor).filter(partner__isnull=False)
        if own_wallet_only(self.actor):
            rows = rows.filter(member=self.actor.member)
        return rows.select_related("unit", "partner", "member")

    def paginate_queryset(self, queryset: Any) -> Any:
        return read_figures(super().paginate_queryset(queryset) or (), at=self.now)

    def get_object(self) -> AccountFigures:
        condition = match_account(self.kwargs["id"])
        found = None if condition is None else self.get_queryset().filter(condition).first()
        if found is None:
            raise NotFoundHere
        return read_figures([found], at=self.now)[0]

    @extend_schema(
        parameters=[
            OpenApiParameter("from", OpenApiTypes.DATETIME, required=True),
            OpenApiParameter(
                "until", OpenApiTypes.DATETIME, required=True, description="Not part of it."
            ),
            *PAGE_PARAMETERS,
        ],
        responses={200: StatementOutput},
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def statement(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """What moved in a period by the time of posting: opening + movements = closing."""
        account = self.get_object().account
        period = PeriodForm(request.query_params)
        if not period.is_valid():
            raise describe_invalid(period.errors)
        given = (period.cleaned_data["from"], period.cleaned_data["until"])
        binding = f"statement:{self.caller}:{name_account(account)}:{given}"
        cursor = request.query_params.get("cursor")
        found = read_statement(
            account=account,
            from_at=given[0],
            until_at=given[1],
            after=read_cursor(cursor, binding=binding)[0] if cursor is not None else None,
            page_size=read_page_size(request),
        )
        after = found.next_after
        return Response(
            {
                **StatementOutput(found).data,
                "next_cursor": None if after is None else write_cursor([after], binding=binding),
            }
        )

    @extend_schema(
        parameters=[OpenApiParameter("at", OpenApiTypes.DATETIME, required=True)],
        responses={200: BalanceOutput},
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def balance(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """What the account had after everything posted up to and including a moment."""
        account = self.get_object().account
        form = MomentForm(request.query_params)
        if not form.is_valid():
            raise describe_invalid(form.errors)
        at = form.cleaned_data["at"]
        found = {"account": account, "at": at, "balance": balance_as_of(account, at)}
        return Response(BalanceOutput(found).data)
