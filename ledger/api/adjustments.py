"""Corrections: credits, debits and reversals, posted at once or waiting for a second person."""

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

from ledger import correcting
from ledger.api.holds import NothingInput
from ledger.api.naming import AccountFilter, AccountNameField, own_wallet_only
from ledger.api.references import AccountReferenceField, find_account, refuse
from ledger.correcting import Asker
from ledger.models import TRANSFER_AMOUNT_MAX, Correction
from partners.doors.filtering import MomentFilter, PartnerFilter
from partners.doors.idempotency import idempotent
from partners.doors.serializers import MomentField, StrictSerializer, TextField, WholeNumberField
from partners.doors.views import Door
from partners.keys import Scope
from partners.models import ApiKey

NOTE_LENGTH_MAX = 500


class ReasonedInput(StrictSerializer):
    """What every correction says: why."""

    reason = TextField(max_length=64, help_text="A code of the list of reasons, such as goodwill.")
    note = TextField(
        max_length=NOTE_LENGTH_MAX,
        required=False,
        allow_blank=True,
        default="",
        help_text="For whoever decides. It stays out of the journal.",
    )


class AdjustmentInput(ReasonedInput):
    account = AccountReferenceField(help_text="A pool, a wallet, or a debt to forgive.")
    amount = WholeNumberField(
        min_value=-TRANSFER_AMOUNT_MAX,
        max_value=TRANSFER_AMOUNT_MAX,
        help_text="Above zero credits the account, below zero debits it.",
    )
    expires_at = MomentField(required=False, help_text="Of a credit. Without: never.")
    reference = TextField(
        max_length=100, required=False, allow_blank=True, default="", help_text="Your own number."
    )


class ReverseInput(ReasonedInput):
    amount = WholeNumberField(
        required=False, min_value=1, help_text="A part. Without: all that is left."
    )


class AdjustmentOutput(serializers.ModelSerializer[Correction]):
    id = serializers.UUIDField(source="public_id")
    partner = serializers.UUIDField(source="partner.public_id")
    account = AccountNameField()
    unit = serializers.CharField(source="account.unit.code")
    reason = serializers.CharField(source="reason.code")
    corrects = serializers.UUIDField(
        source="corrects.public_id", allow_null=True, default=None, help_text="What is reversed."
    )
    expires_at = MomentField(allow_null=True)
    requested_at = MomentField()
    decided_at = MomentField(allow_null=True)
    transfer = serializers.UUIDField(
        source="transfer.public_id", allow_null=True, default=None, help_text="Posted as."
    )

    class Meta:
        model = Correction
        fields = (
            "id",
            "kind",
            "state",
            "partner",
            "account",
            "unit",
            "amount",
            "reason",
            "reference",
            "corrects",
            "expires_at",
            "requested_at",
            "decided_at",
            "transfer",
        )
        read_only_fields = fields


class AdjustmentFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="partner")
    account = AccountFilter(paths=("account__",))
    kind = django_filters.ChoiceFilter(choices=Correction.Kind.choices)
    state = django_filters.ChoiceFilter(choices=Correction.State.choices)
    reference = django_filters.CharFilter()
    requested_from = MomentFilter(field_name="requested_at", lookup_expr="gte")
    requested_until = MomentFilter(field_name="requested_at", lookup_expr="lt")

    class Meta:
        model = Correction
        fields: ClassVar[list[str]] = []


def find_asker(request: Request) -> Asker:
    """Only systems with a key come so far: members have no scope that moves anything here."""
    if not isinstance(request.auth, ApiKey):
        raise correcting.MayNotAsk(_("Corrections are asked for with a key."))
    return Asker(key=request.auth)


def answer_status(correction: Correction) -> int:
    """201 for what is posted, 202 for what waits for a second person."""
    is_waiting = correction.state == Correction.State.WAITING
    return status.HTTP_202_ACCEPTED if is_waiting else status.HTTP_201_CREATED


@extend_schema(tags=["ledger"])
class AdjustmentDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, Door):
    """
    Corrections by people and systems, each with its reason.

    Within the limit of API keys a correction is posted at once (201). Above it, it waits for a
    person of the seller (202): ask again for its `state`. `amount` is above zero; `kind` says in
    which direction it goes. A member sees what was posted.
    """

    scopes: ClassVar = {
        "list": Scope.ADJUSTMENTS_READ,
        "retrieve": Scope.ADJUSTMENTS_READ,
        "create": Scope.ADJUSTMENTS_WRITE,
        "withdraw": Scope.ADJUSTMENTS_WRITE,
    }
    queryset = Correction.objects.none()
    serializer_class = AdjustmentOutput
    filterset_class = AdjustmentFilters

    def get_queryset(self) -> QuerySet[Correction]:
        rows = Correction.objects.for_actor(self.actor)
        if self.actor.member is not None:
            rows = rows.filter(state=Correction.State.POSTED)
        if own_wallet_only(self.actor):
            rows = rows.filter(account__member=self.actor.member)
        return rows.select_related(
            "partner",
            "reason",
            "corrects",
            "transfer",
            "account__unit",
            "account__partner",
            "account__member",
        )

    @extend_schema(
        request=AdjustmentInput, responses={201: AdjustmentOutput, 202: AdjustmentOutput}
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Credit or debit an account, or forgive a debt."""
        given = self.read_input(AdjustmentInput)
        if given["amount"] == 0:
            raise refuse("amount", _("It must be above or below zero."), "zero")
        kind = Correction.Kind.CREDIT if given["amount"] > 0 else Correction.Kind.DEBIT
        correction = correcting.ask_adjustment(
            account=find_account(given["account"], actor=self.actor),
            amount=given["amount"],
            reason=correcting.find_reason(given["reason"], kind=kind),
            note=given["note"],
            expires_at=given.get("expires_at"),
            reference=given["reference"],
            asker=find_asker(request),
            request_key=f"api:{uuid_utils.compat.uuid7()}",
            door=Correction.Door.API,
            asked_at=self.now,
        )
        return self._answer(correction, answer_status(correction))

    @extend_schema(request=NothingInput, responses={200: AdjustmentOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def withdraw(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """Take back what still waits. Only the key that asked for it may."""
        correction: Correction = self.get_object()
        self.read_input(NothingInput)
        correcting.withdraw(correction=correction, asker=find_asker(request), at=self.now)
        return self._answer(correction, status.HTTP_200_OK)

    def _answer(self, correction: Correction, code: int) -> Response:
        stored: Any = self.get_queryset().get(pk=correction.pk)
        return Response(self.get_serializer(stored).data, status=code)
