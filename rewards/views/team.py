"""Who is on the team, in which role, and what they hold."""

from collections.abc import Iterable, Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ledger.models import Account
from partners.access import PortalRequest, portal_page
from partners.models import Invitation, Member
from rewards.browsing import find_available


@require_safe
@portal_page()
def team(request: PortalRequest) -> HttpResponse:
    """
    The head buyer sees every wallet, who is invited and who left; buyers and viewers see names,
    and their own wallet.
    """
    now = timezone.now()
    everybody = list(Member.objects.for_actor(request.actor).for_listing())
    members = [member for member in everybody if member.status == Member.Status.ACTIVE]
    manages = request.member.is_head_buyer
    wallets = dict(
        Account.objects.for_actor(request.actor)
        .wallets()
        .filter(unit_id=request.frame.unit_id, member__in=members)
        .values_list("member_id", "pk")
    )
    free = find_available(wallets.values(), now)
    rows = [
        (member, free[wallets[member.pk]] if member.pk in wallets else 0)
        if manages or member.pk == request.member.pk
        else (member, None)
        for member in members
    ]
    invitations = (
        list(Invitation.objects.for_actor(request.actor).open().order_by("-sent_at", "-pk"))
        if manages
        else []
    )
    context = {
        "rows": rows,
        "manages": manages,
        "together": sum(held for _member, held in rows if held),
        "invitations": [(each, each.expires_at > now) for each in invitations],
        "left": _find_left(everybody, invitations) if manages else [],
    }
    return render(request, "rewards/team.html", context)


def _find_left(everybody: Sequence[Member], invitations: Iterable[Invitation]) -> list[Member]:
    """Return who left and is not asked back: whoever came with a merged company is here."""
    invited = {invitation.email for invitation in invitations}
    here = {member.person_id for member in everybody if member.status == Member.Status.ACTIVE}
    return [
        member
        for member in everybody
        if member.status == Member.Status.LEFT
        and member.person_id not in here
        and member.person.email not in invited
    ]
