"""Campaigns of every programme on one page: those in force, and those that stand in a draft."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from rewards.admin.programmes.campaign_pages import Shown, show_campaign
from rewards.admin.programmes.frame import address, draw, read_names, speaker_of
from rewards.models import CampaignBudget, Programme, ProgrammeVersion

ORDER = {"running": 0, "scheduled": 1, "draft": 2, "ended": 3}


def may_see_campaigns(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("rewards.view_programmeversion"))


def show_campaigns(request: HttpRequest) -> HttpResponse:
    """Every campaign by programme, running ones first: the same queries for any number."""
    if not may_see_campaigns(request):
        raise PermissionDenied
    context = {
        **admin.site.each_context(request),
        "title": _("Campaigns"),
        "groups": list(list_groups()),
    }
    return draw(request, "all_campaigns", context)


def list_groups() -> Iterator[dict[str, Any]]:
    now = timezone.now()
    programmes = Programme.objects.select_related("main_unit").order_by("name")
    programmes = programmes.exclude(status=Programme.Status.CLOSED)
    versions: dict[int, list[ProgrammeVersion]] = defaultdict(list)
    for version in ProgrammeVersion.objects.filter(programme__in=programmes).order_by("-number"):
        versions[version.programme_id].append(version)
    given: dict[int, dict[str, int]] = defaultdict(dict)
    for row in CampaignBudget.objects.all():
        given[row.programme_id][row.campaign_code] = row.given
    names = read_names()
    for programme in programmes:
        draft = next((each for each in versions[programme.pk] if each.number is None), None)
        live = next(
            (
                each
                for each in versions[programme.pk]
                if each.number is not None and (each.valid_from is None or each.valid_from <= now)
            ),
            None,
        )
        latest = next((each for each in versions[programme.pk] if each.number is not None), live)
        shown: dict[str, Shown] = {}
        for version in filter(None, (latest, draft)):
            version.programme = programme
            speaker = speaker_of(version.definition, programme, names)
            for row in version.definition.get("campaigns", []):
                if row["code"] not in shown:
                    shown[row["code"]] = show_campaign(
                        row, version, speaker, given[programme.pk], is_draft=version is draft
                    )
        yield {
            "programme": programme,
            "campaigns": sorted(shown.values(), key=lambda each: ORDER[each.state]),
            "link": address("campaigns", shown_last) if (shown_last := draft or latest) else "",
        }
