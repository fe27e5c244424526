"""Points that head buyers shared with their teams, and what partners may have from the seller."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, FieldTextFilter

from ledger.wording import say_amount
from partners.doors.admin import ReadOnlyAdmin, ReadOnlyInline, display
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.showing import language, link_to, say_time, show_document
from rewards.models import Entitlement, Share, SharePart


class PartTab(ReadOnlyInline):
    model = SharePart
    show_change_link = False
    per_page = 50
    verbose_name_plural = _("Parts")
    fields = ("who", "weight", "proposed", "amount", "note", "posted")
    readonly_fields = fields
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("member__person", "transfer")

    @display(description=_("member"))
    def who(self, part: SharePart) -> str:
        return part.member.person.name

    @display(description=_("transfer"))
    def posted(self, part: SharePart) -> SafeString | str:
        return link_to(part.transfer, f"#{part.transfer_id}")


@admin.register(Share)
class ShareAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "partner_name",
        "giver",
        "shown_amount",
        "method",
        "given",
        "shown_state",
    )
    list_display_links = ("number",)
    list_select_related = ("partner", "shared_by__person", "programme__main_unit")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("method", ChoicesDropdownFilter),
        ("shared_at", DayRangeFilter),
    )
    search_fields = ("partner__legal_name", "=partner__erp_number", "shared_by__person__name")
    ordering = ("-shared_at",)
    inlines = (PartTab,)
    fields = (
        ("partner_link", "giver"),
        ("shown_amount", "method"),
        ("given", "state"),
        "reason",
        ("undo_until", "undone_at"),
        "public_id",
    )
    readonly_fields = (
        "partner_link",
        "giver",
        "shown_amount",
        "given",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related("partner", "shared_by__person", "programme__main_unit")

    @display(description=_("share"), ordering="pk")
    def number(self, share: Share) -> str:
        return f"#{share.pk}"

    @display(description=_("partner"))
    def partner_link(self, share: Share) -> SafeString | str:
        return link_to(share.partner)

    @display(description=_("shared by"), ordering="shared_by__person__name")
    def giver(self, share: Share) -> str:
        return share.shared_by.person.name

    @display(description=_("amount"), ordering="amount")
    def shown_amount(self, share: Share) -> str:
        return say_amount(share.amount, share.programme.main_unit, language())

    @display(description=_("shared at"), ordering="shared_at")
    def given(self, share: Share) -> str:
        return say_time(share.shared_at)

    @display(
        description=_("state"),
        ordering="state",
        label={"posted": "success", "undone": "warning"},
    )
    def shown_state(self, share: Share) -> tuple[str, Any]:
        return share.state, share.get_state_display()


@admin.register(Entitlement)
class EntitlementAdmin(ReadOnlyAdmin):
    """The seller's systems mark them used through the API."""

    list_display = ("number", "partner_name", "kind", "shown_state", "starts", "ends")
    list_display_links = ("number",)
    list_select_related = ("partner",)
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("kind", FieldTextFilter),
        ("valid_until", DayRangeFilter),
    )
    search_fields = ("partner__legal_name", "=partner__erp_number")
    ordering = ("-pk",)
    fields = (
        ("partner_link", "redemption_link"),
        ("kind", "state"),
        ("starts", "ends"),
        "used",
        "shown_value",
        "public_id",
    )
    readonly_fields = (
        "partner_link",
        "redemption_link",
        "starts",
        "ends",
        "used",
        "shown_value",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("partner", "redemption__reward")

    @display(description=_("entitlement"), ordering="pk")
    def number(self, entitlement: Entitlement) -> str:
        return f"#{entitlement.pk}"

    @display(description=_("partner"))
    def partner_link(self, entitlement: Entitlement) -> SafeString | str:
        return link_to(entitlement.partner)

    @display(description=_("redemption"))
    def redemption_link(self, entitlement: Entitlement) -> SafeString | str:
        return link_to(entitlement.redemption, entitlement.redemption.reward.name)

    @display(
        description=_("state"),
        ordering="state",
        label={"open": "info", "used": "success", "cancelled": "danger"},
    )
    def shown_state(self, entitlement: Entitlement) -> tuple[str, Any]:
        return entitlement.state, entitlement.get_state_display()

    @display(description=_("valid from"), ordering="valid_from")
    def starts(self, entitlement: Entitlement) -> str:
        return say_time(entitlement.valid_from)

    @display(description=_("valid until"), ordering="valid_until")
    def ends(self, entitlement: Entitlement) -> str:
        return say_time(entitlement.valid_until)

    @display(description=_("used at"))
    def used(self, entitlement: Entitlement) -> str:
        return say_time(entitlement.used_at)

    @display(description=_("value"))
    def shown_value(self, entitlement: Entitlement) -> str:
        shown = {name: value for name, value in entitlement.value.items() if name != "code"}
        return show_document(shown)
