"""Undo a transfer by another one, whole or in part."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from ledger import correcting
from ledger.admin.adjusting import CorrectionForm, posted
from ledger.admin.asking import Page, Request, ask, make_key
from ledger.admin.wording import say, say_account, say_transfer
from ledger.correcting import Asker
from ledger.correcting.reversals import find_owner_side
from ledger.models import Correction, Transfer
from partners.doors.admin import BaseAdmin


@dataclass(frozen=True, slots=True)
class Undoing:
    """Which page undoes a transfer, and how much of it is left to undo."""

    path: str
    left: int


class UndoForm(CorrectionForm):
    """All that is left, unless somebody writes less."""

    kind = Correction.Kind.REVERSAL

    def __init__(self, *args: Any, left: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].initial = Decimal(left).scaleb(-self.unit.decimals)
        self.fields["amount"].help_text = _("At most %(left)s: so much is left of it.") % {
            "left": say(left, self.unit)
        }


def find_undoing(transfer: Transfer) -> Undoing | None:
    """Return how a transfer is undone by hand, or None if it is not, or nothing is left of it."""
    if transfer.kind == Transfer.Kind.EXPIRE:
        left = correcting.find_left(transfer)
        return Undoing("reinstate", left) if left else None
    try:
        correcting.check_reversible(transfer)
    except correcting.NotReversible:
        return None
    left = correcting.find_left(transfer)
    return Undoing("reverse", left) if left else None


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
    form = UndoForm(posted(request), unit=unit, left=correcting.find_left(transfer))
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
