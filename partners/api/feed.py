"""Everything that happened, as a feed."""

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from partners import events, feeding
from partners.doors.filtering import MomentFilter, PartnerFilter
from partners.doors.pagination import FeedPage
from partners.doors.serializers import MomentField
from partners.doors.views import Door
from partners.keys import Scope
from partners.models import Event


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
