"""What most of these pages begin with: where the member's company stands now."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from partners.access import PortalRequest
from rewards.browsing import NotEnrolled, Standpoint, read_standpoint

P = ParamSpec("P")


def with_standpoint(
    view: Callable[Concatenate[PortalRequest, Standpoint, P], HttpResponseBase],
) -> Callable[Concatenate[PortalRequest, P], HttpResponseBase]:
    """Hand the view the company's standpoint, or tell a company without a programme so."""

    def page(request: PortalRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            standpoint = read_standpoint(
                actor=request.actor,
                member=request.member,
                unit_id=request.frame.unit_id,
                at=timezone.now(),
            )
        except NotEnrolled:
            return render(request, "rewards/not_enrolled.html")
        return view(request, standpoint, *args, **kwargs)

    update_wrapper(page, view)
    return page


def refuse_viewers(request: PortalRequest) -> HttpResponse | None:
    """A viewer reads every page and changes nothing, whatever is posted by hand."""
    if request.method == "POST" and not request.member.may_spend:
        return render(request, "partners/other_role.html", status=403)
    return None
