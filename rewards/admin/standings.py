"""Where partners stand and how they came there. The nightly run decides; nobody edits."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import FieldTextFilter, RelatedDropdownFilter

from partners.doors.admin import ReadOnlyAdmin, ReadOnlyInline, display, partner_tabs
from partners.doors.admin_filters import DateRangeFilter
from partners.doors.showing import (
    NOTHING,
    link_to,
    say_day,
    say_money,
    say_number,
    say_time,
    show_document,
)
from rewards.models import Standing, TierChange


class StandingTab(ReadOnlyInline):
    model = Standing
    verbose_name_plural = _("Standing")
    fields = ("link", "tier_code", "shown_spend", "orders", "decided_on")
    readonly_fields = fields
    ordering = ("programme_id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("programme")

    @display(description=_("programme"))
    def link(self, standing: Standing) -> SafeString | str:
        return link_to(standing, standing.programme.name)

    @display(description=_("tier"))
    def tier(self, standing: Standing) -> str:
        return standing.tier_code.capitalize() or NOTHING

    @display(description=_("net spend in the window"))
    def shown_spend(self, standing: Standing) -> str:
        return say_money(standing.spend, standing.programme.currency)


partner_tabs.append(StandingTab)


class ChangeTab(ReadOnlyInline):
    model = TierChange
    verbose_name_plural = _("How it changed")
    fields = ("way", "reason_code", "decided_on")
    readonly_fields = fields
    ordering = ("-decided_at",)

    @display(description=_("change"))
    def way(self, change: TierChange) -> SafeString | str:
        return link_to(change)


@admin.register(Standing)
class StandingAdmin(ReadOnlyAdmin):
    list_display = (
        "partner_name",
        "tier",
        "since",
        "shown_spend",
        "shown_orders",
        "programme",
    )
    list_select_related = ("partner", "programme")
    list_filter = (("programme", RelatedDropdownFilter), ("tier_code", FieldTextFilter))
    search_fields = ("partner__legal_name", "=partner__erp_number")
    ordering = ("-spend",)
    inlines = (ChangeTab,)
    fields = (
        ("partner_link", "programme"),
        ("tier_code", "since"),
        ("shown_spend", "shown_orders"),
        ("decided_on", "enrolled"),
    )
    readonly_fields = ("partner_link", "since", "shown_spend", "shown_orders", "enrolled")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).for_listing()

    @display(description=_("partner"))
    def partner_link(self, standing: Standing) -> SafeString | str:
        return link_to(standing.partner)

    @display(description=_("tier"), ordering="tier_code")
    def tier(self, standing: Standing) -> str:
        return standing.tier_code.capitalize() or NOTHING

    @display(description=_("in this tier since"), ordering="tier_since")
    def since(self, standing: Standing) -> str:
        return say_day(standing.tier_since)

    @display(description=_("net spend in the window"), ordering="spend")
    def shown_spend(self, standing: Standing) -> str:
        return say_money(standing.spend, standing.programme.currency)

    @display(description=_("orders in the window"), ordering="orders")
    def shown_orders(self, standing: Standing) -> str:
        return say_number(standing.orders)

    @display(description=_("enrolled at"), ordering="enrolled_at")
    def enrolled(self, standing: Standing) -> str:
        return say_time(standing.enrolled_at)


@admin.register(TierChange)
class TierChangeAdmin(ReadOnlyAdmin):
    list_display = ("partner", "way", "reason_code", "decided_on")
    list_select_related = ("standing__partner", "standing__programme")
    list_filter = (("decided_on", DateRangeFilter), ("to_tier", FieldTextFilter))
    search_fields = ("standing__partner__legal_name", "=standing__partner__erp_number")
    ordering = ("-pk",)
    fields = (
        ("partner_link", "way"),
        ("reason_code", "decided_on"),
        "decided",
        "shown_figures",
    )
    readonly_fields = ("partner_link", "way", "decided", "shown_figures")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related("standing__partner", "standing__programme")

    @display(description=_("partner"), ordering="standing__partner__legal_name")
    def partner(self, change: TierChange) -> str:
        return change.standing.partner.legal_name

    @display(description=_("partner"))
    def partner_link(self, change: TierChange) -> SafeString | str:
        return link_to(change.standing.partner)

    @display(description=_("change"))
    def way(self, change: TierChange) -> str:
        return str(change)

    @display(description=_("decided at"), ordering="decided_at")
    def decided(self, change: TierChange) -> str:
        return say_time(change.decided_at)

    @display(description=_("figures"))
    def shown_figures(self, change: TierChange) -> str:
        return show_document(change.figures)
