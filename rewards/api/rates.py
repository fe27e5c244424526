"""Rates of exchange: what facts in other currencies are converted by."""

from collections.abc import Mapping
from typing import Any, ClassVar

import django_filters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from partners.doors.idempotency import idempotent
from partners.doors.naming import refuse
from partners.doors.serializers import DayField, MomentField, StrictSerializer, TextField
from partners.doors.views import Door
from partners.keys import Scope
from partners.models import ExchangeRate
from partners.rates import RateRefused, RateRow, check_day, check_pair, read_rate, write_rate
from rewards.stating_rates import state_rates

RATES_MAX = 1_000


class RateInput(StrictSerializer):
    currency = TextField(max_length=3, help_text="ISO 4217.")
    into = TextField(max_length=3, help_text="ISO 4217.")
    day = DayField()
    rate = TextField(
        max_length=18, help_text="What one of `currency` is worth of `into`, as a decimal text."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            check_pair(attrs["currency"], attrs["into"])
            check_day(attrs["day"], today=timezone.localdate())
            return {**attrs, "rate": read_rate(attrs["rate"])}
        except RateRefused as refused:
            raise refuse(refused.field, str(refused), refused.code) from refused


class RatesInput(StrictSerializer):
    rates = serializers.ListField(child=RateInput(), min_length=1, max_length=RATES_MAX)
    source = TextField(  # type: ignore[assignment]  # a declared field
        max_length=64,
        required=False,
        allow_blank=True,
        default="",
        help_text="Whose rates they are.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        stated: dict[tuple[Any, ...], int] = {}
        for place, row in enumerate(attrs["rates"]):
            key = (row["currency"], row["into"], row["day"])
            if stated.setdefault(key, row["rate"]) != row["rate"]:
                said = _("Rate %(place)d says something else of the same day.")
                raise refuse("rates", said % {"place": place}, "said_twice")
        return attrs


class RateOutput(serializers.ModelSerializer[ExchangeRate]):
    rate = serializers.SerializerMethodField()
    recorded_at = MomentField()

    class Meta:
        model = ExchangeRate
        fields = ("currency", "into", "day", "rate", "source", "recorded_at")
        read_only_fields = fields

    def get_rate(self, row: ExchangeRate) -> str:
        return write_rate(row.rate_e8)


class StatedOutput(serializers.Serializer[Any]):
    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    known = serializers.IntegerField()


class RateFilters(django_filters.FilterSet):
    currency = django_filters.CharFilter()
    into = django_filters.CharFilter()
    day_from = django_filters.DateFilter(
        field_name="day", lookup_expr="gte", input_formats=["%Y-%m-%d"]
    )
    day_until = django_filters.DateFilter(
        field_name="day", lookup_expr="lte", input_formats=["%Y-%m-%d"]
    )

    class Meta:
        model = ExchangeRate
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["activities"])
class RateDoor(mixins.ListModelMixin, Door):
    """
    Rates of exchange by day. A fact takes the newest on or before its day, at most a week old.

    A rate is never turned around and never put together out of two others. Stated again it
    replaces the earlier one; what was converted keeps the rate it was converted by.
    """

    scopes: ClassVar = {"list": Scope.RATES_READ, "create": Scope.RATES_WRITE}
    queryset = ExchangeRate.objects.none()
    serializer_class = RateOutput
    filterset_class = RateFilters
    page_order = ("-day", "-pk")

    def get_queryset(self) -> QuerySet[ExchangeRate]:
        return ExchangeRate.objects.all()

    @extend_schema(request=RatesInput, responses={200: StatedOutput})
    @idempotent
    def create(self, request: Request) -> Response:
        """State up to 1,000 rates. What waited in the inbox for one of them is tried again."""
        given = self.read_input(RatesInput)
        if not self.actor.sees_every_partner:
            raise PermissionDenied
        stated = state_rates(
            [read_row(row) for row in given["rates"]],
            source=given["source"],
            by=self.actor.person,
            at=self.now,
        )
        return Response({"new": stated.new, "changed": stated.changed, "known": stated.known})


def read_row(row: Mapping[str, Any]) -> RateRow:
    return RateRow(row["currency"], row["into"], row["day"], row["rate"])
