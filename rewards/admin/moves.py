"""The moves of a redemption as steps of the admin: what is asked, and the one call that is made."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from partners.doors.admin import ReasonForm, Step, actor_of
from rewards import redeeming
from rewards.catalogue.registry import kind_of
from rewards.models import Redemption

State = Redemption.State
REFUSED = (
    redeeming.IllegalMove,
    redeeming.OwnRequest,
    redeeming.CannotBeTakenBack,
    redeeming.HoldEnded,
)


class ReasonNeeded(ReasonForm):
    """The partner reads why, so it has to be said."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = True


class TrackingForm(forms.Form):
    tracking_number = forms.CharField(
        label=gettext_lazy("Tracking number"),
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
    )


def find_moves(redemption: Redemption) -> set[str]:
    """Return the url paths of the moves that are legal now."""
    legal = redeeming.LEGAL_MOVES[redemption.state]
    moves = {
        "approve": State.APPROVED in legal,
        "reject": State.REJECTED in legal,
        "cancel": State.CANCELLED in legal and redemption.state != State.REQUESTED,
        "fulfil": State.FULFILLED in legal,
        "ship": redemption.state == State.APPROVED
        and kind_of(redemption.reward.kind).is_sent_as_parcel,
    }
    return {path for path, is_legal in moves.items() if is_legal}


def approving() -> Step:
    def perform(redemption: Redemption, *, form: forms.Form, request: HttpRequest) -> str:
        reason, now = form.cleaned_data["reason"], timezone.now()
        redeeming.approve(redemption=redemption, by=actor_of(request).person, reason=reason, at=now)
        return _("%(redemption)s is approved.") % {"redemption": say_redemption(redemption)}

    return Step(
        title=_("Approve"),
        sentence=_(
            "The reserved points go, and what can be delivered at once is delivered now."
            " The partner is told."
        ),
        button=_("Approve"),
        perform=perform,
        refused=REFUSED,
        describe=say_redemption,
        form_class=ReasonForm,
    )


def rejecting() -> Step:
    def perform(redemption: Redemption, *, form: forms.Form, request: HttpRequest) -> str:
        reason, now = form.cleaned_data["reason"], timezone.now()
        redeeming.reject(redemption=redemption, by=actor_of(request).person, reason=reason, at=now)
        return _("%(redemption)s is rejected; the points are free again.") % {
            "redemption": say_redemption(redemption)
        }

    return Step(
        title=_("Reject"),
        sentence=_("What was reserved for it is free again, with the expiry it had."),
        button=_("Reject"),
        perform=perform,
        refused=REFUSED,
        describe=say_redemption,
        form_class=ReasonNeeded,
    )


def cancelling() -> Step:
    def perform(redemption: Redemption, *, form: forms.Form, request: HttpRequest) -> str:
        reason, now = form.cleaned_data["reason"], timezone.now()
        redeeming.cancel(redemption=redemption, by=actor_of(request).person, reason=reason, at=now)
        return _("%(redemption)s is cancelled; the points are back.") % {
            "redemption": say_redemption(redemption)
        }

    return Step(
        title=_("Cancel"),
        sentence=_("It was approved and is not delivered yet. The same points come back."),
        button=_("Cancel the redemption"),
        perform=perform,
        refused=REFUSED,
        describe=say_redemption,
        form_class=ReasonNeeded,
    )


def fulfilling() -> Step:
    def perform(redemption: Redemption, *, form: forms.Form, request: HttpRequest) -> str:
        reason, now = form.cleaned_data["reason"], timezone.now()
        redeeming.fulfil(redemption=redemption, by=actor_of(request).person, reason=reason, at=now)
        return _("%(redemption)s is delivered.") % {"redemption": say_redemption(redemption)}

    return Step(
        title=_("Mark as delivered"),
        sentence=_("For what was handed over, or a parcel that arrived."),
        button=_("Mark as delivered"),
        perform=perform,
        refused=REFUSED,
        describe=say_redemption,
        form_class=ReasonForm,
    )


def shipping() -> Step:
    def perform(redemption: Redemption, *, form: forms.Form, request: HttpRequest) -> str:
        number, now = form.cleaned_data["tracking_number"], timezone.now()
        redeeming.ship(
            redemption=redemption,
            by=actor_of(request).person,
            tracking_number=number,
            at=now,
        )
        return _("%(redemption)s is on its way.") % {"redemption": say_redemption(redemption)}

    return Step(
        title=_("Mark as sent"),
        sentence=_(
            "The partner sees that the parcel is on its way. Doing it again corrects the number."
        ),
        button=_("Mark as sent"),
        perform=perform,
        refused=REFUSED,
        describe=say_redemption,
        form_class=TrackingForm,
    )


def say_redemption(redemption: Redemption) -> str:
    return f"#{redemption.pk} {redemption.reward.name}, {redemption.partner.legal_name}"
