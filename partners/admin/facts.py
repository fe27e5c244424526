"""What was reported about partners, and what happened to them. Read only: facts never change."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter, FieldTextFilter

from partners.doors.admin import ReadOnlyAdmin, ReadOnlyInline, display
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.showing import Labels, link_to, link_to_list, say_money, say_time, show_document
from partners.models import Activity, ActivityLine, Event, OwnKind

# Orders are the ordinary case; what takes something back is seen.
KIND_LABELS = Labels({"return": "warning"})


class LineTab(ReadOnlyInline):
    model = ActivityLine
    per_page = 50
    show_change_link = False
    verbose_name_plural = gettext_lazy("Lines")
    fields = ("position", "sku", "description", "category", "pieces", "net_amount")
    readonly_fields = fields
    ordering = ("position",)

    @display(description=gettext_lazy("quantity"))
    def pieces(self, line: ActivityLine) -> str:
        return f"{line.quantity.normalize():,f}"

    @display(description=gettext_lazy("net amount"))
    def net_amount(self, line: ActivityLine) -> str:
        return f"{line.amount:,.2f}"


class KindFilter(DropdownFilter):
    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        own = OwnKind.objects.order_by("code").values_list("code", flat=True)
        return [*Activity.Kind.choices, *((code, code) for code in own)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Activity)
class ActivityAdmin(ReadOnlyAdmin):
    """A window onto the facts. Only ``partners.intake`` writes them."""

    list_display = ("external_id", "shown_kind", "partner_name", "happened", "net_amount", "source")
    list_select_related = ("partner",)
    list_filter = (
        KindFilter,
        ("source", FieldTextFilter),
        ("occurred_at", DayRangeFilter),
    )
    search_fields = ("=external_id", "partner__legal_name", "=partner__erp_number")
    search_help_text = gettext_lazy("Document number, partner or ERP number")
    ordering = ("-occurred_at",)
    inlines = (LineTab,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("kind", "external_id"),
                    ("partner_link", "member"),
                    ("happened", "recorded"),
                    ("net_amount", "country"),
                    ("source", "refers_to"),
                    "why",
                )
            },
        ),
        (
            gettext_lazy("Payment and details"),
            {"fields": (("due_on", "paid_on"), "details", "public_id")},
        ),
    )
    readonly_fields = (
        "partner_link",
        "happened",
        "recorded",
        "net_amount",
        "why",
        "details",
    )

    @display(description=gettext_lazy("kind"), ordering="kind", label=KIND_LABELS)
    def shown_kind(self, activity: Activity) -> tuple[str, Any]:
        return activity.kind, activity.kind_name

    @display(description=gettext_lazy("partner"))
    def partner_link(self, activity: Activity) -> SafeString | str:
        return link_to(activity.partner)

    @display(description=gettext_lazy("occurred at"), ordering="occurred_at")
    def happened(self, activity: Activity) -> str:
        return say_time(activity.occurred_at)

    @display(description=gettext_lazy("recorded at"))
    def recorded(self, activity: Activity) -> str:
        return say_time(activity.recorded_at)

    @display(description=gettext_lazy("net amount"), ordering="amount")
    def net_amount(self, activity: Activity) -> str:
        return say_money(activity.amount, activity.currency)

    @display(description=gettext_lazy("points"))
    def why(self, activity: Activity) -> str:
        query = f"activity__id__exact={activity.pk}"
        return link_to_list("rewards_award", query, _("What it earned, and why"))

    @display(description=gettext_lazy("attributes"))
    def details(self, activity: Activity) -> str:
        return show_document(activity.attributes)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("partner")


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """The stream of what happened. Only ``partners.events`` writes it."""

    list_display = ("happened", "kind", "partner_name", "member", "actor", "sequence")
    list_select_related = ("partner", "member", "actor")
    list_filter = (("kind", FieldTextFilter), ("occurred_at", DayRangeFilter))
    search_fields = ("=kind", "partner__legal_name", "=partner__erp_number")
    ordering = ("-pk",)
    fields = (
        ("kind", "sequence"),
        ("partner_link", "member"),
        ("actor", "happened"),
        "details",
    )
    readonly_fields = ("partner_link", "happened", "details")

    @display(description=gettext_lazy("partner"))
    def partner_link(self, event: Event) -> SafeString | str:
        return link_to(event.partner)

    @display(description=gettext_lazy("occurred at"), ordering="occurred_at")
    def happened(self, event: Event) -> str:
        return say_time(event.occurred_at)

    @display(description=gettext_lazy("payload"))
    def details(self, event: Event) -> str:
        return show_document(event.payload)
