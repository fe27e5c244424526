"""Programmes, their tiers, and where partners stand."""

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from partners.doors.filtering import PartnerFilter
from partners.doors.serializers import ExactAmountTextField
from partners.doors.views import Door
from partners.keys import Scope
from partners.models.amounts import from_ten_thousandths
from rewards.api.campaigns import (
    RulesOutput,
    VersionOutput,
    VersionsOutput,
    describe_rules,
)
from rewards.earning.judging import VersionInForce
from rewards.models import Programme, Standing
from rewards.programmes import pending, settings, validity
from rewards.programmes.live import NoVersionInForce, version_in_force
from rewards.tiers.ladder import TierProgress, progress

PROGRAMME_FIELDS = (
    "code",
    "name",
    "seller_name",
    "currency",
    "time_zone",
    "status",
    "starts_on",
    "ends_on",
    "unit",
    "unit_decimals",
)


class TierOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    threshold = ExactAmountTextField(help_text="Net spend, in the programme's currency.")
    multiplier_percent = serializers.IntegerField()
    expiry_extra_months = serializers.IntegerField(
        help_text="How much longer points live that are earned in it."
    )


class ExpiryOutput(serializers.Serializer[Any]):
    rule = serializers.ChoiceField(choices=validity.RULES)
    count = serializers.IntegerField(
        help_text="Days, months or years, as the rule says; 0 where it counts none."
    )
    reinstatement_days = serializers.IntegerField(
        help_text="How long points live again that come back expired; 0: not at all."
    )


class WaitingOutput(serializers.Serializer[Any]):
    pending_days = serializers.IntegerField(help_text="Until an award may be spent.")
    request_lapses_days = serializers.IntegerField(
        help_text="How long a redemption may wait for approval."
    )


class PendingOutput(serializers.Serializer[Any]):
    until = serializers.ChoiceField(choices=pending.UNTIL)
    days = serializers.IntegerField()
    months = serializers.IntegerField()
    lost_after_days = serializers.IntegerField(
        allow_null=True, help_text="Of `paid`: what is not paid so long after it was due is lost."
    )
    step = serializers.IntegerField(help_text="Of `purchases`: in whole steps of so many.")


class EarningOutput(serializers.Serializer[Any]):
    rounding = serializers.ChoiceField(choices=settings.ROUNDINGS)
    round_to = serializers.IntegerField(help_text="Awards are whole multiples of it.")
    pending = PendingOutput(help_text="What awards wait for where their rule says nothing else.")
    claw_back_policy = serializers.ChoiceField(choices=settings.CLAW_BACK_POLICIES)
    claw_back_basis = serializers.ChoiceField(choices=settings.CLAW_BACK_BASES)
    tier_of = serializers.ChoiceField(choices=settings.TIER_OF)
    current_order_counts_for_tier = serializers.BooleanField()
    points_payment_earns = serializers.BooleanField(
        help_text="Whether what is paid with points earns too."
    )
    personal_earning = serializers.BooleanField(source="personal_earning.allowed")


class ProgrammeOutput(serializers.ModelSerializer[Programme]):
    unit = serializers.CharField(source="main_unit.code")
    unit_decimals = serializers.IntegerField(source="main_unit.decimals")

    class Meta:
        model = Programme
        fields = PROGRAMME_FIELDS
        read_only_fields = fields


class ProgrammeDetailOutput(ProgrammeOutput):
    version = serializers.SerializerMethodField(help_text="The version in force now.")
    tiers = serializers.SerializerMethodField(help_text="From the lowest up.")
    expiry = serializers.SerializerMethodField(help_text="When points expire.")
    waiting = serializers.SerializerMethodField(help_text="What waits, and how long.")

    earning = serializers.SerializerMethodField(help_text="How awards are counted.")

    class Meta:
        model = Programme
        fields = (*PROGRAMME_FIELDS, "version", "tiers", "expiry", "waiting", "earning")
        read_only_fields = fields

    def get_version(self, programme: Programme) -> int | None:
        version = self._in_force(programme)
        return version.number if version else None

    @extend_schema_field(TierOutput(many=True))
    def get_tiers(self, programme: Programme) -> list[Any]:
        version = self._in_force(programme)
        return list(TierOutput(version.definition.tiers, many=True).data) if version else []

    @extend_schema_field(ExpiryOutput(allow_null=True))
    def get_expiry(self, programme: Programme) -> dict[str, Any] | None:
        version = self._in_force(programme)
        return dict(ExpiryOutput(version.definition.settings.expiry).data) if version else None

    @extend_schema_field(WaitingOutput(allow_null=True))
    def get_waiting(self, programme: Programme) -> dict[str, Any] | None:
        version = self._in_force(programme)
        return dict(WaitingOutput(version.definition.settings).data) if version else None

    @extend_schema_field(EarningOutput(allow_null=True))
    def get_earning(self, programme: Programme) -> dict[str, Any] | None:
        version = self._in_force(programme)
        return dict(EarningOutput(version.definition.settings).data) if version else None

    def _in_force(self, programme: Programme) -> VersionInForce | None:
        try:
            return version_in_force(programme, self.context["view"].now)
        except NoVersionInForce:
            return None


@extend_schema(tags=["programmes"])
class ProgrammeDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, Door):
    """Programmes that run or ran. One of them shows its tiers too."""

    scopes: ClassVar = dict.fromkeys(
        ("list", "retrieve", "rules", "versions"), Scope.PROGRAMMES_READ
    )
    queryset = Programme.objects.none()
    page_order = ("pk",)
    lookup_field = "code"
    lookup_value_regex = "[-a-zA-Z0-9_]+"

    def get_queryset(self) -> QuerySet[Programme]:
        shown = Programme.objects.exclude(status=Programme.Status.DRAFT)
        return shown.select_related("main_unit")

    def get_serializer_class(self) -> type[ProgrammeOutput]:
        return ProgrammeDetailOutput if self.action == "retrieve" else ProgrammeOutput

    def get_object(self) -> Programme:
        programme: Programme = self.find_or_refuse(self.get_queryset(), code=self.kwargs["id"])
        return programme

    @extend_schema(responses={200: RulesOutput}, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def rules(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """
        What the version in force says: rules and campaigns, as data and in sentences.

        Sentences are in the language of `Accept-Language`. Whoever sees some partners only does
        not read of rules and campaigns that are made for lists of partners.
        """
        found = describe_rules(self.get_object(), actor=self.actor, as_of=self.now)
        return Response(RulesOutput(found).data)

    @extend_schema(responses={200: VersionsOutput}, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def versions(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """The published versions, newest first. A draft is nobody's business yet."""
        programme = self.get_object()
        in_force = programme.versions.in_force(self.now).first()
        rows = programme.versions.published().order_by("-number")
        context = {"in_force": in_force.pk if in_force else None}
        return Response({"items": VersionOutput(rows, many=True, context=context).data})


# ------------------------------------------------------------------- standings


class NextTierOutput(serializers.Serializer[Any]):
    tier = serializers.CharField()
    missing = ExactAmountTextField(help_text="Net spend still missing within the window.")


class StandingOutput(serializers.ModelSerializer[Standing]):
    partner = serializers.UUIDField(source="partner.public_id")
    programme = serializers.CharField(source="programme.code")
    tier = serializers.CharField(source="tier_code", help_text="Empty below the lowest tier.")
    spend = ExactAmountTextField(help_text="Net spend in the window the tier was decided on.")
    currency = serializers.CharField(source="programme.currency")
    next_tier = serializers.SerializerMethodField()

    class Meta:
        model = Standing
        fields = (
            "partner",
            "programme",
            "tier",
            "tier_since",
            "spend",
            "currency",
            "orders",
            "decided_on",
            "next_tier",
        )
        read_only_fields = fields

    @extend_schema_field(NextTierOutput(allow_null=True))
    def get_next_tier(self, standing: Standing) -> dict[str, Any] | None:
        place: TierProgress | None = self.context["view"].find_progress(standing)
        if place is None or place.next is None:
            return None
        missing = from_ten_thousandths(place.to_next_e4)
        return dict(NextTierOutput({"tier": place.next.code, "missing": missing}).data)


class StandingFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="partner")
    programme = django_filters.CharFilter(field_name="programme__code")
    tier = django_filters.CharFilter(field_name="tier_code")

    class Meta:
        model = Standing
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["programmes"])
class StandingDoor(mixins.ListModelMixin, Door):
    """Which tier each partner is in, since when, and what the next one needs."""

    scopes: ClassVar = {"list": Scope.STANDINGS_READ}
    queryset = Standing.objects.none()
    serializer_class = StandingOutput
    filterset_class = StandingFilters
    page_order = ("pk",)

    def get_queryset(self) -> QuerySet[Standing]:
        return Standing.objects.for_actor(self.actor).of_companies().for_listing()

    def find_progress(self, standing: Standing) -> TierProgress | None:
        """Return the place on the ladder; each programme's version is read once per request."""
        if not hasattr(self, "_versions"):
            self._versions: dict[int, VersionInForce | None] = {}
        if standing.programme_id not in self._versions:
            try:
                version = version_in_force(standing.programme, self.now)
            except NoVersionInForce:
                version = None
            self._versions[standing.programme_id] = version
        found = self._versions[standing.programme_id]
        return progress(standing, found.definition) if found else None
