"""Holds: what is reserved, since when, for what, until when."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from ledger import holds
from ledger.admin.wording import (
    HOLD_LABELS,
    link_account,
    say,
    say_expiry,
    say_hold,
    say_transfer,
)
from ledger.models import Hold, HoldSlice
from ledger.posting import HoldEnded
from partners.doors.admin import ReadOnlyAdmin, ReadOnlyInline, Step, action, display
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.showing import NOTHING, link_to, say_time

State = Hold.State


class SliceTab(ReadOnlyInline):
    model = HoldSlice
    show_change_link = False
    hide_title = True
    verbose_name_plural = gettext_lazy("Lots it reserves")
    fields = ("link", "shown_amount", "earned", "expires")
    readonly_fields = fields
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("lot__account__unit")

    @display(description=gettext_lazy("lot"))
    def link(self, part: HoldSlice) -> SafeString | str:
        return link_to(part.lot, f"#{part.lot_id}")

    @display(description=gettext_lazy("reserved"))
    def shown_amount(self, part: HoldSlice) -> str:
        return say(part.amount, part.lot.account.unit)

    @display(description=gettext_lazy("earned at"))
    def earned(self, part: HoldSlice) -> str:
        return say_time(part.lot.earned_at)

    @display(description=gettext_lazy("expires at"))
    def expires(self, part: HoldSlice) -> str:
        return say_expiry(part.lot.expires_at)


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ("number", "partner_name", "shown_amount", "shown_state", "placed", "lapses")
    list_display_links = ("number",)
    list_select_related = ("account__unit", "partner")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("placed_at", DayRangeFilter),
        ("lapses_at", DayRangeFilter),
    )
    search_fields = ("partner__legal_name", "=partner__erp_number", "=reference")
    search_help_text = gettext_lazy("Partner, ERP number or reference")
    ordering = ("-pk",)
    inlines = (SliceTab,)
    actions_detail = ("release",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "in_words",
                    ("shown_amount", "shown_captured"),
                    ("partner_link", "account_link"),
                    ("placed", "lapses"),
                    ("state", "ended"),
                    ("owner_link", "capture_link"),
                )
            },
        ),
        (
            gettext_lazy("For the auditor"),
            {"fields": (("reason_code", "reference"), ("idempotency_key", "public_id"))},
        ),
    )
    readonly_fields = (
        "in_words",
        "shown_amount",
        "shown_captured",
        "partner_link",
        "account_link",
        "placed",
        "lapses",
        "ended",
        "owner_link",
        "capture_link",
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
                "capture__debit_account__unit",
            )
        )

    def has_release_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("ledger.add_correction"))

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Release what is open and has no page of its own to decide on."""
        hold = self.get_object(request, str(object_id))
        if hold is None or hold.state != State.OPEN or not holds.is_placed_by_door(hold):
            return []
        detail: list[Any] = super().get_actions_detail(request, object_id)
        return detail

    @action(description=gettext_lazy("Release"), url_path="release", permissions=["release"])
    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(request, object_id, releasing())

    @display(description=gettext_lazy("hold"), ordering="pk")
    def number(self, hold: Hold) -> str:
        return f"#{hold.pk}"

    @display(description=gettext_lazy("amount"), ordering="amount")
    def shown_amount(self, hold: Hold) -> str:
        return say(hold.amount, hold.account.unit)

    @display(description=gettext_lazy("captured"))
    def shown_captured(self, hold: Hold) -> str:
        return say(hold.captured, hold.account.unit) if hold.captured else NOTHING

    @display(description=gettext_lazy("state"), ordering="state", label=HOLD_LABELS)
    def shown_state(self, hold: Hold) -> tuple[str, Any]:
        return hold.state, hold.get_state_display()

    @display(description=gettext_lazy("placed at"), ordering="placed_at")
    def placed(self, hold: Hold) -> str:
        return say_time(hold.placed_at)

    @display(description=gettext_lazy("lapses at"), ordering="lapses_at")
    def lapses(self, hold: Hold) -> str:
        return say_expiry(hold.lapses_at)

    @display(description=gettext_lazy("ended at"))
    def ended(self, hold: Hold) -> str:
        return say_time(hold.ended_at)

    @display(description=gettext_lazy("in words"))
    def in_words(self, hold: Hold) -> Any:
        return MEANINGS[State(hold.state)]

    @display(description=gettext_lazy("partner"))
    def partner_link(self, hold: Hold) -> SafeString | str:
        return link_to(hold.partner)

    @display(description=gettext_lazy("account"))
    def account_link(self, hold: Hold) -> SafeString | str:
        return link_account(hold.account)

    @display(description=gettext_lazy("reserved for"))
    def owner_link(self, hold: Hold) -> SafeString | str:
        owner = find_owner(hold)
        return link_to(owner) if owner is not None else NOTHING

    @display(description=gettext_lazy("captured by"))
    def capture_link(self, hold: Hold) -> SafeString | str:
        return link_to(hold.capture, say_transfer(hold.capture)) if hold.capture else NOTHING


MEANINGS = {
    State.OPEN: gettext_lazy(
        "This part of the balance is reserved until somebody decides. It cannot be spent or taken "
        "back meanwhile, and does not expire."
    ),
    State.CAPTURED: gettext_lazy("What was reserved was spent; a rest that was not is free again."),
    State.RELEASED: gettext_lazy("It was let go. The points are free again."),
    State.LAPSED: gettext_lazy("Nobody decided in time. The points are free again."),
}


def find_owner(hold: Hold) -> Any:
    """Return what on an upper floor the hold belongs to, such as a redemption, or None."""
    for relation in hold._meta.related_objects:
        name = relation.get_accessor_name() or ""
        if relation.one_to_one and hasattr(hold, name):
            return getattr(hold, name)
    return None


def releasing() -> Step:
    def perform(hold: Hold, *, form: forms.Form, request: HttpRequest) -> str:
        holds.refuse_unless_placed_by_door(hold)
        holds.release(hold=hold, released_at=timezone.now())
        return _("%(hold)s is released.") % {"hold": say_hold(hold)}

    return Step(
        title=_("Release a hold"),
        sentence=_("What it reserves is free again, and repays debt first if something is owed."),
        button=_("Release"),
        perform=perform,
        refused=(HoldEnded, holds.HoldBelongsElsewhere),
        describe=say_hold,
    )
