"""The gift register, and the consents to personal earning behind it."""

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.models import Transfer
from partners.doors.filtering import MomentFilter, PartnerFilter, TrueOrFalseFilter
from partners.doors.idempotency import idempotent
from partners.doors.serializers import MomentField, StrictSerializer, TextField
from partners.doors.views import Door
from partners.keys import Scope
from partners.models import Member
from rewards import consenting
from rewards.api.references import find_programme
from rewards.gift_register import GiftKind, of_wallets, tell_of, with_owners
from rewards.models import EarningConsent


class WithdrawInput(StrictSerializer):
    programme = TextField(
        max_length=64, required=False, help_text="Its code, where there are several."
    )


class ConsentOutput(serializers.ModelSerializer[EarningConsent]):
    partner = serializers.UUIDField(source="partner.public_id")
    member = serializers.UUIDField(source="member.public_id")
    programme = serializers.CharField(source="programme.code")
    approver = serializers.UUIDField(source="approver.public_id")
    given_at = MomentField()
    withdrawn_at = MomentField(allow_null=True)

    class Meta:
        model = EarningConsent
        fields = (
            "partner",
            "member",
            "programme",
            "version",
            "approver",
            "terms_version",
            "terms",
            "given_at",
            "withdrawn_at",
        )
        read_only_fields = fields


class ConsentFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="partner")
    in_force = TrueOrFalseFilter(field_name="withdrawn_at", lookup_expr="isnull")

    class Meta:
        model = EarningConsent
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["rewards"])
class ConsentDoor(mixins.ListModelMixin, Door):
    """
    Who may earn for themselves, by whose word and to which terms.

    A consent is given in the portal only, by the person whom the company named; systems read, and
    withdraw what a company asks them to.
    """

    scopes: ClassVar = {"list": Scope.CONSENTS_READ, "withdraw": Scope.CONSENTS_WRITE}
    queryset = EarningConsent.objects.none()
    serializer_class = ConsentOutput
    filterset_class = ConsentFilters
    page_order = ("-given_at", "-pk")

    def get_queryset(self) -> QuerySet[EarningConsent]:
        rows = EarningConsent.objects.for_actor(self.actor)
        return rows.select_related("partner", "member", "programme", "approver")

    @extend_schema(request=WithdrawInput, responses={200: ConsentOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def withdraw(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the URL
        """
        End the consent of the member that the address names: they earn for the pool from now on.

        Withdrawn before, the last one is returned as it is.
        """
        members = Member.objects.for_actor(self.actor)
        member: Member = self.find_or_refuse(members, public_id=self.kwargs["id"])
        given = self.read_input(WithdrawInput)
        programme = find_programme(given.get("programme"))
        found = self.get_queryset().filter(programme=programme).order_by("-version")
        consent: EarningConsent = self.find_or_refuse(found, member=member)
        ended = consenting.withdraw(consent=consent, by=self.actor, at=self.now)
        return Response(ConsentOutput(self.get_queryset().get(pk=ended.pk)).data)


class GiftOutput(serializers.Serializer[Any]):
    transfer = serializers.UUIDField(source="public_id")
    occurred_at = MomentField(source="at")
    kind = serializers.ChoiceField(choices=[each.value for each in GiftKind])
    programme = serializers.CharField(source="programme.code")
    partner = serializers.UUIDField(source="partner.public_id")
    member = serializers.UUIDField(source="member.public_id")
    amount = serializers.IntegerField(
        source="units", help_text="Minor units; below zero where something went back."
    )
    unit = serializers.CharField(source="programme.main_unit.code")
    value = serializers.DecimalField(
        max_digits=24, decimal_places=4, help_text="What it was worth then."
    )
    currency = serializers.CharField(source="programme.currency")
    counts = serializers.BooleanField(
        help_text="Whether it changes what the person was given in all; a use of it does not."
    )
    about = serializers.CharField(help_text="A document, the reason of a share, or a reward.")


class GiftFilters(django_filters.FilterSet):
    programme = django_filters.CharFilter(
        method="ignore", label="Its code, where there are several."
    )
    partner = PartnerFilter(field_name="partner")
    occurred_from = MomentFilter(field_name="occurred_at", lookup_expr="gte")
    occurred_until = MomentFilter(field_name="occurred_at", lookup_expr="lt")

    class Meta:
        model = Transfer
        fields: ClassVar[list[str]] = []

    def ignore(self, rows: QuerySet[Transfer], name: str, value: str) -> QuerySet[Transfer]:
        """The rows are of that programme already."""
        return rows


@extend_schema(tags=["rewards"])
class GiftDoor(Door):
    """
    What people, not companies, were given: shared points, what they earned for themselves, and
    what went back. Names stay in the portal and the admin; members are named by id.
    """

    scopes: ClassVar = {"list": Scope.GIFTS_READ}
    queryset = Transfer.objects.none()
    serializer_class = GiftOutput
    filterset_class = GiftFilters
    page_order = ("occurred_at", "pk")

    def get_queryset(self) -> QuerySet[Transfer]:
        self.programme = find_programme(self.request.query_params.get("programme"))
        return with_owners(of_wallets(programme=self.programme, actor=self.actor))

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the gift register of a programme, oldest first."""
        rows: Any = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        lines = tell_of(rows, programme=self.programme, actor=self.actor)
        return self.get_paginated_response(GiftOutput(lines, many=True).data)
