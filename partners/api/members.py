"""People on partners' teams."""

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from partners import team
from partners.doors.filtering import PartnerFilter
from partners.doors.idempotency import idempotent
from partners.doors.naming import refuse
from partners.doors.schema import IF_MATCH
from partners.doors.serializers import (
    MomentField,
    OneOfField,
    PublicIdField,
    StrictSerializer,
    TextField,
)
from partners.doors.versions import check_if_match, tag
from partners.doors.views import Door
from partners.keys import Scope
from partners.models import Member
from partners.retrying import in_transaction

JOB_TITLE_LENGTH_MAX = 100


class MemberOutput(serializers.ModelSerializer[Member]):
    id = serializers.UUIDField(source="public_id")
    partner = serializers.UUIDField(source="partner.public_id")
    name = serializers.CharField(source="person.name")
    email = serializers.EmailField(source="person.email")
    joined_at = MomentField()
    left_at = MomentField(allow_null=True)

    class Meta:
        model = Member
        fields = (
            "id",
            "partner",
            "name",
            "email",
            "role",
            "status",
            "job_title",
            "joined_at",
            "left_at",
        )
        read_only_fields = fields


class MemberFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="partner")
    role = django_filters.ChoiceFilter(choices=Member.Role.choices)
    status = django_filters.ChoiceFilter(choices=Member.Status.choices)

    class Meta:
        model = Member
        fields: ClassVar[list[str]] = []


class MemberChangesInput(StrictSerializer):
    """What is left out stays as it is."""

    role = OneOfField(choices=Member.Role.choices, required=False)
    job_title = TextField(max_length=JOB_TITLE_LENGTH_MAX, required=False, allow_blank=True)


class HandOverInput(StrictSerializer):
    to = PublicIdField(help_text="The member who becomes head buyer.")
    becomes = OneOfField(
        choices=[Member.Role.BUYER, Member.Role.VIEWER],
        required=False,
        default=Member.Role.BUYER,
        help_text="What becomes of who hands over.",
    )


class HandedOverOutput(serializers.Serializer[Any]):
    member = MemberOutput(help_text="Who handed over.")
    head_buyer = MemberOutput(help_text="Who took over.")


@extend_schema(tags=["partners"])
class MemberDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, Door):
    """
    People on partners' teams, each in one role. Nobody is put on a team: they are invited.

    An active company always keeps a head buyer.
    """

    scopes: ClassVar = {
        "list": Scope.MEMBERS_READ,
        "retrieve": Scope.MEMBERS_READ,
        "partial_update": Scope.MEMBERS_WRITE,
        "hand_over": Scope.MEMBERS_WRITE,
    }
    queryset = Member.objects.none()
    serializer_class = MemberOutput
    filterset_class = MemberFilters
    page_order = ("pk",)

    def get_queryset(self) -> QuerySet[Member]:
        return Member.objects.for_actor(self.actor).select_related("partner", "person")

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One member. Its `ETag` is what an edit names in `If-Match`."""
        member: Member = self.get_object()
        return tag(Response(self.get_serializer(member).data), member)

    @extend_schema(request=MemberChangesInput, responses={200: MemberOutput}, parameters=[IF_MATCH])
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Give a member another role or job title."""
        member: Member = self.get_object()
        revision = check_if_match(request, member)
        given = self.read_input(MemberChangesInput)

        def edit() -> Member:
            return team.change(
                member=member,
                role=given.get("role"),
                job_title=given.get("job_title"),
                revision=revision,
                by=self.actor,
                at=self.now,
            )

        changed = in_transaction(edit)
        return tag(Response(self.get_serializer(changed).data), changed)

    @extend_schema(request=HandOverInput, responses={200: HandedOverOutput})
    @action(detail=True, methods=["post"], url_path="hand-over")
    @idempotent
    def hand_over(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Make another member head buyer in place of this one. Both happen, or neither."""
        member: Member = self.get_object()
        given = self.read_input(HandOverInput)
        others = self.get_queryset().filter(partner=member.partner_id).exclude(pk=member.pk)
        to = others.filter(public_id=given["to"]).first()
        if to is None:
            raise refuse("to", _("There is no such member of this team."), "does_not_exist")
        giver, taker = team.hand_over(
            member=member, to=to, becomes=given["becomes"], by=self.actor, at=self.now
        )
        return Response(HandedOverOutput({"member": giver, "head_buyer": taker}).data)
