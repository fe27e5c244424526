"""The queue of corrections that wait for a second person, and the history of all of them."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.widgets import UnfoldAdminTextareaWidget

from ledger import correcting
from ledger.admin.uploading import upload_adjustments
from ledger.admin.wording import (
    CORRECTION_LABELS,
    link_account,
    say,
    say_account,
    say_asker,
    say_correction,
    say_expiry,
    say_transfer,
)
from ledger.correcting import Asker, check_may_decide, say_reason
from ledger.correcting.wording import say_refusal
from ledger.models import Correction
from partners.doors.admin import ReadOnlyAdmin, Step, action, actor_of, display
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.showing import NOTHING, link_to, say_time
from partners.models import Person

State = Correction.State
UNDECIDABLE = (
    correcting.AlreadyDecided,
    correcting.MayNotDecide,
    correcting.NotTheAsker,
    correcting.OwnPartner,
    correcting.OwnRequest,
)
UNPOSTABLE = (
    correcting.AccountNotAdjustable,
    correcting.AmountOutOfBounds,
    correcting.ExpiryNotAhead,
    correcting.InsufficientPoints,
    correcting.NothingLeftToReverse,
)


class NoteForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=500,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("Whoever asked and the auditor read it."),
    )


class NoteNeeded(NoteForm):
    """Who is refused has to be told why."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].required = True


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "partner_name",
        "shown_kind",
        "shown_amount",
        "shown_reason",
        "asker",
        "asked",
        "shown_state",
    )
    list_display_links = ("number",)
    list_select_related = (
        "account__unit",
        "partner",
        "reason",
        "requested_by",
        "requested_with",
    )
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("door", ChoicesDropdownFilter),
        ("reason", RelatedDropdownFilter),
        ("requested_at", DayRangeFilter),
    )
    search_fields = (
        "partner__legal_name",
        "=partner__erp_number",
        "requested_by__name",
        "=reference",
    )
    search_help_text = gettext_lazy("Partner, ERP number, who asked, or reference")
    ordering = ("-pk",)
    actions = ("agree_chosen",)
    actions_list = ("upload",)
    actions_detail = ("agree", "decline", "withdraw")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "in_words",
                    ("shown_kind", "shown_amount"),
                    ("partner_link", "account_link"),
                    ("corrects_link", "expires"),
                    ("shown_reason", "reference"),
                    "note",
                )
            },
        ),
        (
            gettext_lazy("Who asked, who decided"),
            {
                "fields": (
                    ("asker", "asked"),
                    ("door", "state"),
                    ("decider", "decided"),
                    "decision_note",
                )
            },
        ),
        (gettext_lazy("In the ledger"), {"fields": (("transfer_link", "public_id"),)}),
    )
    readonly_fields = (
        "in_words",
        "shown_kind",
        "shown_amount",
        "partner_link",
        "account_link",
        "corrects_link",
        "expires",
        "shown_reason",
        "asker",
        "asked",
        "decider",
        "decided",
        "transfer_link",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super()
            .get_queryset(request)
            .select_related(
                "account__unit",
                "account__partner",
                "account__member__person",
                "partner",
                "corrects__debit_account__unit",
                "reason",
                "requested_by",
                "requested_with",
                "decided_by",
                "transfer__debit_account__unit",
            )
        )

    # ------------------------------------------------------------ who may what

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("ledger.decide_correction"))

    def has_ask_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("ledger.add_correction"))

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Offer what this person may do now: decide about others', withdraw their own."""
        correction = self.get_object(request, str(object_id))
        if correction is None or correction.state != State.WAITING:
            return []
        person = actor_of(request).person
        offered = {"withdraw"} if correction.requested_by == person else {"agree", "decline"}
        if "agree" in offered and find_obstacle(correction, person):
            offered = set()
        detail: list[Any] = super().get_actions_detail(request, object_id)
        return [one for one in detail if one.path in offered]

    @action(description=gettext_lazy("Upload adjustments"), permissions=["ask"])
    def upload(self, request: HttpRequest) -> HttpResponse:
        return upload_adjustments(self, request)

    # -------------------------------------------------------------- decisions

    @action(description=gettext_lazy("Agree"), url_path="agree", permissions=["decide"])
    def agree(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(request, object_id, agreeing())

    @action(description=gettext_lazy("Decline"), url_path="decline", permissions=["decide"])
    def decline(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(request, object_id, declining())

    @action(description=gettext_lazy("Withdraw"), url_path="withdraw", permissions=["ask"])
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(request, object_id, withdrawing())

    @action(description=gettext_lazy("Agree to the chosen"), permissions=["decide"])
    def agree_chosen(
        self, request: HttpRequest, queryset: QuerySet[Correction]
    ) -> HttpResponse | None:
        return self.confirm_many(request, queryset, agreeing(), action_name="agree_chosen")

    # ----------------------------------------------------------------- columns

    @display(description=gettext_lazy("correction"), ordering="pk")
    def number(self, correction: Correction) -> str:
        return f"#{correction.pk}"

    @display(description=gettext_lazy("kind"), ordering="kind")
    def shown_kind(self, correction: Correction) -> Any:
        return correction.get_kind_display()

    @display(description=gettext_lazy("amount"), ordering="amount")
    def shown_amount(self, correction: Correction) -> str:
        return say(correction.amount, correction.account.unit)

    @display(description=gettext_lazy("reason"), ordering="reason__name")
    def shown_reason(self, correction: Correction) -> str:
        return say_reason(correction.reason)

    @display(description=gettext_lazy("asked for by"))
    def asker(self, correction: Correction) -> str:
        return say_asker(correction)

    @display(description=gettext_lazy("asked for at"), ordering="requested_at")
    def asked(self, correction: Correction) -> str:
        return say_time(correction.requested_at)

    @display(description=gettext_lazy("state"), ordering="state", label=CORRECTION_LABELS)
    def shown_state(self, correction: Correction) -> tuple[str, Any]:
        if correction.state == State.WAITING:
            return correction.state, _("Waits for %(time)s") % {
                "time": timesince(correction.requested_at, depth=1)
            }
        return correction.state, correction.get_state_display()

    @display(description=gettext_lazy("in words"))
    def in_words(self, correction: Correction) -> SafeString | str:
        if correction.state != State.WAITING:
            return say_correction(correction)
        waits = _("It has waited for a second person for %(time)s.") % {
            "time": timesince(correction.requested_at)
        }
        account = correction.account
        balance = _("%(account)s has %(balance)s now.") % {
            "account": say_account(account),
            "balance": say(account.balance, account.unit),
        }
        return format_html("{}<br>{} {}", say_correction(correction), waits, balance)

    @display(description=gettext_lazy("partner"))
    def partner_link(self, correction: Correction) -> SafeString | str:
        return link_to(correction.partner)

    @display(description=gettext_lazy("account"))
    def account_link(self, correction: Correction) -> SafeString | str:
        return link_account(correction.account)

    @display(description=gettext_lazy("corrects"))
    def corrects_link(self, correction: Correction) -> SafeString | str:
        corrects = correction.corrects
        return link_to(corrects, say_transfer(corrects)) if corrects else NOTHING

    @display(description=gettext_lazy("expires at"))
    def expires(self, correction: Correction) -> str:
        return say_expiry(correction.expires_at) if may_expire(correction) else NOTHING

    @display(description=gettext_lazy("decided by"))
    def decider(self, correction: Correction) -> str:
        if correction.decided_by is not None:
            return correction.decided_by.name
        if correction.state == State.POSTED:
            return _("Nobody: it was within the asker's limit.")
        return NOTHING

    @display(description=gettext_lazy("decided at"))
    def decided(self, correction: Correction) -> str:
        return say_time(correction.decided_at)

    @display(description=gettext_lazy("posted as"))
    def transfer_link(self, correction: Correction) -> SafeString | str:
        transfer = correction.transfer
        return link_to(transfer, say_transfer(transfer)) if transfer else NOTHING


def may_expire(correction: Correction) -> bool:
    return correction.kind in {Correction.Kind.CREDIT, Correction.Kind.REINSTATEMENT}


def find_person(request: HttpRequest) -> Person:
    """Return who is signed in: the admin lets nobody else in."""
    return cast(Person, actor_of(request).person)


def find_obstacle(correction: Correction, person: Any) -> str:
    """Return why this person may not decide about it, or nothing."""
    try:
        check_may_decide(person=person, correction=correction)
    except UNDECIDABLE as error:
        return str(error)
    return ""


def agreeing() -> Step:
    def perform(correction: Correction, *, form: forms.Form, request: HttpRequest) -> str:
        correcting.agree(
            correction=correction,
            by=find_person(request),
            note=form.cleaned_data["note"],
            at=timezone.now(),
        )
        return _("%(correction)s is posted.") % {"correction": say_correction(correction)}

    return Step(
        title=_("Agree"),
        sentence=_(
            "It is posted now, in your name beside the asker's. Your own requests, and those of a "
            "partner on whose team you are, are left out."
        ),
        button=_("Agree and post"),
        perform=perform,
        refused=(*UNDECIDABLE, *UNPOSTABLE),
        say_refusal=lambda error, correction: say_refusal(error, correction.account.unit),
        describe=describe_waiting,
        form_class=NoteForm,
    )


def declining() -> Step:
    def perform(correction: Correction, *, form: forms.Form, request: HttpRequest) -> str:
        correcting.decline(
            correction=correction,
            by=find_person(request),
            note=form.cleaned_data["note"],
            at=timezone.now(),
        )
        return _("%(correction)s is declined.") % {"correction": say_correction(correction)}

    return Step(
        title=_("Decline"),
        sentence=_("Nothing is posted. The request and your note stay in the history."),
        button=_("Decline"),
        perform=perform,
        refused=UNDECIDABLE,
        describe=describe_waiting,
        form_class=NoteNeeded,
    )


def withdrawing() -> Step:
    def perform(correction: Correction, *, form: forms.Form, request: HttpRequest) -> str:
        asker = Asker(person=actor_of(request).person)
        correcting.withdraw(correction=correction, asker=asker, at=timezone.now())
        return _("%(correction)s is withdrawn.") % {"correction": say_correction(correction)}

    return Step(
        title=_("Withdraw"),
        sentence=_("Nothing is posted. That you asked for it stays in the history."),
        button=_("Withdraw"),
        perform=perform,
        refused=UNDECIDABLE,
        describe=describe_waiting,
    )


def describe_waiting(correction: Correction) -> str:
    """Say what is asked for, by whom and why, on the page that asks about it."""
    asked = _("%(correction)s. %(reason)s, asked for by %(asker)s.") % {
        "correction": say_correction(correction),
        "reason": say_reason(correction.reason),
        "asker": say_asker(correction),
    }
    return f"{asked} “{correction.note}”" if correction.note else asked
