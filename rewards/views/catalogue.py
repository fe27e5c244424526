"""The catalogue, and the page on which a reward is checked and taken."""

import uuid
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ledger import accounts
from ledger.models import Account, Lot
from partners.access import PortalRequest, portal_page
from rewards import redeeming
from rewards.browsing import Card, Standpoint, read_card, read_cards
from rewards.catalogue.registry import every_kind
from rewards.forms import RedeemForm
from rewards.models import Redemption, Reward
from rewards.previewing import draw, preview
from rewards.views.standing import refuse_viewers, with_standpoint

UNPROCESSABLE = 422


@require_safe
@portal_page()
@with_standpoint
def catalogue(request: PortalRequest, standpoint: Standpoint) -> HttpResponse:
    cards = read_cards(standpoint)
    kind = request.GET.get("kind", "")
    show = request.GET.get("show", "")
    shown = [card for card in cards if kind in ("", card.kind.code)]
    if show == "affordable":
        shown = [card for card in shown if card.is_affordable]
    offered = {card.kind.code for card in cards}
    context = {
        "standpoint": standpoint,
        "purse": standpoint.wallet if request.member.role == "buyer" else standpoint.pool,
        "cards": shown,
        "affordable_count": sum(card.is_affordable for card in shown),
        "kinds": [each for each in every_kind() if each.code in offered],
        "kind": kind,
        "show": show,
        "language": (get_language() or "en").split("-")[0],
    }
    return render(request, "rewards/catalogue.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@portal_page()
@with_standpoint
def reward(request: PortalRequest, standpoint: Standpoint, slug: str) -> HttpResponse:
    """Show what a reward costs and gives; POST takes it, once for each time the page was issued."""
    found = get_object_or_404(
        Reward.objects.select_related("programme__main_unit"),
        programme=standpoint.programme,
        slug=slug,
    )
    if refusal := refuse_viewers(request):
        return refusal
    values = request.POST if request.method == "POST" else request.GET
    card = read_card(standpoint, found, from_wallet=values.get("paid_from") == "wallet")
    if request.method != "POST":
        return _show(request, standpoint, card, RedeemForm(kind=card.kind))
    form = RedeemForm(request.POST, kind=card.kind)
    if not form.is_valid():
        return _show(request, standpoint, card, form, status=UNPROCESSABLE)
    return _take(request, standpoint, card, form)


def _take(
    request: PortalRequest, standpoint: Standpoint, card: Card, form: RedeemForm
) -> HttpResponse:
    try:
        with transaction.atomic():
            taken = redeeming.redeem(
                member=request.member,
                account=_find_account(standpoint, is_pool=form.cleaned_data["paid_from"] == "pool"),
                reward=card.reward,
                request_id=form.cleaned_data["request_id"],
                details=form.details,
                price_seen=form.cleaned_data["price_seen"],
                redeemed_at=timezone.now(),
            )
    except redeeming.FieldsNotValid as refused:
        form.refuse(refused)
        return _show(request, standpoint, card, form, status=UNPROCESSABLE)
    except redeeming.RequestIdReused:
        if earlier := _find_earlier(request, card, form):
            messages.warning(request, SENT_BEFORE)
            return redirect("rewards:redemption", public_id=earlier.public_id)
        messages.error(request, _("This page had been used before. Nothing was taken now."))
        return redirect("rewards:reward", slug=card.reward.slug)
    except REFUSALS as refusal:
        messages.error(request, _say_refusal(request, refusal))
        return redirect("rewards:reward", slug=card.reward.slug)
    return redirect("rewards:redemption", public_id=taken.public_id)


SENT_BEFORE = gettext_lazy(
    "This page had been sent before, with other details. Nothing was taken now; below is what was "
    "taken then. To take another one, open the reward again."
)


def _find_earlier(request: PortalRequest, card: Card, form: RedeemForm) -> Redemption | None:
    """Return what this very page took before, with other details."""
    taken = Redemption.objects.for_actor(request.actor).filter(
        member=request.member, reward=card.reward, request_id=form.cleaned_data["request_id"]
    )
    return taken.first()


REFUSALS = (
    redeeming.RewardUnavailable,
    redeeming.NotEligible,
    redeeming.LimitReached,
    redeeming.OutOfStock,
    redeeming.PriceChanged,
    redeeming.DebtOutstanding,
    redeeming.InsufficientPoints,
)


def _say_refusal(request: PortalRequest, refusal: Exception) -> str:
    """Say with the programme's own words what stood in the way, and that nothing happened."""
    language = (get_language() or "en").split("-")[0]
    unit = request.frame.unit
    if isinstance(refusal, redeeming.InsufficientPoints):
        return _("That needs %(needed)s; %(available)s are available. Nothing was taken.") % {
            "needed": unit.phrase(refusal.needed, language),
            "available": unit.number(refusal.available, language),
        }
    if isinstance(refusal, redeeming.PriceChanged):
        return _("The price is now %(now)s; you had seen %(seen)s. Nothing was taken.") % {
            "now": unit.phrase(refusal.now, language),
            "seen": unit.number(refusal.seen, language),
        }
    if isinstance(refusal, redeeming.DebtOutstanding):
        return _("%(owed)s are still owed. What you earn repays them first.") % {
            "owed": unit.phrase(refusal.owed, language)
        }
    return _("%(refusal)s Nothing was taken.") % {"refusal": refusal}


def _find_account(standpoint: Standpoint, *, is_pool: bool) -> Account:
    unit, member = standpoint.programme.main_unit, standpoint.member
    return accounts.pool(unit, member.partner) if is_pool else accounts.wallet(unit, member)


def _show(
    request: PortalRequest,
    standpoint: Standpoint,
    card: Card,
    form: RedeemForm,
    *,
    status: int = 200,
) -> HttpResponse:
    lots = Lot.objects.none()
    if card.purse.account is not None:
        lots = (
            Lot.objects.for_actor(request.actor)
            .spendable(standpoint.at)
            .filter(account=card.purse.account)
            .in_spending_order()
        )
    # What was refused at its fields keeps its id: it is the same request, corrected.
    issued = (
        form.data.get("request_id") if form.is_bound and "request_id" not in form.errors else ""
    )
    may_take = card.is_open and request.member.may_spend and not card.is_for_head_buyer
    owes = bool(standpoint.owed and card.purse.is_pool)
    which_go = preview(lots, card.reward.price, ZoneInfo(standpoint.programme.time_zone))
    context = {
        "standpoint": standpoint,
        "card": card,
        "form": form,
        "request_id": issued or uuid.uuid4(),
        "promises": card.kind.describe(card.reward),
        "preview": which_go,
        "bar": draw(which_go),
        "owes": owes,
        "may_take": may_take and not card.missing and not owes,
        "other_purse": _find_other_purse(standpoint, card),
        "foretold": card.kind.foretell(card.reward),
    }
    return render(request, "rewards/reward.html", context, status=status)


def _find_other_purse(standpoint: Standpoint, card: Card) -> str:
    """A head buyer may take what is for both from the pool or from their own wallet."""
    if card.reward.audience != Reward.Audience.BOTH or not standpoint.spends_pool:
        return ""
    return "wallet" if card.purse.is_pool else "pool"
