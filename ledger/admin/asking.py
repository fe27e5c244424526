"""
How a correction is asked for on a page: fill in, see what it would do, send.

The preview carries the request out and takes it back, so that it cannot say anything else than
what happens. Each form has a request id of its own: sent twice, it shows the first result.
"""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Model, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from ledger import correcting
from ledger.admin.wording import say, say_account, say_correction, say_expiry
from ledger.correcting import Allowance, Asker, read_allowance
from ledger.correcting.people import lock_asker
from ledger.correcting.wording import say_refusal
from ledger.models import Account, Correction, Unit
from partners.doors.admin import BaseAdmin, actor_of
from partners.models import Partner
from partners.retrying import again

REFUSED = (
    correcting.AccountNotAdjustable,
    correcting.AmountOutOfBounds,
    correcting.ExpiryNotAhead,
    correcting.IdempotencyKeyReused,
    correcting.InsufficientPoints,
    correcting.MayNotAsk,
    correcting.NotReversible,
    correcting.NothingLeftToReverse,
    correcting.ReasonNotAllowed,
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen to one account: rows of label and value, then whether it waits and why."""

    title: str
    rows: list[tuple[str, str]]
    verdict: str = ""
    is_posted: bool = False
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One account for which the form asks a correction."""

    account: Account
    send: Callable[[forms.Form, Asker, datetime], Correction]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page that asks for corrections says around its form."""

    title: str
    sentence: str
    button: str
    back: str
    facts: Sequence[tuple[str, str]] = ()
    hidden: Sequence[tuple[str, Any]] = field(default_factory=list)


class RequestForm(forms.Form):
    """A form that is sent once, however often its button is pressed."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    # Set where figures moved between the preview and the sending.
    changed_meanwhile = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["request_id"].initial = uuid.uuid4

    def clean_request_id(self) -> uuid.UUID:
        # A form that came without its id gets one: it can then be sent from the preview.
        return self.cleaned_data["request_id"] or uuid.uuid4()


def ask(
    admin: BaseAdmin,
    request: HttpRequest,
    *,
    page: Page,
    form: RequestForm,
    wanted: Sequence[Request],
) -> HttpResponse:
    """Show the form, then the preview, then send. Nothing moves before the preview was seen."""
    if "change" in request.POST or not form.is_valid():
        return show(admin, request, page, form, [])
    if "confirmed" in request.POST and was_sent(form):
        return send_all(admin, request, page, form, wanted)
    previews = preview_all(request, form, wanted)
    if "confirmed" in request.POST:
        if request.POST.get("seen") == digest(previews):
            return send_all(admin, request, page, form, wanted)
        form.changed_meanwhile = True
    if len(wanted) == 1 and previews[0].refusal:
        form.add_error(None, previews[0].refusal)
        previews = []
    return show(admin, request, page, form, previews)


def digest(previews: Sequence[Preview]) -> str:
    """Name what was shown, so that nothing else is sent than what somebody saw."""
    return hashlib.sha256(repr(previews).encode()).hexdigest()


def was_sent(form: RequestForm) -> bool:
    """Whether this very form was sent before: then its first result is shown."""
    first = make_key(form)
    return Correction.objects.filter(
        Q(request_key=first) | Q(request_key__startswith=f"{first}:")
    ).exists()


def show(
    admin: BaseAdmin,
    request: HttpRequest,
    page: Page,
    form: RequestForm,
    previews: Sequence[Preview],
) -> HttpResponse:
    context = {
        **admin.admin_site.each_context(request),
        "title": page.title,
        "page": page,
        "form": form,
        "previews": previews,
        "seen": digest(previews),
        "sendable": sum(1 for one in previews if not one.refusal),
        "opts": admin.opts,
    }
    return TemplateResponse(request, "admin/ask.html", context)


def refuse(
    admin: BaseAdmin, request: HttpRequest, row: Model, sentence: str
) -> HttpResponseRedirect:
    """Say why a page has nothing to ask about this row, and go back to it."""
    admin.message_user(request, sentence, messages.ERROR)
    page = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return HttpResponseRedirect(reverse(page, args=[row.pk]))


def preview_all(
    request: HttpRequest, form: RequestForm, wanted: Sequence[Request]
) -> list[Preview]:
    """Carry everything out, read what became of it, and take it all back."""
    asker, now = Asker(person=actor_of(request).person), timezone.now()
    with transaction.atomic():
        # One transaction for all of them, so their locks come first and in order: else two pages,
        # or a page and the nightly run, could wait for each other.
        lock_asker(asker)
        owners = (one.account.partner_id for one in wanted)
        Partner.objects.lock({owner for owner in owners if owner is not None})
        previews = [preview_one(one, form, asker, now) for one in wanted]
        transaction.set_rollback(True)
    return previews


def preview_one(one: Request, form: RequestForm, asker: Asker, now: datetime) -> Preview:
    account, title = one.account, say_account(one.account)
    before = Account.objects.get(pk=account.pk)
    allowance = read_allowance(asker=asker, unit=account.unit, at=now)
    try:
        with transaction.atomic():
            correction = one.send(form, asker, now)
    except REFUSED as error:
        return Preview(title, [], refusal=say_refusal(error, account.unit))
    after = Account.objects.get(pk=account.pk)
    unit = account.unit
    sign = "−" if takes_away(correction) else "+"
    rows = [
        (_("Balance now"), say(before.balance, unit)),
        (correction.get_kind_display(), f"{sign}{say(correction.amount, unit)}"),
    ]
    is_posted = correction.state == Correction.State.POSTED
    if is_posted:
        rows.append((_("Balance after"), say(after.balance, unit)))
    if correction.expires_at:
        rows.append((_("Expires at"), say_expiry(correction.expires_at)))
    return Preview(title, rows, say_verdict(correction, allowance), is_posted)


def takes_away(correction: Correction) -> bool:
    """Whether the balance of the account goes down."""
    if correction.account.kind == Account.Kind.DEBT:
        return True
    if correction.kind == Correction.Kind.REVERSAL and correction.corrects is not None:
        return correction.corrects.credit_account_id == correction.account_id
    return bool(correction.kind == Correction.Kind.DEBIT)


def say_verdict(correction: Correction, allowance: Allowance) -> str:
    """Say whether it is posted at once or waits, and why."""
    is_posted = correction.state == Correction.State.POSTED
    verdict = _("It is posted at once.") if is_posted else _("It waits for a second person.")
    if not is_posted and allowance.covers(correction.amount):
        return f"{verdict} {_('You are on the team of this partner.')}"
    return f"{verdict} {say_allowance(allowance, correction.account.unit)}"


def say_allowance(allowance: Allowance, unit: Unit) -> str:
    """Say what the person may post alone."""
    if not allowance.per_correction:
        return _("Your role has no limit of its own, so somebody else always decides.")
    return _(
        "Alone you may post up to %(once)s at once and %(day)s in 24 hours, of which %(used)s "
        "are used."
    ) % {
        "once": say(allowance.per_correction, unit),
        "day": say(allowance.per_day, unit),
        "used": say(allowance.used, unit),
    }


def send_all(
    admin: BaseAdmin,
    request: HttpRequest,
    page: Page,
    form: RequestForm,
    wanted: Sequence[Request],
) -> HttpResponse:
    """Send each in its own transaction; what is refused does not stop the others."""
    asker, now = Asker(person=actor_of(request).person), timezone.now()
    sent: list[Correction] = []
    for one in wanted:
        try:
            correction = again(partial(one.send, form, asker, now))
        except REFUSED as error:
            refusal = say_refusal(error, one.account.unit)
            if len(wanted) == 1:
                form.add_error(None, refusal)
                return show(admin, request, page, form, [])
            sentence = f"{say_account(one.account)}: {refusal}"
            admin.message_user(request, sentence, messages.ERROR)
            continue
        sent.append(correction)
        sentence = tell_result(correction)
        level = messages.SUCCESS
        if correction.state == Correction.State.WAITING:
            level = messages.WARNING
        admin.message_user(request, sentence, level)
        admin.log_change(request, one.account, sentence)
    if len(wanted) == 1 and sent:
        return HttpResponseRedirect(reverse("admin:ledger_correction_change", args=[sent[0].pk]))
    return HttpResponseRedirect(page.back)


def tell_result(correction: Correction) -> str:
    sentences = {
        Correction.State.WAITING: _("%(correction)s waits for a second person."),
        Correction.State.POSTED: _("%(correction)s is posted."),
        Correction.State.DECLINED: _("%(correction)s was declined already."),
        Correction.State.WITHDRAWN: _("%(correction)s was withdrawn already."),
    }
    known = Correction.objects.select_related("account__unit", "partner").get(pk=correction.pk)
    state = Correction.State(known.state)
    return sentences[state] % {"correction": say_correction(known)}


def make_key(form: RequestForm, request_for: object = "") -> str:
    """Return the key of the request; a form for many accounts asks once for each."""
    return ":".join(filter(None, ["admin", str(form.cleaned_data["request_id"]), str(request_for)]))
