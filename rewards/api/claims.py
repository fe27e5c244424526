"""Sell-out claims: filing them, and deciding about them."""

import base64
import uuid
from typing import Any, ClassVar

import django_filters
import uuid_utils.compat
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from partners.doors.filtering import MomentFilter, PartnerFilter
from partners.doors.idempotency import idempotent
from partners.doors.serializers import (
    DayField,
    MomentField,
    OneOfField,
    PublicIdField,
    StrictSerializer,
    TextField,
)
from partners.doors.views import Door
from partners.keys import Scope
from partners.models import ClaimedSerial, ClaimProof, Member, SellOutClaim
from rewards import claiming
from rewards.api.references import find_acting_member, refuse
from rewards.claiming.serials import SERIAL_LENGTH_MAX, SERIALS_MAX

# A body has at most 5 MB, and base64 takes four characters for three bytes.
CONTENT_LENGTH_MAX = 4_900_000

# Beside which field a refusal is told.
FIELD_OF: dict[type[Exception], str] = {
    claiming.SerialsRefused: "serials",
    claiming.NoSerials: "serials",
    claiming.SoldInFuture: "sold_on",
    claiming.TooLongAgo: "sold_on",
    claiming.NotActive: "member",
}


class NotYourDecision(Exception):
    """Claims are decided by the seller: a key of one partner decides nothing."""

    code = "own_claim"


class ClaimInput(StrictSerializer):
    member = PublicIdField(required=False, help_text="Who claims. Required with a key.")
    sku = TextField(max_length=64)
    serials = serializers.ListField(
        child=TextField(max_length=SERIAL_LENGTH_MAX), min_length=1, max_length=SERIALS_MAX
    )
    sold_on = DayField()
    document = TextField(max_length=64, help_text="The number of the invoice to the customer.")
    note = TextField(max_length=500, required=False, allow_blank=True, default="")


class NoteInput(StrictSerializer):
    note = TextField(max_length=500, required=False, allow_blank=True, default="")


class RejectInput(NoteInput):
    reason = OneOfField(choices=list(claiming.REASONS))


class WithdrawInput(StrictSerializer):
    """The address says it all."""


class ProofInput(StrictSerializer):
    name = TextField(max_length=claiming.NAME_LENGTH_MAX, help_text="What the file is called.")
    content = TextField(
        max_length=CONTENT_LENGTH_MAX,
        help_text="The file in base64: a PDF, JPEG, PNG, WebP or HEIC of at most 3.5 MB.",
    )

    def validate_content(self, text: str) -> bytes:
        try:
            return base64.b64decode(text, validate=True)
        except ValueError as error:
            said = _("Write the file in base64, without line breaks.")
            raise serializers.ValidationError(said, "invalid") from error


class ProofOutput(serializers.ModelSerializer[ClaimProof]):
    id = serializers.UUIDField(source="public_id")
    added_at = MomentField()

    class Meta:
        model = ClaimProof
        fields = ("id", "name", "content_type", "size", "added_at")
        read_only_fields = fields


class ClaimOutput(serializers.ModelSerializer[SellOutClaim]):
    id = serializers.UUIDField(source="public_id")
    partner = serializers.UUIDField(source="partner.public_id")
    member = serializers.UUIDField(source="member.public_id")
    serials = serializers.ListField(child=serializers.CharField(), source="serial_numbers")
    filed_at = MomentField()
    proofs = ProofOutput(many=True)
    activity = serializers.UUIDField(
        source="activity.public_id",
        allow_null=True,
        default=None,
        help_text="What an approved claim became.",
    )

    class Meta:
        model = SellOutClaim
        fields = (
            "id",
            "partner",
            "member",
            "state",
            "sku",
            "serials",
            "sold_on",
            "document",
            "note",
            "filed_at",
            "proofs",
            "activity",
        )
        read_only_fields = fields


class ClaimFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="partner")
    state = django_filters.ChoiceFilter(choices=SellOutClaim.State.choices)
    filed_from = MomentFilter(field_name="filed_at", lookup_expr="gte")
    filed_until = MomentFilter(field_name="filed_at", lookup_expr="lt")

    class Meta:
        model = SellOutClaim
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["claims"])
class ClaimDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, Door):
    """
    What partners sold on, article by article. Each serial number counts once.

    Proofs are added one by one while a claim waits for its review.
    """

    scopes: ClassVar = {
        "list": Scope.CLAIMS_READ,
        "retrieve": Scope.CLAIMS_READ,
        "create": Scope.CLAIMS_WRITE,
        "proofs": Scope.CLAIMS_WRITE,
        "withdraw": Scope.CLAIMS_WRITE,
        "approve": Scope.CLAIMS_DECIDE,
        "reject": Scope.CLAIMS_DECIDE,
    }
    queryset = SellOutClaim.objects.none()
    serializer_class = ClaimOutput
    filterset_class = ClaimFilters
    page_order = ("-filed_at", "-pk")

    def get_queryset(self) -> QuerySet[SellOutClaim]:
        rows = SellOutClaim.objects.for_actor(self.actor)
        member = self.actor.member
        if member is not None and not member.is_head_buyer:
            rows = rows.filter(member=member)
        serials = ClaimedSerial.objects.order_by("serial")
        return rows.select_related("partner", "member", "activity").prefetch_related(
            Prefetch("serials", serials),
            Prefetch("proofs", ClaimProof.objects.order_by("pk")),
        )

    @extend_schema(request=ClaimInput, responses={201: ClaimOutput})
    @idempotent
    def create(self, request: Request) -> Response:
        """File a claim. A serial number that a standing claim has is refused: 409."""
        given = self.read_input(ClaimInput)
        member = find_acting_member(given.pop("member", None), actor=self.actor)
        draft = claiming.ClaimDraft(request_id=uuid_utils.compat.uuid7(), **given)
        try:
            claim = claiming.file_claim(
                member=member, draft=draft, today=self.now.date(), at=self.now
            )
        except tuple(FIELD_OF) as refusal:
            field = next(name for kind, name in FIELD_OF.items() if isinstance(refusal, kind))
            code = getattr(refusal, "code", "invalid")
            raise refuse(field, str(refusal), code) from refusal
        return self._answer(claim.public_id, status.HTTP_201_CREATED)

    @extend_schema(request=ProofInput, responses={201: ProofOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def proofs(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Add a file that shows the sale. The same file again is answered as the first time."""
        claim: SellOutClaim = self.get_object()
        given = self.read_input(ProofInput)
        try:
            kept = claiming.add_proof(claim=claim, proof=claiming.GivenProof(**given), at=self.now)
        except claiming.ProofRefused as refusal:
            raise refuse("content", str(refusal), refusal.code) from refusal
        return Response(ProofOutput(kept).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=NoteInput, responses={200: ClaimOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def approve(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Grant a claim: it becomes a `sell_out` activity, and what that earns is paid."""
        claim = self._find_to_decide()
        given = self.read_input(NoteInput)
        claiming.approve(claim=claim, by=self.actor.person, note=given["note"], at=self.now)
        return self._answer(claim.public_id, status.HTTP_200_OK)

    @extend_schema(request=RejectInput, responses={200: ClaimOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def reject(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Refuse a claim. The partner may appeal once; a person decides about that."""
        claim = self._find_to_decide()
        given = self.read_input(RejectInput)
        claiming.reject(
            claim=claim,
            by=self.actor.person,
            reason=given["reason"],
            note=given["note"],
            at=self.now,
        )
        return self._answer(claim.public_id, status.HTTP_200_OK)

    @extend_schema(request=WithdrawInput, responses={200: ClaimOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def withdraw(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Call a claim off before it is decided. Its serial numbers are free again."""
        claim: SellOutClaim = self.get_object()
        self.read_input(WithdrawInput)
        member: Member = self.actor.member or claim.member
        claiming.withdraw(claim=claim, by=member, at=self.now)
        return self._answer(claim.public_id, status.HTTP_200_OK)

    def _find_to_decide(self) -> SellOutClaim:
        claim: SellOutClaim = self.get_object()
        if not self.actor.sees_every_partner:
            raise NotYourDecision(_("The seller decides about claims."))
        return claim

    def _answer(self, public_id: uuid.UUID, code: int) -> Response:
        stored: Any = self.get_queryset().get(public_id=public_id)
        return Response(self.get_serializer(stored).data, status=code)
