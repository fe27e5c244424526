"""
The gate of the portal: which member acts, for which company, and what that lets them see.

A view below the gate reads ``request.member``, ``request.actor`` and ``request.frame``, and takes
every row through ``for_actor(request.actor)``. Membership, role and status are read on each
request, so that who is removed is out at once.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.utils.http import urlencode
from django.utils.module_loading import import_string

from partners.families import find_family, is_family
from partners.models import Actor, Member, Partner, Person
from partners.repeating import make_page
from partners.wording import UnitWording

CHOSEN_COMPANY = "chosen_company"
EVERY_ROLE = frozenset(Member.Role)

P = ParamSpec("P")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """
    What every page shows around its content, and how it writes amounts.

    Read by the function that ``settings.PORTAL_FRAME`` names: this floor does not know programmes.
    ``unit_id`` is empty for a partner that is in no programme. ``personal_earning`` says whether the
    programme lets people earn for themselves at all.
    """

    seller: str = ""
    programme: str = ""
    currency: str = "GBP"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    unit_id: int | None = None
    unit: UnitWording = field(default_factory=UnitWording)
    unit_value: Decimal = Decimal(0)
    personal_earning: bool = False
    demo_weeks: int = 0


class PortalRequest(HttpRequest):
    """A request that has passed the gate."""

    user: Person
    member: Member
    memberships: tuple[Member, ...]
    actor: Actor
    frame: Frame


class NoCompany(Exception):
    """The person is on nobody's team."""


class CompanyNotChosen(Exception):
    """The person belongs to several companies and has to say which one."""


PageView = Callable[Concatenate[PortalRequest, P], HttpResponseBase]


def read_memberships(person: Person) -> tuple[Member, ...]:
    """Return the memberships that open the portal, by company name."""
    return tuple(
        Member.objects.active()
        .filter(person=person, partner__merged_into__isnull=True)
        .exclude(partner__status=Partner.Status.CLOSED)
        .annotate(of_family=is_family("partner"))
        .select_related("partner")
        .order_by("partner__legal_name", "pk")
    )


def acting_member(request: HttpRequest, memberships: tuple[Member, ...] | None = None) -> Member:
    """
    Return the member that the signed-in person acts as.

    :raises NoCompany: If no membership opens the portal.
    :raises CompanyNotChosen: If there are several and none was chosen in this session.
    """
    person = cast(Person, request.user)
    found = read_memberships(person) if memberships is None else memberships
    if not found:
        raise NoCompany
    chosen = request.session.get(CHOSEN_COMPANY)
    for member in found:
        if len(found) == 1 or str(member.public_id) == chosen:
            member.person = person
            return member
    raise CompanyNotChosen


def say_no_company(request: HttpRequest, person: Person) -> HttpResponse:
    """Tell somebody who can act for nobody why: their company is closed, or they are on no team."""
    of_closed = Member.objects.active().filter(
        person=person, partner__status=Partner.Status.CLOSED, partner__merged_into__isnull=True
    )
    closed = of_closed.select_related("partner__account_manager").order_by("-joined_at").first()
    page = "partners/company_closed.html" if closed else "partners/no_company.html"
    return render(request, page, {"company": closed.partner if closed else None}, status=403)


def seen_by(member: Member) -> frozenset[int]:
    """Return whose rows a member may see: the company's, with what was merged into it."""
    if getattr(member, "of_family", True):
        return find_family(member.partner_id)
    return frozenset({member.partner_id})


def portal_page(
    *, roles: Collection[Member.Role] = EVERY_ROLE
) -> Callable[[PageView[P]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]]:
    """
    Let in who is signed in, on a team, and in one of ``roles``; tell everybody else what to do.

    The page is written in the programme's time zone and the person's language and is kept by no
    cache; only the answer to a form may be shown again by the browser's own back button, which
    would otherwise show an error page. The roles stand on the view as ``portal_roles``, where the
    navigation reads them.
    """

    def guard(view: PageView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        @login_required
        def opened(request: PortalRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            with speaking_to(request.user, request):
                refusal = enter(request)
                if refusal is not None:
                    return refusal
                with timezone.override(request.frame.zone):
                    if request.member.role not in roles:
                        return render(request, "partners/other_role.html", status=403)
                    return remember_language(request, view(request, *args, **kwargs))

        @wraps(view)
        def page(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            # Django hands over a plain request; the gate is what makes it a PortalRequest.
            ours = cast(PortalRequest, request)
            # Whatever moves points here takes effect once, by the key in its form.
            answer = make_page(
                request, lambda: opened(ours, *args, **kwargs), takes_effect_once=True
            )
            if request.method == "POST":
                patch_cache_control(answer, private=True, no_cache=True, max_age=0)
            else:
                add_never_cache_headers(answer)
            return answer

        page.portal_roles = frozenset(roles)  # type: ignore[attr-defined]  # read by the navigation
        return cast(Callable[Concatenate[HttpRequest, P], HttpResponseBase], page)

    return guard


def enter(request: PortalRequest) -> HttpResponse | None:
    """Put member, actor and frame on the request; return an answer if nobody can act."""
    request.memberships = read_memberships(request.user)
    try:
        request.member = acting_member(request, request.memberships)
    except CompanyNotChosen:
        query = urlencode({"next": request.get_full_path()})
        return redirect(f"{reverse('partners:choose-company')}?{query}")
    except NoCompany:
        if request.user.is_staff:
            return redirect("admin:index")
        return say_no_company(request, request.user)
    request.actor = Actor(
        partner_ids=seen_by(request.member),
        member=request.member,
        person=request.user,
    )
    read_frame: Callable[[Member, datetime], Frame] = import_string(settings.PORTAL_FRAME)
    request.frame = read_frame(request.member, timezone.now())
    return None


def speaking_to(person: Person, request: HttpRequest) -> translation.override:
    """Use the language chosen on this device, or else the one in the person's settings."""
    return speaking(person.language, request)


def speaking(language: str, request: HttpRequest) -> translation.override:
    """Use the language chosen on this device, or else this one."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    known = {code for code, _name in settings.LANGUAGES}
    return translation.override(chosen if chosen in known else language)


def remember_language(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        set_language_cookie(response, translation.get_language())
    return response


def set_language_cookie(response: HttpResponseBase, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 60 * 60,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        samesite="Lax",
    )
