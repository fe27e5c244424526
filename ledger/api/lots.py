"""Lots: slices of balances with their expiry."""

from typing import ClassVar

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers

from ledger.api.naming import AccountFilter, AccountNameField, own_wallet_only
from ledger.models import Lot
from partners.doors.filtering import (
    MomentFilter,
    PartnerFilter,
)
from partners.doors.serializers import MomentField
from partners.doors.views import Door
from partners.keys import Scope


class LotOutput(serializers.ModelSerializer[Lot]):
    account = AccountNameField()
    unit = serializers.CharField(source="account.unit.code")
    origin = serializers.UUIDField(
        source="origin.public_id", help_text="The transfer that first credited it."
    )
    opened_by = serializers.UUIDField(source="opened_by.public_id")
    earned_at = MomentField()
    matures_at = MomentField(allow_null=True)
    expires_at = MomentField(allow_null=True)

    class Meta:
        model = Lot
        fields = (
            "account",
            "unit",
            "origin",
            "opened_by",
            "amount",
            "remaining",
            "held",
            "earned_at",
            "matures_at",
            "expires_at",
        )
        read_only_fields = fields


class LotFilters(django_filters.FilterSet):
    partner = PartnerFilter(field_name="account__partner")
    account = AccountFilter(paths=("account__",))
    state = django_filters.ChoiceFilter(
        choices=[("open", _("Something left")), ("used", _("Used up"))], method="filter_by_state"
    )
    expires_from = MomentFilter(field_name="expires_at", lookup_expr="gte")
    expires_until = MomentFilter(field_name="expires_at", lookup_expr="lt")

    class Meta:
        model = Lot
        fields: ClassVar[list[str]] = []

    def filter_by_state(self, rows: QuerySet[Lot], name: str, value: str) -> QuerySet[Lot]:
        return rows.filter(remaining__gt=0) if value == "open" else rows.filter(remaining=0)


@extend_schema(tags=["ledger"])
class LotDoor(mixins.ListModelMixin, Door):
    """Slices of balances, each with its own expiry. Those that expire first are spent first."""

    scopes: ClassVar = {"list": Scope.ACCOUNTS_READ}
    queryset = Lot.objects.none()
    serializer_class = LotOutput
    filterset_class = LotFilters
    page_order = ("pk",)

    def get_queryset(self) -> QuerySet[Lot]:
        rows = Lot.objects.for_actor(self.actor)
        if own_wallet_only(self.actor):
            rows = rows.filter(account__member=self.actor.member)
        return rows.select_related(
            "account__unit", "account__partner", "account__member", "origin", "opened_by"
        )
