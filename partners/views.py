"""Who signs in as whom: choosing the company, choosing the language."""

from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from partners.access import CHOSEN_COMPANY, read_memberships, set_language_cookie, speaking_to
from partners.models import Person


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def choose_company(request: HttpRequest) -> HttpResponse:
    """Let a person on several teams say for which company they act in this session."""
    person = cast(Person, request.user)
    memberships = read_memberships(person)
    onward = safe_next(request)
    if request.method == "POST":
        chosen = request.POST.get("company", "")
        if any(str(member.public_id) == chosen for member in memberships):
            request.session[CHOSEN_COMPANY] = chosen
            return redirect(onward)
    with speaking_to(person, request):
        if not memberships:
            return render(request, "partners/no_company.html", status=403)
        context = {"memberships": memberships, "next": onward}
        return render(request, "partners/choose_company.html", context)


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the language on this device and, for who is signed in, in their settings."""
    response = HttpResponseRedirect(safe_next(request))
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        translation.activate(language)
        set_language_cookie(response, language)
        if isinstance(request.user, Person):
            Person.objects.filter(pk=request.user.pk).update(language=language)
    return response


def safe_next(request: HttpRequest) -> str:
    """Return where to go on, but never to another site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else reverse("metrics:home")
