"""What programmes say about earning: rules and campaigns as data and in sentences, versions."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from partners.doors.filtering import describe_invalid
from partners.doors.serializers import MomentField
from partners.doors.views import Door
from partners.keys import Scope
from partners.models import Actor
from rewards.api.explaining import teller_for
from rewards.earning.conditions import Condition
from rewards.models import CampaignBudget, Programme, ProgrammeVersion
from rewards.programmes.calendar import local_date
from rewards.programmes.campaigns import STACKINGS, Campaign
from rewards.programmes.definition import Definition
from rewards.programmes.live import NoVersionInForce, version_in_force
from rewards.programmes.rules import Rule
from rewards.programmes.sentences import Speaker, summarise_rule

STATES = ("scheduled", "running", "ended")


class RuleOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    trigger = serializers.CharField(help_text="The kind of activity.")
    sentence = serializers.CharField(help_text="All that it says, in words.")
    rule = serializers.DictField(help_text="The same as data, as `docs/rules.md` explains it.")


class CampaignOutput(serializers.Serializer[Any]):
    programme = serializers.CharField()
    code = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    state = serializers.ChoiceField(choices=STATES)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(help_text="The first local day on which it runs no more.")
    stacking = serializers.ChoiceField(choices=STACKINGS)
    unit = serializers.CharField()
    budget = serializers.IntegerField(
        allow_null=True, help_text="Null where there is none, and for others than the seller."
    )
    given = serializers.IntegerField(
        allow_null=True, help_text="What it gave of its budget so far; null as `budget`."
    )
    audience = serializers.DictField(allow_null=True, help_text="Null: everybody.")
    caps = serializers.ListField(child=serializers.DictField())
    rules = RuleOutput(many=True)


class CampaignsOutput(serializers.Serializer[Any]):
    items = CampaignOutput(many=True)


class RulesOutput(serializers.Serializer[Any]):
    programme = serializers.CharField()
    version = serializers.IntegerField(allow_null=True, help_text="In force now, if any is.")
    rules = RuleOutput(many=True)
    campaigns = CampaignOutput(many=True)


class VersionOutput(serializers.ModelSerializer[ProgrammeVersion]):
    """Needs ``in_force``, the key of the version that is, in its context."""

    number = serializers.IntegerField()
    valid_from = MomentField(allow_null=True, help_text="Null: from the beginning.")
    published_at = MomentField()
    is_in_force = serializers.SerializerMethodField()

    class Meta:
        model = ProgrammeVersion
        fields = ("number", "valid_from", "published_at", "is_in_force")
        read_only_fields = fields

    def get_is_in_force(self, version: ProgrammeVersion) -> bool:
        return bool(version.pk == self.context["in_force"])


class VersionsOutput(serializers.Serializer[Any]):
    items = VersionOutput(many=True)


# ------------------------------------------------------------------ what is told


class Telling:
    """The version of a programme that is in force, as a caller may read it."""

    def __init__(self, programme: Programme, *, actor: Actor, as_of: datetime) -> None:
        self.programme = programme
        self.is_seller = actor.sees_every_partner
        self.today = local_date(as_of, programme.time_zone)
        found = version_in_force(programme, as_of)
        self.number = found.number
        self.definition: Definition = found.definition
        self.document = ProgrammeVersion.objects.get(pk=found.version_id).definition
        self.speaker: Speaker = teller_for(found.definition, programme).speaker

    def rules(self) -> list[dict[str, Any]]:
        return list(self._rules(self.definition.rules, self.document.get("rules", [])))

    def campaigns(self) -> list[dict[str, Any]]:
        rows = {row["code"]: row for row in self.document.get("campaigns", [])}
        given: Mapping[str, int] = {}
        if self.is_seller:
            budgets = CampaignBudget.objects.filter(programme=self.programme)
            given = dict(budgets.values_list("campaign_code", "given"))
        return [
            self._campaign(each, rows[each.code], given.get(each.code, 0))
            for each in self.definition.campaigns
            if self.is_seller or not asks_for_lists(each.audience)
        ]

    def _campaign(self, each: Campaign, row: Mapping[str, Any], given: int) -> dict[str, Any]:
        shows_budget = self.is_seller and each.budget_units is not None
        return {
            "programme": self.programme.code,
            "code": each.code,
            "names": dict(each.names),
            "state": each.state_on(self.today),
            "starts_on": each.starts_on,
            "ends_on": each.ends_on,
            "stacking": each.stacking,
            "unit": self.programme.main_unit.code,
            "budget": each.budget_units if shows_budget else None,
            "given": given if shows_budget else None,
            "audience": row.get("audience") or None,
            "caps": row.get("caps") or [],
            "rules": list(self._rules(each.rules, row.get("rules", []))),
        }

    def _rules(self, rules: tuple[Rule, ...], rows: list[Any]) -> Iterator[dict[str, Any]]:
        for rule, row in zip(rules, rows, strict=True):
            if self.is_seller or not asks_for_lists(rule.when):
                yield {
                    "code": rule.code,
                    "names": dict(rule.names),
                    "trigger": rule.trigger,
                    "sentence": summarise_rule(row, self.speaker),
                    "rule": row,
                }


def asks_for_lists(condition: Condition | None) -> bool:
    """Who is on which list is for the seller to know."""
    return condition is not None and "segments" in condition.needs


def describe_rules(programme: Programme, *, actor: Actor, as_of: datetime) -> dict[str, Any]:
    try:
        telling = Telling(programme, actor=actor, as_of=as_of)
    except NoVersionInForce:
        return {"programme": programme.code, "version": None, "rules": [], "campaigns": []}
    return {
        "programme": programme.code,
        "version": telling.number,
        "rules": telling.rules(),
        "campaigns": telling.campaigns(),
    }


# --------------------------------------------------------------------- campaigns


class CampaignsForm(forms.Form):
    programme = forms.SlugField(required=False)
    state = forms.ChoiceField(required=False, choices=[(state, state) for state in STATES])


@extend_schema(tags=["programmes"])
class CampaignDoor(Door):
    """Campaigns of the versions in force. They are part of a version, so they are few."""

    scopes: ClassVar = {"list": Scope.PROGRAMMES_READ}
    parameters: ClassVar = {"list": ("programme", "state")}
    queryset = Programme.objects.none()
    serializer_class = CampaignsOutput
    pagination_class = None
    filter_backends = ()

    @extend_schema(
        parameters=[
            OpenApiParameter("programme", OpenApiTypes.STR),
            OpenApiParameter("state", OpenApiTypes.STR, enum=STATES),
        ],
        # One document, not a list of documents.
        responses={200: forced_singular_serializer(CampaignsOutput)},  # type: ignore[no-untyped-call]  # the library says no types
    )
    def list(self, request: Request) -> Response:
        """
        List the campaigns of live programmes, the one that starts first before the others.

        Whoever sees some partners only does not read of campaigns for lists of partners, nor of
        budgets. A version that is not in force yet is not looked at.
        """
        form = CampaignsForm(request.query_params)
        if not form.is_valid():
            raise describe_invalid(form.errors)
        asked = form.cleaned_data
        programmes = Programme.objects.live().select_related("main_unit").order_by("pk")
        if asked["programme"]:
            programmes = programmes.filter(code=asked["programme"])
        found = [
            campaign
            for programme in programmes
            for campaign in describe_rules(programme, actor=self.actor, as_of=self.now)["campaigns"]
            if asked["state"] in {"", campaign["state"]}
        ]
        found.sort(key=lambda each: (each["starts_on"], each["programme"], each["code"]))
        return Response(CampaignsOutput({"items": found}).data)
