"""What an activity would earn, without storing anything."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from partners.doors.serializers import DayField, LineField, MomentField, TextField
from partners.doors.views import Door
from partners.keys import Scope
from partners.kinds import Kind, all_kinds
from partners.models import Activity, Actor, Partner
from partners.reports import ActivityReport, NaturalKey
from rewards import supposing
from rewards.api.explaining import (
    PassedOverOutput,
    ReportedOutput,
    ToldRowOutput,
    describe_passed_over,
    describe_reported,
    tell_rows,
    teller_for,
)
from rewards.api.references import find_programme, refuse
from rewards.api.reporting import (
    RefersToInput,
    WhatHappenedInput,
    check_kind,
    check_who,
    find_members,
    find_partners,
    to_report,
)
from rewards.models import Programme
from rewards.programmes.rules import NO_TRIGGERS

ORDER = Activity.Kind.ORDER
NOT_STORED = {"source": "", "external_id": ""}


class PreviewInput(WhatHappenedInput):
    programme = TextField(max_length=64, required=False)
    kind = LineField(
        max_length=40, required=False, default=ORDER, help_text="As in `POST /activities`."
    )
    occurred_at = MomentField(required=False, help_text="Without it: now.")
    paid_on = DayField(required=False, help_text="The day of a payment. Without it: its time.")
    refers_to = RefersToInput(
        required=False,
        help_text="The invoice that a payment pays, with its source. It must be known.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["kind"] in NO_TRIGGERS:
            raise refuse("kind", _("Activities of this kind earn nothing."), "not_an_earning_kind")
        return super().validate(attrs)


class WouldEarnOutput(serializers.Serializer[Any]):
    rule = serializers.CharField()
    campaign = serializers.CharField(help_text="Empty where the rule is of no campaign.")
    amount = serializers.IntegerField(help_text="What it would give now.")
    withheld = serializers.IntegerField(
        help_text="What it would give besides, if the budget of its campaign were not used up."
    )
    personal = serializers.IntegerField(
        help_text="What of the amount would go to the member's own wallet."
    )
    explanation = serializers.DictField()
    told = ToldRowOutput(many=True)


class PreviewOutput(serializers.Serializer[Any]):
    programme = serializers.CharField()
    unit = serializers.CharField()
    version = serializers.IntegerField(allow_null=True, help_text="That judges it.")
    tier = serializers.CharField(help_text="That it is judged with; empty where none counts.")
    reported = ReportedOutput(
        allow_null=True, help_text="How it was converted; null in the programme's own currency."
    )
    amount = serializers.IntegerField(help_text="What all rules would give together now.")
    awards = WouldEarnOutput(many=True)
    note = serializers.CharField(
        help_text="Says that budgets are shared, where a campaign with a budget has a part in it."
    )
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

        What must be there is asked for by the kind, as in `POST /activities`. `passed_over` are
        the rules for its kind that would give nothing, each with its reason. What a campaign would
        give is cut to what is left of its budget now. An amount in another currency counts by the
        rate of its day. Words are in the language of `Accept-Language`.
        """
        given = self.read_input(PreviewInput)
        partner, report = read_report(given, actor=self.actor, now=self.now)
        programme = find_programme(given.get("programme"))
        supposed = read_supposed(report, partner=partner, kind=all_kinds()[report.kind])
        try:
            supposition = supposing.suppose(
                partner=partner, programme=programme, supposed=supposed, as_of=self.now
            )
        except supposing.NoRateThen as error:
            raise refuse("currency", str(error), error.code) from error
        answer = describe(supposition, programme=programme, actor=self.actor)
        return Response(PreviewOutput(answer).data, status=status.HTTP_200_OK)


def read_report(
    given: Mapping[str, Any], *, actor: Actor, now: Any
) -> tuple[Partner, ActivityReport]:
    """Return who would do it, and the report of it, checked like one that is to be stored."""
    partners = find_partners({given["partner"]}, actor=actor)
    named = {given["member"]} if "member" in given else set()
    partner, member = check_who(
        given,
        partner=partners.get(given["partner"]),
        members=find_members(named, actor=actor),
    )
    report = to_report(
        {"occurred_at": now, **given, **NOT_STORED},
        partner_id=partner.pk,
        member_id=member.pk if member else None,
    )
    return partner, check_kind(report, kinds=all_kinds())


def read_supposed(report: ActivityReport, *, partner: Partner, kind: Kind) -> supposing.Supposed:
    """Return what the report says, with the activity it names."""
    names_id = find_named_id(report.refers_to, partner=partner, kind=kind)
    return supposing.suppose_report(report, names_id=names_id)


def find_named_id(named: NaturalKey | None, *, partner: Partner, kind: Kind) -> int | None:
    if named is None:
        return None
    source, external_id = named
    found = supposing.find_named(external_id, source=source, partner=partner, kind=kind)
    if found is None:
        raise refuse("refers_to", _("There is no such activity."), "does_not_exist")
    return found


def describe(
    supposition: supposing.Supposition | None, *, programme: Programme, actor: Actor
) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "programme": programme.code,
        "unit": programme.main_unit.code,
        "version": None,
        "tier": "",
        "reported": None,
        "amount": 0,
        "awards": [],
        "note": "",
        "passed_over": [],
    }
    if supposition is None:
        return answer
    judged = supposition.judged
    definition = judged.version.definition
    teller = teller_for(definition, programme)
    tier = judged.situation.tier
    return answer | {
        "version": judged.version.number,
        "tier": tier.code if tier else "",
        "reported": describe_reported(judged.activity),
        "amount": supposition.amount,
        "awards": [
            {
                "rule": one.rule_code,
                "campaign": one.campaign_code,
                "amount": one.amount,
                "withheld": one.withheld,
                "personal": one.personal,
                "explanation": one.explanation,
                "told": tell_rows(teller.tell(one.explanation)),
            }
            for one in supposition.promised
        ],
        "note": supposing.say_shared() if supposition.is_snapshot else "",
        "passed_over": describe_passed_over(
            judged.evaluation.passed_over, definition=definition, teller=teller, actor=actor
        ),
    }
