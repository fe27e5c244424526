"""The share page: who gets how much, what each will read, and the confirmation."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ledger.models import Lot
from partners.access import PortalRequest, portal_page
from partners.models import Member
from rewards import sharing
from rewards.browsing import Standpoint
from rewards.forms import ShareForm
from rewards.previewing import deal_out, preview
from rewards.views.standing import with_standpoint

PERCENTS = (10, 25, 50, 100)
PERCENT_AT_FIRST = 25
UNPROCESSABLE = 422


@require_http_methods(["GET", "HEAD", "POST"])
@portal_page(roles=[Member.Role.HEAD_BUYER])
@with_standpoint
def share(request: PortalRequest, standpoint: Standpoint) -> HttpResponse:
    """
    One page, in steps that are buttons: split again, review, confirm. Only the last moves points.

    Everything typed travels with the form, so that it works without a script.
    """
    members = _find_members(request, standpoint)
    available = 0 if standpoint.owed else standpoint.pool.available
    decimals = standpoint.programme.main_unit.decimals
    if request.method != "POST":
        amount = available * PERCENT_AT_FIRST // 100
        fresh = ShareForm.fresh(
            members=members, available=available, decimals=decimals, amount=amount
        )
        return _show(request, standpoint, fresh)
    form = ShareForm(request.POST, members=members, available=available, decimals=decimals)
    form.is_valid()
    if "request_id" in form.errors or "method" in form.errors:
        messages.error(request, _("This page was not complete. Nothing was shared."))
        return redirect("rewards:share")
    if (percent := request.POST.get("percent", "")) in map(str, PERCENTS):
        return _show(request, standpoint, form.with_percent(int(percent)))
    match request.POST.get("step"):
        case "split":
            return _show(request, standpoint, form if form.errors else form.split_again())
        case "review" | "confirm" as step:
            if not form.check_complete():
                return _show(request, standpoint, form, status=UNPROCESSABLE)
            if step == "confirm":
                return _confirm(request, standpoint, form)
            return _review(request, standpoint, form)
    return _show(request, standpoint, form)


def _confirm(request: PortalRequest, standpoint: Standpoint, form: ShareForm) -> HttpResponse:
    try:
        with transaction.atomic():
            made = sharing.share(
                head_buyer=request.member,
                programme=standpoint.programme,
                amount=form.to_share,
                method=form.method_chosen,
                parts=form.parts(),
                reason=form.cleaned_data["reason"],
                request_id=form.cleaned_data["request_id"],
                shared_at=timezone.now(),
            )
    except sharing.RequestIdReused:
        messages.error(request, _("This page had been used before. Nothing was shared now."))
        return redirect("rewards:shares")
    except REFUSALS as refusal:
        messages.error(request, _say_refusal(request, refusal))
        return _show(request, standpoint, form, status=UNPROCESSABLE)
    return redirect("rewards:share-receipt", public_id=made.public_id)


REFUSALS = (
    sharing.OnlyHeadBuyerShares,
    sharing.ProgrammeNotLive,
    sharing.NotOnTheTeam,
    sharing.SelfShareNotAllowed,
    sharing.SharesDoNotSum,
    sharing.DebtOutstanding,
    sharing.InsufficientPoints,
)


def _say_refusal(request: PortalRequest, refusal: Exception) -> str:
    """The form was complete a moment ago, so something changed between the look and the press."""
    if isinstance(refusal, sharing.InsufficientPoints):
        language = (get_language() or "en").split("-")[0]
        return _("The pool holds %(available)s now. Nothing was shared.") % {
            "available": request.frame.unit.phrase(refusal.available, language)
        }
    return _("Something changed meanwhile, and nothing was shared. Please look again.")


def _find_members(request: PortalRequest, standpoint: Standpoint) -> list[Member]:
    """Everybody who may get points; the head buyer last, and only where the programme allows it."""
    found = list(sharing.find_possible_recipients(request.member.partner_id))
    others = [member for member in found if member.pk != request.member.pk]
    own = [member for member in found if member.pk == request.member.pk]
    return others + own if standpoint.definition.settings.share_to_self else others


def _find_lots(request: PortalRequest, standpoint: Standpoint) -> list[Lot]:
    if standpoint.pool.account is None:
        return []
    return list(
        Lot.objects.for_actor(request.actor)
        .spendable(standpoint.at)
        .filter(account=standpoint.pool.account)
        .in_spending_order()
    )


def _show(
    request: PortalRequest, standpoint: Standpoint, form: ShareForm, *, status: int = 200
) -> HttpResponse:
    zone = ZoneInfo(standpoint.programme.time_zone)
    context = {
        "standpoint": standpoint,
        "form": form,
        "rows": form.rows(),
        "percents": PERCENTS,
        "kept": max(0, form.available - form.to_share),
        "share_percent": form.to_share * 100 // form.available if form.available else 0,
        "preview": preview(_find_lots(request, standpoint), form.to_share, zone),
        "undo_days": standpoint.definition.settings.share_undo_days,
    }
    return render(request, "rewards/share.html", context, status=status)


def _review(request: PortalRequest, standpoint: Standpoint, form: ShareForm) -> HttpResponse:
    """The last look: each member's letter with the dates of exactly the points they would get."""
    rows = sorted((row for row in form.rows() if row.given), key=lambda row: row.member.pk)
    months = deal_out(
        _find_lots(request, standpoint),
        [row.given for row in rows],
        ZoneInfo(standpoint.programme.time_zone),
    )
    context = {
        "standpoint": standpoint,
        "form": form,
        "letters": list(zip(rows, months, strict=True)),
        "kept": form.available - form.to_share,
        "undo_days": standpoint.definition.settings.share_undo_days,
        "to_self": next((row for row in rows if row.member.pk == request.member.pk), None),
    }
    return render(request, "rewards/share_review.html", context)
