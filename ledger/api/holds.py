"""Holds: reserve part of an account, then take it or set it free."""

import uuid
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

from ledger import holds
from ledger.api.naming import AccountFilter, AccountNameField, own_wallet_only
from ledger.api.references import AccountReferenceField, find_account, refuse, require_ahead
from ledger.models import TRANSFER_AMOUNT_MAX, Account, Hold
from partners.doors.filtering import MomentFilter, PartnerFilter
from partners.doors.idempotency import idempotent
from partners.doors.serializers import (
    MomentField,
    ReferenceField,
    StrictSerializer,
    WholeNumberField,
)
from partners.doors.views import Door
from partners.keys import Scope

HOLDABLE = (Account.Kind.POOL, Account.Kind.WALLET)


class HoldInput(StrictSerializer):
    account = AccountReferenceField(help_text="A pool or a wallet.")
    amount = WholeNumberField(min_value=1, max_value=TRANSFER_AMOUNT_MAX)
    lapses_at = MomentField(
        required=False, help_text="From then on it is free again by itself. Without: never."
    )
    reference = ReferenceField(help_text="Your own number: one word.")


class CaptureInput(StrictSerializer):
    amount = WholeNumberField(
        required=False, min_value=1, help_text="A part; the rest is free again. Without: all of it."
    )
    reference = ReferenceField(help_text="Your own number: one word.")


class NothingInput(StrictSerializer):
    """The address says it all."""


class HoldOutput(serializers.ModelSerializer[Hold]):
    id = serializers.UUIDField(source="public_id")
    partner = serializers.UUIDField(source="partner.public_id")
    account = AccountNameField()
    unit = serializers.CharField(source="account.unit.code")
    placed_at = MomentField()
    lapses_at = MomentField(allow_null=True)
    ended_at = MomentField(allow_null=True)
    transfer = serializers.UUIDField(
        source="capture.public_id", allow_null=True, default=None, help_text="What captured it."
    )

    class Meta:
        model = Hold
        fields = (
            "id",
            "partner",
            "account",
            "unit",
            "amount",
            "captured",
            "state",
            "reason_code",
            "reference",
            "placed_at",
            "lapses_at",
            "ended_at",
            "transfer",
        )
        read_only_fields = fields


class HoldFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="partner")
    account = AccountFilter(paths=("account__",))
    state = django_filters.ChoiceFilter(choices=Hold.State.choices)
    reference = django_filters.CharFilter()
    placed_from = MomentFilter(field_name="placed_at", lookup_expr="gte")
    placed_until = MomentFilter(field_name="placed_at", lookup_expr="lt")

    class Meta:
        model = Hold
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["ledger"])
class HoldDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, Door):
    """
    Points reserved until somebody decides. What is held can be neither spent nor taken back.

    A hold ends once: captured, released or lapsed. Holds of redemptions are listed too; they are
    ended by deciding about the redemption.
    """

    scopes: ClassVar = {
        "list": Scope.HOLDS_READ,
        "retrieve": Scope.HOLDS_READ,
        "create": Scope.HOLDS_WRITE,
        "capture": Scope.HOLDS_WRITE,
        "release": Scope.HOLDS_WRITE,
    }
    queryset = Hold.objects.none()
    serializer_class = HoldOutput
    filterset_class = HoldFilters

    def get_queryset(self) -> QuerySet[Hold]:
        rows = Hold.objects.for_actor(self.actor)
        if own_wallet_only(self.actor):
            rows = rows.filter(account__member=self.actor.member)
        return rows.select_related(
            "partner", "capture", "account__unit", "account__partner", "account__member"
        )

    @extend_schema(request=HoldInput, responses={201: HoldOutput})
    @idempotent
    def create(self, request: Request) -> Response:
        """Reserve part of a pool or wallet: the slices that expire first."""
        given = self.read_input(HoldInput)
        lapses_at = require_ahead("lapses_at", given.get("lapses_at"), now=self.now)
        account = find_account(given["account"], actor=self.actor)
        if account.kind not in HOLDABLE:
            raise refuse("account", _("Only pools and wallets can be held."), "not_holdable")
        hold = holds.place(
            account=account,
            amount=given["amount"],
            request_key=str(uuid_utils.compat.uuid7()),
            placed_at=self.now,
            lapses_at=lapses_at,
            reference=given["reference"],
        )
        return self._answer(hold.public_id, status.HTTP_201_CREATED)

    @extend_schema(request=CaptureInput, responses={200: HoldOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def capture(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Redeem what is held, or a part of it; the rest is free again."""
        hold = self._find_own()
        given = self.read_input(CaptureInput)
        holds.capture(
            hold=hold,
            amount=given.get("amount"),
            request_key=str(uuid_utils.compat.uuid7()),
            captured_at=self.now,
            reference=given["reference"],
        )
        return self._answer(hold.public_id, status.HTTP_200_OK)

    @extend_schema(request=NothingInput, responses={200: HoldOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def release(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Set free what is held. Releasing it again answers the same."""
        hold = self._find_own()
        self.read_input(NothingInput)
        holds.release(hold=hold, released_at=self.now)
        return self._answer(hold.public_id, status.HTTP_200_OK)

    def _find_own(self) -> Hold:
        """Return the hold, unless a redemption waits on it: that one is decided about there."""
        hold: Hold = self.get_object()
        holds.refuse_unless_placed_by_door(hold)
        return hold

    def _answer(self, public_id: uuid.UUID, code: int) -> Response:
        stored: Any = self.get_queryset().get(public_id=public_id)
        return Response(self.get_serializer(stored).data, status=code)
