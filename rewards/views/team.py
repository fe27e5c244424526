"""Who is on the team, in which role, and what they hold."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ledger.models import Account
from partners.access import PortalRequest, portal_page
from partners.models import Member
from rewards.browsing import find_available


@require_safe
@portal_page()
def team(request: PortalRequest) -> HttpResponse:
    """The head buyer sees every wallet; buyers and viewers see names, and their own wallet."""
    members = list(
        Member.objects.for_actor(request.actor).exclude(status=Member.Status.LEFT).for_listing()
    )
    sees_wallets = request.member.is_head_buyer
    wallets = dict(
        Account.objects.for_actor(request.actor)
        .wallets()
        .filter(unit_id=request.frame.unit_id, member__in=members)
        .values_list("member_id", "pk")
    )
    free = find_available(wallets.values(), timezone.now())
    rows = [
        (member, free[wallets[member.pk]] if member.pk in wallets else 0)
        if sees_wallets or member.pk == request.member.pk
        else (member, None)
        for member in members
    ]
    context = {
        "rows": rows,
        "sees_wallets": sees_wallets,
        "together": sum(held for _member, held in rows if held),
        "active_count": sum(member.status == Member.Status.ACTIVE for member in members),
        "invited_count": sum(member.status == Member.Status.INVITED for member in members),
    }
    return render(request, "rewards/team.html", context)
