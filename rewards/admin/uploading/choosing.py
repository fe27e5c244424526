"""The first two pages of an upload: the file, then what its headers and values mean."""

import json
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from partners.importing.files import FileNotReadable
from partners.importing.mapping import Mapping, MappingInvalid
from partners.importing.runs import FileGone, RunBusy, path_of
from partners.importing.tables import open_table, read_start
from partners.importing.workbooks import ZIP, open_workbook
from partners.kinds import UnknownKind
from partners.models import ImportRun
from rewards.admin.uploading.columns import columns_of
from rewards.admin.uploading.forms import READING, MappingForm, UploadForm
from rewards.admin.uploading.quota import Quota
from rewards.admin.uploading.rights import (
    find_run,
    log,
    may_enrol,
    may_import,
    may_import_kind,
    person_of,
    require_own,
)
from rewards.admin.uploading.telling import ShownTable, say_kind, say_missing, show_rows
from rewards.loading.queueing import NotStarted, Task, check, queue
from rewards.loading.receiving import (
    OPEN_TO_CHANGE,
    NotOpenToChange,
    change_mapping,
    propose_mapping,
    receive,
)
from rewards.loading.uploaded import Preview, look_at, read_mapping

SOURCES_SHOWN = 50
# A file of this size is judged while the person waits; others in the background.
JUDGED_AT_ONCE_BYTES = 256 * 1024
PACKED_AT_ONCE_BYTES = 32 * 1024
PACKED = (ZIP, b"\x1f\x8b")


@csrf_exempt
def upload_within_limit(request: HttpRequest) -> HttpResponseBase:
    """
    Count the bytes as they arrive. The page behind checks the token of the form as ever.

    Reading the form is what receives the file; whoever checks the token first has read it.
    """
    quota = Quota(request)
    request.upload_handlers.insert(0, quota)
    request.upload_quota = quota  # type: ignore[attr-defined]  # kept for the page behind
    answer: HttpResponseBase = admin.site.admin_view(upload)(request)
    return answer


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Keep a file that can be read, and go on to what it means."""
    if not may_import(request):
        raise PermissionDenied
    form = UploadForm(request.POST or None, request.FILES or None)
    # Only now: whoever reads the form first receives the file.
    if getattr(request, "upload_quota", Quota(request)).is_exceeded:
        form.errors.pop("file", None)
        form.add_error("file", _("This file is too large. Larger files go by the command."))
    elif request.method == "POST" and form.is_valid():
        run = _receive(request, form)
        if run is not None:
            log(request, run, _("Uploaded."))
            return HttpResponseRedirect(reverse("import-mapping", args=[run.pk]))
    return page(
        request,
        "admin/import_upload.html",
        title=_("Upload a file"),
        form=form,
        sources=_list_sources(),
        back=reverse("admin:partners_importrun_changelist"),
    )


def _receive(request: HttpRequest, form: UploadForm) -> ImportRun | None:
    given: UploadedFile = form.cleaned_data["file"]
    kind = form.cleaned_data["kind"]
    if not may_import_kind(request, kind):
        form.add_error("kind", _("You may not enrol or change partners."))
        return None
    try:
        return receive(
            chunks=given.chunks(),
            name=str(given.name),
            kind=kind,
            source=form.cleaned_data["source"],
            by=person_of(request),
            at=timezone.now(),
        )
    except (FileNotReadable, UnknownKind) as error:
        form.add_error("file", str(error))
        return None


def _list_sources() -> list[str]:
    known = ImportRun.objects.order_by("source").values_list("source", flat=True).distinct()
    return list(known[:SOURCES_SHOWN])


# ----------------------------------------------------------------------- mapping


@dataclass(frozen=True, slots=True)
class Opened:
    """A file as far as it can be opened: its headers and sheets, or why it has none."""

    headers: list[str] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    problem: str = ""


@require_http_methods(["GET", "POST"])
def choose_mapping(request: HttpRequest, number: int) -> HttpResponse:
    """Show the headers beside our columns and the first rows as they are read."""
    run = find_run(request, number)
    require_own(request, run)
    here = HttpResponseRedirect(reverse("import", args=[run.pk]))
    try:
        path = path_of(run)
    except FileGone:
        return here
    if run.status not in OPEN_TO_CHANGE:
        return here
    form, opened = _make_form(request, run, path)
    is_good = form.is_bound and form.is_valid()
    if is_good and not may_enrol(request) and form.cleaned_data.get("create_partners"):
        form.add_error("create_partners", _("You may not enrol partners."))
        is_good = False
    if is_good and request.POST.get("act") == "check":
        return _judge(request, run, form.content)
    preview, table = _look(run, path, form.content, opened)
    are_bad = 2 * sum(bool(row.problem) for row in preview.rows) > len(preview.rows)
    return page(
        request,
        "admin/import_mapping.html",
        title=_("What the file means"),
        run=run,
        kind=say_kind(run.kind),
        form=form,
        preview=preview,
        table=table,
        opened=opened,
        are_rows_bad=are_bad,
        # As sent with errors, or where something has to be chosen: the choices are open.
        is_clear=not preview.problem and not form.errors and not are_bad,
        is_einvoice=preview.form == "ubl",
        zones=["Europe/Kyiv", "Europe/London", "Europe/Warsaw", "UTC"],
        back=reverse("import-upload"),
    )


def _make_form(request: HttpRequest, run: ImportRun, path: Path) -> tuple[MappingForm, Opened]:
    content = dict(run.mapping)
    if request.method != "POST":
        opened = _open(path, content)
        initial = {"read_as": _say_reading(content.get("format", {}))}
        return _form_for(run, opened, content, initial=initial), opened
    asked = {name: request.POST[name] for name in READING if request.POST.get(name)}
    if request.POST.get("read_as") != _say_reading(asked):
        # Read another way the file has other headers, and what was chosen means nothing.
        content, opened = _read_anew(run, path, asked)
        return _form_for(
            run, opened, content, initial={**asked, "read_as": _say_reading(asked)}
        ), opened
    opened = _open(path, content | {"format": content.get("format", {}) | asked})
    return _form_for(run, opened, content, data=request.POST), opened


def _form_for(run: ImportRun, opened: Opened, content: dict[str, Any], **given: Any) -> MappingForm:
    return MappingForm(
        kind=run.kind, headers=opened.headers, sheets=opened.sheets, content=content, **given
    )


def _say_reading(form: Dict[str, Any]) -> str:
    return json.dumps({name: form[name] for name in READING if form.get(name)}, sort_keys=True)


def _read_anew(run: ImportRun, path: Path, asked: dict[str, str]) -> tuple[dict[str, Any], Opened]:
    try:
        content = propose_mapping(path, kind=run.kind, reading=asked)
    except FileNotReadable as error:
        return {"format": asked}, Opened([], _list_sheets(path), str(error))
    return content, _open(path, content)


def _open(path: Path, content: Dict[str, Any]) -> Opened:
    form = content.get("format", {})
    by = Mapping(
        columns={**content.get("columns", {}), **content.get("attributes", {})} or {},
        encoding=form.get("encoding"),
        delimiter=form.get("delimiter"),
        sheet=form.get("sheet", ""),
    )
    try:
        sheets = _list_sheets(path)
        with open_table(path, by) as table:
            return Opened(table.headers, sheets)
    except FileNotReadable as error:
        return Opened([], _list_sheets(path), str(error))


def _list_sheets(path: Path) -> list[str]:
    if not read_start(path).startswith(ZIP):
        return []
    try:
        with open_workbook(path) as sheets:
            return [sheet.name for sheet in sheets]
    except FileNotReadable:
        return []


def _look(
    run: ImportRun, path: Path, content: Dict[str, Any], opened: Opened
) -> tuple[Preview, ShownTable]:
    seen = ImportRun(kind=run.kind, mapping=content)
    try:
        preview = look_at(path, mapping=read_mapping(seen), kind=run.kind)
    except (FileNotReadable, MappingInvalid, UnknownKind) as error:
        preview = Preview(headers=opened.headers, problem=str(error), code=error.code)
    columns = {**content.get("columns", {}), **content.get("attributes", {})}
    labels = columns_of(run.kind)
    if preview.missing:
        preview = replace(preview, problem=say_missing(preview.missing, labels))
    chosen = columns or {name: name for name in labels}
    return preview, show_rows(preview, chosen, labels)


def _judge(request: HttpRequest, run: ImportRun, content: dict[str, Any]) -> HttpResponse:
    """Keep the mapping and begin the dry run; a small file is judged at once."""
    now = timezone.now()
    try:
        change_mapping(run, content=content, by=person_of(request), at=now)
        if _is_small(path_of(run)):
            check(run, clock=timezone.now)
        else:
            queue(run, Task.CHECK, at=now)
    except (NotOpenToChange, RunBusy, FileGone):
        pass
    except NotStarted:
        say_not_started(request)
    if run.status == ImportRun.Status.UPLOADED:
        return HttpResponseRedirect(reverse("import-mapping", args=[run.pk]))
    return HttpResponseRedirect(reverse("import", args=[run.pk]))


def _is_small(path: Path) -> bool:
    limit = PACKED_AT_ONCE_BYTES if read_start(path).startswith(PACKED) else JUDGED_AT_ONCE_BYTES
    return path.stat().st_size <= limit


def say_not_started(request: HttpRequest) -> None:
    messages.error(request, _("Nobody could be asked to do this now. Try again in a minute."))


def page(request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})
