"""Companies enrolled with the seller."""

from typing import ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers

from partners.doors.filtering import match_partner
from partners.doors.problems import NotFoundHere
from partners.doors.views import UUID_PATTERN, Door
from partners.keys import Scope
from partners.models import Partner

PARTNER_PATTERN = rf"{UUID_PATTERN}|erp:[^/]+"


class PartnerOutput(serializers.ModelSerializer[Partner]):
    id = serializers.UUIDField(source="public_id")

    class Meta:
        model = Partner
        fields = (
            "id",
            "erp_number",
            "legal_name",
            "tax_id",
            "country",
            "currency",
            "language",
            "partner_since",
            "status",
        )
        read_only_fields = fields


class PartnerFilters(django_filters.FilterSet):
    erp_number = django_filters.CharFilter()
    country = django_filters.CharFilter()
    status = django_filters.ChoiceFilter(choices=Partner.Status.choices)

    class Meta:
        model = Partner
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["partners"])
class PartnerDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, Door):
    """Companies enrolled with the seller. Name one by its id, or by `erp:` and its ERP number."""

    scopes: ClassVar = {"list": Scope.PARTNERS_READ, "retrieve": Scope.PARTNERS_READ}
    queryset = Partner.objects.none()
    serializer_class = PartnerOutput
    filterset_class = PartnerFilters
    page_order = ("pk",)
    lookup_value_regex = PARTNER_PATTERN

    def get_queryset(self) -> QuerySet[Partner]:
        return Partner.objects.for_actor(self.actor)

    def get_object(self) -> Partner:
        condition = match_partner(self.kwargs["id"])
        found = None if condition is None else self.get_queryset().filter(condition).first()
        if found is None:
            raise NotFoundHere
        return found
