"""Campaigns of a version: how far each is, what it has given, and the pages that edit them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _

from partners.doors.admin import BaseAdmin
from rewards.admin.programmes.campaign_form import CampaignForm
from rewards.admin.programmes.cards import make_cards
from rewards.admin.programmes.frame import (
    address,
    draw,
    frame,
    lists_for,
    may_edit,
    read_names,
    save_and_return,
    speaker_of,
)
from rewards.admin.programmes.refusals import say_elsewhere
from rewards.admin.programmes.rule_pages import find_removed
from rewards.admin.programmes.saving import Saving
from rewards.admin.programmes.warned import warn
from rewards.models import CampaignBudget, ProgrammeVersion
from rewards.programmes.drafting import (
    Document,
    Edit,
    NoSuchPart,
    add_campaign,
    change_campaign,
    codes_ever,
    find_campaign,
    make_code,
    path_of_campaign,
    remove_campaign,
)
from rewards.programmes.sentences import Speaker, summarise, tell_campaign

REMOVED = "removed_campaign"


@dataclass(frozen=True, slots=True)
class Budget:
    """What a campaign may give, and what it has given, as people read it."""

    limit: str
    given: str
    left: str
    percent: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A campaign as a card."""

    code: str
    name: str
    state: str
    state_name: str
    days: str
    sentence: str
    rules: int
    budget: Budget | None
    given: str
    link: str


def state_of_campaign(
    campaign: Mapping[str, Any], *, today: date, is_draft: bool, is_in_force: bool = True
) -> tuple[str, str]:
    """Return how far a campaign is: draft, scheduled, running or ended, with the word."""
    if campaign["ends_on"] <= today.isoformat():
        return "ended", _("Ended")
    if is_draft:
        return "draft", _("Draft")
    if campaign["starts_on"] > today.isoformat() or not is_in_force:
        return "scheduled", _("Scheduled")
    return "running", _("Running")


def show_campaign(
    campaign: Mapping[str, Any],
    version: ProgrammeVersion,
    speaker: Speaker,
    given: Mapping[str, int],
    *,
    is_draft: bool,
) -> Shown:
    parts = tell_campaign(campaign, speaker)
    code = str(campaign["code"])
    starts_at = version.valid_from
    state, state_name = state_of_campaign(
        campaign,
        today=timezone.localdate(),
        is_draft=is_draft,
        is_in_force=starts_at is None or starts_at <= timezone.now(),
    )
    return Shown(
        code=code,
        name=summarise(parts, ("name",)),
        state=state,
        state_name=state_name,
        days=summarise(parts, ("window",)),
        sentence=summarise(parts, ("audience", "caps", "stacking")),
        rules=len(campaign.get("rules", [])),
        budget=_show_budget(campaign, speaker, given.get(code, 0)),
        given=speaker.units(given[code]) if code in given else "",
        link=address("campaign", version, code),
    )


def _show_budget(campaign: Mapping[str, Any], speaker: Speaker, given: int) -> Budget | None:
    limit = (campaign.get("budget") or {}).get("units")
    if not limit:
        return None
    return Budget(
        limit=speaker.units(limit),
        given=speaker.units(given),
        left=speaker.units(max(limit - given, 0)),
        percent=min(100, given * 100 // limit),
    )


def read_given(programme_id: int) -> dict[str, int]:
    """Return what each campaign with a budget has given, in minor units: one query."""
    rows = CampaignBudget.objects.filter(programme=programme_id)
    return dict(rows.values_list("campaign_code", "given"))


def is_new_here(version: ProgrammeVersion, campaign: Mapping[str, Any], live: Any) -> bool:
    """Whether a campaign stands in a draft only."""
    codes = {row["code"] for row in (live.definition.get("campaigns", []) if live else [])}
    return version.number is None and campaign["code"] not in codes


def list_campaigns(
    page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion
) -> HttpResponse:
    speaker = speaker_of(version.definition, version.programme, read_names())
    live = version.programme.versions.in_force(timezone.now()).first()
    given = read_given(version.programme_id)
    context = frame(page, request, version, "campaigns") | {
        "campaigns": [
            show_campaign(row, version, speaker, given, is_draft=is_new_here(version, row, live))
            for row in version.definition.get("campaigns", [])
        ],
        "removed": find_removed_campaign(request, version),
    }
    return draw(request, "campaigns", context)


def show(
    page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion, *, code: str
) -> HttpResponse:
    """One campaign with its rules."""
    campaign = find_or_404(version, code)
    speaker = speaker_of(version.definition, version.programme, read_names())
    live = version.programme.versions.in_force(timezone.now()).first()
    warnings = warn(version, speaker, today=timezone.localdate())
    context = frame(page, request, version, "campaigns") | {
        "campaign": show_campaign(
            campaign,
            version,
            speaker,
            read_given(version.programme_id),
            is_draft=is_new_here(version, campaign, live),
        ),
        "cards": make_cards(campaign.get("rules", []), speaker, warnings),
        "removed": find_removed(request, version),
    }
    return draw(request, "campaign", context)


def add(page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion) -> HttpResponse:
    return edit_page(page, request, version, code="")


def change(
    page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion, *, code: str
) -> HttpResponse:
    try:
        find_campaign(version.definition, code)
    except NoSuchPart as error:
        if request.method != "POST":
            raise Http404 from error
        # Somebody removed it meanwhile: what was typed is kept, as a new campaign.
        return edit_page(page, request, version, code="")
    return edit_page(page, request, version, code=code)


def edit_page(
    page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion, *, code: str
) -> HttpResponse:
    row = find_campaign(version.definition, code) if code else None
    saving = Saving(page, request, version)
    names = read_names()
    lists = lists_for(version.definition, version.programme, names)
    speaker = speaker_of(version.definition, version.programme, names)
    form = CampaignForm(saving.data, row=row, lists=lists)
    campaign = read_campaign(form, version, code) if saving.is_saving else None
    if campaign is not None:
        edit = put(campaign, code)
        if saving.save(edit, say_saved(campaign, code)):
            return HttpResponseRedirect(address("campaign", version, campaign["code"]))
        if saving.refused:
            document = edit(version.definition)
            own = path_of_campaign(document, str(campaign["code"]))
            if not form.show_refusal(saving.refused, own):
                form.others.append(say_elsewhere(saving.refused, document, speaker))
    return saving.answer(
        "campaign_form",
        saving.context("campaigns")
        | {
            "form": form,
            "code": code,
            "campaign_title": row["names"].get("en", code) if row else _("New campaign"),
            "back": address("campaign", version, code) if code else address("campaigns", version),
        },
    )


def read_campaign(
    form: CampaignForm, version: ProgrammeVersion, code: str
) -> dict[str, Any] | None:
    if not form.is_valid():
        return None
    name = form.names.cleaned_data["name_en"]
    campaign = form.read(code or make_code(name, codes_ever(version), otherwise="campaign"))
    return None if form.has_errors else campaign


def put(campaign: dict[str, Any], code: str) -> Edit:
    def edit(document: Document) -> Document:
        if code:
            return change_campaign(document, code, campaign)
        return add_campaign(document, campaign)

    return edit


def say_saved(campaign: Mapping[str, Any], code: str) -> str:
    words = (
        _("The campaign “%(name)s” was changed.")
        if code
        else _("The campaign “%(name)s” was added. Now give it rules.")
    )
    return words % {"name": campaign["names"]["en"]}


def remove(
    page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion, *, code: str
) -> HttpResponse:
    campaign = find_or_404(version, code)
    name = campaign["names"].get("en", code)
    place = version.definition["campaigns"].index(campaign)
    kept = {"version": version.pk, "campaign": campaign, "place": place, "name": name}

    def edit(document: Document) -> Document:
        return remove_campaign(document, code)

    def remember(_draft: ProgrammeVersion) -> None:
        request.session[REMOVED] = kept

    sentence = _("The campaign “%(name)s” was removed.") % {"name": name}
    back = address("campaigns", version)
    return save_and_return(page, request, version, edit, sentence, back=back, after=remember)


def put_back(page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion) -> HttpResponse:
    removed = find_removed_campaign(request, version)
    back = address("campaigns", version)
    if removed is None:
        page.message_user(request, _("There is nothing to put back."), messages.WARNING)
        return HttpResponseRedirect(back)

    def edit(document: Document) -> Document:
        return add_campaign(document, removed["campaign"], at=removed["place"])

    def forget(_draft: ProgrammeVersion) -> None:
        request.session.pop(REMOVED, None)

    sentence = _("The campaign “%(name)s” is back.") % {"name": removed["name"]}
    return save_and_return(page, request, version, edit, sentence, back=back, after=forget)


def find_removed_campaign(request: HttpRequest, version: ProgrammeVersion) -> dict[str, Any] | None:
    removed = request.session.get(REMOVED)
    if not removed or removed["version"] != version.pk or not may_edit(request, version):
        return None
    return dict(removed)


def find_or_404(version: ProgrammeVersion, code: str) -> dict[str, Any]:
    try:
        return find_campaign(version.definition, code)
    except NoSuchPart as error:
        raise Http404 from error
