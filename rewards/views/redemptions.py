"""What was taken: the list, the receipt, and calling a request off."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ledger.models import Account
from partners.access import PortalRequest, portal_page
from partners.models import Member
from rewards import redeeming
from rewards.catalogue.registry import kind_of
from rewards.models import Redemption
from rewards.models.catalogue import RedemptionQuerySet

PAGE_SIZE = 20
BADGES = {
    "requested": ("accent", "clock"),
    "approved": ("accent", "check"),
    "fulfilled": ("ok", "ok"),
    "rejected": ("bad", "stop"),
    "cancelled": ("", "x"),
    "returned": ("", "back"),
    "lapsed": ("", "clock"),
}
MAY_CANCEL = (Member.Role.HEAD_BUYER, Member.Role.BUYER)


def visible_to(request: PortalRequest) -> RedemptionQuerySet:
    """
    What the company took, and what the member took for themselves.

    What others took from their own wallets is theirs; the company's are for the head buyer, who
    spends the pool, and for viewers, who read its books.
    """
    own = Q(member=request.member)
    of_company = Q(account__kind=Account.Kind.POOL)
    theirs = own if request.member.role == Member.Role.BUYER else own | of_company
    return Redemption.objects.for_actor(request.actor).filter(theirs)


@require_safe
@portal_page()
def redemptions(request: PortalRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    found = visible_to(request).for_listing().select_related("account", "hold").newest_first()
    if state in Redemption.State.values:
        found = found.filter(state=state)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(row, BADGES[row.state], kind_of(row.reward.kind)) for row in page],
        "states": Redemption.State.choices,
        "state": state,
    }
    return render(request, "rewards/redemptions.html", context)


@require_safe
@portal_page()
def redemption(request: PortalRequest, public_id: str) -> HttpResponse:
    found = get_object_or_404(
        visible_to(request).for_listing().select_related("account", "refund", "hold"),
        public_id=public_id,
    )
    kind = kind_of(found.reward.kind)
    is_handed_over = bool(found.delivery) or found.state == Redemption.State.FULFILLED
    context = {
        "redemption": found,
        "badge": BADGES[found.state],
        "kind": kind,
        "facts": kind.describe_delivery(found) if is_handed_over else kind.describe(found.reward),
        "details": [(field.label, found.details.get(field.name)) for field in kind.details],
        "moves": found.moves.select_related("by").order_by("pk"),
        "shows_secrets": _shows_secrets(request.member, found),
        "may_cancel": request.member.role in MAY_CANCEL and redeeming.may_be_withdrawn(found),
        "is_over": found.state in ("rejected", "cancelled", "returned", "lapsed"),
    }
    return render(request, "rewards/redemption.html", context)


def _shows_secrets(member: Member, found: Redemption) -> bool:
    """A code is for who took it, or for the head buyer when the company paid."""
    if found.state != Redemption.State.FULFILLED:
        return False
    is_company_s = found.account.kind == Account.Kind.POOL
    return found.member_id == member.pk or (is_company_s and member.is_head_buyer)


@require_POST
@portal_page(roles=MAY_CANCEL)
def cancel_redemption(request: PortalRequest, public_id: str) -> HttpResponse:
    """Call off a request that nobody has approved yet."""
    found = get_object_or_404(visible_to(request), public_id=public_id)
    try:
        with transaction.atomic():
            redeeming.withdraw(redemption=found, by=request.user, at=timezone.now())
    except redeeming.IllegalMove:
        messages.warning(request, _("It cannot be cancelled any more. Its state is below."))
    else:
        messages.success(request, _say_cancelled(found))
    return redirect("rewards:redemption", public_id=found.public_id)


def _say_cancelled(found: Redemption) -> str:
    if found.hold_id is not None:
        return _("Cancelled. The points are free again.")
    return _("Cancelled. The same points are back.")
