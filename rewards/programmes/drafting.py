"""
Changing a draft. Edits are pure functions from one document to the next; ``change_draft`` saves
what they give, if it can be used and nobody else was quicker.

A rule is named by its code, which is unique over the rules of the programme and of its campaigns.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from rewards.models import ProgrammeVersion
from rewards.programmes.definition import InvalidDefinition, parse
from rewards.programmes.publishing import AlreadyPublished

Document = dict[str, Any]
Row = dict[str, Any]
Edit = Callable[[Document], Document]

CODE_LENGTH_MAX = 64
# Where a rule or a campaign of this code would be, the page to add one is.
RESERVED = frozenset({"add"})


class ChangedMeanwhile(Exception):
    """Somebody changed the draft since it was shown: nothing of theirs is written over."""

    def __init__(self, *, seen_edits: int, edits: int) -> None:
        super().__init__(
            _("The draft was changed meanwhile, in another window or by somebody else.")
        )
        self.seen_edits = seen_edits
        self.edits = edits


class NoSuchPart(LookupError):
    """The draft has no rule or campaign of this code (any more)."""

    def __init__(self, code: str) -> None:
        super().__init__(_("The draft has no %(code)s any more.") % {"code": code})
        self.code = code


def change_draft(*, version: ProgrammeVersion, seen_edits: int, edit: Edit) -> ProgrammeVersion:
    """
    Save an edit of a draft, once. The caller owns the transaction.

    :param seen_edits: How often the draft had been changed when the person looked at it.
    :raises AlreadyPublished: If it has a number: what is published never changes.
    :raises ChangedMeanwhile: If the draft was changed since; nothing is written.
    :raises InvalidDefinition: If what the edit gives cannot be used; nothing is written.
    :raises NoSuchPart: If the edit is about something that is not there.
    """
    draft = ProgrammeVersion.objects.select_for_update().get(pk=version.pk)
    if draft.number is not None:
        raise AlreadyPublished(_("This is version %(number)d already.") % {"number": draft.number})
    if draft.edits != seen_edits:
        raise ChangedMeanwhile(seen_edits=seen_edits, edits=draft.edits)
    document = edit(draft.definition)
    check(document)
    draft.definition = document
    draft.edits += 1
    draft.save(update_fields=["definition", "edits"])
    return draft


def check(document: Any) -> None:
    """
    Refuse a document that cannot be used, whatever its shape.

    :raises InvalidDefinition: Naming the first place that cannot be used.
    """
    if not isinstance(document, Mapping):
        raise InvalidDefinition("definition", _("must be settings, rules and tiers"))
    try:
        parse(document)
    except (AttributeError, KeyError, TypeError) as error:
        raise InvalidDefinition("definition", str(error)) from error


# ------------------------------------------------------------------------- rules


def lists_of_rules(document: Document) -> Iterator[tuple[str, list[Row]]]:
    """Yield the rules of the programme, then those of each campaign with its code."""
    yield "", document.get("rules", [])
    for campaign in document.get("campaigns", []):
        yield campaign.get("code", ""), campaign.get("rules", [])


def find_rule(document: Document, code: str) -> tuple[str, list[Row], int]:
    """
    Return the campaign a rule belongs to (or nothing), the rules beside it and its place there.

    :raises NoSuchPart: If there is no rule of this code.
    """
    for campaign, rules in lists_of_rules(document):
        for place, rule in enumerate(rules):
            if rule.get("code") == code:
                return campaign, rules, place
    raise NoSuchPart(code)


def path_of_rule(document: Document, code: str) -> str:
    """Return where a rule stands, as errors name it: ``rules[2]`` or ``campaigns[0].rules[1]``."""
    campaign, _rules, place = find_rule(document, code)
    if not campaign:
        return f"rules[{place}]"
    return f"campaigns[{_place_of_campaign(document, campaign)}].rules[{place}]"


def make_code(name: str, taken: Iterable[str], *, otherwise: str = "rule") -> str:
    """
    Return a code for a name that no other has: ``march-bonus``, then ``march-bonus-2``.

    ``otherwise`` is what a name without Latin letters and digits is called.
    """
    stem = slugify(name)[: CODE_LENGTH_MAX - 4] or otherwise
    known, code, number = {*taken, *RESERVED}, stem, 1
    while code in known:
        number += 1
        code = f"{stem}-{number}"
    return code


def codes_of(document: Document) -> set[str]:
    """Return every code of a rule or campaign."""
    codes = {
        rule.get("code", "") for _campaign, rules in lists_of_rules(document) for rule in rules
    }
    return codes | {campaign.get("code", "") for campaign in document.get("campaigns", [])}


def codes_ever(version: ProgrammeVersion) -> set[str]:
    """
    Return every code of a rule or campaign that the programme has, or had.

    What was used of limits and budgets stays with a code. Something new must not begin with that.
    """
    documents = version.programme.versions.values_list("definition", flat=True)
    return set[str]().union(*map(codes_of, documents))


def add_rule(
    document: Document, rule: Row, *, campaign: str = "", at: int | None = None
) -> Document:
    """Return the document with one more rule, at the end or at a place."""
    changed = deepcopy(document)
    rules = _rules_of(changed, campaign)
    rules.insert(len(rules) if at is None else at, deepcopy(rule))
    return changed


def change_rule(document: Document, code: str, rule: Row) -> Document:
    changed = deepcopy(document)
    _campaign, rules, place = find_rule(changed, code)
    rules[place] = deepcopy(rule)
    return changed


def copy_rule(document: Document, code: str, taken: Iterable[str] = ()) -> Document:
    """Return the document with a copy of a rule right after it, under a code that none has."""
    changed = deepcopy(document)
    _campaign, rules, place = find_rule(changed, code)
    names = {
        language: _("%(name)s (copy)") % {"name": name}
        for language, name in rules[place].get("names", {}).items()
    }
    copied = deepcopy(rules[place]) | {
        "code": make_code(code, codes_of(changed).union(taken)),
        "names": names,
    }
    rules.insert(place + 1, copied)
    return changed


def move_rule(document: Document, code: str, *, by: int) -> Document:
    """Return the document with a rule moved up (below zero) or down among those beside it."""
    changed = deepcopy(document)
    _campaign, rules, place = find_rule(changed, code)
    rules.insert(min(max(place + by, 0), len(rules) - 1), rules.pop(place))
    return changed


def remove_rule(document: Document, code: str) -> Document:
    changed = deepcopy(document)
    _campaign, rules, place = find_rule(changed, code)
    rules.pop(place)
    return changed


# --------------------------------------------------------------------- campaigns


def find_campaign(document: Document, code: str) -> Row:
    """
    Return a campaign.

    :raises NoSuchPart: If there is none of this code.
    """
    place = _place_of_campaign(document, code)
    campaign: Row = document["campaigns"][place]
    return campaign


def path_of_campaign(document: Document, code: str) -> str:
    return f"campaigns[{_place_of_campaign(document, code)}]"


def add_campaign(document: Document, campaign: Row, *, at: int | None = None) -> Document:
    changed = deepcopy(document)
    campaigns = changed.setdefault("campaigns", [])
    campaigns.insert(len(campaigns) if at is None else at, deepcopy(campaign))
    return changed


def change_campaign(document: Document, code: str, campaign: Row) -> Document:
    """Return the document with other words of a campaign; its rules stay."""
    changed = deepcopy(document)
    place = _place_of_campaign(changed, code)
    rules = changed["campaigns"][place].get("rules", [])
    changed["campaigns"][place] = {**deepcopy(campaign), "rules": rules}
    return changed


def remove_campaign(document: Document, code: str) -> Document:
    changed = deepcopy(document)
    place = _place_of_campaign(changed, code)
    changed["campaigns"].pop(place)
    return changed


# ------------------------------------------------------------ settings and tiers


def change_settings(document: Document, settings: Mapping[str, Any]) -> Document:
    """Return the document with some settings changed; None takes one away, for its default."""
    changed = deepcopy(document)
    kept = changed.get("settings", {}) | deepcopy(dict(settings))
    changed["settings"] = {name: value for name, value in kept.items() if value is not None}
    return changed


def change_tiers(document: Document, tiers: Iterable[Row]) -> Document:
    return deepcopy(document) | {"tiers": deepcopy(list(tiers))}


def replace_with(new: Document) -> Edit:
    """Return the edit of experts: the whole document."""
    return lambda _document: deepcopy(new)


def _rules_of(document: Document, campaign: str) -> list[Row]:
    holder = find_campaign(document, campaign) if campaign else document
    rules: list[Row] = holder.setdefault("rules", [])
    return rules


def _place_of_campaign(document: Document, code: str) -> int:
    for place, campaign in enumerate(document.get("campaigns", [])):
        if campaign.get("code") == code:
            return place
    raise NoSuchPart(code)
