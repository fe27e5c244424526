"""Places on teams, offered by e-mail."""

from functools import partial
from typing import Any, ClassVar

import django_filters
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from partners import inviting
from partners.api.members import JOB_TITLE_LENGTH_MAX
from partners.doors.filtering import PartnerFilter
from partners.doors.idempotency import idempotent
from partners.doors.naming import PartnerReferenceField, find_partner, refuse
from partners.doors.serializers import MomentField, OneOfField, StrictSerializer, TextField
from partners.doors.views import Door
from partners.keys import Scope
from partners.mailing import mail_invitation
from partners.models import Invitation, Member, Partner

NAME_LENGTH_MAX = 150
OPEN = Q(accepted_at__isnull=True, withdrawn_at__isnull=True)
FILTERED_STATES = [state for state in inviting.State if state != inviting.State.CLOSED]


class InvitationOutput(serializers.ModelSerializer[Invitation]):
    """The link itself is in the mail and nowhere else."""

    id = serializers.UUIDField(source="public_id")
    partner = serializers.UUIDField(source="partner.public_id")
    state = serializers.SerializerMethodField()
    member = serializers.UUIDField(source="member.public_id", allow_null=True, default=None)
    invited_at = MomentField()
    sent_at = MomentField()
    expires_at = MomentField()
    accepted_at = MomentField(allow_null=True)
    withdrawn_at = MomentField(allow_null=True)

    class Meta:
        model = Invitation
        fields = (
            "id",
            "partner",
            "email",
            "name",
            "language",
            "role",
            "job_title",
            "state",
            "member",
            "invited_at",
            "sent_at",
            "sent_times",
            "expires_at",
            "accepted_at",
            "withdrawn_at",
        )
        read_only_fields = fields

    @extend_schema_field(OneOfField(choices=[state.value for state in inviting.State]))
    def get_state(self, invitation: Invitation) -> str:
        return inviting.state_of(invitation, self.context["view"].now).value


class InvitationInput(StrictSerializer):
    partner = PartnerReferenceField(required=False, help_text="Required with a key.")
    email = serializers.EmailField(max_length=254)
    name = TextField(max_length=NAME_LENGTH_MAX)
    role = OneOfField(choices=Member.Role.choices)
    job_title = TextField(
        max_length=JOB_TITLE_LENGTH_MAX, required=False, allow_blank=True, default=""
    )
    language = OneOfField(
        choices=settings.LANGUAGES,
        required=False,
        help_text="Of the mail. Without it, the partner's.",
    )


class NothingInput(StrictSerializer):
    """An empty object."""


class InvitationFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="partner")
    email = django_filters.CharFilter(lookup_expr="iexact")
    state = django_filters.ChoiceFilter(
        choices=[(state.value, state.value) for state in FILTERED_STATES], method="filter_state"
    )

    class Meta:
        model = Invitation
        fields: ClassVar[list[str]] = []

    def filter_state(self, rows: Any, _name: str, state: str) -> Any:
        now = timezone.now()
        conditions = {
            inviting.State.ACCEPTED: Q(accepted_at__isnull=False),
            inviting.State.WITHDRAWN: Q(withdrawn_at__isnull=False),
            inviting.State.OPEN: OPEN & Q(expires_at__gt=now),
            inviting.State.EXPIRED: OPEN & Q(expires_at__lte=now),
        }
        return rows.filter(conditions[inviting.State(state)])


@extend_schema(tags=["partners"])
class InvitationDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, Door):
    """
    Places on teams, offered by e-mail. The link works once, for seven days.

    Nothing here tells whether an address is known to somebody else.
    """

    scopes: ClassVar = {
        "list": Scope.MEMBERS_READ,
        "retrieve": Scope.MEMBERS_READ,
        "create": Scope.MEMBERS_WRITE,
        "resend": Scope.MEMBERS_WRITE,
        "withdraw": Scope.MEMBERS_WRITE,
    }
    queryset = Invitation.objects.none()
    serializer_class = InvitationOutput
    filterset_class = InvitationFilters
    page_order = ("-invited_at", "-pk")

    def get_queryset(self) -> QuerySet[Invitation]:
        rows = Invitation.objects.for_actor(self.actor)
        return rows.select_related("partner", "member", "invited_by")

    @extend_schema(request=InvitationInput, responses={201: InvitationOutput})
    @idempotent
    def create(self, request: Request) -> Response:
        """Invite somebody to a team and send them the link."""
        given = self.read_input(InvitationInput)
        partner = self._find_partner(given.get("partner"))
        made = inviting.invite(
            partner=partner,
            offer=inviting.Offer(
                email=given["email"],
                name=given["name"],
                role=given["role"],
                job_title=given["job_title"],
                language=given.get("language") or partner.language,
            ),
            by=self.actor,
            at=self.now,
            mail=self._mail(),
        )
        return self._answer(made, status.HTTP_201_CREATED)

    @extend_schema(request=NothingInput, responses={200: InvitationOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def resend(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Send a new link for seven days more. The old one works no more."""
        invitation: Invitation = self.get_object()
        self.read_input(NothingInput)
        sent = inviting.resend(invitation=invitation, by=self.actor, at=self.now, mail=self._mail())
        return self._answer(sent, status.HTTP_200_OK)

    @extend_schema(request=NothingInput, responses={200: InvitationOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def withdraw(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Take the offer back. Its link works no more."""
        invitation: Invitation = self.get_object()
        self.read_input(NothingInput)
        ended = inviting.withdraw(invitation=invitation, by=self.actor, at=self.now)
        return self._answer(ended, status.HTTP_200_OK)

    def _find_partner(self, reference: str | None) -> Partner:
        """A signed-in head buyer invites to their own team; a system says to which."""
        if self.actor.member is not None and reference is None:
            return self.actor.member.partner
        if reference is None:
            raise refuse("partner", _("Name the partner."), "required")
        return find_partner(reference, actor=self.actor)

    def _mail(self) -> inviting.Mail:
        site = f"{self.request.scheme}://{self.request.get_host()}"
        return partial(mail_invitation, site=site)

    def _answer(self, invitation: Invitation, code: int) -> Response:
        stored = self.get_queryset().get(pk=invitation.pk)
        return Response(self.get_serializer(stored).data, status=code)
