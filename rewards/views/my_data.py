"""What is kept about whoever is signed in: to take along, and to have erased."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib.auth import logout
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from partners.access import PortalRequest, portal_page
from rewards import erasing
from rewards.forms import EraseForm

UNPROCESSABLE, CONFLICT = 422, 409


@require_safe
@portal_page()
def my_data(request: PortalRequest) -> HttpResponse:
    """Say what is kept, and the two things that can be done about it."""
    return render(request, "rewards/my_data.html")


@require_safe
@portal_page()
def download_my_data(request: PortalRequest) -> HttpResponse:
    """All of it as one file that a machine can read."""
    now = timezone.now()
    answer = JsonResponse(
        erasing.export_person(request.user, at=now),
        json_dumps_params={"ensure_ascii": False, "indent": 1},
    )
    answer["Content-Disposition"] = f'attachment; filename="my-data-{now:%Y-%m-%d}.json"'
    return answer


# Whoever finds an open browser cannot erase its owner: signing in again comes before the POST.
@require_http_methods(["GET", "HEAD", "POST"])
@portal_page()
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]  # the library says no types
def erase_my_data(request: PortalRequest) -> HttpResponse:
    """Erase whoever is signed in, once they typed their address below what follows."""
    if request.method != "POST":
        return _show(request, EraseForm(email=request.user.email))
    form = EraseForm(request.POST, email=request.user.email)
    if not form.is_valid():
        return _show(request, form, status=UNPROCESSABLE)
    try:
        erasing.erase_person(person=request.user, by=request.user, at=timezone.now())
    except erasing.NotErasable as refusal:
        return _show(request, form, obstacles=refusal.obstacles, status=CONFLICT)
    logout(request)
    return render(request, "rewards/erased.html")


def _show(
    request: PortalRequest, form: EraseForm, *, obstacles: Any = None, status: int = 200
) -> HttpResponse:
    if obstacles is None:
        obstacles = erasing.look_for_obstacles(request.user, by=request.user)
    context = {"form": form, "obstacles": obstacles, "memberships": request.memberships}
    return render(request, "rewards/erase_my_data.html", context, status=status)
