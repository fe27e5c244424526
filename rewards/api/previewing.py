"""What an activity would earn, without storing anything."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from partners.doors.serializers import (
    DayField,
    ExactAmountTextField,
    LineField,
    MomentField,
    PublicIdField,
    StrictSerializer,
    TextField,
)
from partners.doors.views import Door
from partners.keys import Scope
from partners.kinds import Kind, all_kinds
from partners.kinds.fields import ValueRefused
from partners.models import Activity, Actor, Member, Partner
from partners.models.amounts import to_ten_thousandths
from rewards import asking
from rewards.api.explaining import (
    PassedOverOutput,
    ToldRowOutput,
    describe_passed_over,
    tell_rows,
    teller_for,
)
from rewards.api.references import PartnerReferenceField, find_partner, find_programme, refuse
from rewards.api.reporting import (
    AMOUNT_BELOW,
    KINDS_WITH_LINES,
    LINES_MAX,
    AttributesField,
    LineInput,
    RefersToInput,
)
from rewards.earning.due import Judged
from rewards.earning.facts import LineFacts
from rewards.models import Programme
from rewards.programmes.rules import NO_TRIGGERS

ORDER = Activity.Kind.ORDER


class PreviewInput(StrictSerializer):
    partner = PartnerReferenceField()
    programme = TextField(max_length=64, required=False)
    kind = LineField(
        max_length=40, required=False, default=ORDER, help_text="As in `POST /activities`."
    )
    occurred_at = MomentField(required=False, help_text="Without it: now.")
    currency = TextField(max_length=3, min_length=3)
    lines = serializers.ListField(
        child=LineInput(),
        required=False,
        default=list,
        max_length=LINES_MAX,
        help_text="Needed for an order.",
    )
    amount = ExactAmountTextField(
        required=False, help_text="Net amount. Without it, the sum of the lines."
    )
    quantity = ExactAmountTextField(
        required=False, positive=True, help_text="Of what is counted without lines."
    )
    country = LineField(max_length=64, required=False, allow_blank=True, default="")
    member = PublicIdField(required=False, help_text="The member of the team who did it.")
    due_on = DayField(required=False)
    paid_on = DayField(required=False, help_text="The day of a payment. Without it: its time.")
    refers_to = RefersToInput(
        required=False,
        help_text="The invoice that a payment pays, with its source. It must be known.",
    )
    attributes = AttributesField(required=False, default=dict)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["kind"] in NO_TRIGGERS:
            raise refuse("kind", _("Activities of this kind earn nothing."), "not_an_earning_kind")
        if attrs["kind"] in KINDS_WITH_LINES and not attrs["lines"]:
            raise refuse("lines", _("An order or a return needs at least one line."), "required")
        total = sum((line["amount"] for line in attrs["lines"]), Decimal(0))
        amount = attrs.get("amount", total)
        if attrs["lines"] and amount != total:
            said = _("The lines add up to %(total)s.") % {"total": total}
            raise refuse("amount", said, "not_the_sum")
        if amount >= AMOUNT_BELOW:
            at = "lines" if attrs["lines"] else "amount"
            raise refuse(at, _("The amount is too large."), "too_large")
        if attrs.get("quantity", 0) >= AMOUNT_BELOW:
            raise refuse("quantity", _("The quantity is too large."), "too_large")
        return {**attrs, "amount": amount}


class WouldEarnOutput(serializers.Serializer[Any]):
    rule = serializers.CharField()
    campaign = serializers.CharField(help_text="Empty where the rule is of no campaign.")
    amount = serializers.IntegerField()
    personal = serializers.IntegerField(help_text="What of it would go to the member's own wallet.")
    explanation = serializers.DictField()
    told = ToldRowOutput(many=True)


class PreviewOutput(serializers.Serializer[Any]):
    programme = serializers.CharField()
    unit = serializers.CharField()
    version = serializers.IntegerField(allow_null=True, help_text="That judges it.")
    tier = serializers.CharField(help_text="That it is judged with; empty where none counts.")
    amount = serializers.IntegerField(help_text="What all rules give together.")
    awards = WouldEarnOutput(many=True)
    passed_over = PassedOverOutput(many=True)


@extend_schema(tags=["activities"])
class PreviewDoor(Door):
    """What an activity would earn by the facts known now. Nothing is stored."""

    scopes: ClassVar = {"create": Scope.ACTIVITIES_PREVIEW}
    queryset = Partner.objects.none()

    @extend_schema(request=PreviewInput, responses={200: PreviewOutput})
    def create(self, request: Request) -> Response:
        """
        Preview an activity of any kind that can earn.

        `passed_over` are the rules for its kind that would give nothing, each with its reason. What
        a campaign gives is told before its budget is looked at. Words are in the language of
        `Accept-Language`.
        """
        given = self.read_input(PreviewInput)
        partner = find_partner(given["partner"], actor=self.actor)
        programme = find_programme(given.get("programme"))
        if given["currency"] != programme.currency:
            said = _("Known here: %(known)s.") % {"known": programme.currency}
            raise refuse("currency", said, "currency_not_known")
        kind = all_kinds().get(given["kind"])
        if kind is None:
            raise refuse("kind", _("There is no such kind."), "unknown_kind")
        given["attributes"] = read_attributes(given["attributes"], kind)
        supposed = read_supposed(given, partner=partner, now=self.now)
        judged = asking.suppose(
            partner=partner, programme=programme, supposed=supposed, as_of=self.now
        )
        answer = describe(judged, programme=programme, actor=self.actor)
        return Response(PreviewOutput(answer).data, status=status.HTTP_200_OK)


def read_attributes(given: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """Return what is typed by the kind as an activity would keep it; none of it has to be there."""
    read = dict(given)
    for field in kind.fields:
        if field.name in given:
            try:
                read[field.name] = field.clean(given[field.name])
            except ValueRefused as refused:
                said = serializers.ErrorDetail(str(refused), code=refused.code)
                raise serializers.ValidationError({"attributes": {field.name: [said]}}) from refused
    return read


def read_supposed(given: dict[str, Any], *, partner: Partner, now: Any) -> asking.Supposed:
    """Return what the body says, with the member and the invoice it names."""
    quantity = given.get("quantity")
    return asking.Supposed(
        kind=given["kind"],
        occurred_at=given.get("occurred_at", now),
        lines=[
            LineFacts(
                id=None,
                sku=line["sku"],
                category=line["category"],
                quantity_e4=to_ten_thousandths(line["quantity"]),
                amount_e4=to_ten_thousandths(line["amount"]),
            )
            for line in given["lines"]
        ],
        amount_e4=to_ten_thousandths(given["amount"]),
        quantity_e4=to_ten_thousandths(quantity) if quantity is not None else 0,
        country=given["country"],
        member_id=find_member_id(given.get("member"), partner=partner),
        due_on=given.get("due_on"),
        paid_on=given.get("paid_on"),
        names_id=find_named_id(given.get("refers_to"), partner=partner),
        attributes=given["attributes"],
    )


def find_member_id(public_id: Any, *, partner: Partner) -> int | None:
    if public_id is None:
        return None
    found = Member.objects.filter(partner=partner, public_id=public_id).first()
    if found is None:
        raise refuse("member", _("There is no such member of this partner."), "does_not_exist")
    return found.pk


def find_named_id(named: dict[str, str] | None, *, partner: Partner) -> int | None:
    if named is None:
        return None
    found = Activity.objects.filter(partner=partner, external_id=named["external_id"])
    if named.get("source"):
        found = found.filter(source=named["source"])
    first = found.order_by("pk").first()
    if first is None:
        raise refuse("refers_to", _("There is no such activity."), "does_not_exist")
    return first.pk


def describe(judged: Judged | None, *, programme: Programme, actor: Actor) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "programme": programme.code,
        "unit": programme.main_unit.code,
        "version": None,
        "tier": "",
        "amount": 0,
        "awards": [],
        "passed_over": [],
    }
    if judged is None:
        return answer
    definition, evaluation = judged.version.definition, judged.evaluation
    teller = teller_for(definition, programme)
    tier = judged.situation.tier
    return answer | {
        "version": judged.version.number,
        "tier": tier.code if tier else "",
        "amount": sum(award.amount for award in evaluation.awards),
        "awards": [
            {
                "rule": award.rule_code,
                "campaign": award.campaign_code,
                "amount": award.amount,
                "personal": award.personal,
                "explanation": award.explanation,
                "told": tell_rows(teller.tell(award.explanation)),
            }
            for award in evaluation.awards
        ],
        "passed_over": describe_passed_over(
            evaluation.passed_over, definition=definition, teller=teller, actor=actor
        ),
    }
