"""Adjustments out of a file: choose it, see what would become of every row, send."""

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from ledger.correcting.importing import AdjustmentReport, Result, import_adjustments
from partners.doors.admin import BaseAdmin, actor_of
from partners.doors.showing import say_number
from partners.importing.files import FileNotOpened, FileNotReadable, name_on_disk

FILE_BYTES_MAX = 1024 * 1024
ROWS_SHOWN = 100
LABELS = {
    Result.POSTED: gettext_lazy("posted at once"),
    Result.WAITING: gettext_lazy("wait for a second person"),
    Result.DUPLICATE: gettext_lazy("known already"),
    Result.REFUSED: gettext_lazy("refused"),
}


class FileForm(forms.Form):
    """
    A file, or the one that was previewed: it travels with the preview and is kept nowhere.

    Of a file, ``content`` cleans to its bytes.
    """

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.gz,.xlsx"}),
        help_text=gettext_lazy(
            "CSV, CSV.gz or XLSX of up to 1 MB, with the columns partner (ERP number), amount (below "
            "zero takes away; in minor units), reason (code), and as needed unit, account (pool, "
            "wallet, debt), member (e-mail), reference, expires_on, note."
        ),
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("Where it comes from. A row of the same source is taken once."),
    )
    content = forms.CharField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        file: UploadedFile | None = cleaned.get("file")
        if file is not None:
            if (file.size or 0) > FILE_BYTES_MAX:
                self.add_error("file", _("Larger files go by the command import_adjustments."))
                return cleaned
            return {**cleaned, "content": file.read(), "name": file.name}
        try:
            cleaned["content"] = base64.b64decode(cleaned.get("content") or "", validate=True)
        except (binascii.Error, ValueError):
            cleaned["content"] = b""
        if not cleaned["content"]:
            self.add_error("file", _("Choose a file."))
        return cleaned


@contextmanager
def lay_out(form: FileForm) -> Iterator[Path]:
    """Lay the file where the import can read it, under its own name and nothing else of it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name_on_disk(form.cleaned_data["name"], default="adjustments.csv")
        path.write_bytes(form.cleaned_data["content"])
        yield path


def upload_adjustments(admin: BaseAdmin, request: HttpRequest) -> HttpResponse:
    form = FileForm(request.POST or None, request.FILES or None)
    report = None
    if request.method == "POST" and form.is_valid():
        is_sent = "confirmed" in request.POST
        try:
            report = read(form, request, dry_run=not is_sent)
        except (FileNotOpened, FileNotReadable) as error:
            form.add_error("file", str(error))
        else:
            if is_sent:
                admin.message_user(request, say_report(report), messages.SUCCESS)
                return HttpResponseRedirect(
                    reverse("admin:partners_importrun_change", args=[report.run_id])
                )
    context = {
        **admin.admin_site.each_context(request),
        "title": _("Adjustments out of a file"),
        "form": form,
        "report": report,
        "counts": count(report) if report else [],
        "rows": [
            (one.number, LABELS[one.result], one.column, one.message)
            for one in (report.outcomes[:ROWS_SHOWN] if report else [])
        ],
        "sendable": report is not None and report.count(Result.REFUSED) < len(report.outcomes),
        "content": base64.b64encode(form.cleaned_data["content"]).decode() if report else "",
        "back": reverse("admin:ledger_correction_changelist"),
        "opts": admin.opts,
    }
    return TemplateResponse(request, "admin/upload_adjustments.html", context)


def read(form: FileForm, request: HttpRequest, *, dry_run: bool) -> AdjustmentReport:
    person = actor_of(request).person
    if person is None:
        raise FileNotReadable(_("Sign in first."))
    zone: Any = timezone.get_current_timezone()
    with lay_out(form) as path:
        return import_adjustments(
            path=path,
            source=form.cleaned_data["source"],
            person=person,
            zone=zone,
            as_of=timezone.now(),
            dry_run=dry_run,
        )


def count(report: AdjustmentReport) -> list[tuple[Any, str]]:
    return [(LABELS[result], say_number(report.count(result))) for result in Result]


def say_report(report: AdjustmentReport) -> str:
    return ", ".join(f"{number} {label}" for label, number in count(report))
