"""What cannot stand together in one definition: refused on save, with its place and the reason."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from rewards.earning.effects.multiply import Multiply
from rewards.programmes.campaigns import Campaign
from rewards.programmes.pending import AT_ONCE
from rewards.programmes.rules import Rule
from rewards.programmes.values import InvalidDefinition, refuse_repeated

if TYPE_CHECKING:
    from rewards.programmes.definition import Definition

Placed = tuple[str, Rule, Campaign | None]


def refuse_impossible(definition: "Definition") -> None:
    """
    Refuse what its parts cannot see one by one.

    :raises InvalidDefinition: Naming the first place that cannot be used.
    """
    refuse_repeated([rule.code for rule in definition.rules], "rules")
    refuse_repeated([rule.code for rule in definition.all_rules], "campaigns")
    refuse_repeated([campaign.code for campaign in definition.campaigns], "campaigns")
    placed = list(_placed(definition))
    for path, rule, _campaign in placed:
        _refuse_by_settings(definition, rule, path)
    _refuse_mixed_groups(placed)
    _refuse_out_of_reach(definition, placed)


def _placed(definition: "Definition") -> Iterator[Placed]:
    for place, rule in enumerate(definition.rules):
        yield f"rules[{place}]", rule, None
    for number, campaign in enumerate(definition.campaigns):
        for place, rule in enumerate(campaign.rules):
            yield f"campaigns[{number}].rules[{place}]", rule, campaign


def _refuse_by_settings(definition: "Definition", rule: Rule, path: str) -> None:
    settings = definition.settings
    if settings.expiry.rolls and rule.expiry_days is not None:
        raise InvalidDefinition(
            f"{path}.expiry_days",
            _("cannot stand where expiry rolls: each activity prolongs all that is held"),
        )
    waits = rule.pending or settings.pending
    if rule.to == "member":
        _refuse_personal(definition, path)
        if waits != AT_ONCE:
            raise InvalidDefinition(
                f"{path}.to",
                _("what waits goes to the pool; let this rule wait for nothing"),
            )
    if waits.until == "paid" and rule.trigger != "order":
        raise InvalidDefinition(
            f"{path}.pending",
            _("the programme waits until orders are paid; say how long this rule waits"),
        )
    if waits.until == "purchases" and settings.unit_value != 1:
        raise InvalidDefinition(
            f"{path}.pending",
            _("waiting for purchases needs a unit of money: one that is worth 1"),
        )


def _refuse_personal(definition: "Definition", path: str) -> None:
    personal = definition.settings.personal_earning
    if not personal.allowed:
        raise InvalidDefinition(
            f"{path}.to", _("the programme does not allow members to earn for themselves")
        )
    if personal.yearly_cap_e4 is not None and definition.settings.unit_value == 0:
        raise InvalidDefinition(
            "settings.unit_value", _("a yearly cap in money needs the worth of a unit")
        )


def _refuse_mixed_groups(placed: list[Placed]) -> None:
    first: dict[tuple[str, str], bool] = {}
    for path, rule, _campaign in placed:
        if not rule.group:
            continue
        if first.setdefault((rule.campaign_code, rule.group), rule.multiplies) != rule.multiplies:
            raise InvalidDefinition(
                f"{path}.group", _("a rule that multiplies stands in a group of its like only")
            )


def _refuse_out_of_reach(definition: "Definition", placed: list[Placed]) -> None:
    """Refuse to multiply rules that are unknown, of another side, or judged later."""
    for path, rule, _campaign in placed:
        if not isinstance(rule.effect, Multiply):
            continue
        codes = [each.code for each in definition.rules_for(rule.trigger)]
        for code in sorted(rule.effect.rules):
            if reason := _why_out_of_reach(definition, rule, code, codes):
                raise InvalidDefinition(f"{path}.effect.rules", f"{code}: {reason}")


def _why_out_of_reach(definition: "Definition", rule: Rule, code: str, codes: list[str]) -> str:
    named = definition.rule(code)
    if named is None:
        return _("there is no such rule")
    if named.multiplies:
        return _("it multiplies others itself")
    if named.trigger != rule.trigger:
        return _("it counts for another kind of activity")
    if named.campaign_code not in {"", rule.campaign_code}:
        return _("it belongs to another campaign")
    if codes.index(code) > codes.index(rule.code):
        return _("it is judged later; give it a higher priority")
    return ""
