"""What people of the company were given in a year: on the screen, and as a file to keep."""

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from partners.access import PortalRequest, portal_page
from partners.models import Member
from rewards.browsing import Standpoint
from rewards.earners import cap_of
from rewards.forms import GiftYearForm
from rewards.gift_files import CONTENT_TYPES, write_file
from rewards.gift_register import (
    Question,
    Worth,
    find_first_year,
    find_movements,
    read_register,
    say_kind,
    sum_up,
    tell,
)
from rewards.programmes.calendar import local_date
from rewards.views.standing import with_standpoint

PAGE_SIZE = 50
HEADS = (Member.Role.HEAD_BUYER,)


@require_safe
@portal_page(roles=HEADS)
@with_standpoint
def gifts(request: PortalRequest, standpoint: Standpoint) -> HttpResponse:
    """Totals by person, then every line of a year, newest first."""
    form = _read_form(request, standpoint)
    question = _ask(request, standpoint, form.chosen)
    found = find_movements(question).order_by("-occurred_at", "-pk")
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    worth = Worth(standpoint.programme)
    lines = tell(list(page.object_list), question=question, worth=worth)
    policy = standpoint.definition.settings.personal_earning
    cap = cap_of(policy) if policy.allowed else None
    totals = sum_up(read_register(question, worth=worth))
    context = {
        "form": form,
        "year": form.chosen,
        "page": page,
        "lines": [(line, say_kind(line.kind)) for line in lines],
        "totals": [(total, total.left_of(cap)) for total in totals],
        "given": sum(total.value for total in totals),
        "cap": cap,
    }
    return render(request, "rewards/gifts.html", context)


@require_safe
@portal_page(roles=HEADS)
@with_standpoint
def gifts_file(request: PortalRequest, standpoint: Standpoint, kind: str) -> HttpResponseBase:
    """The register of a year as a file."""
    if kind not in CONTENT_TYPES:
        raise Http404
    form = _read_form(request, standpoint)
    year = form.chosen
    policy = standpoint.definition.settings.personal_earning
    file = write_file(
        _ask(request, standpoint, year), kind, cap=cap_of(policy) if policy.allowed else None
    )
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"gifts-{standpoint.programme.code}-{year}.{kind}",
        content_type=CONTENT_TYPES[kind],
    )


def _read_form(request: PortalRequest, standpoint: Standpoint) -> GiftYearForm:
    """Offer the years since somebody was first given something."""
    programme = standpoint.programme
    last = local_date(timezone.now(), programme.time_zone).year
    first = find_first_year(programme=programme, actor=request.actor)
    return GiftYearForm(request.GET or None, first=min(first or last, last), last=last)


def _ask(request: PortalRequest, standpoint: Standpoint, year: int) -> Question:
    # What the actor sees is the company, with what was merged into it.
    return Question.of_year(year, programme=standpoint.programme, actor=request.actor)
