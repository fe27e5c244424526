"""Pool points shared with a team, and taken back while unspent."""

from decimal import Decimal
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
    ExactAmountTextField,
    MomentField,
    OneOfField,
    PublicIdField,
    StrictSerializer,
    TextField,
    WholeNumberField,
)
from partners.doors.views import Door
from partners.keys import Scope
from partners.models import Member
from rewards import sharing
from rewards.api.references import find_acting_member, find_programme, refuse
from rewards.models import Share, SharePart

PARTS_MAX = 500
AMOUNT_MAX = 10**12
WEIGHT_MAX = Decimal(1_000_000)
THOUSANDTHS = 1_000


class PartInput(StrictSerializer):
    member = PublicIdField()
    weight = ExactAmountTextField(
        required=False, help_text='For the method `weights`, up to three decimals, such as "1.5".'
    )
    amount = WholeNumberField(
        required=False,
        min_value=0,
        max_value=AMOUNT_MAX,
        help_text="Without it, the method decides. Give it for all parts or for none.",
    )
    note = TextField(max_length=200, required=False, allow_blank=True, default="")

    def validate_weight(self, weight: Decimal) -> Decimal:
        if weight > WEIGHT_MAX or (weight * THOUSANDTHS) % 1:
            raise serializers.ValidationError(
                _("Send at most 1000000, with up to three decimals."), code="invalid"
            )
        return weight


class ShareInput(StrictSerializer):
    programme = TextField(max_length=64, required=False)
    member = PublicIdField(required=False, help_text="The head buyer. Required with a key.")
    amount = WholeNumberField(min_value=1, max_value=AMOUNT_MAX)
    method = OneOfField(choices=Share.Method.choices)
    parts = serializers.ListField(child=PartInput(), min_length=1, max_length=PARTS_MAX)
    reason = TextField(max_length=300)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = [part for part in attrs["parts"] if "amount" in part]
        if given and len(given) < len(attrs["parts"]):
            raise refuse("parts", _("Give amounts for all parts or for none."), "mixed")
        if not given and attrs["method"] == Share.Method.BY_HAND:
            raise refuse("parts", _("By hand, each part needs its amount."), "required")
        return attrs


class UndoInput(StrictSerializer):
    member = PublicIdField(required=False, help_text="The head buyer. Required with a key.")


class PartOutput(serializers.ModelSerializer[SharePart]):
    member = serializers.UUIDField(source="member.public_id")
    weight = serializers.SerializerMethodField()
    transfer = serializers.UUIDField(source="transfer.public_id", allow_null=True, default=None)
    undo_transfer = serializers.UUIDField(
        source="undo_transfer.public_id", allow_null=True, default=None
    )

    class Meta:
        model = SharePart
        fields = ("member", "weight", "proposed", "amount", "note", "transfer", "undo_transfer")
        read_only_fields = fields

    def get_weight(self, part: SharePart) -> str:
        return f"{Decimal(part.weight) / THOUSANDTHS:f}"


class ShareOutput(serializers.ModelSerializer[Share]):
    id = serializers.UUIDField(source="public_id")
    partner = serializers.UUIDField(source="partner.public_id")
    programme = serializers.CharField(source="programme.code")
    unit = serializers.CharField(source="programme.main_unit.code")
    shared_by = serializers.UUIDField(source="shared_by.public_id")
    shared_at = MomentField()
    undo_until = MomentField()
    undone_at = MomentField(allow_null=True)
    parts = PartOutput(many=True)

    class Meta:
        model = Share
        fields = (
            "id",
            "partner",
            "programme",
            "shared_by",
            "method",
            "amount",
            "unit",
            "reason",
            "state",
            "shared_at",
            "undo_until",
            "undone_at",
            "parts",
        )
        read_only_fields = fields


class ShareFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="partner")
    state = django_filters.ChoiceFilter(choices=Share.State.choices)
    shared_from = MomentFilter(field_name="shared_at", lookup_expr="gte")
    shared_until = MomentFilter(field_name="shared_at", lookup_expr="lt")

    class Meta:
        model = Share
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["rewards"])
class ShareDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, Door):
    """Acts of sharing pool points with the team. The parts always add up to the amount."""

    scopes: ClassVar = {
        "list": Scope.SHARES_READ,
        "retrieve": Scope.SHARES_READ,
        "create": Scope.SHARES_WRITE,
        "undo": Scope.SHARES_WRITE,
    }
    queryset = Share.objects.none()
    serializer_class = ShareOutput
    filterset_class = ShareFilters
    page_order = ("-shared_at", "-pk")

    def get_queryset(self) -> QuerySet[Share]:
        parts = SharePart.objects.select_related("member", "transfer", "undo_transfer")
        rows = Share.objects.for_actor(self.actor)
        rows = rows.select_related("partner", "programme__main_unit", "shared_by")
        return rows.prefetch_related(Prefetch("parts", parts.order_by("pk")))

    @extend_schema(request=ShareInput, responses={201: ShareOutput})
    @idempotent
    def create(self, request: Request) -> Response:
        """Share an amount of the pool with members of the team."""
        given = self.read_input(ShareInput)
        head_buyer = find_acting_member(given.get("member"), actor=self.actor)
        made = sharing.share(
            head_buyer=head_buyer,
            programme=find_programme(given.get("programme")),
            amount=given["amount"],
            method=given["method"],
            parts=self._draft_parts(given, head_buyer),
            reason=given["reason"],
            request_id=uuid_utils.compat.uuid7(),
            shared_at=self.now,
        )
        return self._answer(made, status.HTTP_201_CREATED)

    @extend_schema(request=UndoInput, responses={200: ShareOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def undo(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Take back to the pool what nobody has spent."""
        share: Share = self.get_object()
        given = self.read_input(UndoInput)
        by = find_acting_member(given.get("member"), actor=self.actor)
        undone = sharing.undo(share=share, by=by, at=self.now)
        return self._answer(undone.share, status.HTTP_200_OK)

    def _draft_parts(self, given: dict[str, Any], head_buyer: Member) -> list[sharing.PartDraft]:
        team = Member.objects.filter(partner_id=head_buyer.partner_id)
        known = {member.public_id: member.pk for member in team}
        if any(part["member"] not in known for part in given["parts"]):
            raise refuse("parts", _("Somebody named is not on the team."), "does_not_exist")
        weights = [int(part.get("weight", 1) * THOUSANDTHS) for part in given["parts"]]
        proposed = sharing.propose(amount=given["amount"], method=given["method"], weights=weights)
        return [
            sharing.PartDraft(
                member_id=known[part["member"]],
                amount=part.get("amount", proposal),
                weight=weight,
                proposed=proposal,
                note=part["note"],
            )
            for part, weight, proposal in zip(given["parts"], weights, proposed, strict=True)
        ]

    def _answer(self, share: Share, code: int) -> Response:
        stored = self.get_queryset().get(pk=share.pk)
        return Response(ShareOutput(stored).data, status=code)
