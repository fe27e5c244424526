"""Ending the wait of an award by hand, as steps of the admin: with a reason of the managed list."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from ledger.correcting import offered_reasons, say_reason
from ledger.models import Correction
from ledger.wording import say_amount
from partners.doors.admin import Step, actor_of
from partners.doors.showing import language
from rewards import waiting
from rewards.models import Award

REFUSED = (waiting.NothingWaits, waiting.OwnPartner, waiting.ReasonNotAllowed)


class WhyForm(forms.Form):
    """Asks for a reason of the managed list; its code goes into the journal."""

    reason = forms.ChoiceField(label=gettext_lazy("Reason"), widget=UnfoldAdminSelectWidget())

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = offered_reasons(kind)
        self.fields["reason"].choices = [(one.code, say_reason(one)) for one in offered]  # type: ignore[attr-defined]  # a ChoiceField


def asking(kind: str) -> Callable[[Any], forms.Form]:
    return lambda data: WhyForm(data, kind=kind)


def releasing() -> Step:
    def perform(award: Award, *, form: forms.Form, request: HttpRequest) -> str:
        amount = waiting.release(
            award=award,
            reason=form.cleaned_data["reason"],
            by=actor_of(request).person,
            at=timezone.now(),
        )
        return _("%(amount)s can be spent now.") % {
            "amount": say_amount(amount, award.unit, language())
        }

    return Step(
        title=_("Release now"),
        sentence=_("What waits of this award can be spent at once. A debt is repaid first."),
        button=_("Release now"),
        perform=perform,
        refused=REFUSED,
        describe=say_award,
        form_class=asking(Correction.Kind.CREDIT),
    )


def cancelling() -> Step:
    def perform(award: Award, *, form: forms.Form, request: HttpRequest) -> str:
        amount = waiting.cancel(
            award=award,
            reason=form.cleaned_data["reason"],
            by=actor_of(request).person,
            at=timezone.now(),
        )
        return _("%(amount)s are taken back.") % {
            "amount": say_amount(amount, award.unit, language())
        }

    return Step(
        title=_("Cancel what waits"),
        sentence=_("What waits of this award is taken back and will not become available."),
        button=_("Take it back"),
        perform=perform,
        refused=REFUSED,
        describe=say_award,
        form_class=asking(Correction.Kind.REVERSAL),
    )


def say_award(award: Award) -> str:
    """``Award #7, 120 points, Corner Shop``; load the partner and the unit with it."""
    amount = say_amount(award.amount, award.unit, language())
    return f"{award}, {amount}, {award.partner.legal_name}"
