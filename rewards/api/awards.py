"""What activities earned, and why."""

from typing import ClassVar

import django_filters
from django.db.models import QuerySet, Sum
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers

from partners.doors.filtering import MomentFilter, PartnerFilter, PublicIdFilter
from partners.doors.serializers import MomentField
from partners.doors.views import Door
from partners.keys import Scope
from rewards.models import Award


class AwardOutput(serializers.ModelSerializer[Award]):
    id = serializers.UUIDField(source="public_id")
    partner = serializers.UUIDField(source="partner.public_id")
    activity = serializers.UUIDField(source="activity.public_id")
    source = serializers.CharField(source="activity.source")  # type: ignore[assignment]  # a declared field
    external_id = serializers.CharField(source="activity.external_id")
    occurred_at = MomentField(source="activity.occurred_at")
    programme = serializers.CharField(source="version.programme.code")
    version = serializers.IntegerField(source="version.number")
    rule = serializers.CharField(source="rule_code")
    unit = serializers.CharField(source="unit.code")
    taken_back = serializers.IntegerField(help_text="Due back because of returns.")
    explanation = serializers.DictField(help_text="Rule, inputs and every step to the amount.")

    class Meta:
        model = Award
        fields = (
            "id",
            "partner",
            "activity",
            "source",
            "external_id",
            "occurred_at",
            "programme",
            "version",
            "rule",
            "amount",
            "taken_back",
            "unit",
            "explanation",
        )
        read_only_fields = fields


class AwardFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="partner")
    activity = PublicIdFilter(field_name="activity__public_id")
    source = django_filters.CharFilter(field_name="activity__source")
    external_id = django_filters.CharFilter(field_name="activity__external_id")
    occurred_from = MomentFilter(field_name="activity__occurred_at", lookup_expr="gte")
    occurred_until = MomentFilter(field_name="activity__occurred_at", lookup_expr="lt")

    class Meta:
        model = Award
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["activities"])
class AwardDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, Door):
    """What each rule gave for an activity, with the explanation of every step."""

    scopes: ClassVar = {"list": Scope.AWARDS_READ, "retrieve": Scope.AWARDS_READ}
    queryset = Award.objects.none()
    serializer_class = AwardOutput
    filterset_class = AwardFilters

    def get_queryset(self) -> QuerySet[Award]:
        rows = Award.objects.for_actor(self.actor).select_related(
            "partner", "activity", "unit", "version__programme"
        )
        return rows.annotate(taken_back=Sum("claw_backs__due", default=0))
