"""What waits because nobody knows whose it is, or what it comes to; saying so, and putting aside."""

from typing import ClassVar

import django_filters
from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from partners.doors.filtering import MomentFilter
from partners.doors.idempotency import idempotent
from partners.doors.naming import PartnerReferenceField, find_partner
from partners.doors.serializers import MomentField, StrictSerializer, TextField
from partners.doors.views import Door
from partners.keys import Scope
from partners.models import ParkedDocument
from rewards import inbox

STATES = ("parked", "matched", "dismissed")
CONDITIONS = {
    "parked": Q(matched_at=None, dismissed_at=None),
    "matched": Q(matched_at__isnull=False),
    "dismissed": Q(dismissed_at__isnull=False),
}


class CannotBeTaken(Exception):
    """The document goes on waiting: it does not go together with what is known, or lacks a rate."""

    code = "cannot_be_taken"


class MatchInput(StrictSerializer):
    partner = PartnerReferenceField(help_text="Its id, or `erp:` and its ERP number.")


class DismissInput(StrictSerializer):
    reason = TextField(max_length=300, help_text="Why it is nobody's.")


class BringBackInput(StrictSerializer):
    """The address says it all."""


class ParkedOutput(serializers.ModelSerializer[ParkedDocument]):
    id = serializers.UUIDField(source="public_id")
    status = serializers.SerializerMethodField()
    occurred_at = MomentField(allow_null=True)
    parked_at = MomentField()
    matched_at = MomentField(allow_null=True)
    dismissed_at = MomentField(allow_null=True)
    partner_ref = serializers.CharField(help_text="What names the partner, as the source wrote it.")
    partner = serializers.UUIDField(
        source="matched_partner.public_id",
        allow_null=True,
        default=None,
        help_text="Whose it is, where that is known.",
    )

    class Meta:
        model = ParkedDocument
        fields = (
            "id",
            "status",
            "reason",
            "kind",
            "source",
            "external_id",
            "partner_ref",
            "currency",
            "occurred_at",
            "parked_at",
            "partner",
            "matched_at",
            "dismissed_at",
            "dismiss_reason",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=STATES))
    def get_status(self, document: ParkedDocument) -> str:
        return document.state


class InboxFilters(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(
        choices=[(state, state) for state in STATES], method="filter_state"
    )
    reason = django_filters.ChoiceFilter(choices=ParkedDocument.Reason.choices)
    source = django_filters.CharFilter()
    external_id = django_filters.CharFilter()
    parked_from = MomentFilter(field_name="parked_at", lookup_expr="gte")
    parked_until = MomentFilter(field_name="parked_at", lookup_expr="lt")

    class Meta:
        model = ParkedDocument
        fields: ClassVar[list[str]] = []

    def filter_state(
        self, rows: QuerySet[ParkedDocument], _name: str, state: str
    ) -> QuerySet[ParkedDocument]:
        return rows.filter(CONDITIONS[state])


@extend_schema(tags=["activities"])
class InboxDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, Door):
    """
    What came in, through whatever door, and cannot be taken yet. For keys of every partner only.

    Matched, a document is taken in with its own times, as if it had come on time.
    """

    scopes: ClassVar = {
        "list": Scope.INBOX_READ,
        "retrieve": Scope.INBOX_READ,
        "match": Scope.INBOX_WRITE,
        "dismiss": Scope.INBOX_WRITE,
        "bring_back": Scope.INBOX_WRITE,
    }
    queryset = ParkedDocument.objects.none()
    serializer_class = ParkedOutput
    filterset_class = InboxFilters
    page_order = ("-parked_at", "-pk")

    def get_queryset(self) -> QuerySet[ParkedDocument]:
        # Nobody knows whose these are, so a key of one partner sees none of them.
        if not self.actor.sees_every_partner:
            return ParkedDocument.objects.none()
        return ParkedDocument.objects.select_related("matched_partner")

    @extend_schema(request=MatchInput, responses={200: ParkedOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def match(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Say whose it is. It is taken in and earns what it would have earned on time."""
        document: ParkedDocument = self.get_object()
        given = self.read_input(MatchInput)
        partner = find_partner(given["partner"], actor=self.actor)
        [outcome] = inbox.match(
            documents=[document], partner=partner, by=self.actor.person, at=self.now
        ).outcomes
        if outcome.ending is inbox.Ending.NOT_WAITING:
            raise inbox.NotWaiting
        if outcome.ending in (inbox.Ending.CONFLICT, inbox.Ending.REFUSED):
            raise CannotBeTaken(outcome.detail)
        return self._answer(document)

    @extend_schema(request=DismissInput, responses={200: ParkedOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def dismiss(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Put it aside with a reason. Reported again with its partner, it is taken all the same."""
        document: ParkedDocument = self.get_object()
        given = self.read_input(DismissInput)
        inbox.dismiss(document=document, reason=given["reason"], by=self.actor.person, at=self.now)
        return self._answer(document)

    @extend_schema(request=BringBackInput, responses={200: ParkedOutput})
    @action(detail=True, methods=["post"], url_path="bring-back")
    @idempotent
    def bring_back(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Let what was dismissed wait again."""
        document: ParkedDocument = self.get_object()
        self.read_input(BringBackInput)
        inbox.bring_back(document=document)
        return self._answer(document)

    def _answer(self, document: ParkedDocument) -> Response:
        stored = self.get_queryset().get(pk=document.pk)
        return Response(self.get_serializer(stored).data)
