"""Transfers: the journal as far as the caller may see it."""

from typing import ClassVar

import django_filters
import uuid_utils.compat
from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ledger import correcting
from ledger.api.adjustments import AdjustmentOutput, ReverseInput, answer_status, find_asker
from ledger.api.naming import AccountFilter, AccountNameField, own_wallet_only
from ledger.models import Correction, Transfer
from partners.doors.filtering import (
    MomentFilter,
    PartnerFilter,
)
from partners.doors.idempotency import idempotent
from partners.doors.serializers import MomentField
from partners.doors.views import Door
from partners.keys import Scope

OF_SIDES = (
    "partner",
    "reverses",
    "debit_account__unit",
    "debit_account__partner",
    "debit_account__member",
    "credit_account__unit",
    "credit_account__partner",
    "credit_account__member",
)


class TransferOutput(serializers.ModelSerializer[Transfer]):
    id = serializers.UUIDField(source="public_id")
    unit = serializers.CharField(source="debit_account.unit.code")
    partner = serializers.UUIDField(source="partner.public_id")
    debit = AccountNameField(source="debit_account")
    credit = AccountNameField(source="credit_account")
    occurred_at = MomentField()
    posted_at = MomentField()
    reverses = serializers.UUIDField(source="reverses.public_id", allow_null=True, default=None)

    class Meta:
        model = Transfer
        fields = (
            "id",
            "kind",
            "unit",
            "partner",
            "debit",
            "credit",
            "amount",
            "occurred_at",
            "posted_at",
            "reason_code",
            "reference",
            "reverses",
        )
        read_only_fields = fields


class TransferFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="partner")
    account = AccountFilter(paths=("debit_account__", "credit_account__"))
    kind = django_filters.ChoiceFilter(choices=Transfer.Kind.choices)
    reference = django_filters.CharFilter()
    posted_from = MomentFilter(field_name="posted_at", lookup_expr="gte")
    posted_until = MomentFilter(field_name="posted_at", lookup_expr="lt")

    class Meta:
        model = Transfer
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["ledger"])
class TransferDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, Door):
    """Every movement, newest first. A transfer never changes; a correction is another transfer."""

    scopes: ClassVar = {
        "list": Scope.TRANSFERS_READ,
        "retrieve": Scope.TRANSFERS_READ,
        "reverse": Scope.ADJUSTMENTS_WRITE,
    }
    queryset = Transfer.objects.none()
    serializer_class = TransferOutput
    filterset_class = TransferFilters

    def get_queryset(self) -> QuerySet[Transfer]:
        rows = Transfer.objects.for_actor(self.actor)
        if own_wallet_only(self.actor):
            member = self.actor.member
            rows = rows.filter(Q(debit_account__member=member) | Q(credit_account__member=member))
        return rows.select_related(*OF_SIDES)

    @extend_schema(request=ReverseInput, responses={201: AdjustmentOutput, 202: AdjustmentOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def reverse(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """
        Reverse it, whole or a part, by another transfer. Never more than its amount in all.

        What belongs to a redemption or a share is corrected there.
        """
        transfer: Transfer = self.get_object()
        given = self.read_input(ReverseInput)
        correction = correcting.ask_reversal(
            transfer=transfer,
            amount=given.get("amount"),
            reason=correcting.find_reason(given["reason"], kind=Correction.Kind.REVERSAL),
            note=given["note"],
            asker=find_asker(request),
            request_key=f"api:{uuid_utils.compat.uuid7()}",
            door=Correction.Door.API,
            asked_at=self.now,
        )
        return Response(AdjustmentOutput(correction).data, status=answer_status(correction))
