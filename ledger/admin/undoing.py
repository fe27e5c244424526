"""Undo a transfer by another one, whole or in part."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger import correcting
from ledger.admin.adjusting import CorrectionForm, posted
from ledger.admin.asking import Page, Request, ask, make_key, refuse
from ledger.admin.wording import say, say_account, say_transfer
from ledger.correcting import Asker
from ledger.correcting.reversals import find_owner_side, find_waiting
from ledger.models import Correction, Transfer
from ledger.reinstating import find_reinstatable
from partners.doors.admin import BaseAdmin

REINSTATE_INSTEAD = gettext_lazy("It expired. Reinstate it instead.")


@dataclass(frozen=True, slots=True)
class Undoing:
    """Which page undoes a transfer, how much is left to undo, and how much of that is asked for."""

    path: str
    left: int
    waiting: int = 0
    instead: str = ""

    @property
    def free(self) -> int:
        return max(0, self.left - self.waiting)


class UndoForm(CorrectionForm):
    """All that is left, unless somebody writes less."""

    kind = Correction.Kind.REVERSAL

    def __init__(self, *args: Any, left: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].initial = Decimal(left).scaleb(-self.unit.decimals)
        self.fields["amount"].help_text = _("At most %(left)s: so much is left of it.") % {
            "left": say(left, self.unit)
        }


def find_undoing(transfer: Transfer) -> Undoing:
    """Return how a transfer is undone by hand, or what to do instead."""
    if transfer.kind == Transfer.Kind.EXPIRE:
        return Undoing("reinstate", find_reinstatable(transfer), find_waiting(transfer))
    try:
        correcting.check_reversible(transfer)
    except correcting.NotReversible as error:
        return Undoing("", 0, instead=str(error))
    return Undoing("reverse", correcting.find_left(transfer), find_waiting(transfer))


def find_transfer(page: BaseAdmin, request: HttpRequest, object_id: str) -> Transfer:
    """
    Return a transfer that the person may see.

    :raises Http404: If there is none.
    """
    transfer = page.get_object(request, unquote(object_id))
    if not isinstance(transfer, Transfer):
        raise Http404
    return transfer


def reverse_transfer(admin: BaseAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    transfer = find_transfer(admin, request, object_id)
    undoing = find_undoing(transfer)
    if undoing.path != "reverse":
        return refuse(admin, request, transfer, undoing.instead or str(REINSTATE_INSTEAD))

    def send(form: Any, asker: Asker, now: datetime) -> Correction:
        return correcting.ask_reversal(
            transfer=transfer,
            amount=form.cleaned_data["amount"],
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            asker=asker,
            request_key=make_key(form),
            door=Correction.Door.ADMIN,
            asked_at=now,
        )

    unit = transfer.debit_account.unit
    form = UndoForm(posted(request), unit=unit, left=undoing.free)
    page = Page(
        title=_("Reverse a transfer"),
        sentence=str(correcting.REVERSALS[transfer.kind].says),
        button=_("Send"),
        back=reverse("admin:ledger_transfer_change", args=[transfer.pk]),
        facts=state_transfer(transfer),
    )
    wanted = Request(account=find_owner_side(transfer), send=send)
    return ask(admin, request, page=page, form=form, wanted=[wanted])


def state_transfer(transfer: Transfer) -> list[tuple[str, str]]:
    return [
        (_("Transfer"), say_transfer(transfer)),
        (_("Gave"), say_account(transfer.debit_account)),
        (_("Received"), say_account(transfer.credit_account)),
        (_("Balance now"), say_balance(transfer)),
    ]


def say_balance(transfer: Transfer) -> str:
    account = find_owner_side(transfer)
    return say(account.balance, account.unit)
