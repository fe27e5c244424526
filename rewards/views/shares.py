"""Shares that were made: the list, the receipt, and taking one back."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from partners.access import PortalRequest, portal_page
from partners.models import Member
from rewards import sharing
from rewards.models import Share
from rewards.models.share import ShareQuerySet

PAGE_SIZE = 20


def visible_to(request: PortalRequest) -> ShareQuerySet:
    """All of the company's for its head buyer and its viewers; a buyer's own for the buyer."""
    found = Share.objects.for_actor(request.actor)
    if request.member.role == Member.Role.BUYER:
        return found.filter(parts__member=request.member)
    return found


@require_safe
@portal_page()
def shares(request: PortalRequest) -> HttpResponse:
    found = (
        visible_to(request)
        .select_related("shared_by__person")
        .annotate(people=Count("parts"))
        .newest_first()
    )
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    own = {
        part.share_id: part.amount
        for part in request.member.share_parts.filter(share__in=[made.pk for made in page])
    }
    context = {
        "page": page,
        "rows": [(made, own.get(made.pk)) for made in page],
        "shows_all": request.member.role != Member.Role.BUYER,
    }
    return render(request, "rewards/shares.html", context)


@require_safe
@portal_page()
def share_receipt(request: PortalRequest, public_id: str) -> HttpResponse:
    made = get_object_or_404(
        visible_to(request).select_related("shared_by__person", "programme"), public_id=public_id
    )
    parts = list(
        made.parts.select_related("member__person", "undo_transfer").order_by(
            "member__person__name", "pk"
        )
    )
    shows_all = request.member.role != Member.Role.BUYER
    now = timezone.now()
    unspent = sharing.find_unspent(parts, now)
    is_posted = made.state == Share.State.POSTED
    context = {
        "share": made,
        "parts": [part for part in parts if shows_all or part.member_id == request.member.pk],
        "shows_all": shows_all,
        "to_self": next((part for part in parts if part.member_id == made.shared_by_id), None),
        "returned": sum(part.undo_transfer.amount for part in parts if part.undo_transfer),
        "returnable": sum(unspent.values()),
        "may_undo": request.member.is_head_buyer and is_posted and now < made.undo_until,
    }
    return render(request, "rewards/share_receipt.html", context)


@require_POST
@portal_page(roles=[Member.Role.HEAD_BUYER])
def undo_share(request: PortalRequest, public_id: str) -> HttpResponse:
    """Take back what nobody has spent; pressed twice, it is taken back once."""
    made = get_object_or_404(visible_to(request), public_id=public_id)
    try:
        with transaction.atomic():
            undone = sharing.undo(share=made, by=request.member, at=timezone.now())
    except sharing.UndoTooLate:
        messages.warning(request, _("The time to take it back is over. Nothing was moved."))
    except sharing.NothingLeftToUndo:
        messages.warning(request, _("All of it has been spent, so nothing could come back."))
    else:
        if undone.kept:
            messages.warning(request, _("What was unspent is back in the pool. The rest is below."))
        else:
            messages.success(request, _("All of it is back in the pool."))
    return redirect("rewards:share-receipt", public_id=made.public_id)
