"""Taking rewards, and deciding about what was taken."""

import uuid
from collections.abc import Callable
from typing import Any, ClassVar

import django_filters
import uuid_utils.compat
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ledger import accounts
from ledger.api.naming import AccountNameField, own_wallet_only
from partners.doors.filtering import MomentFilter, PartnerFilter
from partners.doors.idempotency import idempotent
from partners.doors.serializers import (
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
from rewards import redeeming
from rewards.api.references import find_acting_member, find_programme, refuse
from rewards.catalogue.registry import kind_of
from rewards.models import Redemption, Reward

Move = Callable[..., Redemption]


class NotYours(Exception):
    """Only whoever took the reward may call it off; a system of the seller decides otherwise."""


class DetailsField(serializers.DictField):
    """What the kind of reward asks the taker for, such as an address."""

    child = serializers.JSONField()


class RedemptionInput(StrictSerializer):
    reward = TextField(max_length=64, help_text="Its code.")
    programme = TextField(max_length=64, required=False)
    pay_from = OneOfField(
        choices=["pool", "wallet"], required=False, default="pool", help_text="Whose points pay."
    )
    member = PublicIdField(required=False, help_text="Who takes it. Required with a key.")
    price_seen = WholeNumberField(
        required=False, min_value=1, help_text="Refuses if the price is another one by now."
    )
    details = DetailsField(required=False, default=dict)


class ReasonInput(StrictSerializer):
    reason = TextField(max_length=200, required=False, allow_blank=True, default="")


class RedemptionOutput(serializers.ModelSerializer[Redemption]):
    id = serializers.UUIDField(source="public_id")
    partner = serializers.UUIDField(source="partner.public_id")
    member = serializers.UUIDField(source="member.public_id")
    reward = serializers.CharField(source="reward.slug")
    reward_name = serializers.CharField(source="reward.name")
    programme = serializers.CharField(source="reward.programme.code")
    unit = serializers.CharField(source="reward.programme.main_unit.code")
    paid_from = AccountNameField(source="account")
    details = serializers.DictField()
    delivery = serializers.SerializerMethodField()
    hold = serializers.UUIDField(
        source="hold.public_id",
        allow_null=True,
        default=None,
        help_text="What reserves the price while somebody decides.",
    )
    reserved_until = MomentField(
        allow_null=True, help_text="A request that nobody decided about by then lapses."
    )
    transfer = serializers.UUIDField(
        source="transfer.public_id",
        allow_null=True,
        default=None,
        help_text="What spent the price; null until it is approved.",
    )
    refund = serializers.UUIDField(source="refund.public_id", allow_null=True, default=None)
    requested_at = MomentField()

    class Meta:
        model = Redemption
        fields = (
            "id",
            "partner",
            "member",
            "reward",
            "reward_name",
            "programme",
            "state",
            "price",
            "unit",
            "paid_from",
            "details",
            "delivery",
            "hold",
            "reserved_until",
            "transfer",
            "refund",
            "requested_at",
        )
        read_only_fields = fields

    def get_delivery(self, redemption: Redemption) -> dict[str, Any]:
        """Codes are for the taker's eyes: everybody else sees the rest."""
        delivery: dict[str, Any] = redemption.delivery
        taker = self.context["view"].actor.member
        if not delivery or (taker is not None and taker.pk == redemption.member_id):
            return delivery
        facts = kind_of(redemption.reward.kind).describe_delivery(redemption)
        secrets = {str(fact.value) for fact in facts if fact.is_secret}
        return {name: value for name, value in delivery.items() if str(value) not in secrets}


class RedemptionFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="partner")
    state = django_filters.ChoiceFilter(choices=Redemption.State.choices)
    reward = django_filters.CharFilter(field_name="reward__slug")
    programme = django_filters.CharFilter(field_name="reward__programme__code")
    requested_from = MomentFilter(field_name="requested_at", lookup_expr="gte")
    requested_until = MomentFilter(field_name="requested_at", lookup_expr="lt")

    class Meta:
        model = Redemption
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["rewards"])
class RedemptionDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, Door):
    """Rewards taken. Price and eligibility are fixed at the request."""

    scopes: ClassVar = {
        "list": Scope.REDEMPTIONS_READ,
        "retrieve": Scope.REDEMPTIONS_READ,
        "create": Scope.REDEMPTIONS_WRITE,
        "approve": Scope.REDEMPTIONS_DECIDE,
        "fulfil": Scope.REDEMPTIONS_DECIDE,
        "reject": Scope.REDEMPTIONS_DECIDE,
        "cancel": Scope.REDEMPTIONS_WRITE,
    }
    queryset = Redemption.objects.none()
    serializer_class = RedemptionOutput
    filterset_class = RedemptionFilters
    page_order = ("-requested_at", "-pk")

    def get_queryset(self) -> QuerySet[Redemption]:
        rows = Redemption.objects.for_actor(self.actor)
        if own_wallet_only(self.actor):
            rows = rows.filter(member=self.actor.member)
        return rows.for_listing().select_related(
            "reward__programme__main_unit",
            "member",
            "partner",
            "account__unit",
            "account__partner",
            "account__member",
            "hold",
            "transfer",
            "refund",
        )

    @extend_schema(request=RedemptionInput, responses={201: RedemptionOutput})
    @idempotent
    def create(self, request: Request) -> Response:
        """
        Take a reward: its price leaves the pool or the wallet at once.

        What needs approval reserves its price instead, until somebody decides or it lapses.
        """
        given = self.read_input(RedemptionInput)
        member = find_acting_member(given.get("member"), actor=self.actor)
        programme = find_programme(given.get("programme"))
        reward = Reward.objects.filter(programme=programme, slug=given["reward"]).first()
        if reward is None:
            raise refuse("reward", _("There is no such reward."), "does_not_exist")
        unit = programme.main_unit
        from_pool = given["pay_from"] == "pool"
        redemption = redeeming.redeem(
            member=member,
            account=accounts.pool(unit, member.partner)
            if from_pool
            else accounts.wallet(unit, member),
            reward=reward,
            request_id=uuid_utils.compat.uuid7(),
            details=given["details"],
            redeemed_at=self.now,
            price_seen=given.get("price_seen"),
        )
        return self._answer(redemption.public_id, status.HTTP_201_CREATED)

    @extend_schema(request=ReasonInput, responses={200: RedemptionOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def approve(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Let a request through: its points go, and what can be delivered at once is."""
        return self._move(redeeming.approve)

    @extend_schema(request=ReasonInput, responses={200: RedemptionOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def fulfil(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Say that what was approved has been handed over."""
        return self._move(redeeming.fulfil)

    @extend_schema(request=ReasonInput, responses={200: RedemptionOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def reject(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Refuse a request. What was reserved for it is free again."""
        return self._move(redeeming.reject)

    @extend_schema(request=ReasonInput, responses={200: RedemptionOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """
        Call off what is not delivered yet. The same points come back.

        A member may do so with their own requests, until they are approved.
        """
        if self.actor.member is not None:
            return self._withdraw(self.actor.member)
        return self._move(redeeming.cancel)

    def _move(self, move: Move) -> Response:
        redemption: Redemption = self.get_object()
        given = self.read_input(ReasonInput)
        move(redemption=redemption, by=self.actor.person, reason=given["reason"], at=self.now)
        return self._answer(redemption.public_id, status.HTTP_200_OK)

    def _withdraw(self, member: Member) -> Response:
        redemption: Redemption = self.get_object()
        self.read_input(ReasonInput)
        if redemption.member_id != member.pk:
            raise NotYours(_("Only whoever took it may call it off."))
        redeeming.withdraw(redemption=redemption, by=member.person, at=self.now)
        return self._answer(redemption.public_id, status.HTTP_200_OK)

    def _answer(self, public_id: uuid.UUID, code: int) -> Response:
        stored = self.get_queryset().get(public_id=public_id)
        return Response(self.get_serializer(stored).data, status=code)
