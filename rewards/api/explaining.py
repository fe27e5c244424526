"""Why an activity earned what it did: each award, what was taken back, and rules that gave nothing."""

from typing import Any

from django.db.models import Q
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from partners.families import roots_of
from partners.models import Activity, Actor
from partners.wording import FALLBACK_LANGUAGE
from rewards.asking import (
    EARNS_NEVER,
    NO_RULE,
    NOT_JUDGED,
    RULES_SAID_NO,
    explain_activity,
    find_why_nothing,
)
from rewards.earning.converted import how_converted
from rewards.earning.facts import ActivityFacts
from rewards.earning.outcome import REASONS, PassedOver
from rewards.explaining import (
    Explanation,
    Teller,
    concerns_others,
    read_teller,
    say_nothing,
    tell_passed_over,
)
from rewards.models import Award, ClawBack, Programme
from rewards.programmes.definition import Definition
from rewards.programmes.live import definition_of

NOTHING = (EARNS_NEVER, NOT_JUDGED, NO_RULE, RULES_SAID_NO)


class ToldRowOutput(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]  # a declared field
    value = serializers.CharField()


class PassedOverOutput(serializers.Serializer[Any]):
    rule = serializers.CharField()
    rule_name = serializers.CharField()
    reason = serializers.ChoiceField(choices=REASONS)
    detail = serializers.DictField(help_text="What was asked, what was found, and other figures.")
    told = serializers.CharField(help_text="The reason in words.")


class ReportedOutput(serializers.Serializer[Any]):
    """How an amount in another currency came to what counts."""

    amount = serializers.CharField(help_text="As it was reported.")
    currency = serializers.CharField()
    rate = serializers.CharField(help_text="What one of that currency was worth.")
    rate_day = serializers.DateField(help_text="The day the rate is of.")
    rate_of = serializers.CharField(
        help_text="The kind of what the rate was looked up for: a payment counts by the rate of "
        "its invoice, if both are in one currency."
    )
    into = serializers.CharField(help_text="The currency of the programme.")
    result = serializers.CharField(help_text="What it comes to.")


class ToldAwardOutput(serializers.ModelSerializer[Award]):
    """Needs a ``teller`` in its context."""

    id = serializers.UUIDField(source="public_id")
    version = serializers.IntegerField(source="version.number")
    rule = serializers.CharField(source="rule_code")
    campaign = serializers.CharField(source="campaign_code")
    told = serializers.SerializerMethodField(help_text="The explanation as rows of a bill.")

    class Meta:
        model = Award
        fields = (
            "id",
            "version",
            "rule",
            "campaign",
            "amount",
            "withheld",
            "personal",
            "released",
            "explanation",
            "told",
        )
        read_only_fields = fields

    @extend_schema_field(ToldRowOutput(many=True))
    def get_told(self, award: Award) -> list[dict[str, str]]:
        return tell_rows(self.context["teller"].tell(award.explanation))


class ToldClawBackOutput(serializers.ModelSerializer[ClawBack]):
    """Needs a ``teller`` in its context."""

    award = serializers.UUIDField(source="award.public_id")
    activity = serializers.UUIDField(
        source="cause.public_id", help_text="What takes it back: a return, an unpaid invoice."
    )
    told = serializers.SerializerMethodField(help_text="The explanation as rows of a bill.")

    class Meta:
        model = ClawBack
        fields = ("award", "activity", "due", "collected", "debt", "waived", "explanation", "told")
        read_only_fields = fields

    @extend_schema_field(ToldRowOutput(many=True))
    def get_told(self, row: ClawBack) -> list[dict[str, str]]:
        return tell_rows(self.context["teller"].tell_taken_back(row.explanation))


class InProgrammeOutput(serializers.Serializer[Any]):
    programme = serializers.CharField()
    unit = serializers.CharField()
    version = serializers.IntegerField(
        allow_null=True, help_text="That judges it; null where none does."
    )
    tier = serializers.CharField(help_text="That it was judged with; empty where none counts.")
    reported = ReportedOutput(
        allow_null=True,
        help_text="How it was converted; null in the programme's own currency, or if not judged.",
    )
    amount = serializers.IntegerField(help_text="What all rules gave together.")
    awards = ToldAwardOutput(many=True)
    taken_back = ToldClawBackOutput(many=True)
    passed_over = PassedOverOutput(many=True)
    nothing = serializers.ChoiceField(
        choices=NOTHING, allow_null=True, help_text="Why it earned nothing at all."
    )
    nothing_told = serializers.CharField(help_text="The same in words; empty where it earned.")


class ExplanationOutput(serializers.Serializer[Any]):
    activity = serializers.UUIDField()
    programmes = InProgrammeOutput(many=True)


def explain(activity: Activity, *, actor: Actor, as_of: Any) -> dict[str, Any]:
    """Describe what an activity earned in each live programme that its partner is in."""
    [root_id] = roots_of([activity.partner_id]).values()
    programmes = Programme.objects.live().filter(standings__partner=root_id)
    return {
        "activity": activity.public_id,
        "programmes": [
            explain_in(programme, activity, actor=actor, as_of=as_of)
            for programme in programmes.select_related("main_unit").order_by("pk")
        ],
    }


def explain_in(
    programme: Programme, activity: Activity, *, actor: Actor, as_of: Any
) -> dict[str, Any]:
    explained = explain_activity(activity, programme=programme, as_of=as_of)
    awards = list(
        Award.objects.filter(activity=activity, version__programme=programme)
        .select_related("version")
        .order_by("pk")
    )
    taken = ClawBack.objects.filter(
        Q(award__activity=activity) | Q(cause=activity),
        award__version__programme=programme,
        due__gt=0,
    ).select_related("award__version", "cause")
    definition = explained.judged.version.definition if explained else None
    if definition is None:
        latest = programme.versions.published().order_by("-number").first()
        definition = definition_of(latest) if latest else None
    teller = teller_for(definition, programme) if definition else None
    passed_over = (
        describe_passed_over(
            explained.evaluation.passed_over, definition=definition, teller=teller, actor=actor
        )
        if explained and definition and teller
        else []
    )
    nothing = ""
    if not awards:
        nothing = find_why_nothing(activity, explained, definition) if definition else NOT_JUDGED
    if nothing == RULES_SAID_NO and not passed_over:
        # Rules for others are told of as if there were none.
        nothing = NO_RULE
    tier = explained.judged.situation.tier if explained else None
    context = {"teller": teller}
    return {
        "programme": programme.code,
        "unit": programme.main_unit.code,
        "version": explained.judged.version.number if explained else None,
        "tier": tier.code if tier else "",
        "reported": describe_reported(explained.judged.activity) if explained else None,
        "amount": sum(award.amount for award in awards),
        "awards": ToldAwardOutput(awards, many=True, context=context).data,
        "taken_back": ToldClawBackOutput(taken.order_by("pk"), many=True, context=context).data,
        "passed_over": passed_over,
        "nothing": nothing or None,
        "nothing_told": say_nothing(nothing) if nothing else "",
    }


def describe_reported(fact: ActivityFacts) -> dict[str, str] | None:
    """Describe how an activity was converted; nothing where it was not."""
    return how_converted(fact) if fact.is_converted else None


def teller_for(definition: Definition, programme: Programme) -> Teller:
    """Return who tells in the language of the request."""
    language = (get_language() or FALLBACK_LANGUAGE).split("-")[0]
    return read_teller(definition, programme=programme, language=language)


def tell_rows(told: Explanation) -> list[dict[str, str]]:
    return [{"label": str(label), "value": str(value)} for label, value in told.rows]


def describe_passed_over(
    passed: tuple[PassedOver, ...], *, definition: Definition, teller: Teller, actor: Actor
) -> list[dict[str, Any]]:
    """
    Describe the rules that gave nothing. Who sees some partners only does not read of lists of
    partners, nor of campaigns for others.
    """
    return [
        {
            "rule": each.rule_code,
            "rule_name": told.rule,
            "reason": each.reason,
            "detail": dict(each.detail),
            "told": told.why,
        }
        for each in passed
        if actor.sees_every_partner or not concerns_others(each, definition)
        for told in [tell_passed_over(each, teller)]
    ]
