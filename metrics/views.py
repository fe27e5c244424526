"""The home page of the portal."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from metrics.home import read_home
from partners.access import PortalRequest, portal_page


@require_safe
@portal_page()
def home(request: PortalRequest) -> HttpResponse:
    picture = read_home(
        member=request.member,
        actor=request.actor,
        frame=request.frame,
        language=get_language() or "en",
        as_of=timezone.now(),
    )
    return render(request, "metrics/home.html", {"home": picture})
