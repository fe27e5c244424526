"""Partners, with their team, where they stand, what they hold and what they did last."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    FieldTextFilter,
    RelatedDropdownFilter,
)

from partners.doors.admin import BaseAdmin, ReadOnlyInline, display, partner_tabs
from partners.doors.showing import Labels, link_to, link_to_list, say_day, say_money, say_time
from partners.models import Activity, Member, Partner

# Ordinary states are plain, so that exceptions are seen.
STATUS_LABELS = Labels({"paused": "warning", "closed": "danger"})


class TeamTab(ReadOnlyInline):
    model = Member
    fk_name = "partner"
    verbose_name_plural = _("Team")
    fields = ("person_link", "role", "job_title", "status", "joined")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).for_listing()

    @display(description=_("person"))
    def person_link(self, member: Member) -> SafeString | str:
        return link_to(member, member.person.name)

    @display(description=_("joined"))
    def joined(self, member: Member) -> str:
        return say_time(member.joined_at)


class ActivityTab(ReadOnlyInline):
    model = Activity
    verbose_name_plural = _("Activity")
    fields = ("link", "happened", "net_amount", "source")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).newest_first()

    @display(description=_("activity"))
    def link(self, activity: Activity) -> SafeString | str:
        return link_to(activity)

    @display(description=_("occurred at"))
    def happened(self, activity: Activity) -> str:
        return say_time(activity.occurred_at)

    @display(description=_("net amount"))
    def net_amount(self, activity: Activity) -> str:
        return say_money(activity.amount, activity.currency)


@admin.register(Partner)
class PartnerAdmin(BaseAdmin):
    list_display = ("named", "place", "account_manager", "since", "shown_status")
    list_display_links = ("named",)
    list_select_related = ("account_manager",)
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("account_manager", RelatedDropdownFilter),
        ("country", FieldTextFilter),
    )
    search_fields = ("legal_name", "=erp_number", "=tax_id")
    search_help_text = _("Name, ERP number or tax id")
    ordering = ("legal_name",)
    autocomplete_fields = ("account_manager",)
    readonly_fields = ("public_id", "see_also")
    fieldsets = (
        (None, {"fields": (("legal_name", "erp_number"), ("status", "account_manager"))}),
        (
            _("Company"),
            {
                "fields": (
                    ("tax_id", "country"),
                    ("currency", "language"),
                    ("partner_since", "public_id"),
                )
            },
        ),
        (_("See also"), {"fields": ("see_also",)}),
    )

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Show the tabs on the page of a partner; a new one has nothing to show yet."""
        return [TeamTab, *partner_tabs, ActivityTab] if obj else []

    @display(description=_("partner"), ordering="legal_name", header=True)
    def named(self, partner: Partner) -> tuple[str, str]:
        return partner.legal_name, partner.erp_number

    @display(description=_("country"), ordering="country")
    def place(self, partner: Partner) -> str:
        return partner.country

    @display(description=_("partner since"), ordering="partner_since")
    def since(self, partner: Partner) -> str:
        return say_day(partner.partner_since)

    @display(description=_("status"), ordering="status", label=STATUS_LABELS)
    def shown_status(self, partner: Partner) -> tuple[str, Any]:
        return partner.status, partner.get_status_display()

    @display(description=_("history"))
    def see_also(self, partner: Partner) -> SafeString | str:
        if partner.pk is None:
            return ""
        lists = (
            ("partners_invitation", _("Invitations")),
            ("partners_activity", _("Activities")),
            ("ledger_transfer", _("Transfers")),
            ("rewards_award", _("Awards")),
            ("rewards_redemption", _("Redemptions")),
            ("partners_event", _("Events")),
        )
        links = [
            link_to_list(name, f"partner__id__exact={partner.pk}", str(text))
            for name, text in lists
        ]
        return SafeString(" · ".join(links))
