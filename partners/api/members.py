"""People on partners' teams."""

from typing import ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers

from partners.doors.filtering import PartnerFilter
from partners.doors.serializers import MomentField
from partners.doors.views import Door
from partners.keys import Scope
from partners.models import Member


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
