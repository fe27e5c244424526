"""Sell-out claims in the portal: the list, a new one, one with its history and proofs."""

from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from partners.access import PortalRequest, portal_page
from partners.doors.attachments import hand_out
from partners.models import ClaimMove, ClaimProof, Member, SellOutClaim
from rewards import claiming
from rewards.forms import AppealForm, ClaimForm

PAGE_SIZE = 20
UNPROCESSABLE = 422
State = SellOutClaim.State
BADGES = {
    State.PENDING: ("accent", "clock"),
    State.APPROVED: ("ok", "check"),
    State.REJECTED: ("bad", "stop"),
    State.APPEALED: ("accent", "back"),
    State.PAID: ("ok", "ok"),
    State.WITHDRAWN: ("", "x"),
}
SELLERS = (Member.Role.HEAD_BUYER, Member.Role.BUYER)
# Beside which field a refusal is told; None is above the form.
FIELD_OF: dict[type[Exception], str | None] = {
    claiming.SerialsTaken: "serials",
    claiming.SerialsRefused: "serials",
    claiming.NoSerials: "serials",
    claiming.SoldInFuture: "sold_on",
    claiming.TooLongAgo: "sold_on",
    claiming.ProofRefused: "proofs",
    claiming.NotActive: None,
}


def visible_to(request: PortalRequest) -> QuerySet[SellOutClaim]:
    """A head buyer sees every claim of the company, a buyer their own."""
    found = SellOutClaim.objects.for_actor(request.actor)
    return found if request.member.is_head_buyer else found.filter(member=request.member)


@require_safe
@portal_page(roles=SELLERS)
def claims(request: PortalRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    found = visible_to(request).select_related("member__person").order_by("-filed_at", "-pk")
    if state in State.values:
        found = found.filter(state=state)
    page = Paginator(found.annotate(articles=Count("serials")), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "rows": [(claim, BADGES[State(claim.state)], _say_articles(claim)) for claim in page],
        "states": State.choices,
        "state": state,
    }
    return render(request, "rewards/claims.html", context)


def _say_articles(claim: SellOutClaim) -> str:
    count: int = claim.articles  # type: ignore[attr-defined]  # annotated above
    return ngettext("%(count)d serial number", "%(count)d serial numbers", count) % {"count": count}


@require_http_methods(["GET", "HEAD", "POST"])
@portal_page(roles=SELLERS)
def new_claim(request: PortalRequest) -> HttpResponse:
    """One page: what was sold, the serial numbers and the proof."""
    today = _today(request)
    if request.method != "POST":
        form = ClaimForm.fresh(acting_for=request.member.public_id, today=today)
        return _show_form(request, form)
    form = ClaimForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show_form(request, form, status=UNPROCESSABLE)
    if form.cleaned_data["acting_for"] != request.member.public_id:
        messages.error(request, _("You changed the company in another tab. Nothing was claimed."))
        return redirect("rewards:claims")
    try:
        claim = claiming.file_claim(
            member=request.member, draft=form.draft(), today=today, at=timezone.now()
        )
    except tuple(FIELD_OF) as refusal:
        field = next(name for kind, name in FIELD_OF.items() if isinstance(refusal, kind))
        form.add_error(field, str(refusal))
        return _show_form(request, form, status=UNPROCESSABLE)
    if not form.says(claim):
        # The page was sent before, and somebody went back to it and wrote something else.
        return _show_form(request, form.begun_anew(), status=UNPROCESSABLE)
    messages.success(request, _("Your claim is filed. You see here what becomes of it."))
    return redirect("rewards:claim", public_id=claim.public_id)


def _today(request: PortalRequest) -> date:
    return timezone.now().astimezone(request.frame.zone).date()


def _show_form(request: PortalRequest, form: ClaimForm, *, status: int = 200) -> HttpResponse:
    return render(request, "rewards/claim_new.html", {"form": form}, status=status)


@require_safe
@portal_page(roles=SELLERS)
def claim(request: PortalRequest, public_id: str) -> HttpResponse:
    found = get_object_or_404(
        visible_to(request).select_related("member__person"), public_id=public_id
    )
    return _show(request, found, AppealForm())


def _show(
    request: PortalRequest, found: SellOutClaim, form: AppealForm, *, status: int = 200
) -> HttpResponse:
    moves = list(found.moves.select_related("by_member__person").order_by("pk"))
    last = next((move for move in reversed(moves) if move.to_state == State.REJECTED), None)
    was_appealed = any(move.to_state == State.APPEALED for move in moves)
    context = {
        "claim": found,
        "badge": BADGES[State(found.state)],
        "serials": found.serials.order_by("serial"),
        "proofs": found.proofs.order_by("pk"),
        "moves": [(move, _say_reason(move)) for move in moves],
        "refusal": _say_reason(last) if last and found.state == State.REJECTED else "",
        "refusal_note": last.note if last else "",
        "may_withdraw": State.WITHDRAWN in claiming.LEGAL_MOVES[found.state],
        "may_appeal": found.state == State.REJECTED and not was_appealed,
        "form": form,
    }
    return render(request, "rewards/claim.html", context, status=status)


def _say_reason(move: ClaimMove) -> str:
    return str(claiming.REASONS.get(move.reason_code, move.reason_code))


@require_POST
@portal_page(roles=SELLERS)
def withdraw_claim(request: PortalRequest, public_id: str) -> HttpResponse:
    found = get_object_or_404(visible_to(request), public_id=public_id)
    try:
        claiming.withdraw(claim=found, by=request.member, at=timezone.now())
    except claiming.IllegalMove:
        messages.warning(request, _("It cannot be withdrawn any more. Its state is below."))
    else:
        messages.success(request, _("Withdrawn. The serial numbers can be claimed again."))
    return redirect("rewards:claim", public_id=found.public_id)


@require_POST
@portal_page(roles=SELLERS)
def appeal_claim(request: PortalRequest, public_id: str) -> HttpResponse:
    found = get_object_or_404(
        visible_to(request).select_related("member__person"), public_id=public_id
    )
    form = AppealForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, status=UNPROCESSABLE)
    try:
        claiming.appeal(
            claim=found, note=form.cleaned_data["note"], by=request.member, at=timezone.now()
        )
    except claiming.IllegalMove:
        messages.warning(request, _("It cannot be appealed. Its state is below."))
    except (claiming.AppealedBefore, claiming.ClaimedMeanwhile) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Somebody else will look at it again."))
    return redirect("rewards:claim", public_id=found.public_id)


@require_safe
@portal_page(roles=SELLERS)
def claim_proof(request: PortalRequest, public_id: str, proof_id: str) -> HttpResponse:
    """The file as it was given, to be saved."""
    found: ClaimProof = get_object_or_404(
        ClaimProof, claim__in=visible_to(request).filter(public_id=public_id), public_id=proof_id
    )
    try:
        content = claiming.open_proof(found)
    except FileNotFoundError as error:
        raise Http404 from error
    return hand_out(content, name=found.name, content_type=found.content_type)
