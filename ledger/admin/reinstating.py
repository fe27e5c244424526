"""Reinstate what expired: it comes back to its account with a new expiry."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminTextInputWidget

from ledger import correcting
from ledger.admin.adjusting import posted
from ledger.admin.asking import Page, Request, ask, make_key, refuse
from ledger.admin.undoing import UndoForm, find_transfer, find_undoing, state_transfer
from ledger.correcting import Asker
from ledger.models import Correction
from partners.doors.admin import BaseAdmin

REINSTATED_DAYS = 30


class ReinstateForm(UndoForm):
    kind = Correction.Kind.REINSTATEMENT

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["last_day"] = forms.DateField(
            label=_("Last day it can be spent"),
            initial=timezone.localdate() + timedelta(days=REINSTATED_DAYS),
            widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
            help_text=_("After that it expires again."),
        )

    def clean_last_day(self) -> date:
        day: date = self.cleaned_data["last_day"]
        if not timezone.localdate() <= day < date(9000, 1, 1):
            raise forms.ValidationError(_("Choose today or a later day."))
        return day

    @property
    def until(self) -> datetime:
        day: date = self.cleaned_data["last_day"]
        return make_aware(datetime.combine(day + timedelta(days=1), time.min))


def reinstate_transfer(admin: BaseAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    transfer = find_transfer(admin, request, object_id)
    undoing = find_undoing(transfer)
    if undoing.path != "reinstate":
        return refuse(admin, request, transfer, _("Only what has expired can be reinstated."))

    def send(form: Any, asker: Asker, now: datetime) -> Correction:
        return correcting.ask_reinstatement(
            transfer=transfer,
            amount=form.cleaned_data["amount"],
            until=form.until,
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            asker=asker,
            request_key=make_key(form),
            door=Correction.Door.ADMIN,
            asked_at=now,
        )

    unit = transfer.debit_account.unit
    form = ReinstateForm(posted(request), unit=unit, left=undoing.free)
    page = Page(
        title=_("Reinstate what expired"),
        sentence=_("It goes back to the account it expired from, with a new expiry."),
        button=_("Send"),
        back=reverse("admin:ledger_transfer_change", args=[transfer.pk]),
        facts=state_transfer(transfer),
    )
    wanted = Request(account=transfer.debit_account, send=send)
    return ask(admin, request, page=page, form=form, wanted=[wanted])
