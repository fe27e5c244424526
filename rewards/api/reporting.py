"""Reading reported activities out of request bodies: each by itself, looked up together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from partners.doors.filtering import ERP_PREFIX, is_ref, read_ref
from partners.doors.serializers import (
    DayField,
    ExactAmountTextField,
    LineField,
    MomentField,
    PublicIdField,
    StrictSerializer,
    TextField,
    TrueOrFalseField,
)
from partners.doors.views import Door
from partners.enrolling import find_holders
from partners.kinds import KINDS, Kind, all_kinds, check
from partners.kinds.checking import ATTRIBUTES_MAX, fits_openly
from partners.models import Activity, Actor, Member, Partner
from partners.models.amounts import to_ten_thousandths
from partners.reports import ActivityReport, LineReport, NaturalKey
from rewards.api.placing import Placing, place
from rewards.api.references import PartnerReferenceField, refuse
from rewards.inbox import NOBODY, Unplaced

BATCH_MAX = 1_000
LINES_MAX = 1_000
AMOUNT_BELOW = Decimal(10**9)
CLOCK_SKEW = timedelta(minutes=5)
KINDS_WITH_LINES = (Activity.Kind.ORDER, Activity.Kind.RETURN)


class LineInput(StrictSerializer):
    sku = LineField(max_length=64)
    quantity = ExactAmountTextField(positive=True)
    amount = ExactAmountTextField(positive=True, help_text="Net amount of the whole line.")
    description = TextField(max_length=255, required=False, allow_blank=True, default="")
    category = LineField(max_length=64, required=False, allow_blank=True, default="")


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": ["string", "integer", "boolean"]},
        "maxProperties": ATTRIBUTES_MAX,
    }
)
class AttributesField(serializers.Field[Any, Any, Any, Any]):
    """Further values by name, as the kind declares them: texts, whole numbers, true or false."""

    default_error_messages: ClassVar = {
        "invalid": gettext_lazy("Send an object of texts, whole numbers, true or false."),
        "too_many": gettext_lazy("There are too many attributes."),
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        if len(data) > ATTRIBUTES_MAX:
            self.fail("too_many")
        if not all(fits_openly(name, value) for name, value in data.items()):
            self.fail("invalid")
        return dict(data)

    def to_representation(self, value: Any) -> Any:
        return value


class RefersToInput(StrictSerializer):
    source = LineField(  # type: ignore[assignment]  # a declared field
        max_length=64, required=False, help_text="Without it, the source of the activity itself."
    )
    external_id = LineField(max_length=100, help_text="The number of the other activity.")


class WhatHappenedInput(StrictSerializer):
    """What a report and a supposition say alike; the kind says what of it must be there."""

    kind = LineField(
        max_length=40,
        help_text=f"One of {', '.join(KINDS)}, or the code of an own kind. See `GET /kinds`.",
    )
    partner = PartnerReferenceField(help_text="Its id, or `erp:` and its ERP number.")
    currency = TextField(
        max_length=3,
        required=False,
        allow_blank=True,
        default="",
        help_text="ISO 4217. Needed where there is an amount.",
    )
    lines = serializers.ListField(
        child=LineInput(), required=False, default=list, max_length=LINES_MAX
    )
    amount = ExactAmountTextField(
        required=False, help_text="Net amount. Without it, the sum of the lines."
    )
    quantity = ExactAmountTextField(
        required=False, positive=True, help_text="Of what is counted without lines."
    )
    refers_to = RefersToInput(
        required=False,
        help_text="The activity this one is about: a return its order, a payment its invoice. "
        "It may come later.",
    )
    country = LineField(max_length=64, required=False, allow_blank=True, default="")
    member = PublicIdField(required=False, help_text="The member of the team who did it.")
    due_on = DayField(required=False)
    paid_on = DayField(required=False)
    attributes = AttributesField(
        required=False, default=dict, help_text="Typed by the kind. See `GET /kinds`."
    )

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
        if attrs.get("quantity", 0) >= AMOUNT_BELOW:
            raise refuse("quantity", _("The quantity is too large."), "too_large")
        if sum(line["quantity"] for line in attrs["lines"]) >= AMOUNT_BELOW:
            raise refuse("lines", _("The quantity is too large."), "too_large")
        return {**attrs, "amount": amount}


class ActivityInput(WhatHappenedInput):
    source = LineField(max_length=64, help_text="The system that reports it.")  # type: ignore[assignment]  # a declared field
    external_id = LineField(max_length=100, help_text="Its number in that system.")
    occurred_at = MomentField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = super().validate(attrs)
        if given["occurred_at"] > self.context["view"].now + CLOCK_SKEW:
            raise refuse("occurred_at", _("This has not happened yet."), "in_future")
        return given


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
    """One item as read: what it reports, of whom perhaps nobody knows, or what is wrong with it."""

    report: ActivityReport | Unplaced | None = None
    error: serializers.ValidationError | None = None


def read_items(
    items: Sequence[Any], *, actor: Actor, view: Door, may_wait: bool = True
) -> list[ReadItem]:
    """
    Read each item by itself; partners and members are looked up once for all of them.

    What names a partner that nobody knows may wait for it, if it comes from a system that sees
    every partner. To all others an unknown partner is like somebody else's.
    """
    reader = ActivityInput(context={"view": view})
    values: list[Mapping[str, Any] | serializers.ValidationError] = []
    for item in items:
        try:
            values.append(reader.run_validation(item))
        except serializers.ValidationError as error:
            values.append(error)
    good = [value for value in values if isinstance(value, Mapping)]
    partners = find_partners({value["partner"] for value in good}, actor=actor)
    members = find_members({value["member"] for value in good if "member" in value}, actor=actor)
    is_known = all(value["kind"] in KINDS for value in good)
    kinds = KINDS if is_known else all_kinds()
    placing = Placing()
    if may_wait and actor.sees_every_partner:
        placing = place([value for value in good if value["partner"] not in partners])
    return [_resolve(value, partners, members, kinds, placing) for value in values]


def _resolve(
    value: Mapping[str, Any] | serializers.ValidationError,
    partners: Mapping[str, Partner],
    members: Mapping[Any, Member],
    kinds: Mapping[str, Kind],
    placing: Placing,
) -> ReadItem:
    if isinstance(value, serializers.ValidationError):
        return ReadItem(error=value)
    found = placing.partners.get(id(value)) or partners.get(value["partner"])
    reference = placing.references.get(id(value))
    try:
        if found is None and reference is not None:
            report = check_kind(to_report(value, partner_id=NOBODY, member_id=None), kinds=kinds)
            return ReadItem(report=Unplaced(report, reference))
        partner, member = check_who(value, partner=found, members=members)
        report = to_report(value, partner_id=partner.pk, member_id=member.pk if member else None)
        return ReadItem(report=check_kind(report, kinds=kinds))
    except serializers.ValidationError as error:
        return ReadItem(error=error)


def find_partners(references: set[str], *, actor: Actor) -> dict[str, Partner]:
    """Return partners by the references that name them: one query, two with other numbers."""
    named = {reference: read_ref(reference) for reference in references if is_ref(reference)}
    holders = find_holders(named.values())
    numbers = {
        reference: reference.removeprefix(ERP_PREFIX)
        for reference in references
        if reference.startswith(ERP_PREFIX)
    }
    ids = {reference: reference.lower() for reference in references - numbers.keys() - named.keys()}
    rows = Partner.objects.for_actor(actor).filter(
        Q(public_id__in=ids.values())
        | Q(erp_number__in=numbers.values())
        | Q(pk__in=holders.values())
    )
    by_id = {str(partner.public_id): partner for partner in rows}
    by_number = {partner.erp_number: partner for partner in by_id.values()}
    found = {ref: by_id[key] for ref, key in ids.items() if key in by_id}
    by_pk = {partner.pk: partner for partner in by_id.values()}
    found |= {ref: by_pk[holders[key]] for ref, key in named.items() if holders.get(key) in by_pk}
    return found | {ref: by_number[key] for ref, key in numbers.items() if key in by_number}


def find_members(public_ids: set[Any], *, actor: Actor) -> dict[Any, Member]:
    if not public_ids:
        return {}
    rows = Member.objects.for_actor(actor).filter(public_id__in=public_ids)
    return {member.public_id: member for member in rows}


def check_who(
    value: Mapping[str, Any], *, partner: Partner | None, members: Mapping[Any, Member]
) -> tuple[Partner, Member | None]:
    """
    Return the partner and the member that an activity is of.

    :raises ValidationError: If they are not there, closed, or do not go together.
    """
    if partner is None:
        raise refuse("partner", _("There is no such partner."), "does_not_exist")
    if partner.status == Partner.Status.CLOSED:
        raise refuse("partner", _("This partner is closed."), "partner_closed")
    member = members.get(value["member"]) if "member" in value else None
    if "member" in value and (member is None or member.partner_id != partner.pk):
        raise refuse("member", _("There is no such member of this partner."), "does_not_exist")
    return partner, member


def to_report(
    value: Mapping[str, Any], *, partner_id: int, member_id: int | None
) -> ActivityReport:
    return ActivityReport(
        kind=value["kind"],
        partner_id=partner_id,
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
        quantity_e4=to_ten_thousandths(value["quantity"]) if "quantity" in value else None,
        refers_to=read_reference(value),
        member_id=member_id,
        country=value["country"],
        due_on=value.get("due_on"),
        paid_on=value.get("paid_on"),
        attributes=value["attributes"],
    )


def read_reference(value: Mapping[str, Any]) -> NaturalKey | None:
    """Return which other activity a report names; by itself a number is one of the same source."""
    named = value.get("refers_to")
    return (named.get("source") or value["source"], named["external_id"]) if named else None


def check_kind(report: ActivityReport, *, kinds: Mapping[str, Kind]) -> ActivityReport:
    """
    Return the report as its kind is stored.

    :raises ValidationError: With a pointer to each field that the kind has otherwise, or not.
    """
    checked = check(report, kinds=kinds)
    if not checked.problems:
        return checked.report
    errors: dict[str, Any] = {}
    for problem in checked.problems:
        name, _slash, inner = problem.field.partition("/")
        told = [serializers.ErrorDetail(problem.detail, code=problem.code)]
        if inner and isinstance(errors.setdefault(name, {}), dict):
            errors[name][inner] = told
        else:
            errors[name] = told
    raise serializers.ValidationError(errors)
