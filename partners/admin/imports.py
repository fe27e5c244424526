"""Files that came in, the rows that were refused, and the documents that wait for a partner."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    FieldTextFilter,
)

from partners.doors.admin import ReadOnlyAdmin, ReadOnlyInline, display
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.showing import Labels, say_number, say_time, show_document
from partners.models import ImportRow, ImportRun, ParkedDocument

RUN_LABELS = Labels({"failed": "danger", "running": "info", "staging": "info"})


class RowTab(ReadOnlyInline):
    model = ImportRow
    per_page = 50
    show_change_link = False
    verbose_name_plural = _("Rows that were not taken")
    fields: tuple[str, ...] = ("row_number", "document", "outcome", "code", "column", "value")
    readonly_fields: tuple[str, ...] = fields
    # Refused rows first: parked ones wait by themselves.
    ordering = ("-outcome", "row_number")


class ParkedRowTab(RowTab):
    verbose_name_plural = _("Rows")
    fields = ("row_number", "code", "row")
    readonly_fields = fields

    @display(description=_("content"))
    def row(self, row: ImportRow) -> str:
        return show_document(row.content)


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = ("file_name", "kind", "source", "shown_status", "started", "refused", "parked")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("source", FieldTextFilter),
        ("started_at", DayRangeFilter),
    )
    search_fields = ("file_name", "=source")
    ordering = ("-pk",)
    inlines = (RowTab,)
    fields = (
        ("file_name", "status"),
        ("kind", "source"),
        ("started", "finished"),
        "started_by",
        "shown_report",
    )
    readonly_fields = ("started", "finished", "shown_report")

    @display(description=_("status"), ordering="status", label=RUN_LABELS)
    def shown_status(self, run: ImportRun) -> tuple[str, Any]:
        return run.status, run.get_status_display()

    @display(description=_("started at"), ordering="started_at")
    def started(self, run: ImportRun) -> str:
        return say_time(run.started_at)

    @display(description=_("finished at"))
    def finished(self, run: ImportRun) -> str:
        return say_time(run.finished_at)

    @display(description=_("rows refused"))
    def refused(self, run: ImportRun) -> str:
        return say_number(run.report.get("rows_refused", 0))

    @display(description=_("rows parked"))
    def parked(self, run: ImportRun) -> str:
        return say_number(run.report.get("rows_parked", 0))

    @display(description=_("report"))
    def shown_report(self, run: ImportRun) -> str:
        return show_document(run.report)


class WaitingFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waiting", _("Waiting")), ("matched", _("Matched"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in {"waiting", "matched"}:
            return queryset.filter(matched_at__isnull=self.value() == "waiting")
        return queryset


@admin.register(ParkedDocument)
class ParkedDocumentAdmin(ReadOnlyAdmin):
    list_display = ("external_id", "source", "shown_state", "reason", "happened", "parked")
    list_filter = (
        WaitingFilter,
        ("reason", ChoicesDropdownFilter),
        ("source", FieldTextFilter),
    )
    search_fields = ("=external_id", "=source")
    ordering = ("-parked_at",)
    inlines = (ParkedRowTab,)
    fields = (
        ("external_id", "source"),
        ("reason", "state_in_words"),
        ("happened", "parked"),
        ("run", "matched"),
    )
    readonly_fields = ("state_in_words", "happened", "parked", "matched")
    list_select_related = ("run",)

    @display(description=_("state"), label={"waiting": "warning", "matched": "success"})
    def shown_state(self, document: ParkedDocument) -> tuple[str, Any]:
        if document.matched_at is None:
            return "waiting", _("Waiting")
        return "matched", _("Matched")

    @display(description=_("state"))
    def state_in_words(self, document: ParkedDocument) -> Any:
        return self.shown_state(document)[1]

    @display(description=_("occurred at"), ordering="occurred_at")
    def happened(self, document: ParkedDocument) -> str:
        return say_time(document.occurred_at)

    @display(description=_("parked at"), ordering="parked_at")
    def parked(self, document: ParkedDocument) -> str:
        return say_time(document.parked_at)

    @display(description=_("matched at"))
    def matched(self, document: ParkedDocument) -> str:
        return say_time(document.matched_at)
