"""Inviting somebody to the team, and what can be done while they have not answered."""

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from partners import inviting
from partners.access import PortalRequest, portal_page
from partners.mailing import mail_invitation
from partners.models import Invitation, Member
from partners.team import OnlyHeadBuyerDecides, PartnerClosed
from rewards.forms import InviteForm

UNPROCESSABLE = 422
# Beside which field a refusal is told; None is above the form.
FIELD_OF: dict[type[Exception], str | None] = {
    inviting.NameNotPlain: "name",
    inviting.OwnInvitation: "email",
    inviting.AlreadyOnTheTeam: "email",
    inviting.AlreadyInvited: "email",
    inviting.TooManyInvitations: None,
    PartnerClosed: None,
    OnlyHeadBuyerDecides: None,
}


@require_http_methods(["GET", "HEAD", "POST"])
@portal_page(roles=[Member.Role.HEAD_BUYER])
def invite(request: PortalRequest) -> HttpResponse:
    """Ask for an address, a name and a role. ``?again=<member>`` fills it in for who left."""
    if request.method != "POST":
        return _show(request, InviteForm.fresh(request.member, _find_again(request)))
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=UNPROCESSABLE)
    if form.cleaned_data["acting_for"] != request.member.public_id:
        messages.error(request, _("You changed the company in another tab. Nobody was invited."))
        return redirect("rewards:team")
    try:
        invitation = inviting.invite(
            partner=request.member.partner,
            offer=form.offer(),
            by=request.actor,
            at=timezone.now(),
            mail=_mail_from(request),
        )
    except tuple(FIELD_OF) as refusal:
        form.add_error(FIELD_OF[type(refusal)], str(refusal))
        return _show(request, form, status=UNPROCESSABLE)
    _say_sent(request, invitation)
    return redirect("rewards:team")


@require_POST
@portal_page(roles=[Member.Role.HEAD_BUYER])
def resend_invitation(request: PortalRequest, public_id: str) -> HttpResponse:
    """Send a new link; the old one works no more. Pressed twice, it is sent once."""
    invitation = _find(request, public_id)
    try:
        sent = inviting.resend(
            invitation=invitation, by=request.actor, at=timezone.now(), mail=_mail_from(request)
        )
    except (
        inviting.InvitationNotOpen,
        inviting.TooManyInvitations,
        PartnerClosed,
        OnlyHeadBuyerDecides,
    ) as refusal:
        messages.error(request, str(refusal))
    else:
        _say_sent(request, sent)
    return redirect("rewards:team")


@require_POST
@portal_page(roles=[Member.Role.HEAD_BUYER])
def withdraw_invitation(request: PortalRequest, public_id: str) -> HttpResponse:
    invitation = _find(request, public_id)
    try:
        inviting.withdraw(invitation=invitation, by=request.actor, at=timezone.now())
    except inviting.InvitationNotOpen:
        # Accepted a moment ago: they stand in the table above now.
        messages.warning(request, _("The invitation was accepted already."))
    except OnlyHeadBuyerDecides as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The invitation is withdrawn. Its link works no more."))
    return redirect("rewards:team")


def _find(request: PortalRequest, public_id: str) -> Invitation:
    found: Invitation = get_object_or_404(
        Invitation.objects.for_actor(request.actor).select_related("partner", "invited_by"),
        public_id=public_id,
    )
    return found


def _find_again(request: PortalRequest) -> Member | None:
    """Return who is asked back; an id that is none, or somebody else's, fills in nothing."""
    left = Member.objects.for_actor(request.actor).filter(status=Member.Status.LEFT)
    wanted = request.GET.get("again", "")
    return next((member for member in left.for_listing() if str(member.public_id) == wanted), None)


def _mail_from(request: PortalRequest) -> inviting.Mail:
    return partial(mail_invitation, site=f"{request.scheme}://{request.get_host()}")


def _say_sent(request: PortalRequest, invitation: Invitation) -> None:
    if not inviting.was_mailed(invitation):
        messages.warning(
            request,
            _("The invitation stands, but the mail to %(email)s could not be sent. Send it again.")
            % {"email": invitation.email},
        )
        return
    messages.success(
        request,
        _("The invitation is on its way to %(email)s. The link works for seven days.")
        % {"email": invitation.email},
    )


def _show(request: PortalRequest, form: InviteForm, *, status: int = 200) -> HttpResponse:
    return render(request, "rewards/invite.html", {"form": form}, status=status)
