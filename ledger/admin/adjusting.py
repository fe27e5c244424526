"""Adjust an account by hand, several accounts alike, or let a partner off its debt."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from ledger.admin.asking import Page, Request, RequestForm, ask, make_key, refuse
from ledger.admin.statement import find_account
from ledger.admin.wording import say, say_account
from ledger.correcting import Asker, ask_adjustment, offered_reasons, say_reason
from ledger.models import TRANSFER_AMOUNT_MAX, Account, Correction, Unit
from partners.doors.admin import CHOSEN_MAX, BaseAdmin

SPENT_FROM = (Account.Kind.POOL, Account.Kind.WALLET)
CREDIT, DEBIT = Correction.Kind.CREDIT, Correction.Kind.DEBIT
WAYS = [
    (CREDIT.value, gettext_lazy("Credit: the account gets more")),
    (DEBIT.value, gettext_lazy("Debit: the account gets less")),
]


class ReasonField(forms.ModelChoiceField):
    """The managed list, in the reader's language."""

    def label_from_instance(self, reason: Any) -> str:
        return say_reason(reason)


class AmountField(forms.DecimalField):
    """An amount as people write it, such as 12.50; it cleans to whole minor units."""

    def __init__(self, *, unit: Unit, **kwargs: Any) -> None:
        self.unit = unit
        smallest = Decimal(1).scaleb(-unit.decimals)
        widget = UnfoldAdminDecimalFieldWidget(attrs={"inputmode": "decimal"})
        kwargs.setdefault("help_text", describe_amount(unit))
        super().__init__(
            min_value=smallest,
            max_value=Decimal(TRANSFER_AMOUNT_MAX).scaleb(-unit.decimals),
            decimal_places=unit.decimals,
            widget=widget,
            **kwargs,
        )

    def clean(self, value: Any) -> Any:
        amount = super().clean(value)
        return None if amount is None else int(amount.scaleb(self.unit.decimals))


def describe_amount(unit: Unit) -> str:
    if not unit.decimals:
        return _("Whole %(unit)s.") % {"unit": say_name(unit)}
    return _("In %(unit)s, with up to %(count)d decimals.") % {
        "unit": say_name(unit),
        "count": unit.decimals,
    }


def say_name(unit: Unit) -> str:
    return unit.currency or _("points")


class CorrectionForm(RequestForm):
    """What every correction is given: an amount, a reason from the list, a note."""

    kind = CREDIT

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unit = unit
        self.fields["amount"] = AmountField(unit=unit, label=_("Amount"))
        self.fields["reason"] = ReasonField(
            offered_reasons(self.kind),
            label=_("Reason"),
            empty_label=_("Choose a reason"),
            widget=UnfoldAdminSelectWidget(),
            help_text=_("It goes into the journal for good. The partner reads it."),
        )
        self.fields["note"] = forms.CharField(
            label=_("Note"),
            max_length=500,
            required=False,
            widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            help_text=_("For colleagues and the auditor. It can be erased later."),
        )


class AdjustForm(CorrectionForm):
    way = forms.ChoiceField(
        label=gettext_lazy("What happens"),
        choices=WAYS,
        initial=CREDIT.value,
        widget=UnfoldAdminRadioSelectWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["last_day"] = forms.DateField(
            label=_("Last day it can be spent"),
            required=False,
            widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
            help_text=_("For a credit only. Empty: it never expires."),
        )

    def clean_last_day(self) -> date | None:
        day: date | None = self.cleaned_data["last_day"]
        if day is not None and not timezone.localdate() <= day < date(9000, 1, 1):
            raise forms.ValidationError(_("Choose today or a later day."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        if cleaned.get("way") == DEBIT and cleaned.get("last_day"):
            self.add_error("last_day", _("What is taken away does not expire."))
        return cleaned

    @property
    def signed_amount(self) -> int:
        amount: int = self.cleaned_data["amount"]
        return amount if self.cleaned_data["way"] == CREDIT else -amount

    @property
    def expires_at(self) -> datetime | None:
        day: date | None = self.cleaned_data["last_day"]
        return make_aware(datetime.combine(day + timedelta(days=1), time.min)) if day else None


class ForgiveForm(CorrectionForm):
    """How much of what is owed is let off."""

    def __init__(self, *args: Any, owed: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].initial = Decimal(owed).scaleb(-self.unit.decimals)


def posted(request: HttpRequest) -> Any:
    """Return what was sent from one of our own forms."""
    return request.POST if {"preview", "confirmed", "change"} & set(request.POST) else None


def adjust_account(admin: BaseAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    account = find_account(admin, request, object_id)
    if account.kind not in SPENT_FROM:
        return refuse(admin, request, account, _("Only pools and wallets are adjusted by hand."))
    page = Page(
        title=_("Adjust an account"),
        sentence=_(
            "A correction by hand. The other side is the programme's own account Adjusted; "
            "nothing that was posted before is changed."
        ),
        button=_("Send"),
        back=reverse("admin:ledger_account_change", args=[account.pk]),
        facts=state_account(account),
    )
    form = AdjustForm(posted(request), unit=account.unit)
    return ask(admin, request, page=page, form=form, wanted=[adjusting(account)])


def adjusting(account: Account, *, is_one_of_many: bool = False) -> Request:
    def send(form: Any, asker: Asker, now: datetime) -> Correction:
        return ask_adjustment(
            account=account,
            amount=form.signed_amount,
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            expires_at=form.expires_at,
            asker=asker,
            request_key=make_key(form, account.pk if is_one_of_many else ""),
            door=Correction.Door.ADMIN,
            asked_at=now,
        )

    return Request(account=account, send=send)


def forgive_debt(admin: BaseAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    account = find_account(admin, request, object_id)
    if account.kind != Account.Kind.DEBT or not account.balance:
        return refuse(admin, request, account, _("Nothing is owed on this account."))

    def send(form: Any, asker: Asker, now: datetime) -> Correction:
        return ask_adjustment(
            account=account,
            amount=form.cleaned_data["amount"],
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            asker=asker,
            request_key=make_key(form),
            door=Correction.Door.ADMIN,
            asked_at=now,
        )

    page = Page(
        title=_("Forgive debt"),
        sentence=_(
            "The partner no longer owes this part. Nothing is credited to the pool; the next "
            "awards are the partner's own again."
        ),
        button=_("Send"),
        back=reverse("admin:ledger_account_change", args=[account.pk]),
        facts=state_account(account),
    )
    form = ForgiveForm(posted(request), unit=account.unit, owed=account.balance)
    return ask(admin, request, page=page, form=form, wanted=[Request(account=account, send=send)])


def adjust_chosen(
    admin: BaseAdmin, request: HttpRequest, chosen: QuerySet[Account]
) -> HttpResponse | None:
    """One amount and one reason for the accounts chosen in the list; each obeys the limits."""
    rows = chosen.select_related("unit", "partner", "member__person").order_by("pk")
    accounts = list(rows[: CHOSEN_MAX + 1])
    refusal = find_refusal(accounts)
    if refusal:
        admin.message_user(request, refusal, messages.ERROR)
        return None
    page = Page(
        title=_("Adjust the chosen accounts"),
        sentence=_("Each account gets the same amount for the same reason, as its own correction."),
        button=_("Send"),
        back=reverse("admin:ledger_account_changelist"),
        facts=[(say_account(one), say(one.balance, one.unit)) for one in accounts],
        hidden=[
            ("action", "adjust_chosen"),
            *(("_selected_action", account.pk) for account in accounts),
        ],
    )
    form = AdjustForm(posted(request), unit=accounts[0].unit)
    wanted = [adjusting(account, is_one_of_many=True) for account in accounts]
    return ask(admin, request, page=page, form=form, wanted=wanted)


def find_refusal(accounts: list[Account]) -> str:
    if not accounts:
        return _("Choose at least one account.")
    if len(accounts) > CHOSEN_MAX:
        return _("Choose at most %(count)d rows at a time.") % {"count": CHOSEN_MAX}
    if len({account.unit_id for account in accounts}) > 1:
        return _("Choose accounts of one unit: an amount means something else in another.")
    return ""


def state_account(account: Account) -> list[tuple[str, str]]:
    facts = [
        (_("Account"), say_account(account)),
        (_("Balance"), say(account.balance, account.unit)),
    ]
    if account.held:
        facts.append((_("Held"), say(account.held, account.unit)))
    return facts
