"""Lots: slices of balances with their expiry; those that wait are released or cancelled."""

from collections.abc import Callable
from typing import ClassVar

import django_filters
import uuid_utils.compat
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ledger import correcting, maturing
from ledger.api.naming import AccountFilter, AccountNameField, own_wallet_only
from ledger.api.transfers import OF_SIDES, TransferOutput
from ledger.models import Account, Correction, Lot, Transfer
from ledger.posting import Posted
from partners.doors.filtering import (
    MomentFilter,
    PartnerFilter,
)
from partners.doors.idempotency import idempotent
from partners.doors.serializers import MomentField, StrictSerializer, TextField, WholeNumberField
from partners.doors.views import Door
from partners.keys import Scope

Settle = Callable[..., Posted]


class ReleaseInput(StrictSerializer):
    amount = WholeNumberField(
        required=False, min_value=1, help_text="A part. Without: all of it that still waits."
    )
    reason = TextField(
        max_length=64, required=False, help_text="A code of the list of reasons, such as agreement."
    )


class CancelInput(ReleaseInput):
    reason = TextField(
        max_length=64, help_text="A code of the list of reasons, such as wrong-amount."
    )


class LotOutput(serializers.ModelSerializer[Lot]):
    account = AccountNameField()
    unit = serializers.CharField(source="account.unit.code")
    origin = serializers.UUIDField(
        source="origin.public_id", help_text="The transfer that first credited it."
    )
    opened_by = serializers.UUIDField(source="opened_by.public_id")
    earned_at = MomentField()
    matures_at = MomentField(allow_null=True)
    expires_at = MomentField(allow_null=True)

    class Meta:
        model = Lot
        fields = (
            "account",
            "unit",
            "origin",
            "opened_by",
            "amount",
            "remaining",
            "held",
            "earned_at",
            "matures_at",
            "expires_at",
        )
        read_only_fields = fields


class LotFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="account__partner")
    account = AccountFilter(paths=("account__",))
    state = django_filters.ChoiceFilter(
        choices=[("open", _("Something left")), ("used", _("Used up"))], method="filter_by_state"
    )
    expires_from = MomentFilter(field_name="expires_at", lookup_expr="gte")
    expires_until = MomentFilter(field_name="expires_at", lookup_expr="lt")

    class Meta:
        model = Lot
        fields: ClassVar[list[str]] = []

    def filter_by_state(self, rows: QuerySet[Lot], name: str, value: str) -> QuerySet[Lot]:
        return rows.filter(remaining__gt=0) if value == "open" else rows.filter(remaining=0)


@extend_schema(tags=["ledger"])
class LotDoor(mixins.ListModelMixin, Door):
    """
    Slices of balances, each with its own expiry. Those that expire first are spent first.

    An award that waits is a lot of a pending account until `matures_at`. The transfer that first
    credited it, its `origin`, names it where it is released before or cancelled.
    """

    scopes: ClassVar = {
        "list": Scope.ACCOUNTS_READ,
        "release": Scope.ADJUSTMENTS_WRITE,
        "cancel": Scope.ADJUSTMENTS_WRITE,
    }
    queryset = Lot.objects.none()
    serializer_class = LotOutput
    filterset_class = LotFilters
    page_order = ("pk",)

    def get_queryset(self) -> QuerySet[Lot]:
        rows = Lot.objects.for_actor(self.actor)
        if own_wallet_only(self.actor):
            rows = rows.filter(account__member=self.actor.member)
        return rows.select_related(
            "account__unit", "account__partner", "account__member", "origin", "opened_by"
        )

    @extend_schema(request=ReleaseInput, responses={200: TransferOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def release(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Make a pending award, or a part of it, available now. Debt is repaid first."""
        return self._settle(maturing.release_pending, ReleaseInput)

    @extend_schema(request=CancelInput, responses={200: TransferOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Take back a pending award, or a part of it, while it waits."""
        return self._settle(maturing.cancel_pending, CancelInput)

    def _settle(self, settle: Settle, input_class: type[ReleaseInput]) -> Response:
        awards = Transfer.objects.for_actor(self.actor).select_related("credit_account__unit")
        award: Transfer = self.find_or_refuse(
            awards, public_id=self.kwargs["id"], credit_account__kind=Account.Kind.PENDING
        )
        given = self.read_input(input_class)
        if code := given.get("reason", ""):
            correcting.find_reason(code, kind=Correction.Kind.REVERSAL)
        done = settle(
            award=award,
            amount=given.get("amount"),
            reason_code=code,
            request_key=str(uuid_utils.compat.uuid7()),
            as_of=self.now,
        )
        stored = Transfer.objects.select_related(*OF_SIDES).get(pk=done.transfer.pk)
        return Response(TransferOutput(stored).data)
