"""Decide by hand about an award that waits: let it count now, or cancel it."""

import functools
import uuid
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminSelectWidget

from ledger import maturing
from ledger.admin.adjusting import AmountField, ReasonField
from ledger.admin.asking import RequestForm
from ledger.admin.wording import say, say_account
from ledger.correcting import OwnPartner, offered_reasons
from ledger.correcting.people import is_on_team
from ledger.correcting.wording import say_refusal
from ledger.models import Account, Correction, Lot, Transfer
from ledger.posting import AmountOutOfBounds, IdempotencyKeyReused, InsufficientPoints
from partners.doors.admin import Step, actor_of

REFUSED = (AmountOutOfBounds, IdempotencyKeyReused, InsufficientPoints, OwnPartner)


class SettleForm(RequestForm):
    """How much of the award, and why. Without an amount, all that still waits."""

    def __init__(self, data: Any, *, award: Transfer, kind: str) -> None:
        super().__init__(data)
        unit = award.credit_account.unit
        waits = maturing.find_pending(award)
        self.fields["amount"] = AmountField(
            unit=unit,
            label=_("Amount"),
            required=False,
            help_text=_("Empty for all that still waits of this award: %(amount)s.")
            % {"amount": say(waits, unit)},
        )
        self.fields["reason"] = ReasonField(
            offered_reasons(kind),
            label=_("Reason"),
            empty_label=_("Choose a reason"),
            widget=UnfoldAdminSelectWidget(),
            help_text=_("It goes into the journal for good. The partner reads it."),
        )


def find_award(lot: Lot) -> Transfer | None:
    """Return the transfer of the award that still waits in this lot, or None."""
    if lot.account.kind != Account.Kind.PENDING or lot.remaining == 0:
        return None
    sides = ("credit_account__unit", "credit_account__partner", "credit_account__member__person")
    return Transfer.objects.select_related(*sides).get(pk=lot.origin_id)


def releasing(award: Transfer) -> Step:
    def perform(lot: Lot, *, form: forms.Form, request: HttpRequest) -> str:
        refuse_own(award, request)
        posted = maturing.release_pending(award=award, **read(form))
        return _("%(amount)s are available now.") % {
            "amount": say(posted.transfer.amount, lot.account.unit)
        }

    return Step(
        title=_("Release a pending award"),
        sentence=_(
            "It goes to the pool now, with the expiry it has, and repays debt first if something "
            "is owed. Only this award moves."
        ),
        button=_("Release now"),
        perform=perform,
        refused=REFUSED,
        say_refusal=say_refusal_of_lot,
        form_class=functools.partial(SettleForm, award=award, kind=Correction.Kind.CREDIT),
        describe=describe_lot,
    )


def cancelling(award: Transfer) -> Step:
    def perform(lot: Lot, *, form: forms.Form, request: HttpRequest) -> str:
        refuse_own(award, request)
        posted = maturing.cancel_pending(award=award, **read(form))
        return _("%(amount)s are cancelled.") % {
            "amount": say(posted.transfer.amount, lot.account.unit)
        }

    return Step(
        title=_("Cancel a pending award"),
        sentence=_("It never becomes available. The partner sees it in the statement."),
        button=_("Cancel the award"),
        perform=perform,
        refused=REFUSED,
        say_refusal=say_refusal_of_lot,
        form_class=functools.partial(SettleForm, award=award, kind=Correction.Kind.REVERSAL),
        describe=describe_lot,
    )


def refuse_own(award: Transfer, request: HttpRequest) -> None:
    """
    Let pass whoever stands beside the partner, as for any other correction.

    :raises OwnPartner: If they are on the partner's team.
    """
    person = actor_of(request).person
    if person is not None and is_on_team(person, award.partner_id):
        raise OwnPartner(_("You are on this partner's team. Somebody else has to decide."))


def read(form: forms.Form) -> dict[str, Any]:
    request_id: uuid.UUID = form.cleaned_data["request_id"]
    return {
        "amount": form.cleaned_data["amount"],
        "reason_code": form.cleaned_data["reason"].code,
        "request_key": f"admin:{request_id}",
        "as_of": timezone.now(),
    }


def say_refusal_of_lot(error: Exception, lot: Lot) -> str:
    return say_refusal(error, lot.account.unit)


def describe_lot(lot: Lot) -> str:
    return _("%(remaining)s wait in lot #%(number)d, %(account)s.") % {
        "remaining": say(lot.remaining, lot.account.unit),
        "number": lot.pk,
        "account": say_account(lot.account),
    }
