"""One member of the team: their role, handing over to them, taking them off the team."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ledger.models import Account, Unit
from partners import team
from partners.access import PortalRequest, portal_page
from partners.models import Member
from partners.wording import UnitWording
from rewards import leaving
from rewards.forms import HandOverForm, LeaveForm, MemberForm
from rewards.spending import find_owed

UNPROCESSABLE = 422
HEADS = (Member.Role.HEAD_BUYER,)
REFUSALS = (
    team.LastHeadBuyer,
    team.MemberNotActive,
    team.OnlyHeadBuyerDecides,
    team.StaleRevision,
)


@require_http_methods(["GET", "HEAD", "POST"])
@portal_page(roles=HEADS)
def member(request: PortalRequest, public_id: str) -> HttpResponse:
    """Role and job title, and the ways to hand over and to take somebody off the team."""
    found = _find(request, public_id)
    if found.status == Member.Status.LEFT:
        return _say_left(request, found)
    if request.method != "POST":
        return _show_member(request, found, MemberForm.of(found))
    form = MemberForm(request.POST)
    if not form.is_valid():
        return _show_member(request, found, form, status=UNPROCESSABLE)
    try:
        changed = team.change(
            member=found,
            role=form.cleaned_data["role"],
            job_title=form.cleaned_data["job_title"],
            revision=form.cleaned_data["revision"],
            by=request.actor,
            at=timezone.now(),
        )
    except team.LastHeadBuyer as refusal:
        form.add_error("role", str(refusal))
        return _show_member(request, found, form, status=UNPROCESSABLE)
    except team.StaleRevision as refusal:
        # What was typed is shown beside what is there now, and can be saved over it.
        found = _find(request, public_id)
        form = MemberForm({**request.POST.dict(), "revision": str(found.revision)})
        form.add_error(None, str(refusal))
        return _show_member(request, found, form, status=UNPROCESSABLE)
    except REFUSALS as refusal:
        return _refuse(request, refusal)
    messages.success(request, _("%(name)s: saved.") % {"name": changed.person.name})
    return redirect("rewards:team")


@require_http_methods(["GET", "HEAD", "POST"])
@portal_page()
def hand_over(request: PortalRequest, public_id: str) -> HttpResponse:
    """
    Make somebody else head buyer in one's own place, after a page that says what follows.

    Pressed twice, it is asked the second time by who is head buyer no longer.
    """
    found = _find(request, public_id)
    if not request.member.is_head_buyer:
        if request.method == "POST" and found.is_head_buyer:
            return redirect("rewards:team")
        return render(request, "partners/other_role.html", status=403)
    if found.status == Member.Status.LEFT:
        return _say_left(request, found)
    if found.pk == request.member.pk or not found.person.is_active:
        return redirect("rewards:member", public_id=found.public_id)
    if request.method != "POST":
        initial = {"revision": request.member.revision, "becomes": Member.Role.BUYER}
        form = HandOverForm(initial=initial)
        return render(request, "rewards/hand_over.html", {"other": found, "form": form})
    form = HandOverForm(request.POST)
    if not form.is_valid():
        context = {"other": found, "form": form}
        return render(request, "rewards/hand_over.html", context, status=UNPROCESSABLE)
    try:
        _giver, taker = team.hand_over(
            member=request.member,
            to=found,
            becomes=form.cleaned_data["becomes"],
            revision=form.cleaned_data["revision"],
            by=request.actor,
            at=timezone.now(),
        )
    except REFUSALS as refusal:
        return _refuse(request, refusal)
    messages.success(request, _("%(name)s is head buyer now.") % {"name": taker.person.name})
    return redirect("rewards:team")


@require_http_methods(["GET", "HEAD", "POST"])
@portal_page(roles=HEADS)
def leave(request: PortalRequest, public_id: str) -> HttpResponse:
    """Take somebody off the team, after a page that shows the wallet going back to the pool."""
    found = _find(request, public_id)
    if found.status == Member.Status.LEFT:
        return _say_left(request, found)
    if request.method != "POST":
        return _show_leaving(request, found, LeaveForm(initial={"revision": found.revision}))
    form = LeaveForm(request.POST)
    if not form.is_valid():
        return _show_leaving(request, found, form, status=UNPROCESSABLE)
    try:
        leaving.deactivate(
            member=found,
            by=request.actor,
            at=timezone.now(),
            withdraws_pending=form.cleaned_data["withdraws"],
            revision=form.cleaned_data["revision"],
        )
    except leaving.StillPending:
        form.add_error("withdraws", _("Say that it is withdrawn, or wait until it is decided."))
        return _show_leaving(request, found, form, status=UNPROCESSABLE)
    except REFUSALS as refusal:
        return _refuse(request, refusal)
    return _say_left(request, found)


def _say_left(request: PortalRequest, found: Member) -> HttpResponse:
    said = {"name": found.person.name}
    messages.success(request, _("%(name)s is not on the team any more.") % said)
    return redirect("rewards:team")


def _find(request: PortalRequest, public_id: str) -> Member:
    found: Member = get_object_or_404(
        Member.objects.for_actor(request.actor).select_related("person", "partner"),
        public_id=public_id,
    )
    return found


def _refuse(request: PortalRequest, refusal: Exception) -> HttpResponse:
    messages.error(request, str(refusal))
    return redirect("rewards:team")


def _show_member(
    request: PortalRequest, found: Member, form: MemberForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "other": found,
        "form": form,
        "is_me": found.pk == request.member.pk,
        "is_last": _is_last(found),
        "wallets": _read_wallets(request, found),
    }
    return render(request, "rewards/member.html", context, status=status)


def _show_leaving(
    request: PortalRequest, found: Member, form: LeaveForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "other": found,
        "form": form,
        "is_me": found.pk == request.member.pk,
        "is_last": _is_last(found),
        "obstacles": leaving.find_obstacles(found),
        "wallets": _read_wallets(request, found),
    }
    return render(request, "rewards/leave.html", context, status=status)


def _is_last(found: Member) -> bool:
    try:
        team.refuse_without_head_buyer(found)
    except team.LastHeadBuyer:
        return True
    return False


def _read_wallets(request: PortalRequest, found: Member) -> list[Mapping[str, Any]]:
    """Return what each wallet holds and what the pool would hold with it, repaying debt first."""
    wallets = leaving.find_wallets(found)
    return [_foresee(request, found.partner_id, wallet) for wallet in wallets]


def _foresee(request: PortalRequest, partner_id: int, wallet: Account) -> Mapping[str, Any]:
    pools = Account.objects.pools().filter(partner=partner_id, unit=wallet.unit_id)
    pool = sum(pools.values_list("balance", flat=True))
    owed = find_owed(partner_id=partner_id, unit_id=wallet.unit_id)
    repaid = min(owed, wallet.balance)
    return {
        "balance": wallet.balance,
        "pool": pool,
        "repaid": repaid,
        "after": pool + wallet.balance - repaid,
        "unit": _unit_of(request, wallet.unit),
    }


def _unit_of(request: PortalRequest, unit: Unit) -> UnitWording:
    """The programme's own word where it is its main unit."""
    if unit.pk == request.frame.unit_id:
        return request.frame.unit
    return UnitWording(decimals=unit.decimals)
