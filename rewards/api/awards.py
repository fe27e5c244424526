"""What activities earned, and why."""

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet, Sum
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers

from partners.doors.filtering import MomentFilter, PartnerFilter, PublicIdFilter
from partners.doors.serializers import MomentField
from partners.doors.views import Door
from partners.keys import Scope
from rewards.api.explaining import ToldRowOutput, tell_rows, teller_for
from rewards.models import Award
from rewards.programmes.live import definition_of
from rewards.waiting import find_waiting


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
    campaign = serializers.CharField(
        source="campaign_code", help_text="Empty where the rule is of no campaign."
    )
    unit = serializers.CharField(source="unit.code")
    taken_back = serializers.IntegerField(help_text="Due back because of returns.")
    explanation = serializers.DictField(help_text="Rule, inputs and every step to the amount.")

    withheld = serializers.IntegerField(help_text="What the campaign's budget did not allow.")
    personal = serializers.IntegerField(help_text="What of it went to the member's own wallet.")
    released = serializers.IntegerField(
        help_text="What of one that waits for something to happen became available by it."
    )
    decide_on = serializers.DateField(
        allow_null=True, help_text="The local day whose end decides about what still waits."
    )

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
            "campaign",
            "amount",
            "withheld",
            "personal",
            "released",
            "decide_on",
            "taken_back",
            "unit",
            "explanation",
        )
        read_only_fields = fields


class WaitingAwardOutput(serializers.Serializer[Any]):
    amount = serializers.IntegerField(help_text="What of it cannot be spent yet.")
    until = MomentField(
        allow_null=True, help_text="Null where nothing waits, or until something happens."
    )


class AwardDetailOutput(AwardOutput):
    waiting = serializers.SerializerMethodField()
    told = serializers.SerializerMethodField(
        help_text="The explanation as rows of a bill, in the language of `Accept-Language`."
    )

    class Meta:
        model = Award
        fields = (*AwardOutput.Meta.fields, "waiting", "told")
        read_only_fields = fields

    @extend_schema_field(WaitingAwardOutput)
    def get_waiting(self, award: Award) -> dict[str, Any]:
        return dict(WaitingAwardOutput(find_waiting(award)).data)

    @extend_schema_field(ToldRowOutput(many=True))
    def get_told(self, award: Award) -> list[dict[str, str]]:
        version = award.version
        teller = teller_for(definition_of(version), version.programme)
        return tell_rows(teller.tell(award.explanation))


class AwardFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="partner")
    activity = PublicIdFilter(field_name="activity__public_id")
    source = django_filters.CharFilter(field_name="activity__source")
    external_id = django_filters.CharFilter(field_name="activity__external_id")
    programme = django_filters.CharFilter(field_name="version__programme__code")
    rule = django_filters.CharFilter(field_name="rule_code")
    campaign = django_filters.CharFilter(field_name="campaign_code")
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

    def get_serializer_class(self) -> type[AwardOutput]:
        return AwardDetailOutput if self.action == "retrieve" else AwardOutput

    def get_queryset(self) -> QuerySet[Award]:
        rows = Award.objects.for_actor(self.actor).select_related(
            "partner", "activity", "unit", "version__programme__main_unit"
        )
        return rows.annotate(taken_back=Sum("claw_backs__due", default=0))
