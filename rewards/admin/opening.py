"""
Opening balances by upload: one person previews the file, another one posts the same file.

The file is not kept. The link that the first person hands on carries a signature and the digest
of the file, so that what is posted is what was previewed, byte by byte.
"""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from ledger.models import Account, Unit
from ledger.opening import (
    Agreement,
    BalanceMapping,
    OpeningReport,
    agree_on,
    may_agree,
    may_ask,
    open_balances,
)
from ledger.opening.staging import Outcome
from ledger.wording import say_amount
from partners.doors.showing import language, say_number
from partners.importing.files import FileNotReadable, name_on_disk
from partners.models import Person
from rewards.programmes.zones import read_zones

FILE_BYTES_MAX = 20 * 1024 * 1024
LINK_SECONDS_MAX = 7 * 24 * 60 * 60
OUTCOMES_SHOWN = 50
SALT = "rewards.admin.opening"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the link says: which file, of which source, previewed by whom."""

    digest: str
    source: str
    file_name: str
    person_id: int

    def as_token(self) -> str:
        return signing.dumps([self.digest, self.source, self.file_name, self.person_id], salt=SALT)

    @classmethod
    def from_token(cls, token: str) -> "Prepared":
        """
        Return what a link says.

        :raises Http404: If it is not ours, or older than a week.
        """
        try:
            return cls(*signing.loads(token, salt=SALT, max_age=LINK_SECONDS_MAX))
        except signing.BadSignature as error:
            raise Http404 from error


class FileForm(forms.Form):
    """The file, twice: once for the preview, and again by whoever posts it."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.gz,.xlsx"}),
        help_text=gettext_lazy(
            "CSV, CSV.gz or XLSX of up to 20 MB. Larger files go by the command."
        ),
    )

    def clean_file(self) -> UploadedFile:
        given: UploadedFile = self.cleaned_data["file"]
        if (given.size or 0) > FILE_BYTES_MAX:
            raise forms.ValidationError(_("This file is too large for this page."))
        return given


class PrepareForm(FileForm):
    source = forms.RegexField(
        r"^[^:\x00]+$",
        label=gettext_lazy("Source"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy(
            "The name of the system before. The same balance of it counts once."
        ),
        error_messages={"invalid": gettext_lazy("A name without a colon.")},
    )
    field_order = ("source", "file")


class PostForm(FileForm):
    def __init__(self, *args: Any, digest: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.digest = digest

    def clean_file(self) -> UploadedFile:
        given = super().clean_file()
        if digest_of(given) != self.digest:
            raise forms.ValidationError(_("This is not the file that was previewed."))
        return given


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One unit and account of the reconciliation, as people read it."""

    name: str
    figures: list[str]
    fits: bool


def may_prepare(request: HttpRequest) -> bool:
    return may_ask(_person(request))


def may_post(request: HttpRequest) -> bool:
    return may_agree(_person(request))


@require_http_methods(["GET", "POST"])
def prepare(request: HttpRequest) -> HttpResponse:
    """Judge a file, write nothing, and give the link for the second person."""
    if not may_prepare(request):
        raise PermissionDenied
    form = PrepareForm(request.POST or None, request.FILES or None)
    shown: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        given, source = form.cleaned_data["file"], form.cleaned_data["source"].strip()
        outcomes: list[Outcome] = []
        report = _try(form, given, source=source, dry_run=True, note=keep_first(outcomes))
        if report is not None:
            prepared = Prepared(digest_of(given), source, str(given.name), _person(request).pk)
            link = reverse("opening-post", args=[prepared.as_token()])
            shown = describe(report, outcomes) | {"link": request.build_absolute_uri(link)}
    return _page(request, "admin/opening.html", _("Opening balances"), form, shown)


@require_http_methods(["GET", "POST"])
def post_prepared(request: HttpRequest, token: str) -> HttpResponse:
    """Post the file that somebody else has previewed."""
    if not may_post(request):
        raise PermissionDenied
    prepared = Prepared.from_token(token)
    preparer = Person.objects.filter(pk=prepared.person_id, is_active=True).first()
    if preparer is None or not may_ask(preparer):
        raise Http404
    is_own = preparer.pk == _person(request).pk
    form = PostForm(request.POST or None, request.FILES or None, digest=prepared.digest)
    if request.method == "POST" and not is_own and form.is_valid():
        report = _try(
            form,
            form.cleaned_data["file"],
            source=prepared.source,
            dry_run=False,
            agreement=agree_on(asked_by=preparer, agreed_by=_person(request)),
        )
        if report is not None:
            messages.success(
                request,
                _("%(posted)s posted, %(known)s known already, %(refused)s refused.")
                % {
                    "posted": say_number(report.tally.rows_accepted),
                    "known": say_number(report.tally.rows_duplicate),
                    "refused": say_number(report.tally.rows_refused),
                },
            )
            run = reverse("admin:partners_importrun_change", args=[report.run_id])
            return HttpResponseRedirect(run)
    shown = {"prepared": prepared, "preparer": preparer, "is_own": is_own}
    return _page(request, "admin/opening_post.html", _("Post opening balances"), form, shown)


def _page(
    request: HttpRequest, template: str, title: str, form: forms.Form, shown: dict[str, Any]
) -> TemplateResponse:
    context = {**admin.site.each_context(request), "title": title, "form": form, **shown}
    return TemplateResponse(request, template, context)


def _person(request: HttpRequest) -> Person:
    person = request.user
    if not isinstance(person, Person):
        raise PermissionDenied
    return person


def _try(
    form: forms.Form,
    given: UploadedFile,
    *,
    source: str,
    dry_run: bool,
    note: Callable[[Iterable[Outcome]], None] | None = None,
    agreement: Agreement | None = None,
) -> OpeningReport | None:
    """Open the balances; a file that cannot be read becomes an error at its field."""
    try:
        with as_path(given) as path:
            return open_balances(
                path=path,
                source=source,
                mapping=BalanceMapping(),
                zones=read_zones(),
                as_of=timezone.now(),
                dry_run=dry_run,
                report_to=note,
                agreement=agreement,
            )
    except FileNotReadable as error:
        form.add_error("file", str(error))
        return None


@contextmanager
def as_path(given: UploadedFile) -> Any:
    """Put an upload where it can be opened by name, and remove it again."""
    with TemporaryDirectory() as folder:
        # Only the last part of the name, for the import's record; never where somebody else says.
        path = Path(folder) / name_on_disk(str(given.name), default="balances.csv")
        with path.open("wb") as file:
            for part in given.chunks():
                file.write(part)
        yield path


def digest_of(given: UploadedFile) -> str:
    digest = hashlib.sha256()
    for part in given.chunks():
        digest.update(part)
    return digest.hexdigest()


def keep_first(outcomes: list[Outcome]) -> Callable[[Iterable[Outcome]], None]:
    def keep(all_of_them: Iterable[Outcome]) -> None:
        outcomes.extend(islice(all_of_them, OUTCOMES_SHOWN))

    return keep


def describe(report: OpeningReport, outcomes: list[Outcome]) -> dict[str, Any]:
    """Return what the preview shows of a report."""
    units = {unit.code: unit for unit in Unit.objects.all()}
    spoken, tally = language(), report.tally

    def say(amount: int, unit: str) -> str:
        return say_amount(amount, units[unit], spoken)

    return {
        "counts": [
            (_("Rows read"), say_number(report.rows)),
            (_("Would be posted"), say_number(tally.rows_accepted)),
            (_("Known already"), say_number(tally.rows_duplicate)),
            (_("Refused"), say_number(tally.rows_refused)),
        ],
        "lines": [
            ShownLine(
                f"{line.unit}, {Account.Kind(line.account).label}",
                [
                    say(figure, line.unit)
                    for figure in (
                        line.in_file,
                        line.posted_now,
                        line.posted_before,
                        line.difference,
                        line.ledger_before,
                        line.ledger_after,
                    )
                ],
                line.difference == 0,
            )
            for line in report.lines
        ],
        "unnamed": [
            (one.unit, say_number(one.partners), say(one.balance, one.unit))
            for one in report.unnamed
        ],
        "outcomes": outcomes,
        "outcomes_left": max(0, tally.rows - tally.rows_accepted - len(outcomes)),
    }
