"""What changes, what it would give, and publishing: the pages that lead from a draft to a version."""

from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.doors.admin import BaseAdmin, actor_of
from partners.doors.showing import language, say_time
from partners.retrying import again
from rewards.admin.programmes.frame import (
    address,
    draw,
    frame,
    may_edit,
    read_names,
    say_version,
    seen_edits,
    speaker_of,
)
from rewards.admin.programmes.refusals import say_elsewhere
from rewards.admin.programmes.warned import warn
from rewards.models import ProgrammeVersion
from rewards.programmes.calendar import local_midnight
from rewards.programmes.comparing import Change, Comparison, compare
from rewards.programmes.definition import InvalidDefinition
from rewards.programmes.drafting import ChangedMeanwhile
from rewards.programmes.publishing import (
    AlreadyPublished,
    AnotherStartsLater,
    DraftInTheWay,
    NotWithdrawable,
    StartsInThePast,
    discard,
    publish,
    withdraw,
)
from rewards.programmes.sentences import name_in

CHANGE_WORDS = {
    Change.ADDED: gettext_lazy("New"),
    Change.REMOVED: gettext_lazy("Removed"),
    Change.CHANGED: gettext_lazy("Changed"),
    Change.MOVED: gettext_lazy("Moved"),
}
NOT_PUBLISHED = (
    AnotherStartsLater,
    ChangedMeanwhile,
    InvalidDefinition,
    StartsInThePast,
)


# ------------------------------------------------------------------- comparing


def compare_page(page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion) -> HttpResponse:
    """This version beside another one, in words; beside the one before it unless asked."""
    versions = list(version.programme.versions.order_by("-number"))
    others = [each for each in versions if each.pk != version.pk]
    other = find_other(version, others, request.GET.get("with", ""))
    context = frame(page, request, version, "compare") | {
        "others": [(each.pk, say_version(each), each == other) for each in others],
        "other": say_version(other) if other else "",
        "groups": show_comparison(compare_with(other, version), other, version) if other else [],
        "words": CHANGE_WORDS,
    }
    return draw(request, "compare", context)


def find_other(
    version: ProgrammeVersion, others: list[ProgrammeVersion], asked: str
) -> ProgrammeVersion | None:
    for other in others:
        if str(other.pk) == asked:
            return other
    return before(version, others)


def before(version: ProgrammeVersion, others: list[ProgrammeVersion]) -> ProgrammeVersion | None:
    """Return the version a draft would follow, or the one that a published version followed."""
    numbered = [each for each in others if each.number is not None]
    if version.number is not None:
        numbered = [each for each in numbered if (each.number or 0) < version.number]
    return max(numbered, key=lambda each: each.number or 0, default=None)


def compare_with(other: ProgrammeVersion, version: ProgrammeVersion) -> Comparison:
    names = read_names()
    speakers = (
        speaker_of(other.definition, version.programme, names),
        speaker_of(version.definition, version.programme, names),
    )
    return compare(other.definition, version.definition, speakers=speakers)


def show_comparison(
    comparison: Comparison, other: ProgrammeVersion, version: ProgrammeVersion
) -> list[dict[str, Any]]:
    """Return what changed in groups, as the page draws them."""
    campaigns = {
        row["code"]: name_in(row.get("names"), language(), row["code"])
        for each in (other, version)
        for row in each.definition.get("campaigns", [])
    }
    groups: list[dict[str, Any]] = [
        {"title": title, "rows": [show_changed(row, campaigns) for row in rows]}
        for title, rows in (
            (_("Rules"), comparison.rules),
            (_("Campaigns"), comparison.campaigns),
            (_("Tiers"), comparison.tiers),
        )
        if rows
    ]
    for title, differences in (
        (_("Settings"), comparison.settings),
        (_("Names of points"), comparison.names),
    ):
        if differences:
            groups.append({"title": title, "rows": [], "differences": differences})
    return groups


def show_changed(row: Any, campaigns: dict[str, str]) -> dict[str, Any]:
    return {
        "name": row.name,
        "change": row.change.value,
        "word": CHANGE_WORDS[row.change],
        "campaign": campaigns.get(row.campaign, ""),
        "differences": row.differences,
    }


# ------------------------------------------------------------------ publishing


class PublishForm(forms.Form):
    """When it begins, and what colleagues should know."""

    when = forms.ChoiceField(
        label=gettext_lazy("When it begins"),
        choices=(
            ("now", gettext_lazy("As soon as it is published")),
            ("later", gettext_lazy("At the beginning of a day")),
        ),
        initial="now",
        required=False,
        widget=forms.RadioSelect,
    )
    day = forms.DateField(
        label=gettext_lazy("Day"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    note = forms.CharField(
        label=gettext_lazy("What changes"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("A sentence for colleagues. It stays with the version."),
    )

    def __init__(self, data: Any = None, *, time_zone: str) -> None:
        super().__init__(data)
        self.time_zone = time_zone
        self.fields["day"].help_text = _("In the time zone of the programme, %(zone)s.") % {
            "zone": time_zone
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("when") == "later" and "day" not in self.errors:
            today = timezone.now().astimezone(ZoneInfo(self.time_zone)).date()
            if cleaned.get("day") is None:
                self.add_error("day", _("Choose a day."))
            elif cleaned["day"] <= today:
                self.add_error("day", _("Choose a day after today."))
        return cleaned

    @property
    def valid_from(self) -> datetime | None:
        if self.cleaned_data.get("when") != "later":
            return None
        return local_midnight(self.cleaned_data["day"], self.time_zone)


def publish_page(page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion) -> HttpResponse:
    """Show what would change and what to look at, then publish what was shown."""
    if version.number is not None:
        return say_published_already(page, request, version)
    data = request.POST if request.method == "POST" else None
    form = PublishForm(data, time_zone=version.programme.time_zone)
    if data is not None and form.is_valid():
        try:
            published = again(partial(_publish, request, version, form))
        except AlreadyPublished:
            # A second click, or a colleague: what was wanted is done.
            version.refresh_from_db()
            return say_published_already(page, request, version)
        except NOT_PUBLISHED as error:
            version.refresh_from_db()
            form.add_error(None, say_not_published(error, version))
        else:
            page.message_user(request, say_published(published), messages.SUCCESS)
            page.log_change(request, published, say_published(published))
            return HttpResponseRedirect(address("change", version))
    names = read_names()
    speaker = speaker_of(version.definition, version.programme, names)
    other = before(version, list(version.programme.versions.exclude(pk=version.pk)))
    comparison = compare_with(other, version) if other else None
    context = frame(page, request, version, "publish") | {
        "form": form,
        "other": say_version(other) if other else "",
        "count": comparison.count if comparison else 0,
        "groups": show_comparison(comparison, other, version) if comparison and other else [],
        "warnings": warn(version, speaker, today=timezone.localdate()),
        "edits": version.edits,
        "back": address("change", version),
    }
    return draw(request, "publish", context, status=200 if data is None else 422)


def say_published_already(
    page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion
) -> HttpResponse:
    sentence = _("Version %(number)d is published already.") % {"number": version.number}
    page.message_user(request, sentence, messages.WARNING)
    return HttpResponseRedirect(address("change", version))


def _publish(request: HttpRequest, version: ProgrammeVersion, form: PublishForm) -> Any:
    with transaction.atomic():
        # What is published is what was looked at.
        seen = seen_edits(request)
        edits = (
            ProgrammeVersion.objects.select_for_update()
            .values_list("edits", flat=True)
            .get(pk=version.pk)
        )
        if "edits" in request.POST and seen != edits:
            raise ChangedMeanwhile(seen_edits=seen, edits=edits)
        return publish(
            version=version,
            published_at=timezone.now(),
            published_by=actor_of(request).person,
            valid_from=form.valid_from,
            note=form.cleaned_data.get("note", ""),
        )


def say_not_published(error: Exception, version: ProgrammeVersion) -> str:
    if isinstance(error, InvalidDefinition):
        speaker = speaker_of(version.definition, version.programme, read_names())
        return say_elsewhere(error, version.definition, speaker)
    if isinstance(error, ChangedMeanwhile):
        return _("%(why)s Nothing was published. This is how it is now.") % {"why": error}
    return str(error)


def say_published(version: ProgrammeVersion) -> str:
    if version.valid_from is not None and version.valid_from > timezone.now():
        return _("Version %(number)d is published. It begins %(time)s.") % {
            "number": version.number,
            "time": say_time(version.valid_from),
        }
    return _("Version %(number)d is published.") % {"number": version.number}


# ------------------------------------------------------- withdrawing, discarding


def withdraw_version(version: ProgrammeVersion, *, form: forms.Form, request: HttpRequest) -> str:
    with transaction.atomic():
        withdraw(version=version, as_of=timezone.now())
    return _("It is a draft again.")


WITHDRAWING = (NotWithdrawable, DraftInTheWay)


def discard_page(page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion) -> HttpResponse:
    """Ask, then throw the draft away. Nothing happens on GET."""
    programme_page = reverse("admin:rewards_programme_change", args=[version.programme_id])
    if request.method != "POST":
        context = frame(page, request, version, "discard") | {
            "back": address("change", version),
            "edits": version.edits,
        }
        return draw(request, "discard", context)
    if not may_edit(request, version):
        return HttpResponseRedirect(address("change", version))
    page.log_change(request, version, _("The draft was discarded."))
    try:
        again(partial(_discard, version))
    except AlreadyPublished as error:
        page.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(address("change", version))
    page.message_user(request, _("The draft was discarded."), messages.SUCCESS)
    return HttpResponseRedirect(programme_page)


def _discard(version: ProgrammeVersion) -> None:
    with transaction.atomic():
        discard(version=version)
