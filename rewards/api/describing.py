"""An activity as the API shows it, with what it earned and what it comes to elsewhere."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from partners.doors.serializers import ExactAmountTextField, MomentField
from partners.models import Activity, ActivityLine, ConvertedAmount
from partners.rates import write_rate
from rewards.models import Award


class LineOutput(serializers.ModelSerializer[ActivityLine]):
    quantity = ExactAmountTextField()
    amount = ExactAmountTextField()

    class Meta:
        model = ActivityLine
        fields = ("position", "sku", "description", "category", "quantity", "amount")
        read_only_fields = fields


class EarnedOutput(serializers.ModelSerializer[Award]):
    id = serializers.UUIDField(source="public_id")
    rule = serializers.CharField(source="rule_code")
    unit = serializers.CharField(source="unit.code")

    class Meta:
        model = Award
        fields = ("id", "rule", "amount", "unit")
        read_only_fields = fields


class RefersToOutput(serializers.Serializer[Any]):
    """``id`` is null while the other activity is not here."""

    id = serializers.UUIDField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]  # a declared field
    external_id = serializers.CharField()
    is_waited_for = serializers.BooleanField()


class ConvertedOutput(serializers.ModelSerializer[ConvertedAmount]):
    amount = ExactAmountTextField()
    rate = serializers.SerializerMethodField()

    class Meta:
        model = ConvertedAmount
        fields = ("currency", "amount", "rate", "rate_day")
        read_only_fields = fields

    def get_rate(self, row: ConvertedAmount) -> str:
        return write_rate(row.rate_e8)


class ActivityOutput(serializers.ModelSerializer[Activity]):
    id = serializers.UUIDField(source="public_id")
    partner = serializers.UUIDField(source="partner.public_id")
    member = serializers.UUIDField(source="member.public_id", allow_null=True, default=None)
    occurred_at = MomentField()
    amount = ExactAmountTextField()
    quantity = ExactAmountTextField(allow_null=True)
    refers_to = serializers.SerializerMethodField()
    converted = ConvertedOutput(
        many=True, help_text="What it comes to in the currencies of programmes."
    )
    lines = LineOutput(many=True)
    awards = EarnedOutput(many=True)
    recorded_at = MomentField()

    class Meta:
        model = Activity
        fields = (
            "id",
            "kind",
            "partner",
            "member",
            "source",
            "external_id",
            "occurred_at",
            "amount",
            "currency",
            "converted",
            "quantity",
            "refers_to",
            "country",
            "due_on",
            "paid_on",
            "attributes",
            "lines",
            "awards",
            "content_hash",
            "recorded_at",
        )
        read_only_fields = fields

    @extend_schema_field(RefersToOutput(allow_null=True))
    def get_refers_to(self, activity: Activity) -> dict[str, Any] | None:
        if activity.refers_to is not None:
            original = activity.refers_to
            return {
                "id": str(original.public_id),
                "source": original.source,
                "external_id": original.external_id,
                "is_waited_for": False,
            }
        waiting = getattr(activity, "waiting_reference", None)
        if waiting is None:
            return None
        return {
            "id": None,
            "source": waiting.source,
            "external_id": waiting.external_id,
            "is_waited_for": waiting.given_up_at is None,
        }
