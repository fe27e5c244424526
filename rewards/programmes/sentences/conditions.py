"""Conditions as phrases that stand after *only*."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partners.kinds import KINDS
from partners.kinds.fields import Field
from rewards.earning.said import as_word
from rewards.programmes.sentences.effects import say_pattern
from rewards.programmes.sentences.speaker import Row, Speaker

WEEKDAYS = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}
OF_THE_PERIOD = {
    "month": gettext_lazy("of the month"),
    "quarter": gettext_lazy("of the quarter"),
    "year": gettext_lazy("of the year"),
    "lifetime": gettext_lazy("of all time"),
}


def say_conditions(tree: Row | None, speaker: Speaker) -> str:
    """Say in one phrase all that must hold; nothing where nothing is asked."""
    parts = _parts_of(tree) if tree else []
    if len(parts) == 1:
        return say_condition(parts[0], speaker)
    return speaker.all_of(_in_brackets(part, speaker) for part in parts)


def _parts_of(tree: Row) -> list[Row]:
    """Return what must hold together, each apart."""
    if "all" in tree:
        return [each for part in tree["all"] for each in _parts_of(part)]
    return [tree]


def say_condition(tree: Row, speaker: Speaker) -> str:
    """Say a condition or a combination of them in one phrase."""
    if "all" in tree:
        return speaker.all_of(_in_brackets(part, speaker) for part in tree["all"])
    if "any" in tree:
        return speaker.any_of(_in_brackets(part, speaker) for part in tree["any"])
    if "not" in tree:
        return _("not %(condition)s") % {"condition": _in_brackets(tree["not"], speaker)}
    tell = CONDITIONS.get(tree.get("kind", ""))
    return tell(tree, speaker) if tell else str(dict(tree))


def _in_brackets(tree: Row, speaker: Speaker) -> str:
    said = say_condition(tree, speaker)
    combined: Sequence[Any] = tree.get("all") or tree.get("any") or ()
    return f"({said})" if len(combined) > 1 else said


def _tier(leaf: Row, speaker: Speaker) -> str:
    if leaf.get("at_least"):
        return _("for partners in %(tier)s or higher") % {"tier": speaker.tier(leaf["at_least"])}
    return _("for partners in %(tiers)s") % {"tiers": speaker.any_of(map(speaker.tier, leaf["in"]))}


def _segment(leaf: Row, speaker: Speaker) -> str:
    names = speaker.any_of(_("“%(name)s”") % {"name": speaker.segment(code)} for code in leaf["in"])
    return _("for partners in the segment %(segments)s") % {"segments": names}


def _country(leaf: Row, speaker: Speaker) -> str:
    return _("in %(countries)s") % {"countries": speaker.any_of(leaf["in"])}


def _dates(leaf: Row, speaker: Speaker) -> str:
    return speaker.between(leaf.get("from"), leaf.get("until"))


def _weekday(leaf: Row, speaker: Speaker) -> str:
    days = [str(name) for code, name in WEEKDAYS.items() if code in leaf["in"]]
    return _("on %(days)s") % {"days": speaker.any_of(days)}


def _channel(leaf: Row, speaker: Speaker) -> str:
    return _("through %(channels)s") % {"channels": speaker.any_of(leaf["in"])}


def _amount(leaf: Row, speaker: Speaker) -> str:
    return _between(_("for an amount"), leaf, speaker.money)


def _quantity(leaf: Row, speaker: Speaker) -> str:
    return _between(_("for a quantity"), leaf, speaker.number)


def _between(start: str, leaf: Row, say: Callable[[Any], str]) -> str:
    least, below = leaf.get("at_least"), leaf.get("below")
    if least is not None and below is not None:
        words = _("%(start)s from %(least)s to below %(below)s")
    elif least is not None:
        words = _("%(start)s of %(least)s or more")
    else:
        words = _("%(start)s below %(below)s")
    return words % {
        "start": start,
        "least": "" if least is None else say(least),
        "below": "" if below is None else say(below),
    }


def _sku(leaf: Row, speaker: Speaker) -> str:
    names = speaker.any_of(map(say_pattern, leaf["in"]))
    match leaf.get("match", "any"):
        case "all":
            return _("when every line has the SKU %(names)s") % {"names": names}
        case "none":
            return _("when no line has the SKU %(names)s") % {"names": names}
    return _("when a line has the SKU %(names)s") % {"names": names}


def _category(leaf: Row, speaker: Speaker) -> str:
    names = speaker.any_of(map(say_pattern, leaf["in"]))
    match leaf.get("match", "any"):
        case "all":
            return _("when every line is in the category %(names)s") % {"names": names}
        case "none":
            return _("when no line is in the category %(names)s") % {"names": names}
    return _("when a line is in the category %(names)s") % {"names": names}


def _order_count(leaf: Row, speaker: Speaker) -> str:
    words = {
        "least": leaf.get("at_least"),
        "most": leaf.get("at_most"),
        "period": OF_THE_PERIOD.get(leaf.get("period", "lifetime"), ""),
    }
    if words["least"] is not None and words["most"] is not None:
        return _("for orders number %(least)s to %(most)s %(period)s") % words
    if words["least"] is not None:
        return _("from order number %(least)s %(period)s on") % words
    return _("up to order number %(most)s %(period)s") % words


def _first_order(leaf: Row, speaker: Speaker) -> str:
    return _("for a partner's first order")


def _payment(leaf: Row, speaker: Speaker) -> str:
    if early := leaf.get("early_days_at_least"):
        return ngettext(
            "when paid at least %(count)d day early",
            "when paid at least %(count)d days early",
            early,
        ) % {"count": early}
    late = leaf.get("late_days_at_most", 0)
    if not late:
        return _("when paid on time")
    return ngettext(
        "when paid at most %(count)d day late", "when paid at most %(count)d days late", late
    ) % {"count": late}


def _electronic(leaf: Row, speaker: Speaker) -> str:
    if leaf.get("is", True):
        return _("with an electronic invoice")
    return _("with a paper invoice")


def _supplier_share(leaf: Row, speaker: Speaker) -> str:
    return _("for partners who buy %(percent)s or more of what they need from us") % {
        "percent": speaker.percent(leaf["at_least_percent"])
    }


def _attribute(leaf: Row, speaker: Speaker) -> str:
    code = str(leaf.get("name", ""))
    fields = [field for field in _fields_of(speaker.trigger) if field.name == code]
    labels = {str(field.label) for field in fields}
    name = labels.pop() if len(labels) == 1 else code.replace("_", " ")
    if "in" in leaf:
        choices = {value: str(said) for field in fields for value, said in field.choices}
        values = speaker.any_of(_say_value(value, choices) for value in leaf["in"])
        return _("when “%(name)s” is %(values)s") % {"name": name, "values": values}
    return _("when “%(name)s” is %(least)s or more") % {"name": name, "least": leaf.get("at_least")}


def _fields_of(trigger: str) -> list[Field]:
    """Return the fields of a kind of activity; of all known kinds where none is spoken of."""
    kinds = [KINDS[trigger]] if trigger in KINDS else [] if trigger else list(KINDS.values())
    return [field for kind in kinds for field in kind.fields]


def _say_value(value: Any, choices: Mapping[str, str]) -> str:
    word = as_word(value) or ""
    return choices.get(word) or {"true": _("yes"), "false": _("no")}.get(word, word)


CONDITIONS: Mapping[str, Callable[[Row, Speaker], str]] = {
    "tier": _tier,
    "segment": _segment,
    "country": _country,
    "dates": _dates,
    "weekday": _weekday,
    "channel": _channel,
    "amount": _amount,
    "quantity": _quantity,
    "sku": _sku,
    "category": _category,
    "order_count": _order_count,
    "first_order": _first_order,
    "payment": _payment,
    "electronic": _electronic,
    "supplier_share": _supplier_share,
    "attribute": _attribute,
}
