"""The catalogue: what points can be taken for."""

from typing import ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers

from partners.doors.serializers import MomentField
from partners.doors.views import Door
from partners.keys import Scope
from rewards.models import Reward


class RewardOutput(serializers.ModelSerializer[Reward]):
    programme = serializers.CharField(source="programme.code")
    code = serializers.CharField(source="slug")
    unit = serializers.CharField(source="programme.main_unit.code")
    min_tier = serializers.CharField(help_text="Empty: for every tier.")
    offered_from = MomentField()
    offered_until = MomentField(allow_null=True)

    class Meta:
        model = Reward
        fields = (
            "code",
            "programme",
            "kind",
            "name",
            "summary",
            "description",
            "audience",
            "price",
            "unit",
            "min_tier",
            "stock",
            "limit_per_partner",
            "approval_required",
            "offered_from",
            "offered_until",
        )
        read_only_fields = fields


class RewardFilters(django_filters.FilterSet):
    programme = django_filters.CharFilter(field_name="programme__code")
    kind = django_filters.CharFilter()
    audience = django_filters.ChoiceFilter(choices=Reward.Audience.choices)

    class Meta:
        model = Reward
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["rewards"])
class RewardDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, Door):
    """What is on offer now. Prices are in whole minor units of the programme's unit."""

    scopes: ClassVar = {"list": Scope.REWARDS_READ, "retrieve": Scope.REWARDS_READ}
    queryset = Reward.objects.none()
    serializer_class = RewardOutput
    filterset_class = RewardFilters
    page_order = ("pk",)
    lookup_field = "slug"
    lookup_value_regex = "[-a-zA-Z0-9_]+"

    def get_queryset(self) -> QuerySet[Reward]:
        return Reward.objects.on_offer(self.now).select_related("programme__main_unit")

    def get_object(self) -> Reward:
        rows = self.get_queryset().order_by("programme_id")
        reward: Reward = self.find_or_refuse(rows, slug=self.kwargs["id"])
        return reward
