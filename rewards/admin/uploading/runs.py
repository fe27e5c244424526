"""The page of an import: what would come of it, how far it is, what came of it."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from partners.doors.showing import say_number, say_time, show_document
from partners.importing.guessing import PARTNERS
from partners.importing.runs import FileGone, path_of
from partners.importing.staging import Outcome
from partners.models import ImportRun
from rewards.admin.uploading import files, telling
from rewards.admin.uploading.choosing import page, say_not_started
from rewards.admin.uploading.rights import find_run, is_own, log, may_import, may_import_kind
from rewards.loading.queueing import (
    NotStarted,
    Task,
    has_fallen_silent,
    may_go_on,
    queue,
    read_notes,
    stop,
    take_nothing,
    task_of,
)

ROWS_A_PAGE = 50
Status = ImportRun.Status
UNDER_WAY = (Status.QUEUED, Status.STAGING, Status.RUNNING)
WORTH_TAKING = ("rows_accepted", "rows_parked", "rows_created", "rows_changed")
WRITERS = {"csv": files.as_csv, "xlsx": files.as_xlsx}


@require_http_methods(["GET", "POST"])
def show_import(request: HttpRequest, number: int) -> HttpResponse:
    run = find_run(request, number)
    if request.method == "POST":
        return _act(request, run)
    if run.status == Status.UPLOADED and is_own(request, run) and _has_file(run):
        return HttpResponseRedirect(reverse("import-mapping", args=[run.pk]))
    if run.status in UNDER_WAY:
        return _show_progress(request, run)
    if "HX-Request" in request.headers:
        # The part that looked how far it is: it is through, so the whole page is read again.
        return HttpResponse(headers={"HX-Refresh": "true"})
    if run.status == Status.CHECKED:
        return _show_dry_run(request, run)
    return _show_report(request, run)


# ------------------------------------------------------------------------- acts


def _act(request: HttpRequest, run: ImportRun) -> HttpResponse:
    if not may_import(request) or not may_import_kind(request, run.kind):
        raise PermissionDenied
    acts: dict[str, Callable[[HttpRequest, ImportRun], None]] = {
        "take": _take,
        "take_good": _take,
        "take_nothing": _take_nothing,
        "stop": _stop,
        "go_on": _go_on,
    }
    act = acts.get(request.POST.get("act", ""))
    if act is not None:
        act(request, run)
    return HttpResponseRedirect(reverse("import", args=[run.pk]))


def _take(request: HttpRequest, run: ImportRun) -> None:
    if not is_own(request, run):
        raise PermissionDenied
    if run.status != Status.CHECKED:
        return
    if request.POST.get("seen") != _fingerprint(run):
        messages.warning(request, _("Something changed since you looked. Look again."))
        return
    refused = run.report.get("dry_run", {}).get("rows_refused", 0)
    if refused and request.POST["act"] != "take_good":
        messages.warning(request, _("Some rows are refused. Say whether to take the good ones."))
        return
    try:
        path_of(run)
        if queue(run, Task.RUN, at=timezone.now()):
            log(request, run, _("Taken in."))
    except FileGone as error:
        messages.error(request, str(error))
    except NotStarted:
        say_not_started(request)


def _take_nothing(request: HttpRequest, run: ImportRun) -> None:
    if not is_own(request, run):
        raise PermissionDenied
    if take_nothing(run, at=timezone.now()):
        log(request, run, _("Nothing was taken."))
        messages.success(request, _("Nothing was taken, and the file is forgotten."))


def _stop(request: HttpRequest, run: ImportRun) -> None:
    if run.kind in telling.KINDS_OF_OTHERS:
        raise PermissionDenied
    if stop(run, at=timezone.now()):
        log(request, run, _("Stopped."))
        messages.success(request, _("It stops after the part it is at. What was taken stays."))


def _go_on(request: HttpRequest, run: ImportRun) -> None:
    now = timezone.now()
    if not may_go_on(run, at=now):
        return
    try:
        if queue(run, task_of(run), at=now):
            log(request, run, _("Gone on with."))
    except NotStarted:
        say_not_started(request)


def _has_file(run: ImportRun) -> bool:
    try:
        path_of(run)
    except FileGone:
        return False
    return True


def _fingerprint(run: ImportRun) -> str:
    """What the person has looked at: this file, by this mapping, with this outcome."""
    seen = [run.content_hash, run.mapping, run.report.get("dry_run")]
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()[:16]


# ------------------------------------------------------------------------ pages


def _describe(request: HttpRequest, run: ImportRun) -> dict[str, Any]:
    now = timezone.now()
    return {
        "title": _("Import"),
        "run": run,
        "facts": [
            (_("Kind"), telling.say_kind(run.kind)),
            (_("Source"), run.source),
            (_("Status"), run.get_status_display()),
            (_("Started"), say_time(run.started_at)),
            (_("Started by"), str(run.started_by) if run.started_by else _("a command")),
            (_("Finished"), say_time(run.finished_at)),
        ],
        "may_act": may_import(request) and may_import_kind(request, run.kind),
        "is_own": is_own(request, run),
        "may_go_on": may_go_on(run, at=now),
        "is_silent": has_fallen_silent(run, at=now),
        "is_of_partners": run.kind == PARTNERS,
        "back": reverse("admin:partners_importrun_changelist"),
    }


def _show_progress(request: HttpRequest, run: ImportRun) -> HttpResponse:
    described = _describe(request, run)
    total, done = run.rows_total, min(run.rows_done, run.rows_total)
    buttons = f"{described['may_go_on']:d}{run.cancel_asked_at is not None:d}"
    is_part = "HX-Request" in request.headers
    if is_part and request.GET.get("shown") != buttons:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return page(
        request,
        "admin/_import_progress.html" if is_part else "admin/import_progress.html",
        **described,
        buttons=buttons,
        is_check=task_of(run) is Task.CHECK,
        is_waiting=run.status == Status.QUEUED,
        is_stopping=run.cancel_asked_at is not None,
        may_stop=run.kind not in telling.KINDS_OF_OTHERS,
        percent=100 * done // total if total else 0,
        done=say_number(done),
        total=say_number(total),
    )


def _show_dry_run(request: HttpRequest, run: ImportRun) -> TemplateResponse:
    report = run.report.get("dry_run", {})
    outcomes = [Outcome(*each) for each in run.report.get("outcomes", [])]
    changes = telling.tell_changes(run.report.get("changes", []))
    changed = report.get("rows_created", 0) + report.get("rows_changed", 0)
    not_taken = report.get("rows_refused", 0) + report.get("rows_parked", 0)
    return page(
        request,
        "admin/import_check.html",
        **_describe(request, run),
        counts=telling.tell_counts(run, report),
        effects=telling.tell_effects(run, report),
        refusals=telling.tell_refusals(report),
        outcomes=outcomes,
        outcomes_left=telling.tell_what_is_not_shown(len(outcomes), not_taken),
        changes=changes,
        changes_left=telling.tell_what_is_not_shown(len(changes), changed),
        has_refused=bool(report.get("rows_refused")),
        has_good=any(report.get(name) for name in WORTH_TAKING),
        seen=_fingerprint(run),
    )


def _show_report(request: HttpRequest, run: ImportRun) -> TemplateResponse:
    counted = telling.count_rows(run)
    code = request.GET.get("code", "")
    found = Paginator(telling.list_rows(run, code), ROWS_A_PAGE)
    # The numbers are known already: nobody needs to count the rows again.
    found.count = sum(n for (_outcome, each), n in counted.items() if code in {"", each})
    part = found.get_page(request.GET.get("page"))
    waiting = sum(n for (outcome, _c), n in counted.items() if outcome == "parked")
    is_of_others = run.kind in telling.KINDS_OF_OTHERS
    return page(
        request,
        "admin/import_report.html",
        **_describe(request, run),
        counts=telling.tell_counts(run, run.report),
        effects=telling.tell_effects(run, run.report),
        document=show_document(run.report) if is_of_others else None,
        codes=[(each, say_number(n)) for (_o, each), n in counted.items()],
        code=code,
        reason=telling.say_reason(code) if code else "",
        rows=[(row.get_outcome_display(), telling.to_outcome(row)) for row in part],
        part=part,
        waiting=say_number(waiting) if waiting else "",
        inbox=f"{reverse('admin:partners_parkeddocument_changelist')}?state=waiting",
    )


@require_GET
def download_rows(request: HttpRequest, number: int, form: str) -> HttpResponseBase:
    """Give the rows that were not taken; of a dry run those that would not be."""
    run = find_run(request, number)
    write = WRITERS.get(form)
    if write is None:
        raise Http404
    name = f"import-{run.pk}-rows"
    if run.status != Status.CHECKED:
        return write(telling.read_outcomes(run, request.GET.get("code", "")), name=name)
    try:
        path_of(run)
    except FileGone as error:
        raise Http404 from error
    return write(read_notes(run), name=name)
