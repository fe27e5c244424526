"""Why an activity earned what it did: a page for the seller."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from partners.doors.admin import BaseAdmin, limit
from partners.doors.showing import language, link_to
from partners.families import roots_of
from partners.models import Activity
from rewards import asking
from rewards.explaining import (
    NotGiven,
    read_teller,
    say_nothing,
    say_reported,
    tell_passed_over,
)
from rewards.models import Award, Programme, ProgrammeVersion
from rewards.programmes.definition import Definition
from rewards.programmes.live import definition_of

MAY_READ = "rewards.view_award"


def activity_page(page: BaseAdmin, request: HttpRequest, activity_id: int) -> HttpResponse:
    """Show by programme what an activity earned, and which rules gave nothing and why."""
    activity = limit(Activity.objects.select_related("partner"), request).filter(pk=activity_id)
    found = activity.first()
    if found is None or not request.user.has_perm(MAY_READ):
        raise Http404
    [root_id] = roots_of([found.partner_id]).values()
    programmes = Programme.objects.live().filter(standings__partner=root_id)
    context = {
        **page.admin_site.each_context(request),
        "title": str(found),
        "opts": page.opts,
        "activity": found,
        "activity_link": link_to(found, str(found)),
        "partner_link": link_to(found.partner),
        "programmes": [
            explain_in(programme, found)
            for programme in programmes.select_related("main_unit").order_by("pk")
        ],
    }
    return TemplateResponse(request, "admin/explained.html", context)


def explain_in(programme: Programme, activity: Activity) -> dict[str, Any]:
    explained = asking.explain_activity(activity, programme=programme, as_of=timezone.now())
    awards = list(
        Award.objects.filter(activity=activity, version__programme=programme).order_by("pk")
    )
    definition = explained.judged.version.definition if explained else latest_of(programme)
    if definition is None:
        return {"programme": programme, "nothing": say_nothing(asking.NOT_JUDGED)}
    teller = read_teller(definition, programme=programme, language=language())
    nothing = "" if awards else asking.find_why_nothing(activity, explained, definition)
    passed = explained.evaluation.passed_over if explained else ()
    return {
        "programme": programme,
        "reported": say_reported(
            activity, [award.explanation for award in awards], programme=programme, teller=teller
        ),
        "bills": [
            (
                link_to(award, teller.voice.rule(award.rule_code)),
                teller.voice.units(award.amount),
                teller.tell(award.explanation),
            )
            for award in awards
        ],
        "others": [tell_passed_over(each, teller) for each in passed],
        "nothing": say_nothing(nothing) if nothing else "",
    }


def latest_of(programme: Programme) -> Definition | None:
    latest: ProgrammeVersion | None = programme.versions.published().order_by("-number").first()
    return definition_of(latest) if latest else None


def others_of(award: Award) -> list[NotGiven]:
    """Return the rules that gave nothing for the activity of an award, by what is known now."""
    programme = award.version.programme
    explained = asking.explain_activity(award.activity, programme=programme, as_of=timezone.now())
    if explained is None:
        return []
    definition = explained.judged.version.definition
    teller = read_teller(definition, programme=programme, language=language())
    return [tell_passed_over(each, teller) for each in explained.evaluation.passed_over]
