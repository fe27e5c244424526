"""Rules of a draft: cards to read and move, and the page that edits one."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _

from partners.doors.admin import BaseAdmin
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
from rewards.admin.programmes.rule_form import RuleForm
from rewards.admin.programmes.saving import Saving
from rewards.admin.programmes.trial_page import trial_form, try_typed
from rewards.admin.programmes.warned import warn
from rewards.models import ProgrammeVersion
from rewards.programmes.definition import InvalidDefinition
from rewards.programmes.drafting import (
    Document,
    Edit,
    NoSuchPart,
    add_rule,
    change_rule,
    check,
    codes_ever,
    copy_rule,
    find_campaign,
    find_rule,
    make_code,
    move_rule,
    path_of_rule,
    remove_rule,
)
from rewards.programmes.sentences import Speaker, rule_name, summarise_rule
from rewards.trying_out import LAST_COUNT

REMOVED = "removed_from_draft"


def list_rules(page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion) -> HttpResponse:
    """The first page of a version: its rules as sentences, and what to look at."""
    names = read_names()
    speaker = speaker_of(version.definition, version.programme, names)
    warnings = warn(version, speaker, today=timezone.localdate())
    cards = make_cards(version.definition.get("rules", []), speaker, warnings)
    shown = {card.code for card in cards}
    context = frame(page, request, version, "change") | {
        "cards": cards,
        # Those of the rules on this page stand beside them.
        "warnings": [said for said in warnings if said.rule not in shown],
        "removed": find_removed(request, version),
    }
    return draw(request, "rules", context)


def back_to(version: ProgrammeVersion, campaign: str = "") -> str:
    if campaign:
        return address("campaign", version, campaign)
    return address("change", version)


# --------------------------------------------------------------- single buttons


def move(
    page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion, *, code: str
) -> HttpResponse:
    by = -1 if request.POST.get("to") == "up" else 1
    sentence = _("“%(rule)s” was moved.") % {"rule": name_of(version, code)}
    back = back_to(version, campaign_of(version, code))

    def edit(document: Document) -> Document:
        return move_rule(document, code, by=by)

    return save_and_return(page, request, version, edit, sentence, back=f"{back}#rule-{code}")


def copy(
    page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion, *, code: str
) -> HttpResponse:
    sentence = _("“%(rule)s” was copied.") % {"rule": name_of(version, code)}
    back = back_to(version, campaign_of(version, code))

    def edit(document: Document) -> Document:
        return copy_rule(document, code, codes_ever(version))

    return save_and_return(page, request, version, edit, sentence, back=back)


def remove(
    page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion, *, code: str
) -> HttpResponse:
    """Remove a rule; until the session ends it can be put back."""
    campaign, rules, place = find_or_404(version, code)
    name = name_of(version, code)
    kept = {
        "version": version.pk,
        "rule": rules[place],
        "campaign": campaign,
        "place": place,
        "name": name,
    }

    def edit(document: Document) -> Document:
        return remove_rule(document, code)

    def remember(_draft: ProgrammeVersion) -> None:
        request.session[REMOVED] = kept

    return save_and_return(
        page,
        request,
        version,
        edit,
        _("“%(rule)s” was removed.") % {"rule": name},
        back=back_to(version, campaign),
        after=remember,
    )


def put_back(page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion) -> HttpResponse:
    """Undo the last removal."""
    removed = find_removed(request, version)
    if removed is None:
        page.message_user(request, _("There is nothing to put back."), messages.WARNING)
        return HttpResponseRedirect(back_to(version))
    campaign = removed["campaign"]

    def edit(document: Document) -> Document:
        return add_rule(document, removed["rule"], campaign=campaign, at=removed["place"])

    def forget(_draft: ProgrammeVersion) -> None:
        request.session.pop(REMOVED, None)

    sentence = _("“%(rule)s” is back.") % {"rule": removed["name"]}
    return save_and_return(
        page, request, version, edit, sentence, back=back_to(version, campaign), after=forget
    )


def find_removed(request: HttpRequest, version: ProgrammeVersion) -> dict[str, Any] | None:
    removed = request.session.get(REMOVED)
    if not removed or removed["version"] != version.pk or not may_edit(request, version):
        return None
    return dict(removed)


# -------------------------------------------------------------------- one rule


def add(page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion) -> HttpResponse:
    campaign = request.GET.get("campaign", "")
    if campaign:
        try:
            find_campaign(version.definition, campaign)
        except NoSuchPart as error:
            raise Http404 from error
    return edit_page(page, request, version, code="", campaign=campaign)


def change(
    page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion, *, code: str
) -> HttpResponse:
    try:
        campaign, _rules, _place = find_rule(version.definition, code)
    except NoSuchPart as error:
        if request.method != "POST":
            raise Http404 from error
        # Somebody removed it meanwhile: what was typed is kept, as a new rule in the same place.
        return edit_page(
            page, request, version, code="", campaign=find_place(page, request, version)
        )
    return edit_page(page, request, version, code=code, campaign=campaign)


def find_place(page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion) -> str:
    """Return the campaign that the form of a rule is of, as long as there is one."""
    campaign = request.POST.get("of_campaign", "")
    if campaign:
        try:
            find_campaign(version.definition, campaign)
        except NoSuchPart:
            words = _(
                "The campaign of this rule is gone. Saved now, the rule counts for everybody."
            )
            page.message_user(request, words, messages.WARNING)
            return ""
    return campaign


def edit_page(
    page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion, *, code: str, campaign: str
) -> HttpResponse:
    """Show the form of a rule; save it, or show it again with what is wrong beside the fields."""
    document = version.definition
    names = read_names()
    saving = Saving(page, request, version)
    row = find_row(document, code)
    form = RuleForm(
        saving.data, row=row, lists=lists_for(document, version.programme, names, but=code)
    )
    speaker = speaker_of(document, version.programme, names)
    looked = {"sentence": summarise_rule(row, speaker) if row else ""}
    rule = read_rule(form, version, code) if saving.is_saving else None
    if rule is not None:
        edit = put(rule, code, campaign)
        if saving.is_look:
            looked = look_at(saving, edit, rule, speaker)
        elif saving.save(edit, say_saved(rule, code)):
            return HttpResponseRedirect(f"{back_to(version, campaign)}#rule-{rule['code']}")
        if saving.refused:
            show_refusal(form, saving.refused, edit(document), rule["code"], speaker)
    return saving.answer(
        "rule",
        saving.context("campaigns" if campaign else "change")
        | {
            "form": form,
            "code": code,
            "campaign_code": campaign,
            "rule_title": rule_name(row, speaker) if row else _("New rule"),
            "trial": trial_form(request),
            "count": LAST_COUNT,
            "back": back_to(version, campaign),
        }
        | looked,
    )


def find_row(document: Document, code: str) -> dict[str, Any] | None:
    if not code:
        return None
    _campaign, rules, place = find_rule(document, code)
    return rules[place]


def read_rule(form: RuleForm, version: ProgrammeVersion, code: str) -> dict[str, Any] | None:
    """Return the rule that was typed, or None where something is missing or unreadable."""
    if not form.is_valid():
        return None
    name = form.names.cleaned_data["name_en"]
    rule = form.read(code or make_code(name, codes_ever(version)))
    return None if form.has_errors else rule


def look_at(saving: Saving, edit: Edit, rule: dict[str, Any], speaker: Speaker) -> dict[str, Any]:
    """Return what a rule would say and give, without saving it; nothing where it cannot be used."""
    document = edit(saving.version.definition)
    try:
        check(document)
    except InvalidDefinition as error:
        saving.refused = error
        return {"sentence": ""}
    spoken = speaker_of(
        document, saving.version.programme, (dict(speaker.segments), dict(speaker.kinds))
    )
    tried = try_typed(saving.request, saving.version, document, spoken)
    return {"sentence": summarise_rule(rule, spoken), **tried}


def put(rule: dict[str, Any], code: str, campaign: str) -> Edit:
    """Return the edit that adds a rule, or writes it in the place of the one of that code."""

    def edit(document: Document) -> Document:
        if code:
            return change_rule(document, code, rule)
        return add_rule(document, rule, campaign=campaign)

    return edit


def say_saved(rule: Mapping[str, Any], code: str) -> str:
    words = _("“%(rule)s” was changed.") if code else _("“%(rule)s” was added.")
    return words % {"rule": rule["names"]["en"]}


def show_refusal(
    form: RuleForm, error: InvalidDefinition, document: Document, code: str, speaker: Speaker
) -> None:
    """Put a refusal beside its field; one about another part of the draft is told on top."""
    own = path_of_rule(document, code)
    if error.path.startswith(f"{own}."):
        form.show_refusal(error.path.removeprefix(f"{own}."), error)
    else:
        form.others.append(say_elsewhere(error, document, speaker))


# ---------------------------------------------------------------------- finding


def find_or_404(version: ProgrammeVersion, code: str) -> tuple[str, list[dict[str, Any]], int]:
    try:
        return find_rule(version.definition, code)
    except NoSuchPart as error:
        raise Http404 from error


def campaign_of(version: ProgrammeVersion, code: str) -> str:
    return find_or_404(version, code)[0]


def name_of(version: ProgrammeVersion, code: str) -> str:
    _campaign, rules, place = find_or_404(version, code)
    return rule_name(rules[place], speaker_of(version.definition, version.programme, ({}, {})))
