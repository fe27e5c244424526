"""Why a rule gave nothing: what it asks for, and what was found instead."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rewards.earning.conditions.payment import NO_DUE_DAY
from rewards.earning.outcome import (
    AUDIENCE,
    CAMPAIGN_NOT_RUNNING,
    CAP_REACHED,
    CONDITION,
    LOWER_IN_GROUP,
    LOWER_THAN_BASE,
    LOWER_THAN_CAMPAIGN,
    NOT_RUNNING,
    NOTHING_TO_COUNT,
    REPLACED,
    STOPPED,
    TOO_LITTLE,
    PassedOver,
)
from rewards.explaining.steps import say_cap
from rewards.explaining.telling import Teller
from rewards.programmes.definition import Definition
from rewards.programmes.sentences.conditions import WEEKDAYS, say_condition
from rewards.programmes.sentences.effects import say_pattern

Detail = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NotGiven:
    """A rule that gave nothing, by its name, and why in a sentence or two."""

    rule_code: str
    rule: str
    why: str


def tell_passed_over(passed: PassedOver, teller: Teller) -> NotGiven:
    """Say which rule gave nothing and why. A reason without words is said by its code."""
    tell = REASONS.get(passed.reason)
    try:
        why = tell(passed.detail, teller) if tell else _plainly(passed)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        # What was stored by other code is still shown.
        why = _plainly(passed)
    return NotGiven(passed.rule_code, teller.voice.rule(passed.rule_code), why)


def concerns_others(passed: PassedOver, definition: Definition) -> bool:
    """
    Say whether the reason is none of the partner's business, or no news to it.

    Who is on which list is for the seller to know; so are campaigns for others. Rules of other
    times answer nothing that a partner would ask about this activity.
    """
    if passed.reason in {NOT_RUNNING, CAMPAIGN_NOT_RUNNING, AUDIENCE}:
        return True
    if passed.reason == CONDITION:
        return "segment" in _kinds_in(passed.detail)
    rule = definition.rule(passed.rule_code)
    if passed.reason != STOPPED or rule is None:
        return False
    campaign = definition.campaign(rule.campaign_code)
    return "segments" in rule.needs or (campaign is not None and campaign.audience is not None)


def _kinds_in(detail: Any) -> Iterator[str]:
    """Yield the kinds of all conditions in what is told of one."""
    if isinstance(detail, Mapping):
        if "kind" in detail:
            yield str(detail["kind"])
        for value in detail.values():
            yield from _kinds_in(value)
    elif isinstance(detail, list | tuple):
        for value in detail:
            yield from _kinds_in(value)


def _plainly(passed: PassedOver) -> str:
    return passed.reason.replace("_", " ").capitalize() + "."


# ----------------------------------------------------------------------- reasons


def _not_running(detail: Detail, teller: Teller) -> str:
    days = teller.speaker.between(detail.get("starts_on"), detail.get("ends_on"))
    return _("This rule counts %(days)s.") % {"days": days}


def _campaign_not_running(detail: Detail, teller: Teller) -> str:
    return _("The campaign “%(campaign)s” runs %(days)s.") % {
        "campaign": teller.voice.campaign(detail["campaign"]),
        "days": teller.speaker.between(detail.get("starts_on"), detail.get("ends_on")),
    }


def _audience(detail: Detail, teller: Teller) -> str:
    return _("The campaign is for others. %(why)s") % {"why": _condition(detail, teller)}


def _condition(detail: Detail, teller: Teller) -> str:
    """Say what was asked; where one thing was asked, also what there was."""
    if "any" in detail:
        asked = teller.speaker.any_of(_say_asked(part, teller) for part in detail["any"])
    else:
        asked = _say_asked(detail, teller)
    words = _("It counts only %(condition)s.")
    if "not" in detail:
        asked = say_condition(detail["not"], teller.speaker)
        words = _("It does not count %(condition)s.")
    sentence = words % {"condition": asked}
    found = _say_found(detail, teller)
    return f"{sentence} {found}" if found else sentence


def _say_asked(detail: Detail, teller: Teller) -> str:
    tree = {name: value for name, value in detail.items() if name != "found"}
    if "any" in tree:
        tree["any"] = [dict(part) for part in tree["any"]]
    return say_condition(tree, teller.speaker)


def _nothing_to_count(_detail: Detail, _teller: Teller) -> str:
    return _("There is nothing in it that this rule counts.")


def _too_little(detail: Detail, teller: Teller) -> str:
    exact = teller.voice.exact_count(detail["exact"])
    return _("It comes to %(exact)s, which rounds to nothing.") % {"exact": exact}


def _cap_reached(detail: Detail, teller: Teller) -> str:
    said = say_cap(detail, teller.voice)
    if detail.get("campaign"):
        return _("The limit of the campaign “%(campaign)s” is reached: %(limit)s.") % {
            "campaign": teller.voice.campaign(detail["campaign"]),
            "limit": _lower(said),
        }
    return _("The limit is reached: %(limit)s.") % {"limit": _lower(said)}


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _lower_in_group(detail: Detail, teller: Teller) -> str:
    best = detail["best"]
    return _("“%(rule)s” gives more: %(best)s instead of %(amount)s. Only the best counts.") % {
        "rule": teller.voice.rule(best["rule"]),
        "best": teller.voice.units(best["amount"]),
        "amount": teller.voice.count(detail["amount"]),
    }


def _lower_than_campaign(detail: Detail, teller: Teller) -> str:
    best = detail["best"]
    return _("The campaign “%(campaign)s” gives more: %(best)s instead of %(amount)s.") % {
        "campaign": teller.voice.campaign(best["campaign"]),
        "best": teller.voice.units(best["amount"]),
        "amount": teller.voice.count(detail["amount"]),
    }


def _lower_than_base(detail: Detail, teller: Teller) -> str:
    return _("The other rules give as much or more: %(best)s; the campaign gives %(amount)s.") % {
        "best": teller.voice.units(detail["best"]["amount"]),
        "amount": teller.voice.count(detail["amount"]),
    }


def _replaced(detail: Detail, teller: Teller) -> str:
    return _("The campaign “%(campaign)s” counts in its place: %(best)s.") % {
        "campaign": teller.voice.campaign(detail["best"]["campaign"]),
        "best": teller.voice.units(detail["best"]["amount"]),
    }


def _stopped(detail: Detail, teller: Teller) -> str:
    rule = teller.voice.rule(detail["by"])
    return _("Where “%(rule)s” gives something, rules after it do not count.") % {"rule": rule}


REASONS: Mapping[str, Callable[[Detail, Teller], str]] = {
    NOT_RUNNING: _not_running,
    CAMPAIGN_NOT_RUNNING: _campaign_not_running,
    AUDIENCE: _audience,
    CONDITION: _condition,
    NOTHING_TO_COUNT: _nothing_to_count,
    TOO_LITTLE: _too_little,
    CAP_REACHED: _cap_reached,
    LOWER_IN_GROUP: _lower_in_group,
    LOWER_THAN_CAMPAIGN: _lower_than_campaign,
    LOWER_THAN_BASE: _lower_than_base,
    REPLACED: _replaced,
    STOPPED: _stopped,
}
"""Every reason for which a rule is passed over, with its words."""


NOTHING: Mapping[str, Any] = {
    "earns_never": gettext_lazy("Activities of this kind earn nothing. They may take back."),
    "not_judged": gettext_lazy(
        "The programme does not count it: what it refers to is not known yet, its currency cannot "
        "be converted, or the programme did not run on that day."
    ),
    "no_rule": gettext_lazy("No rule of the programme counts activities of this kind."),
    "rules_said_no": gettext_lazy("Each rule that might have counted it says why it did not."),
}


def say_nothing(code: str) -> str:
    """Say why an activity earned nothing at all; see ``rewards.asking.find_why_nothing``."""
    return str(NOTHING[code])


# ---------------------------------------------------------------- what was found


def _say_found(detail: Detail, teller: Teller) -> str:
    tell = FOUND.get(str(detail.get("kind", "")))
    return tell(detail.get("found"), teller) if tell and "found" in detail else ""


def _tier(found: Any, teller: Teller) -> str:
    if found is None:
        return _("There was no tier yet.")
    return _("The tier was %(tier)s.") % {"tier": teller.voice.tier(found)}


def _segment(found: Any, teller: Teller) -> str:
    if not found:
        return _("The partner was in no segment.")
    names = teller.speaker.all_of(
        _("“%(name)s”") % {"name": teller.speaker.segment(code)} for code in found
    )
    return _("The partner was in %(segments)s.") % {"segments": names}


def _country(found: Any, _teller: Teller) -> str:
    if not found:
        return _("No country is known.")
    return _("The country was %(country)s.") % {"country": found}


def _dates(found: Any, teller: Teller) -> str:
    return _("The day was %(day)s.") % {"day": teller.voice.day(found)}


def _weekday(found: Any, _teller: Teller) -> str:
    return _("The day was a %(weekday)s.") % {"weekday": WEEKDAYS[str(found)]}


def _channel(found: Any, _teller: Teller) -> str:
    if not found:
        return _("It does not say which way it came.")
    return _("It came through %(channel)s.") % {"channel": found}


def _amount(found: Any, teller: Teller) -> str:
    return _("The amount was %(amount)s.") % {"amount": teller.voice.money(found, teller.currency)}


def _quantity(found: Any, teller: Teller) -> str:
    return _("The quantity was %(quantity)s.") % {"quantity": teller.voice.number(found)}


def _lines(found: Any, teller: Teller) -> str:
    if not found:
        return _("No line was like that.")
    names = teller.speaker.all_of(map(say_pattern, found))
    return _("Lines like that were %(names)s.") % {"names": names}


def _order_count(found: Any, _teller: Teller) -> str:
    return ngettext(
        "There was %(count)d order by then.", "There were %(count)d orders by then.", int(found)
    ) % {"count": int(found)}


def _first_order(found: Any, _teller: Teller) -> str:
    return ngettext(
        "There was %(count)d order before.", "There were %(count)d orders before.", int(found)
    ) % {"count": int(found)}


def _payment(found: Any, _teller: Teller) -> str:
    if found is None:
        return _("It pays no invoice that is known.")
    if found == NO_DUE_DAY:
        return _("The invoice does not say when it was due.")
    days = int(found)
    if days == 0:
        return _("It came on the day it was due.")
    if days < 0:
        return ngettext("It came %(count)d day early.", "It came %(count)d days early.", -days) % {
            "count": -days
        }
    return ngettext("It came %(count)d day late.", "It came %(count)d days late.", days) % {
        "count": days
    }


def _electronic(found: Any, _teller: Teller) -> str:
    if found is None:
        return _("The invoice does not say how it went out.")
    return _("The invoice was electronic.") if found else _("The invoice was on paper.")


def _supplier_share(found: Any, teller: Teller) -> str:
    if found is None:
        return _("No survey has said it yet.")
    share = teller.speaker.percent(found)
    return _("The latest survey said %(percent)s.") % {"percent": share}


def _attribute(found: Any, _teller: Teller) -> str:
    if found is None:
        return _("It does not say.")
    word = {"true": _("yes"), "false": _("no")}.get(str(found), str(found))
    return _("It says %(value)s.") % {"value": word}


FOUND: Mapping[str, Callable[[Any, Teller], str]] = {
    "tier": _tier,
    "segment": _segment,
    "country": _country,
    "dates": _dates,
    "weekday": _weekday,
    "channel": _channel,
    "amount": _amount,
    "quantity": _quantity,
    "sku": _lines,
    "category": _lines,
    "order_count": _order_count,
    "first_order": _first_order,
    "payment": _payment,
    "electronic": _electronic,
    "supplier_share": _supplier_share,
    "attribute": _attribute,
}
"""What was found instead, by the kind of condition that did not hold."""
