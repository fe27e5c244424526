"""Whether people of the team earn for themselves: who agrees, to which terms, for whom."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from partners.access import PortalRequest, portal_page
from partners.models import Member
from partners.wording import choose_language
from rewards import consenting
from rewards.browsing import Standpoint
from rewards.consenting import find_approver
from rewards.earners import cap_of, read_team
from rewards.forms import AgreeForm, ApproverForm
from rewards.models import EarningConsent
from rewards.programmes.settings import PersonalEarning
from rewards.views.standing import with_standpoint

UNPROCESSABLE = 422


@require_safe
@portal_page()
@with_standpoint
def personal_earning(request: PortalRequest, standpoint: Standpoint) -> HttpResponse:
    """
    The head buyer and the approver see everybody; others the approver, the terms and themselves.
    """
    return _show(request, standpoint, None)


@require_POST
@portal_page(roles=[Member.Role.HEAD_BUYER])
@with_standpoint
def name_approver(request: PortalRequest, standpoint: Standpoint) -> HttpResponse:
    """Name who agrees from now on. The same again changes nothing."""
    form = ApproverForm(request.POST, members=_find_members(request))
    if not form.is_valid():
        return _show(request, standpoint, form, status=UNPROCESSABLE)
    try:
        named = consenting.name_approver(
            partner=request.member.partner,
            member=form.chosen,
            by=request.actor,
            at=timezone.now(),
        )
    except (consenting.MemberNotActive, consenting.OnlyHeadBuyerDecides) as refusal:
        messages.error(request, str(refusal))
    else:
        said = {"name": named.member.person.name}
        messages.success(request, _("%(name)s agrees to personal earning from now on.") % said)
    return redirect("rewards:personal-earning")


@require_http_methods(["GET", "HEAD", "POST"])
@portal_page()
@with_standpoint
def agree_to_earning(
    request: PortalRequest, standpoint: Standpoint, public_id: str
) -> HttpResponse:
    """Let a member earn for themselves, after a page with the terms. Only the approver comes in."""
    approver = find_approver(request.member.partner)
    if approver is None or approver.member_id != request.member.pk:
        return render(request, "partners/other_role.html", status=403)
    found = _find(request, public_id)
    policy = standpoint.definition.settings.personal_earning
    if (obstacle := _find_obstacle(request, found, policy)) is not None:
        return _refuse(request, obstacle)
    if request.method != "POST":
        return _show_terms(request, found, policy)
    form = AgreeForm(request.POST)
    if not form.is_valid():
        return _show_terms(request, found, policy, status=UNPROCESSABLE)
    try:
        consenting.agree(
            programme=standpoint.programme,
            member=found,
            by=request.actor,
            terms_version=form.cleaned_data["terms_version"],
            language=_language_of(policy),
            at=timezone.now(),
        )
    except consenting.TermsChanged:
        return _show_terms(request, found, policy, status=UNPROCESSABLE)
    except consenting.AlreadyAgreed:
        # Pressed twice: it is so.
        pass
    except REFUSALS as refusal:
        return _refuse(request, refusal)
    said = {"name": found.person.name}
    messages.success(request, _("%(name)s earns for themselves from now on.") % said)
    return redirect("rewards:personal-earning")


def _find_obstacle(
    request: PortalRequest, found: Member, policy: PersonalEarning
) -> Exception | None:
    """Say what stands in the way before anybody is asked in vain."""
    if found.pk == request.member.pk:
        return consenting.OwnEarning()
    if found.status != Member.Status.ACTIVE:
        return consenting.MemberNotActive()
    return None if policy.allowed else consenting.PersonalEarningClosed()


REFUSALS = (
    consenting.PersonalEarningClosed,
    consenting.NotTheApprover,
    consenting.OwnEarning,
    consenting.MemberNotActive,
)


@require_http_methods(["GET", "HEAD", "POST"])
@portal_page()
@with_standpoint
def withdraw_earning(
    request: PortalRequest, standpoint: Standpoint, public_id: str
) -> HttpResponse:
    """End a consent, after a page that says what follows. One's own, or as who decides here."""
    if str(request.member.public_id) != str(public_id) and not _decides(request):
        return render(request, "partners/other_role.html", status=403)
    found = _find(request, public_id)
    consent = (
        EarningConsent.objects.for_actor(request.actor)
        .filter(programme=standpoint.programme, member=found, withdrawn_at__isnull=True)
        .first()
    )
    if consent is None:
        return _say_withdrawn(request, found)
    if request.method != "POST":
        context = {"other": found, "consent": consent, "is_me": found.pk == request.member.pk}
        return render(request, "rewards/personal_earning_withdraw.html", context)
    try:
        consenting.withdraw(consent=consent, by=request.actor, at=timezone.now())
    except consenting.NotTheApprover as refusal:
        return _refuse(request, refusal)
    return _say_withdrawn(request, found)


def _show(
    request: PortalRequest, standpoint: Standpoint, form: ApproverForm | None, *, status: int = 200
) -> HttpResponse:
    policy = standpoint.definition.settings.personal_earning
    members = _find_members(request)
    team = read_team(
        partner=request.member.partner,
        programme=standpoint.programme,
        policy=policy,
        members=members,
        actor=request.actor,
        at=standpoint.at,
    )
    named = team.approver.member if team.approver else None
    approves = named is not None and named.pk == request.member.pk
    manages = request.member.is_head_buyer
    sees_all = manages or approves
    if form is None:
        form = ApproverForm(members=members, named=named)
    context = {
        "policy": policy,
        "terms": _terms_of(policy),
        "cap": cap_of(policy),
        "team": team,
        "own": team.earner(request.member),
        "approves": approves,
        "manages": manages,
        "sees_all": sees_all,
        "history": [
            each for each in team.history if sees_all or each.member_id == request.member.pk
        ],
        "form": form,
    }
    return render(request, "rewards/personal_earning.html", context, status=status)


def _show_terms(
    request: PortalRequest,
    found: Member,
    policy: PersonalEarning,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "other": found,
        "policy": policy,
        "terms": _terms_of(policy),
        "cap": cap_of(policy),
        "form": AgreeForm(initial={"terms_version": policy.terms_version}),
        "has_changed": status == UNPROCESSABLE,
    }
    return render(request, "rewards/personal_earning_agree.html", context, status=status)


def _language_of(policy: PersonalEarning) -> str:
    return choose_language(get_language(), policy.terms or {})


def _terms_of(policy: PersonalEarning) -> str:
    return (policy.terms or {}).get(_language_of(policy), "")


def _find_members(request: PortalRequest) -> list[Member]:
    """Return the active team of the company that is acted for."""
    team = Member.objects.for_actor(request.actor).active().for_listing()
    return [each for each in team if each.partner_id == request.member.partner_id]


def _find(request: PortalRequest, public_id: str) -> Member:
    found: Member = get_object_or_404(
        Member.objects.for_actor(request.actor).select_related("person", "partner"),
        public_id=public_id,
    )
    return found


def _decides(request: PortalRequest) -> bool:
    if request.member.is_head_buyer:
        return True
    approver = find_approver(request.member.partner)
    return approver is not None and approver.member_id == request.member.pk


def _refuse(request: PortalRequest, refusal: Exception) -> HttpResponse:
    messages.error(request, str(refusal))
    return redirect("rewards:personal-earning")


def _say_withdrawn(request: PortalRequest, found: Member) -> HttpResponse:
    if found.pk == request.member.pk:
        messages.success(request, _("What you do earns for the company’s pool."))
    else:
        said = {"name": found.person.name}
        messages.success(request, _("What %(name)s does earns for the company’s pool.") % said)
    return redirect("rewards:personal-earning")
