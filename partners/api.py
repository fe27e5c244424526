"""Partners, their members and what happened to them, for integrations."""

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from partners import events, feeding
from partners.doors.filtering import (
    MomentFilter,
    PartnerFilter,
    match_partner,
)
from partners.doors.pagination import FeedPage
from partners.doors.problems import NotFoundHere
from partners.doors.serializers import MomentField
from partners.doors.views import UUID_PATTERN, Door
from partners.keys import Scope
from partners.models import Event, Member, Partner

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


class MemberOutput(serializers.ModelSerializer[Member]):
    id = serializers.UUIDField(source="public_id")
    partner = serializers.UUIDField(source="partner.public_id")
    name = serializers.CharField(source="person.name")
    email = serializers.EmailField(source="person.email")
    joined_at = MomentField()

    class Meta:
        model = Member
        fields = ("id", "partner", "name", "email", "role", "status", "job_title", "joined_at")
        read_only_fields = fields


class MemberFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="partner")
    role = django_filters.ChoiceFilter(choices=Member.Role.choices)
    status = django_filters.ChoiceFilter(choices=Member.Status.choices)

    class Meta:
        model = Member
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["partners"])
class MemberDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, Door):
    """People on partners' teams, each in one role."""

    scopes: ClassVar = {"list": Scope.MEMBERS_READ, "retrieve": Scope.MEMBERS_READ}
    queryset = Member.objects.none()
    serializer_class = MemberOutput
    filterset_class = MemberFilters
    page_order = ("pk",)

    def get_queryset(self) -> QuerySet[Member]:
        return Member.objects.for_actor(self.actor).select_related("partner", "person")


class EventOutput(serializers.ModelSerializer[Event]):
    position = serializers.IntegerField(source="feed_position")
    partner = serializers.UUIDField(source="partner.public_id")
    member = serializers.UUIDField(source="member.public_id", allow_null=True, default=None)
    payload = serializers.DictField()
    occurred_at = MomentField()
    recorded_at = MomentField()

    class Meta:
        model = Event
        fields = (
            "position",
            "kind",
            "partner",
            "sequence",
            "member",
            "payload",
            "occurred_at",
            "recorded_at",
        )
        read_only_fields = fields


def list_event_kinds() -> list[tuple[str, str]]:
    return [(kind, kind) for kind in events.registered_kinds()]


class EventFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="partner")
    kind = django_filters.ChoiceFilter(choices=list_event_kinds)
    occurred_from = MomentFilter(field_name="occurred_at", lookup_expr="gte")
    occurred_until = MomentFilter(field_name="occurred_at", lookup_expr="lt")

    class Meta:
        model = Event
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["events"])
class EventDoor(mixins.ListModelMixin, Door):
    """
    Everything that happened, oldest first.

    The feed has no end: keep `next_cursor` and ask again with it for what came since. Within a
    partner, `sequence` has no gaps.
    """

    scopes: ClassVar = {"list": Scope.EVENTS_READ}
    queryset = Event.objects.none()
    serializer_class = EventOutput
    filterset_class = EventFilters
    pagination_class = FeedPage
    page_order = ("feed_position",)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Read on from a cursor."""
        feeding.give_places()
        return super().list(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Any]:
        rows = Event.objects.for_actor(self.actor).filter(feed_position__isnull=False)
        return rows.select_related("partner", "member")
