"""Lots: each slice of a balance, where it came from, how long it lasts, what took from it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from ledger.admin.asking import refuse
from ledger.admin.settling import cancelling, find_award, releasing
from ledger.admin.wording import link_account, say, say_expiry, say_transfer
from ledger.models import HoldSlice, Lot, LotExtension, LotUse, Transfer
from partners.doors.admin import ReadOnlyAdmin, ReadOnlyInline, Step, action, display
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.showing import NOTHING, link_to, say_time


class UseTab(ReadOnlyInline):
    model = LotUse
    show_change_link = False
    hide_title = True
    verbose_name_plural = gettext_lazy("What took from it")
    fields = ("link", "taken", "posted")
    readonly_fields = fields
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("transfer__debit_account__unit")

    @display(description=gettext_lazy("transfer"))
    def link(self, use: LotUse) -> SafeString | str:
        return link_to(use.transfer, say_transfer(use.transfer))

    @display(description=gettext_lazy("taken"))
    def taken(self, use: LotUse) -> str:
        return say(use.amount, use.transfer.debit_account.unit)

    @display(description=gettext_lazy("posted at"))
    def posted(self, use: LotUse) -> str:
        return say_time(use.transfer.posted_at)


class ExtensionTab(ReadOnlyInline):
    model = LotExtension
    show_change_link = False
    hide_title = True
    verbose_name_plural = gettext_lazy("Extensions")
    fields = ("extended", "before", "until", "reference")
    readonly_fields = fields
    ordering = ("pk",)

    @display(description=gettext_lazy("extended at"))
    def extended(self, extension: LotExtension) -> str:
        return say_time(extension.extended_at)

    @display(description=gettext_lazy("would have expired at"))
    def before(self, extension: LotExtension) -> str:
        return say_time(extension.expired_before)

    @display(description=gettext_lazy("expires at"))
    def until(self, extension: LotExtension) -> str:
        return say_time(extension.expires_at)


class ReservedTab(ReadOnlyInline):
    model = HoldSlice
    show_change_link = False
    hide_title = True
    verbose_name_plural = gettext_lazy("Holds")
    fields = ("link", "shown_amount", "shown_state")
    readonly_fields = fields
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("hold", "lot__account__unit")

    @display(description=gettext_lazy("hold"))
    def link(self, part: HoldSlice) -> SafeString | str:
        return link_to(part.hold, f"#{part.hold_id}")

    @display(description=gettext_lazy("reserved"))
    def shown_amount(self, part: HoldSlice) -> str:
        return say(part.amount, part.lot.account.unit)

    @display(description=gettext_lazy("state"))
    def shown_state(self, part: HoldSlice) -> Any:
        return part.hold.get_state_display()


class LeftFilter(admin.SimpleListFilter):
    title = gettext_lazy("left")
    parameter_name = "left"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Something is left")), ("no", _("Used up"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.filter(remaining__gt=0)
        return queryset.filter(remaining=0) if self.value() == "no" else queryset


@admin.register(Lot)
class LotAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "holder",
        "shown_kind",
        "shown_remaining",
        "shown_amount",
        "matures",
        "expires",
    )
    list_display_links = ("number",)
    list_select_related = ("account__unit", "account__partner")
    list_filter = (
        LeftFilter,
        ("account__kind", ChoicesDropdownFilter),
        ("expires_at", DayRangeFilter),
        ("matures_at", DayRangeFilter),
    )
    search_fields = ("account__partner__legal_name", "=account__partner__erp_number")
    search_help_text = gettext_lazy("Partner or ERP number")
    ordering = ("-pk",)
    inlines = (UseTab, ReservedTab, ExtensionTab)
    actions_detail = ("release_pending", "cancel_pending")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("shown_remaining", "shown_amount"),
                    ("shown_held", "account_link"),
                    ("earned", "matures"),
                    "expires",
                )
            },
        ),
        (gettext_lazy("Where it came from"), {"fields": (("origin_link", "opened_link"),)}),
    )
    readonly_fields = (
        "shown_remaining",
        "shown_amount",
        "shown_held",
        "account_link",
        "earned",
        "matures",
        "expires",
        "origin_link",
        "opened_link",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super()
            .get_queryset(request)
            .select_related(
                "account__unit",
                "account__partner",
                "account__member__person",
                "origin__debit_account__unit",
                "opened_by__debit_account__unit",
            )
        )

    # --------------------------------------------------------- what still waits

    def has_settle_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("ledger.add_correction"))

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Offer to release or cancel what still waits of a pending award."""
        lot = self.get_object(request, str(object_id))
        if lot is None or find_award(lot) is None:
            return []
        detail: list[Any] = super().get_actions_detail(request, object_id)
        return detail

    @action(description=gettext_lazy("Release now"), permissions=["settle"])
    def release_pending(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._settle(request, object_id, releasing)

    @action(description=gettext_lazy("Cancel"), permissions=["settle"])
    def cancel_pending(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._settle(request, object_id, cancelling)

    def _settle(
        self, request: HttpRequest, object_id: str, make_step: Callable[[Transfer], Step]
    ) -> HttpResponse:
        lot = self.get_object(request, unquote(object_id))
        if not isinstance(lot, Lot):
            raise Http404
        award = find_award(lot)
        if award is None:
            return refuse(self, request, lot, _("Nothing waits in this lot."))
        return self.confirm_one(request, object_id, make_step(award))

    @display(description=gettext_lazy("lot"), ordering="pk")
    def number(self, lot: Lot) -> str:
        return f"#{lot.pk}"

    @display(description=gettext_lazy("partner"), ordering="account__partner__legal_name")
    def holder(self, lot: Lot) -> str:
        return str(lot.account.partner)

    @display(description=gettext_lazy("account"), ordering="account__kind")
    def shown_kind(self, lot: Lot) -> Any:
        return lot.account.get_kind_display()

    @display(description=gettext_lazy("remaining"), ordering="remaining")
    def shown_remaining(self, lot: Lot) -> str:
        return say(lot.remaining, lot.account.unit)

    @display(description=gettext_lazy("amount"), ordering="amount")
    def shown_amount(self, lot: Lot) -> str:
        return say(lot.amount, lot.account.unit)

    @display(description=gettext_lazy("held"))
    def shown_held(self, lot: Lot) -> str:
        return say(lot.held, lot.account.unit) if lot.held else NOTHING

    @display(description=gettext_lazy("account"))
    def account_link(self, lot: Lot) -> SafeString | str:
        return link_account(lot.account)

    @display(description=gettext_lazy("earned at"), ordering="earned_at")
    def earned(self, lot: Lot) -> str:
        return say_time(lot.earned_at)

    @display(description=gettext_lazy("available from"), ordering="matures_at")
    def matures(self, lot: Lot) -> str:
        return say_time(lot.matures_at)

    @display(description=gettext_lazy("expires at"), ordering="expires_at")
    def expires(self, lot: Lot) -> str:
        return say_expiry(lot.expires_at)

    @display(description=gettext_lazy("first credited by"))
    def origin_link(self, lot: Lot) -> SafeString | str:
        return link_to(lot.origin, say_transfer(lot.origin))

    @display(description=gettext_lazy("opened by"))
    def opened_link(self, lot: Lot) -> SafeString | str:
        return link_to(lot.opened_by, say_transfer(lot.opened_by))
