"""Work that runs on its own: what was done for which day, and what failed."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, FieldTextFilter

from partners.doors.admin import ReadOnlyAdmin, display
from partners.doors.admin_filters import DateRangeFilter
from partners.doors.showing import Labels, say_day, say_number, say_time
from partners.models import JobRun

STATUS_LABELS = Labels({"failed": "danger", "running": "info", "due": "warning"})


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    list_display = ("step", "day", "scope", "shown_status", "rows_changed", "finished")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("step", FieldTextFilter),
        ("local_date", DateRangeFilter),
    )
    search_fields = ("=step", "=scope")
    ordering = ("-local_date",)
    fields = (
        ("step", "scope"),
        ("local_date", "status"),
        ("started", "finished"),
        ("rows_changed", "checkpoint"),
        "error",
    )
    readonly_fields = ("started", "finished", "rows_changed")

    @display(description=_("status"), ordering="status", label=STATUS_LABELS)
    def shown_status(self, run: JobRun) -> tuple[str, Any]:
        return run.status, run.get_status_display()

    @display(description=_("local day"), ordering="local_date")
    def day(self, run: JobRun) -> str:
        return say_day(run.local_date)

    @display(description=_("changed"), ordering="changed")
    def rows_changed(self, run: JobRun) -> str:
        return say_number(run.changed)

    @display(description=_("started at"))
    def started(self, run: JobRun) -> str:
        return say_time(run.started_at)

    @display(description=_("finished at"), ordering="finished_at")
    def finished(self, run: JobRun) -> str:
        return say_time(run.finished_at)
