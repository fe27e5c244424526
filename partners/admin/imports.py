"""Files that came in, the rows that were refused, and the documents that wait for a partner."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    FieldTextFilter,
)

from partners.doors.admin import ReadOnlyAdmin, ReadOnlyInline, action, display
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.showing import Labels, say_number, say_time, show_document
from partners.importing.guessing import PARTNERS
from partners.importing.reasons import say_why
from partners.kinds import KINDS
from partners.kinds.own import in_words
from partners.models import ImportRow, ImportRun, OwnKind

# What files are of that are no activities; two of them belong to a higher floor.
OTHERS = {
    PARTNERS: _("Partners"),
    "adjustment": _("Adjustments"),
    "balances": _("Opening balances"),
}
OWN_NAMES = Subquery(OwnKind.objects.filter(code=OuterRef("kind")).values("names")[:1])
RUN_LABELS = Labels({"failed": "danger", "running": "info", "staging": "info"})


class RowTab(ReadOnlyInline):
    model = ImportRow
    per_page = 50
    show_change_link = False
    verbose_name_plural = _("Rows that were not taken")
    fields: tuple[str, ...] = ("row_number", "document", "outcome", "why", "column", "value")
    readonly_fields: tuple[str, ...] = fields
    # Refused rows first: parked ones wait by themselves.
    ordering = ("-outcome", "row_number")

    @display(description=_("reason"))
    def why(self, row: ImportRow) -> str:
        return say_why(row.code, row.content)


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = (
        "report_page",
        "shown_kind",
        "source",
        "shown_status",
        "started",
        "refused",
        "parked",
    )
    # The report says it in words; the page of the row has everything as it is kept.
    list_display_links = ("started",)
    actions_list = ("upload_file",)
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("source", FieldTextFilter),
        ("started_at", DayRangeFilter),
    )
    search_fields = ("file_name", "=source")
    ordering = ("-pk",)
    inlines = (RowTab,)
    fields = (
        ("report_page", "status"),
        ("shown_kind", "source"),
        ("started", "finished"),
        "started_by",
        "shown_report",
    )
    readonly_fields = ("report_page", "shown_kind", "started", "finished", "shown_report")

    @action(description=_("Upload a file"), url_path="upload", permissions=["upload"])
    def upload_file(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("import-upload"))

    def has_upload_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("partners.add_importrun")

    @display(description=_("file"), ordering="file_name")
    def report_page(self, run: ImportRun) -> str:
        return format_html(
            '<a href="{}" class="text-primary-600 dark:text-primary-500">{}</a>',
            reverse("import", args=[run.pk]),
            run.file_name,
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(own_names=OWN_NAMES)

    @display(description=_("kind"), ordering="kind")
    def shown_kind(self, run: ImportRun) -> str:
        built_in = KINDS.get(run.kind)
        names = getattr(run, "own_names", None) or {}
        return str(built_in.name if built_in else OTHERS.get(run.kind) or in_words(names, run.kind))

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
