"""What partners may have from the seller: the ERP reads it and says when it was used."""

from typing import ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from partners.doors.filtering import PartnerFilter
from partners.doors.idempotency import idempotent
from partners.doors.serializers import MomentField, StrictSerializer
from partners.doors.views import Door
from partners.keys import Scope
from rewards.catalogue.entitlements import mark_used
from rewards.models import Entitlement


class EntitlementOutput(serializers.ModelSerializer[Entitlement]):
    id = serializers.UUIDField(source="public_id")
    partner = serializers.UUIDField(source="partner.public_id")
    redemption = serializers.UUIDField(source="redemption.public_id")
    value = serializers.DictField()
    valid_from = MomentField()
    valid_until = MomentField(allow_null=True)
    used_at = MomentField(allow_null=True)

    class Meta:
        model = Entitlement
        fields = (
            "id",
            "partner",
            "redemption",
            "kind",
            "value",
            "state",
            "valid_from",
            "valid_until",
            "used_at",
        )
        read_only_fields = fields


class EntitlementFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="partner")
    kind = django_filters.CharFilter()
    state = django_filters.ChoiceFilter(choices=Entitlement.State.choices)

    class Meta:
        model = Entitlement
        fields: ClassVar[list[str]] = []


class NothingInput(StrictSerializer):
    """A body without fields: ``{}``."""


@extend_schema(tags=["rewards"])
class EntitlementDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, Door):
    """Credits, vouchers and deferrals that redemptions granted. Read the open ones, use them."""

    scopes: ClassVar = {
        "list": Scope.ENTITLEMENTS_READ,
        "retrieve": Scope.ENTITLEMENTS_READ,
        "use": Scope.ENTITLEMENTS_WRITE,
    }
    queryset = Entitlement.objects.none()
    serializer_class = EntitlementOutput
    filterset_class = EntitlementFilters
    page_order = ("pk",)

    def get_queryset(self) -> QuerySet[Entitlement]:
        return Entitlement.objects.for_actor(self.actor).select_related("partner", "redemption")

    @extend_schema(request=NothingInput, responses={200: EntitlementOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def use(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Say that it was granted on an invoice or an order."""
        found: Entitlement = self.get_object()
        self.read_input(NothingInput)
        used = mark_used(entitlement=found, at=self.now)
        return Response(EntitlementOutput(used).data, status=status.HTTP_200_OK)
