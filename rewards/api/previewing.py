"""What an order would earn, without storing anything."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from partners.doors.serializers import MomentField, StrictSerializer, TextField
from partners.doors.views import Door
from partners.keys import Scope
from partners.models import Partner
from partners.models.amounts import to_ten_thousandths
from rewards import asking
from rewards.api.references import PartnerReferenceField, find_partner, find_programme, refuse
from rewards.api.reporting import AMOUNT_BELOW, LINES_MAX, LineInput
from rewards.earning.facts import LineFacts


class PreviewInput(StrictSerializer):
    partner = PartnerReferenceField()
    programme = TextField(max_length=64, required=False)
    occurred_at = MomentField(required=False, help_text="Without it: now.")
    currency = TextField(max_length=3, min_length=3)
    lines = serializers.ListField(child=LineInput(), min_length=1, max_length=LINES_MAX)


class WouldEarnOutput(serializers.Serializer[Any]):
    rule = serializers.CharField()
    amount = serializers.IntegerField()
    explanation = serializers.DictField()


class PreviewOutput(serializers.Serializer[Any]):
    programme = serializers.CharField()
    unit = serializers.CharField()
    amount = serializers.IntegerField(help_text="What all rules give together.")
    awards = WouldEarnOutput(many=True)


@extend_schema(tags=["activities"])
class PreviewDoor(Door):
    """What an order would earn by the facts known now. Nothing is stored."""

    scopes: ClassVar = {"create": Scope.ACTIVITIES_PREVIEW}
    queryset = Partner.objects.none()

    @extend_schema(request=PreviewInput, responses={200: PreviewOutput})
    def create(self, request: Request) -> Response:
        """Preview an order."""
        given = self.read_input(PreviewInput)
        partner = find_partner(given["partner"], actor=self.actor)
        programme = find_programme(given.get("programme"))
        if given["currency"] != programme.currency:
            said = _("Known here: %(known)s.") % {"known": programme.currency}
            raise refuse("currency", said, "currency_not_known")
        if sum(line["amount"] for line in given["lines"]) >= AMOUNT_BELOW:
            raise refuse("lines", _("The amount is too large."), "too_large")
        supposed = asking.Supposed(
            occurred_at=given.get("occurred_at", self.now),
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
        )
        awards = asking.preview(
            partner=partner, programme=programme, supposed=supposed, as_of=self.now
        ).awards
        answer = {
            "programme": programme.code,
            "unit": programme.main_unit.code,
            "amount": sum(award.amount for award in awards),
            "awards": [
                {"rule": award.rule_code, "amount": award.amount, "explanation": award.explanation}
                for award in awards
            ],
        }
        return Response(PreviewOutput(answer).data, status=status.HTTP_200_OK)
