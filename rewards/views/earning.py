"""Ways to earn, and why something earned what it did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from partners.access import PortalRequest, portal_page
from partners.models import Activity, Member
from partners.models.activity import ActivityQuerySet
from partners.templatetags.portal import current_language
from rewards.asking import (
    NO_RULE,
    RULES_SAID_NO,
    Explained,
    explain_activity,
    find_why_nothing,
)
from rewards.browsing import Standpoint
from rewards.explaining import (
    Explanation,
    Teller,
    concerns_others,
    read_teller,
    say_nothing,
    say_reported,
    tell_passed_over,
)
from rewards.models import Award, ClawBack, Programme
from rewards.offering import (
    Lost,
    WaitingAward,
    find_concerned,
    read_lost,
    read_today,
    read_waiting,
    read_ways,
)
from rewards.programmes.definition import Definition
from rewards.programmes.live import definition_of
from rewards.programmes.rules import NO_TRIGGERS
from rewards.views.standing import with_standpoint

LATELY = 10


@dataclass(frozen=True, slots=True)
class Bill:
    """What one rule gave or one fact took back, and why."""

    title: str
    amount: int
    explanation: Explanation
    is_taken: bool = False


def visible_to(request: PortalRequest) -> ActivityQuerySet:
    """The company's activities for its head buyer and its viewers; a buyer's own for the buyer."""
    found = Activity.objects.for_actor(request.actor)
    if request.member.role == Member.Role.BUYER:
        return found.filter(member=request.member)
    return found


@require_safe
@portal_page()
@with_standpoint
def ways_to_earn(request: PortalRequest, standpoint: Standpoint) -> HttpResponse:
    programme = standpoint.programme
    root_id = request.member.partner_id
    today = read_today(root_id, programme=programme, as_of=standpoint.at)
    definition = today.definition
    teller = read_teller(definition, programme=programme, language=current_language())
    shows_all = request.member.role != Member.Role.BUYER
    lately = (
        visible_to(request)
        .filter(kind__in=sorted(definition.triggers), occurred_at__lte=standpoint.at)
        .newest_first()[:LATELY]
    )
    waiting: list[WaitingAward] = []
    lost: list[Lost] = []
    waiting_total = 0
    if shows_all:
        waiting, waiting_total = read_waiting(root_id, actor=request.actor, versions=today.versions)
        lost = read_lost(actor=request.actor, programme=programme, teller=teller)
    context = {
        "ways": read_ways(today, teller=teller),
        "waiting": [(one, name_activity(one.activity, teller)) for one in waiting],
        "waiting_total": waiting_total,
        "waiting_rest": waiting_total - sum(one.amount for one in waiting),
        "lost": [(one, name_activity(one.activity, teller)) for one in lost],
        "lately": name_lately(list(lately), programme, teller),
    }
    return render(request, "rewards/ways_to_earn.html", context)


def name_lately(
    activities: list[Activity], programme: Programme, teller: Teller
) -> list[tuple[Activity, str, int]]:
    """Return each with its name and what it earned: one query."""
    earned = dict(
        Award.objects.filter(activity__in=activities, version__programme=programme)
        .order_by()
        .values_list("activity")
        .annotate(Sum("amount"))
    )
    return [(one, name_activity(one, teller), earned.get(one.pk, 0)) for one in activities]


def name_activity(activity: Activity, teller: Teller) -> str:
    return _("%(kind)s %(document)s") % {
        "kind": teller.speaker.kind(activity.kind),
        "document": activity.external_id,
    }


@require_safe
@portal_page()
@with_standpoint
def earned(request: PortalRequest, standpoint: Standpoint, public_id: str) -> HttpResponse:
    """Say what an activity earned by each rule, what was taken back, and which rules gave nothing."""
    activity = get_object_or_404(visible_to(request), public_id=public_id)
    programme = standpoint.programme
    given = list(
        Award.objects.filter(activity=activity, version__programme=programme)
        .select_related("version")
        .order_by("pk")
    )
    explained, definition = None, find_whole(activity, given, programme)
    if definition is None:
        explained = explain_where_judged(activity, programme, standpoint.at)
        definition = explained.judged.version.definition if explained else standpoint.definition
    teller = read_teller(definition, programme=programme, language=current_language())
    awards = bills_of(given, teller)
    taken = taken_from(activity, programme, teller)
    passed = explained.evaluation.passed_over if explained else ()
    others = [
        tell_passed_over(each, teller) for each in passed if not concerns_others(each, definition)
    ]
    context = {
        "activity": activity,
        "title": name_activity(activity, teller),
        "reported": say_reported(
            activity, [one.explanation for one in given], programme=programme, teller=teller
        ),
        "awards": awards,
        "taken": taken,
        "earned": sum(bill.amount for bill in awards),
        "kept": sum(bill.amount for bill in (*awards, *taken)),
        "others": others,
        "why_nothing": "" if awards else say_why_nothing(activity, explained, definition),
    }
    return render(request, "rewards/earned.html", context)


def find_whole(
    activity: Activity, given: Sequence[Award], programme: Programme
) -> Definition | None:
    """
    Return what judged an activity where each rule that concerns it gave something that stands.

    Then the awards on file say all there is to say, and nothing has to be judged again.
    """
    if not given or ClawBack.objects.filter(award__in=given, cause=activity).exists():
        return None
    version = given[0].version
    concerned = find_concerned(activity, version=version, programme=programme)
    return definition_of(version) if concerned <= {each.rule_code for each in given} else None


def explain_where_judged(
    activity: Activity, programme: Programme, at: datetime
) -> Explained | None:
    """Judge the company's facts for why something gave nothing; what never earns asks nobody."""
    if activity.kind in NO_TRIGGERS:
        return None
    return explain_activity(activity, programme=programme, as_of=at)


def say_why_nothing(activity: Activity, explained: Explained | None, definition: Definition) -> str:
    """Say it where no rule does: of rules for others a partner reads as if there were none."""
    code = find_why_nothing(activity, explained, definition)
    return say_nothing(NO_RULE if code == RULES_SAID_NO else code)


def bills_of(given: Sequence[Award], teller: Teller) -> list[Bill]:
    """Return what each rule gave, or would have but for the budget of its campaign."""
    return [
        Bill(
            teller.rule_name(award.explanation) or teller.voice.rule(award.rule_code),
            award.amount,
            teller.tell(award.explanation),
        )
        for award in given
        if award.amount or award.withheld
    ]


def taken_from(activity: Activity, programme: Programme, teller: Teller) -> list[Bill]:
    """Return what was taken back of what it earned, or what it takes back itself: one query."""
    rows = ClawBack.objects.filter(
        Q(award__activity=activity) | Q(cause=activity),
        award__version__programme=programme,
        due__gt=0,
    )
    return [
        Bill(
            name_taken(row, activity, teller),
            -row.due,
            teller.tell_taken_back(row.explanation),
            is_taken=True,
        )
        for row in rows.select_related("cause", "award__activity").order_by("pk")
    ]


def name_taken(row: ClawBack, activity: Activity, teller: Teller) -> str:
    """Name the other side: what took it, or what it was taken from."""
    other = row.cause if row.cause_id != activity.pk else row.award.activity
    return name_activity(other, teller)
