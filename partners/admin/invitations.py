"""Places on teams that were offered by e-mail: to invite, to send again, to withdraw."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from partners import inviting, team
from partners.admin.team import ReasonForm, with_reason
from partners.doors.admin import BaseAdmin, Step, action, actor_of, display
from partners.doors.showing import Labels, link_to, say_time
from partners.mailing import mail_invitation
from partners.models import Invitation, InvitationMail, Member

State = inviting.State
REFUSED = (
    inviting.InvitationNotOpen,
    inviting.TooManyInvitations,
    team.OnlyHeadBuyerDecides,
    team.PartnerClosed,
)
# Beside which field a refusal is told; None is above the form.
FIELD_OF: dict[type[Exception], str | None] = {
    inviting.OwnInvitation: "email",
    inviting.AlreadyOnTheTeam: "email",
    inviting.AlreadyInvited: "email",
    inviting.NameNotPlain: "name",
    inviting.TooManyInvitations: None,
    team.OnlyHeadBuyerDecides: None,
    team.PartnerClosed: "partner",
}
OPEN = {State.OPEN, State.EXPIRED}
LABELS = Labels({"open": "info", "expired": "warning", "closed": "danger"})


class InvitationForm(forms.ModelForm):
    """
    Sending is the last check: what the domain refuses is told beside the field.

    ``send`` is given by the page, inside whose transaction this happens.
    """

    send: Callable[[inviting.Offer, Any], Invitation]
    sent: Invitation

    class Meta:
        model = Invitation
        fields = ("partner", "email", "name", "role", "job_title", "language")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.errors:
            return given
        offer = {name: given[name] for name in self.Meta.fields if name != "partner"}
        try:
            self.sent = self.send(inviting.Offer(**offer), given["partner"])
        except tuple(FIELD_OF) as refusal:
            self.add_error(FIELD_OF[type(refusal)], str(refusal))
        return given

    def _post_clean(self) -> None:
        """The row is made by the domain, and stands already."""


@admin.register(Invitation)
class InvitationAdmin(BaseAdmin):
    form = InvitationForm
    list_display = ("named", "partner_name", "role", "sent", "shown_state")
    list_display_links = ("named",)
    list_select_related = ("partner",)
    list_filter = (("role", ChoicesDropdownFilter),)
    search_fields = ("name", "email", "partner__legal_name", "=partner__erp_number")
    ordering = ("-invited_at", "-pk")
    autocomplete_fields = ("partner",)
    actions_detail = ("resend", "withdraw")
    fieldsets = (
        (
            None,
            {"fields": ("partner", ("email", "name"), ("role", "job_title"), "language")},
        ),
    )
    record = (
        (
            gettext_lazy("Record"),
            {
                "fields": (
                    ("state_in_words", "member_link"),
                    ("invited", "inviter"),
                    ("sent", "sent_times"),
                    ("expires", "public_id"),
                )
            },
        ),
    )
    shown = ("state_in_words", "member_link", "invited", "inviter", "sent", "expires")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.fieldsets, *self.record) if obj else self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What was sent stands as it was sent."""
        if obj is None:
            return ()
        return (*InvitationForm.Meta.fields, *self.shown, "sent_times", "public_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        went_out = InvitationMail.objects.filter(
            invitation=OuterRef("pk"), sent_at=OuterRef("sent_at")
        )
        # Mails are remembered for as long as they count; what was accepted has arrived.
        is_mailed = Exists(went_out) | Q(accepted_at__isnull=False)
        return rows.select_related("partner", "member__person", "invited_by").annotate(
            is_mailed=ExpressionWrapper(is_mailed, output_field=BooleanField())
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_manage_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("partners.add_invitation"))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        return {"language": settings.LANGUAGE_CODE, "role": Member.Role.BUYER, **initial}

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        invitation = self.get_object(request, str(object_id))
        if invitation is None or _state(invitation) not in OPEN:
            return []
        detail: list[Any] = super().get_actions_detail(request, object_id)
        return detail

    def get_form(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        form = super().get_form(request, obj, **options)
        if obj is not None:
            return form

        def send(offer: inviting.Offer, partner: Any) -> Invitation:
            return inviting.invite(
                partner=partner,
                offer=offer,
                by=actor_of(request),
                at=timezone.now(),
                mail=mail_from(request),
            )

        return type(form.__name__, (form,), {"send": staticmethod(send)})

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Invitation:  # noqa: FBT001  # Django's signature
        return form.sent

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """It is stored already."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Nothing hangs on it."""

    def response_add(
        self, request: HttpRequest, obj: Invitation, post_url_continue: str | None = None
    ) -> HttpResponse:
        def warn() -> None:
            """The mail goes out once all is committed, just before this."""
            if not inviting.was_mailed(obj):
                self.message_user(request, say_sent(obj), messages.WARNING)

        transaction.on_commit(warn)
        return super().response_add(request, obj, post_url_continue)

    @action(description=gettext_lazy("Send again"), permissions=["manage"])
    def resend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def perform(found: Invitation, *, form: forms.Form, request: HttpRequest) -> str:
            sent = inviting.resend(
                invitation=found,
                by=actor_of(request),
                at=timezone.now(),
                mail=mail_from(request),
            )
            return say_sent(sent)

        return self.confirm_one(
            request,
            object_id,
            Step(
                title=_("Send the invitation again"),
                sentence=_("A new link for seven days. The old one works no more."),
                button=_("Send again"),
                perform=perform,
                refused=REFUSED,
                describe=say_invitation,
                find_obstacle=find_obstacle,
            ),
        )

    @action(description=gettext_lazy("Withdraw"), permissions=["manage"])
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def perform(found: Invitation, *, form: forms.Form, request: HttpRequest) -> str:
            inviting.withdraw(invitation=found, by=actor_of(request), at=timezone.now())
            return with_reason(_("The invitation is withdrawn. Its link works no more."), form)

        return self.confirm_one(
            request,
            object_id,
            Step(
                title=_("Withdraw the invitation"),
                sentence=_("The link in the mail works no more."),
                button=_("Withdraw"),
                perform=perform,
                refused=REFUSED,
                form_class=ReasonForm,
                describe=say_invitation,
                find_obstacle=find_obstacle,
            ),
        )

    @display(description=gettext_lazy("person"), ordering="name", header=True)
    def named(self, invitation: Invitation) -> tuple[str, str]:
        return invitation.name, invitation.email

    @display(description=gettext_lazy("state"), label=LABELS)
    def shown_state(self, invitation: Invitation) -> tuple[str, Any]:
        state = _state(invitation)
        return state.value, STATES[state]

    @display(description=gettext_lazy("state"))
    def state_in_words(self, invitation: Invitation) -> str:
        return str(STATES[_state(invitation)])

    @display(description=gettext_lazy("invited at"))
    def invited(self, invitation: Invitation) -> str:
        return say_time(invitation.invited_at)

    @display(description=gettext_lazy("invited by"))
    def inviter(self, invitation: Invitation) -> str:
        return str(invitation.invited_by or self.empty_value_display)

    @display(description=gettext_lazy("sent at"), ordering="sent_at")
    def sent(self, invitation: Invitation) -> str:
        """When the newest link went out; a mail server that was down is told."""
        is_sent: bool = invitation.is_mailed  # type: ignore[attr-defined]  # annotated above
        return say_time(invitation.sent_at) if is_sent else _("Could not be sent")

    @display(description=gettext_lazy("expires at"))
    def expires(self, invitation: Invitation) -> str:
        return say_time(invitation.expires_at)

    @display(description=gettext_lazy("member"))
    def member_link(self, invitation: Invitation) -> Any:
        member = invitation.member
        return link_to(member) if member else self.empty_value_display


STATES = {
    State.OPEN: gettext_lazy("Open"),
    State.EXPIRED: gettext_lazy("Expired"),
    State.ACCEPTED: gettext_lazy("Accepted"),
    State.WITHDRAWN: gettext_lazy("Withdrawn"),
    State.CLOSED: gettext_lazy("Closed"),
}


def mail_from(request: HttpRequest) -> inviting.Mail:
    return partial(mail_invitation, site=f"{request.scheme}://{request.get_host()}")


def say_sent(invitation: Invitation) -> str:
    said = (
        _("The invitation is on its way to %(email)s.")
        if inviting.was_mailed(invitation)
        else _("The invitation stands, but the mail to %(email)s could not be sent. Send it again.")
    )
    return said % {"email": invitation.email}


def find_obstacle(invitation: Invitation) -> str:
    """Say that it is over, where a page that was opened earlier still offers to go on with it."""
    state = _state(invitation)
    return "" if state in OPEN else str(inviting.InvitationNotOpen(state))


def say_invitation(invitation: Invitation) -> str:
    return f"{invitation.name} <{invitation.email}>, {invitation.partner.legal_name}"


def _state(invitation: Invitation) -> inviting.State:
    return inviting.state_of(invitation, timezone.now())
