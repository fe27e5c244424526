"""Who signs in as whom: accepting an invitation, choosing the company, choosing the language."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from partners import inviting
from partners.access import (
    CHOSEN_COMPANY,
    PortalRequest,
    portal_page,
    read_memberships,
    say_no_company,
    set_language_cookie,
    speaking,
    speaking_to,
)
from partners.forms import JoinForm
from partners.inviting import State
from partners.models import Invitation, Member, Partner, Person
from partners.repeating import make_page

GONE, UNPROCESSABLE = 410, 422
Context = dict[str, Any]
SIGN_IN_BACKEND = "django.contrib.auth.backends.ModelBackend"


@portal_page()
@require_safe
def company(request: PortalRequest) -> HttpResponse:
    """What the seller has written down about the company, and whom to ask."""
    today = timezone.localdate()
    partner = Partner.objects.select_related("account_manager").get(pk=request.member.partner_id)
    in_force = partner.contracts.filter(starts_on__lte=today).filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=today)
    )
    context = {
        "partner": partner,
        "contracts": in_force.order_by("starts_on", "pk"),
        "merged": Partner.objects.filter(merged_into=partner).order_by("legal_name", "pk"),
    }
    return render(request, "partners/company.html", context)


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
            return say_no_company(request, person)
        context = {"memberships": memberships, "next": onward}
        return render(request, "partners/choose_company.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """
    Where the link of an invitation leads, for whoever opens it. Only a press of the button joins.

    Whoever holds the link reads that mailbox, so it may say whether the address is known here.
    """

    def answer() -> HttpResponse:
        found = inviting.find(token)
        if found is None:
            return render(request, "partners/invitation_over.html", {"state": ""}, status=404)
        with speaking(found.language, request):
            return _show_invitation(request, found)

    return make_page(request, answer, takes_effect_once=True)


def _show_invitation(request: HttpRequest, found: Invitation) -> HttpResponse:
    now = timezone.now()
    person = request.user if isinstance(request.user, Person) else None
    if person is not None and found.member is not None and found.member.person_id == person.pk:
        # Pressed twice, or the link opened again.
        return redirect("metrics:home")
    state = inviting.state_of(found, now)
    context: Context = {"invitation": found, "state": state.value}
    if state != State.OPEN:
        return render(request, "partners/invitation_over.html", context, status=GONE)
    if person is not None:
        if person.email != found.email:
            return render(request, "partners/invitation_other.html", context)
        return _accept(request, found, person, context)
    known = Person.objects.filter(email=found.email).first()
    if known is not None and not known.is_active:
        return render(request, "partners/invitation_closed.html", context, status=403)
    if known is not None and not inviting.is_new(known):
        return render(request, "partners/invitation_known.html", context)
    return _join(request, found, context)


def _accept(
    request: HttpRequest, found: Invitation, person: Person, context: Context
) -> HttpResponse:
    if request.method != "POST":
        return render(request, "partners/invitation.html", context)
    try:
        member = inviting.accept(invitation=found, person=person, at=timezone.now())
    except inviting.InvitationNotOpen as refusal:
        context["state"] = refusal.state
        return render(request, "partners/invitation_over.html", context, status=GONE)
    return _welcome(request, member)


def _join(request: HttpRequest, found: Invitation, context: Context) -> HttpResponse:
    if request.method != "POST":
        form = JoinForm(email=found.email, initial={"name": found.name})
        return render(request, "partners/invitation_join.html", {**context, "form": form})
    form = JoinForm(request.POST, email=found.email)
    if not form.is_valid():
        shown = {**context, "form": form}
        return render(request, "partners/invitation_join.html", shown, status=UNPROCESSABLE)
    try:
        member = inviting.join(
            invitation=found,
            name=form.cleaned_data["name"],
            language=translation.get_language(),
            password=form.cleaned_data["password"],
            at=timezone.now(),
        )
    except inviting.InvitationNotOpen as refusal:
        context["state"] = refusal.state
        return render(request, "partners/invitation_over.html", context, status=GONE)
    except inviting.AddressKnown:
        return redirect(request.path)
    login(request, member.person, backend=SIGN_IN_BACKEND)
    return _welcome(request, member)


def _welcome(request: HttpRequest, member: Member) -> HttpResponse:
    request.session[CHOSEN_COMPANY] = str(member.public_id)
    messages.success(
        request,
        _("Welcome. You are on the team of %(company)s now.")
        % {"company": member.partner.legal_name},
    )
    answer = redirect("metrics:home")
    set_language_cookie(answer, translation.get_language())
    return answer


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
