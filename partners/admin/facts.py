"""What was reported about partners, and what happened to them. Read only: facts never change."""

from operator import itemgetter
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter, FieldTextFilter

from partners.doors.admin import ReadOnlyAdmin, ReadOnlyInline, display
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.showing import (
    NOTHING,
    Labels,
    link_to,
    say_day,
    say_money,
    say_number,
    say_time,
    show_document,
)
from partners.events import registered_kinds, say_event
from partners.invoices import states_of
from partners.kinds import KINDS, Kind, all_kinds
from partners.kinds.own import in_words
from partners.models import Activity, ActivityLine, Event, OwnKind, WaitingReference
from partners.rates import write_rate

LINK = '<a href="{}" class="text-primary-600 dark:text-primary-500">{}</a>'
# Orders are the ordinary case; what takes something back is seen.
KIND_LABELS = Labels({"return": "warning", "cancellation": "warning", "dispute": "warning"})


def find_any_kind(code: str) -> Kind | None:
    """Return a kind by its code, also one that may not be reported any more."""
    return KINDS.get(code) or all_kinds().get(code)


def say_kind(code: str) -> Any:
    """Return what people call a kind; an own one is looked up."""
    kind = find_any_kind(code)
    return kind.name if kind else code


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
        kinds = all_kinds().values()
        return [(kind.code, kind.name) for kind in sorted(kinds, key=lambda kind: kind.is_own)]

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
                    ("kind_in_words", "external_id"),
                    ("partner_link", "member"),
                    ("happened", "recorded"),
                    ("net_amount", "converted"),
                    ("pieces", "country"),
                    ("source", "refers"),
                    "why",
                )
            },
        ),
        (
            gettext_lazy("Payment and details"),
            {"fields": (("due_on", "paid_on"), "payments", "details", "public_id")},
        ),
    )
    readonly_fields = (
        "partner_link",
        "happened",
        "recorded",
        "kind_in_words",
        "net_amount",
        "converted",
        "pieces",
        "refers",
        "payments",
        "why",
        "details",
    )

    @display(description=gettext_lazy("kind"), ordering="kind", label=KIND_LABELS)
    def shown_kind(self, activity: Activity) -> tuple[str, Any]:
        built_in = KINDS.get(activity.kind)
        names = getattr(activity, "own_names", None) or {}
        return activity.kind, built_in.name if built_in else in_words(names, activity.kind)

    @display(description=gettext_lazy("kind"))
    def kind_in_words(self, activity: Activity) -> str:
        return str(say_kind(activity.kind))

    @display(description=gettext_lazy("quantity"))
    def pieces(self, activity: Activity) -> str:
        return NOTHING if activity.quantity is None else say_number(activity.quantity.normalize())

    @display(description=gettext_lazy("counts as"))
    def converted(self, activity: Activity) -> str:
        """What it comes to in the currencies of programmes, by the rate that was kept with it."""
        rows = [
            _("%(amount)s by the rate %(rate)s of %(day)s")
            % {
                "amount": say_money(row.amount, row.currency),
                "rate": write_rate(row.rate_e8),
                "day": say_day(row.rate_day),
            }
            for row in activity.converted.order_by("currency")
        ]
        return "; ".join(rows) or NOTHING

    @display(description=gettext_lazy("refers to"))
    def refers(self, activity: Activity) -> SafeString | str:
        if activity.refers_to is not None:
            original = activity.refers_to
            return link_to(original, f"{say_kind(original.kind)} {original.external_id}")
        waiting = WaitingReference.objects.filter(activity=activity).first()
        if waiting is None:
            return NOTHING
        told = {"number": waiting.external_id, "source": waiting.source}
        if waiting.given_up_at:
            return _("%(number)s from %(source)s, which is not waited for any more") % told
        return _("%(number)s from %(source)s, which has not come yet") % told

    @display(description=gettext_lazy("payments"))
    def payments(self, activity: Activity) -> str:
        """Where an invoice stands by the facts that refer to it."""
        if activity.kind != Activity.Kind.INVOICE:
            return NOTHING
        zone: Any = get_current_timezone()
        state = states_of([activity], zone=zone)[activity.pk]
        told = [
            _("paid %(paid)s, open %(open)s")
            % {
                "paid": say_money(state.paid, activity.currency),
                "open": say_money(state.open, activity.currency),
            }
        ]
        if state.paid_on:
            told.append(_("paid whole on %(day)s") % {"day": say_day(state.paid_on)})
        if state.is_disputed:
            told.append(_("disputed"))
        return ", ".join(told)

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
        address = reverse("admin:rewards_award_of_activity", args=[activity.pk])
        words = _("What it earned, or why nothing")
        return format_html(LINK, address, words)

    @display(description=gettext_lazy("attributes"))
    def details(self, activity: Activity) -> str:
        kind = find_any_kind(activity.kind)
        named = kind.fields if kind else ()
        said = {
            str(field.label): field.show(activity.attributes[field.name])
            for field in named
            if field.name in activity.attributes
        }
        known = {field.name for field in named}
        further = {name: value for name, value in activity.attributes.items() if name not in known}
        return show_document(said | further)

    def get_queryset(self, request: HttpRequest) -> Any:
        own = OwnKind.objects.filter(code=OuterRef("kind")).values("names")[:1]
        rows = super().get_queryset(request).select_related("partner", "refers_to")
        return rows.annotate(own_names=Subquery(own))


class EventKindFilter(DropdownFilter):
    """Chosen by its words; it asks for the code."""

    title = gettext_lazy("what happened")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kinds = ((kind, say_event(kind)) for kind in registered_kinds())
        return sorted(kinds, key=itemgetter(1))

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """The stream of what happened. Only ``partners.events`` writes it."""

    list_display = ("happened", "named", "partner_name", "member", "actor", "sequence")
    list_select_related = ("partner", "member__person", "actor")
    list_filter = (EventKindFilter, ("occurred_at", DayRangeFilter))
    search_fields = ("=kind", "partner__legal_name", "=partner__erp_number")
    ordering = ("-pk",)
    fields = (
        ("named", "kind"),
        "sequence",
        ("partner_link", "member"),
        ("actor", "happened"),
        "details",
    )
    readonly_fields = ("named", "partner_link", "happened", "details")

    @display(description=gettext_lazy("what happened"), ordering="kind")
    def named(self, event: Event) -> str:
        return say_event(event.kind)

    @display(description=gettext_lazy("partner"))
    def partner_link(self, event: Event) -> SafeString | str:
        return link_to(event.partner)

    @display(description=gettext_lazy("occurred at"), ordering="occurred_at")
    def happened(self, event: Event) -> str:
        return say_time(event.occurred_at)

    @display(description=gettext_lazy("payload"))
    def details(self, event: Event) -> str:
        return show_document(event.payload)
