"""Reading reported activities out of request bodies: each by itself, looked up together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Q
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from partners.doors.filtering import ERP_PREFIX
from partners.doors.serializers import (
    DayField,
    ExactAmountTextField,
    MomentField,
    OneOfField,
    PublicIdField,
    StrictSerializer,
    TextField,
    TrueOrFalseField,
)
from partners.doors.views import Door
from partners.intake import ActivityReport, LineReport
from partners.models import Activity, Actor, Member, Partner
from partners.models.amounts import to_ten_thousandths
from rewards.api.references import PartnerReferenceField, refuse
from rewards.models import Programme

BATCH_MAX = 1_000
LINES_MAX = 1_000
ATTRIBUTES_MAX = 50
AMOUNT_BELOW = Decimal(10**9)
CLOCK_SKEW = timedelta(minutes=5)
KINDS_WITH_LINES = (Activity.Kind.ORDER, Activity.Kind.RETURN)


class LineInput(StrictSerializer):
    sku = TextField(max_length=64)
    quantity = ExactAmountTextField(positive=True)
    amount = ExactAmountTextField(positive=True, help_text="Net amount of the whole line.")
    description = TextField(max_length=255, required=False, allow_blank=True, default="")
    category = TextField(max_length=64, required=False, allow_blank=True, default="")


@extend_schema_field(
    {"type": "object", "additionalProperties": {"type": ["string", "integer", "boolean"]}}
)
class AttributesField(serializers.Field[Any, Any, Any, Any]):
    """Further values by name: texts, whole numbers, true or false."""

    default_error_messages: ClassVar = {
        "invalid": "Send an object of texts, whole numbers, true or false.",
        "too_many": f"Send at most {ATTRIBUTES_MAX} attributes.",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        if len(data) > ATTRIBUTES_MAX:
            self.fail("too_many")
        for name, value in data.items():
            fits = len(name) <= 64 and isinstance(value, str | int) and len(str(value)) <= 500
            if not fits:
                self.fail("invalid")
        return dict(data)

    def to_representation(self, value: Any) -> Any:
        return value


class ActivityInput(StrictSerializer):
    kind = OneOfField(choices=Activity.Kind.choices)
    partner = PartnerReferenceField(help_text="Its id, or `erp:` and its ERP number.")
    source = TextField(max_length=64, help_text="The system that reports it.")  # type: ignore[assignment]  # a declared field
    external_id = TextField(max_length=100, help_text="Its number in that system.")
    occurred_at = MomentField()
    currency = TextField(max_length=3, min_length=3)
    lines = serializers.ListField(
        child=LineInput(), required=False, default=list, max_length=LINES_MAX
    )
    amount = ExactAmountTextField(
        required=False, help_text="Net amount. Without it, the sum of the lines."
    )
    country = TextField(max_length=64, required=False, allow_blank=True, default="")
    member = PublicIdField(required=False, help_text="The member of the team who did it.")
    due_on = DayField(required=False)
    paid_on = DayField(required=False)
    attributes = AttributesField(required=False, default=dict)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["kind"] in KINDS_WITH_LINES and not attrs["lines"]:
            raise refuse("lines", _("An order or a return needs at least one line."), "required")
        total = sum((line["amount"] for line in attrs["lines"]), Decimal(0))
        amount = attrs.get("amount", total)
        if attrs["lines"] and amount != total:
            said = _("The lines add up to %(total)s.") % {"total": total}
            raise refuse("amount", said, "not_the_sum")
        if amount >= AMOUNT_BELOW:
            raise refuse("amount", _("The amount is too large."), "too_large")
        if attrs["occurred_at"] > self.context["view"].now + CLOCK_SKEW:
            raise refuse("occurred_at", _("This has not happened yet."), "in_future")
        currencies = self.context["currencies"]
        if attrs["currency"] not in currencies:
            said = _("Known here: %(known)s.") % {"known": ", ".join(sorted(currencies))}
            raise refuse("currency", said, "currency_not_known")
        return {**attrs, "amount": amount}


class BatchInput(StrictSerializer):
    activities = serializers.ListField(
        # Each item is read by itself, so that one bad item, even a null, spoils nothing.
        child=serializers.JSONField(allow_null=True),
        min_length=1,
        max_length=BATCH_MAX,
    )
    all_or_nothing = TrueOrFalseField(required=False, default=False)


@dataclass(frozen=True, slots=True)
class ReadItem:
    """One item as read: what it reports, or what is wrong with it."""

    report: ActivityReport | None = None
    error: serializers.ValidationError | None = None


def read_items(items: Sequence[Any], *, actor: Actor, view: Door) -> list[ReadItem]:
    """Read each item by itself; partners and members are looked up once for all of them."""
    currencies = set(Programme.objects.live().values_list("currency", flat=True))
    reader = ActivityInput(context={"view": view, "currencies": currencies})
    values: list[Mapping[str, Any] | serializers.ValidationError] = []
    for item in items:
        try:
            values.append(reader.run_validation(item))
        except serializers.ValidationError as error:
            values.append(error)
    good = [value for value in values if isinstance(value, Mapping)]
    partners = find_partners({value["partner"] for value in good}, actor=actor)
    members = find_members({value["member"] for value in good if "member" in value}, actor=actor)
    return [_resolve(value, partners, members) for value in values]


def _resolve(
    value: Mapping[str, Any] | serializers.ValidationError,
    partners: Mapping[str, Partner],
    members: Mapping[Any, Member],
) -> ReadItem:
    if isinstance(value, serializers.ValidationError):
        return ReadItem(error=value)
    try:
        return ReadItem(report=to_report(value, partners=partners, members=members))
    except serializers.ValidationError as error:
        return ReadItem(error=error)


def find_partners(references: set[str], *, actor: Actor) -> dict[str, Partner]:
    """Return partners by the references that name them, in one query."""
    numbers = {
        reference: reference.removeprefix(ERP_PREFIX)
        for reference in references
        if reference.startswith(ERP_PREFIX)
    }
    ids = {reference: reference.lower() for reference in references - numbers.keys()}
    rows = Partner.objects.for_actor(actor).filter(
        Q(public_id__in=ids.values()) | Q(erp_number__in=numbers.values())
    )
    by_id = {str(partner.public_id): partner for partner in rows}
    by_number = {partner.erp_number: partner for partner in by_id.values()}
    found = {ref: by_id[key] for ref, key in ids.items() if key in by_id}
    return found | {ref: by_number[key] for ref, key in numbers.items() if key in by_number}


def find_members(public_ids: set[Any], *, actor: Actor) -> dict[Any, Member]:
    if not public_ids:
        return {}
    rows = Member.objects.for_actor(actor).filter(public_id__in=public_ids)
    return {member.public_id: member for member in rows}


def to_report(
    value: Mapping[str, Any],
    *,
    partners: Mapping[str, Partner],
    members: Mapping[Any, Member],
) -> ActivityReport:
    partner = partners.get(value["partner"])
    if partner is None:
        raise refuse("partner", _("There is no such partner."), "does_not_exist")
    if partner.status == Partner.Status.CLOSED:
        raise refuse("partner", _("This partner is closed."), "partner_closed")
    member = members.get(value["member"]) if "member" in value else None
    if "member" in value and (member is None or member.partner_id != partner.pk):
        raise refuse("member", _("There is no such member of this partner."), "does_not_exist")
    return ActivityReport(
        kind=value["kind"],
        partner_id=partner.pk,
        source=value["source"],
        external_id=value["external_id"],
        occurred_at=value["occurred_at"],
        currency=value["currency"],
        lines=[
            LineReport(
                sku=line["sku"],
                quantity_e4=to_ten_thousandths(line["quantity"]),
                amount_e4=to_ten_thousandths(line["amount"]),
                description=line["description"],
                category=line["category"],
            )
            for line in value["lines"]
        ],
        amount_e4=to_ten_thousandths(value["amount"]),
        member_id=member.pk if member else None,
        country=value["country"],
        due_on=value.get("due_on"),
        paid_on=value.get("paid_on"),
        attributes=value["attributes"],
    )
