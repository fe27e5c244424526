"""Members: who agrees to personal earning, and the act that moves points, taking somebody off."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldBooleanSwitchWidget

from ledger.admin.wording import say
from partners.admin.team import REFUSED, MemberAdmin, ReasonForm, with_reason
from partners.doors.admin import Step, action, actor_of
from partners.models import Member
from rewards import consenting, leaving


class LeaveForm(ReasonForm):
    withdraws = forms.BooleanField(
        label=gettext_lazy("Withdraw what waits for a decision"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )
    field_order = ("withdraws", "reason")


@admin.register(Member)
class TeamMemberAdmin(MemberAdmin):
    actions_detail = (*MemberAdmin.actions_detail, "name_approver", "deactivate")

    @action(description=gettext_lazy("Name as approver"), permissions=["manage"])
    def name_approver(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(
            request,
            object_id,
            Step(
                title=_("Name as approver of personal earning"),
                sentence=_(
                    "On the company’s word, this person agrees to personal earning from now on, "
                    "for colleagues and never for themselves. Whoever was named before is not "
                    "any more."
                ),
                button=_("Name as approver"),
                perform=name_as_approver,
                refused=(consenting.MemberNotActive,),
                form_class=ReasonForm,
            ),
        )

    @action(description=gettext_lazy("Take off the team"), permissions=["manage"])
    def deactivate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        member = self.get_object(request, object_id)
        return self.confirm_one(
            request,
            object_id,
            Step(
                title=_("Take off the team"),
                sentence=say_what_follows(member) if member else "",
                button=_("Take off the team"),
                perform=take_off,
                refused=(*REFUSED, leaving.StillPending),
                form_class=LeaveForm,
                say_refusal=say_refusal,
            ),
        )


def name_as_approver(member: Member, *, form: forms.Form, request: HttpRequest) -> str:
    named = consenting.name_approver(
        partner=member.partner, member=member, by=actor_of(request), at=timezone.now()
    )
    said = {"name": named.member.person.name}
    return with_reason(_("%(name)s agrees to personal earning from now on.") % said, form)


def take_off(member: Member, *, form: forms.Form, request: HttpRequest) -> str:
    left = leaving.deactivate(
        member=member,
        by=actor_of(request),
        at=timezone.now(),
        withdraws_pending=form.cleaned_data["withdraws"],
    )
    said = {"name": left.member.person.name}
    return with_reason(_("%(name)s is not on the team any more.") % said, form)


def say_what_follows(member: Member) -> str:
    """Say what goes back to the pool, and what stands in the way."""
    wallets = leaving.find_wallets(member)
    amounts = ", ".join(say(wallet.balance, wallet.unit) for wallet in wallets)
    sentences = [_("Access to this company ends at once.")]
    if amounts:
        sentences.append(_("From the wallet to the pool: %(amounts)s.") % {"amounts": amounts})
    else:
        sentences.append(_("The wallet is empty."))
    if waiting := name_obstacles(leaving.find_obstacles(member)):
        sentences.append(_("Still waiting for a decision: %(things)s.") % {"things": waiting})
    return " ".join(sentences)


def name_obstacles(obstacles: leaving.Obstacles) -> str:
    names: list[Any] = [request.reward.name for request in obstacles.requests]
    names += [say(hold.amount, hold.account.unit) for hold in obstacles.holds]
    return ", ".join(names)


def say_refusal(error: Exception, _member: Any) -> str:
    if isinstance(error, leaving.StillPending):
        return f"{error} {name_obstacles(error.obstacles)}"
    return str(error)
