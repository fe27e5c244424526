"""What every page of a version has: its state, its tabs, and who tells about it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners.doors.admin import BaseAdmin
from partners.doors.showing import language, say_time
from partners.kinds import all_kinds
from partners.retrying import again
from rewards.admin.programmes.asked import Lists
from rewards.admin.programmes.refusals import say_elsewhere
from rewards.models import Programme, ProgrammeVersion, Segment
from rewards.programmes.definition import InvalidDefinition
from rewards.programmes.drafting import ChangedMeanwhile, Edit, NoSuchPart, change_draft
from rewards.programmes.publishing import AlreadyPublished
from rewards.programmes.sentences import Speaker, name_in, speaker_for

NOT_TRIGGERS = frozenset({"return", "cancellation", "dispute"})
MAY_EDIT = "rewards.change_programmeversion"
NAME = "admin:rewards_programmeversion_"

# What a change of a draft may be refused with, beside what it says; nothing else is hidden.
REFUSED = (AlreadyPublished, ChangedMeanwhile, NoSuchPart)


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    label: Any
    link: str
    is_open: bool
    count: int | None = None


def address(name: str, version: ProgrammeVersion, *more: Any) -> str:
    """Return where a page of a version is."""
    return reverse(f"{NAME}{name}", args=[version.pk, *more])


def may_edit(request: HttpRequest, version: ProgrammeVersion) -> bool:
    return version.number is None and bool(request.user.has_perm(MAY_EDIT))


def state_of(version: ProgrammeVersion) -> tuple[str, str]:
    """Return the state of a version as a code and a word: draft, scheduled, live, past."""
    if version.number is None:
        return "draft", _("Draft")
    now = timezone.now()
    if version.valid_from is not None and version.valid_from > now:
        return "scheduled", _("Scheduled")
    latest = version.programme.versions.in_force(now).first()
    if latest is not None and latest.pk == version.pk:
        return "live", _("Live")
    return "past", _("Past")


def say_version(version: ProgrammeVersion) -> str:
    if version.number is None:
        return _("Draft")
    return _("Version %(number)d") % {"number": version.number}


def read_names() -> tuple[dict[str, str], dict[str, str]]:
    """Return the names of segments and of kinds by code: two queries."""
    segments = dict(Segment.objects.order_by("name").values_list("code", "name"))
    kinds = {code: str(kind.name) for code, kind in all_kinds().items()}
    return segments, kinds


def speaker_of(
    document: dict[str, Any],
    programme: Programme,
    names: tuple[dict[str, str], dict[str, str]],
) -> Speaker:
    """Return who tells about a document in the language of the moment."""
    return speaker_for(
        document,
        language=language(),
        currency=programme.currency,
        decimals=programme.main_unit.decimals,
        segments=names[0],
        kinds=names[1],
    )


def lists_for(
    document: dict[str, Any],
    programme: Programme,
    names: tuple[dict[str, str], dict[str, str]],
    *,
    but: str = "",
) -> Lists:
    """Return what the forms of a version offer; ``but`` is the rule that is edited."""
    segments, kinds = names
    spoken = language()
    speaker = speaker_of(document, programme, names)
    return Lists(
        tiers=[
            (tier["code"], name_in(tier.get("names"), spoken, tier["code"]))
            for tier in document.get("tiers", [])
        ],
        segments=list(segments.items()),
        kinds=[(code, name) for code, name in kinds.items() if code not in NOT_TRIGGERS],
        rules=[(code, name) for code, name in speaker.rules.items() if code != but],
        currency=programme.currency,
        unit=speaker.unit.name_alone(spoken),
        decimals=programme.main_unit.decimals,
    )


def frame(page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion, tab: str) -> Any:
    """Return the context of a page of a version."""
    document = version.definition
    state, state_name = state_of(version)
    is_edited = may_edit(request, version)
    return {
        **page.admin_site.each_context(request),
        "title": f"{version.programme.name}: {say_version(version)}",
        # Its pages belong to the programme.
        "opts": version.programme._meta,
        "version": version,
        "programme": version.programme,
        "programme_link": reverse("admin:rewards_programme_change", args=[version.programme_id]),
        "named": say_version(version),
        "state": state,
        "state_name": state_name,
        "says_when": say_when(version, state),
        "can_edit": is_edited,
        "can_withdraw": state == "scheduled" and bool(request.user.has_perm(MAY_EDIT)),
        "tabs": list(list_tabs(version, document, tab)),
        "open_tab": tab,
    }


def list_tabs(version: ProgrammeVersion, document: dict[str, Any], tab: str) -> Any:
    counted: tuple[tuple[str, Any, int | None], ...] = (
        ("change", _("Rules"), len(document.get("rules", []))),
        ("campaigns", _("Campaigns"), len(document.get("campaigns", []))),
        ("tiers", _("Tiers"), len(document.get("tiers", []))),
        ("settings", _("Settings"), None),
        ("names", _("Names of points"), None),
        ("compare", _("What changes"), None),
        ("trial", _("Try it out"), None),
        ("document", _("For experts"), None),
    )
    for name, label, count in counted:
        yield Tab(name, label, address(name, version), name == tab, count)


def say_when(version: ProgrammeVersion, state: str) -> str:
    """Say in one line since when a version holds, and who published it."""
    if state == "draft":
        return ngettext(
            "Nothing changes for partners until you publish it. %(count)d edit so far.",
            "Nothing changes for partners until you publish it. %(count)d edits so far.",
            version.edits,
        ) % {"count": version.edits}
    start = (
        _("Holds from the beginning.")
        if version.valid_from is None
        else _("Holds from %(time)s.") % {"time": say_time(version.valid_from)}
    )
    by = version.published_by
    published = (
        _("Published %(time)s by %(person)s.")
        % {"time": say_time(version.published_at), "person": by.name}
        if by
        else _("Published %(time)s.") % {"time": say_time(version.published_at)}
    )
    return " ".join(filter(None, (start, published, version.note)))


def draw(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> TemplateResponse:
    return TemplateResponse(request, f"admin/programmes/{template}.html", context, status=status)


def seen_edits(request: HttpRequest) -> int:
    """Return how often the draft had been changed when the person looked at it."""
    given = request.POST.get("edits", "")
    return int(given) if given.isdecimal() and len(given) < 10 else -1


def save(
    page: BaseAdmin,
    request: HttpRequest,
    version: ProgrammeVersion,
    edit: Edit,
    sentence: str,
    *,
    tells: bool = True,
) -> ProgrammeVersion:
    """Change the draft, log it and say so; ``InvalidDefinition`` and ``REFUSED`` come through."""
    draft: ProgrammeVersion = again(partial(_change, version, seen_edits(request), edit))
    page.log_change(request, draft, sentence)
    if tells:
        page.message_user(request, sentence, messages.SUCCESS)
    return draft


def _change(version: ProgrammeVersion, seen: int, edit: Edit) -> ProgrammeVersion:
    with transaction.atomic():
        return change_draft(version=version, seen_edits=seen, edit=edit)


def save_and_return(
    page: BaseAdmin,
    request: HttpRequest,
    version: ProgrammeVersion,
    edit: Edit,
    sentence: str,
    *,
    back: str,
    after: Callable[[ProgrammeVersion], None] | None = None,
) -> HttpResponse:
    """Do what a single button asks; a refusal is told on the page it came from."""
    try:
        # What comes after says it on the page itself.
        draft = save(page, request, version, edit, sentence, tells=after is None)
    except InvalidDefinition as error:
        document = edit(version.definition)
        speaker = speaker_of(document, version.programme, read_names())
        page.message_user(request, say_elsewhere(error, document, speaker), messages.ERROR)
    except REFUSED as error:
        page.message_user(request, say_refused(error), messages.ERROR)
    else:
        if after is not None:
            after(draft)
    return HttpResponseRedirect(back)


def say_refused(error: Exception) -> str:
    if isinstance(error, ChangedMeanwhile):
        return _("%(why)s Nothing was done. This is how it is now.") % {"why": error}
    return str(error)


def say_conflict() -> str:
    """What a form says over what was typed, when somebody else was quicker."""
    return _(
        "The draft was changed meanwhile, in another window or by somebody else. What you typed is still here. Look at what changed, then save again."
    )
