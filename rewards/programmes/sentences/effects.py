"""What a rule gives, as a sentence with a full stop."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from rewards.programmes.sentences.speaker import Row, Speaker

IN_A_PERIOD = {
    "activity": gettext_lazy("in one go"),
    "day": gettext_lazy("in a day"),
    "week": gettext_lazy("in a week"),
    "month": gettext_lazy("in a month"),
    "quarter": gettext_lazy("in a quarter"),
    "year": gettext_lazy("in a year"),
    "lifetime": gettext_lazy("in all time"),
}
OF_A_KIND = {
    "order": gettext_lazy("an order"),
    "payment": gettext_lazy("a payment"),
    "invoice": gettext_lazy("an invoice"),
}

# What a volume of a period is made of.
OF_MANY = {
    "order": pgettext_lazy("the volume of", "orders"),
    "payment": pgettext_lazy("the volume of", "payments"),
    "invoice": pgettext_lazy("the volume of", "invoices"),
}


def say_effect(rule: Row, speaker: Speaker) -> str:
    """Say what a rule gives; an effect without words of its own is shown as it is stored."""
    effect = rule.get("effect", {})
    tell = EFFECTS.get(effect.get("kind", ""))
    return tell(effect, rule, speaker) if tell else str(dict(effect))


def what_counts(rule: Row, speaker: Speaker, *, period: str = "activity") -> str:
    """Say of what the money or the pieces are: an order, the orders of a period, or some goods."""
    lines = rule.get("lines") or {}
    categories, skus = (
        speaker.any_of(map(say_pattern, lines.get(f"include_{plural}") or ()))
        for plural in ("categories", "skus")
    )
    if categories and skus:
        return _("goods in the category %(categories)s with the SKU %(skus)s") % {
            "categories": categories,
            "skus": skus,
        }
    if categories:
        return _("goods in the category %(names)s") % {"names": categories}
    if skus:
        return _("goods with the SKU %(names)s") % {"names": skus}
    known = (OF_A_KIND if period == "activity" else OF_MANY).get(rule.get("trigger", ""))
    return str(known) if known else _("what is reported")


def say_pattern(word: str) -> str:
    """Say a word that may end in a star, in quotes, so that it goes well with a full stop."""
    return _("“%(start)s…”") % {"start": word[:-1]} if word.endswith("*") else word


def _per_money(effect: Row, rule: Row, speaker: Speaker) -> str:
    return _("For every %(money)s of %(what)s, %(units)s.") % {
        "money": speaker.money(effect["per"]),
        "what": what_counts(rule, speaker),
        "units": speaker.units(effect["units"]),
    }


def _per_quantity(effect: Row, rule: Row, speaker: Speaker) -> str:
    words = {
        "what": what_counts(rule, speaker),
        "units": speaker.units(effect["units"]),
        "count": speaker.number(effect.get("per", "1")),
    }
    if words["count"] == "1":
        return _("For each piece of %(what)s, %(units)s.") % words
    return _("For every %(count)s pieces of %(what)s, %(units)s.") % words


def _fixed(effect: Row, rule: Row, speaker: Speaker) -> str:
    units, trigger = speaker.units(effect["units"]), rule.get("trigger", "")
    if trigger == "payment":
        told = _("%(units)s for an invoice that is paid; a part payment earns its part.")
        return told % {"units": units}
    if known := OF_A_KIND.get(trigger):
        return _("%(units)s for %(what)s.") % {"units": units, "what": known}
    return _("%(units)s each time.") % {"units": units}


def _percent(effect: Row, rule: Row, speaker: Speaker) -> str:
    return _("%(percent)s of %(what)s, as %(unit)s.") % {
        "percent": speaker.percent(effect["percent"]),
        "what": what_counts(rule, speaker),
        "unit": speaker.unit.name_alone(speaker.language),
    }


def _each_full(effect: Row, rule: Row, speaker: Speaker) -> str:
    period = effect.get("period", "activity")
    return _("%(units)s for each full %(money)s of %(what)s %(period)s.") % {
        "units": speaker.units(effect["units"]),
        "money": speaker.money(effect["per"]),
        "what": what_counts(rule, speaker, period=period),
        "period": IN_A_PERIOD.get(period, ""),
    }


def _stepped(effect: Row, rule: Row, speaker: Speaker) -> str:
    by = effect.get("by", "activity")
    start = (
        _("By the value of %(what)s")
        if by == "activity"
        else _("By the volume of %(what)s %(period)s")
    ) % {"what": what_counts(rule, speaker, period=by), "period": IN_A_PERIOD.get(by, "")}
    steps = "; ".join(
        _("from %(money)s on %(rate)s")
        % {"money": speaker.money(step.get("from", "0")), "rate": _rate(step, speaker)}
        for step in effect.get("steps", [])
    )
    mode = (
        _("Each part counts at the rate of its own step.")
        if effect.get("mode") == "slice"
        else _("The whole amount counts at the highest step reached.")
    )
    return f"{start}: {steps}. {mode}"


def _rate(step: Row, speaker: Speaker) -> str:
    if "percent" in step:
        return speaker.percent(step["percent"])
    if "per" in step:
        return _("%(units)s for every %(money)s") % {
            "units": speaker.units(step["units"]),
            "money": speaker.money(step["per"]),
        }
    return speaker.units(step.get("fixed", step.get("units", 0)))


def _multiply(effect: Row, rule: Row, speaker: Speaker) -> str:
    times = speaker.number(str(int(effect["percent"]) / 100))
    if effect.get("rules"):
        return _("%(times)s times what is given by %(rules)s.") % {
            "times": times,
            "rules": speaker.all_of(map(speaker.rule, effect["rules"])),
        }
    return _("%(times)s times what the rules before it give.") % {"times": times}


EFFECTS: Mapping[str, Callable[[Row, Row, Speaker], str]] = {
    "per_money": _per_money,
    "per_quantity": _per_quantity,
    "fixed": _fixed,
    "percent": _percent,
    "each_full": _each_full,
    "stepped": _stepped,
    "multiply": _multiply,
}


def say_early(rows: Any, speaker: Speaker) -> str:
    """Say how many times more an early payment gives."""
    told = "; ".join(
        ngettext(
            "%(times)s times from %(count)d day early",
            "%(times)s times from %(count)d days early",
            int(row["days"]),
        )
        % {"times": speaker.number(str(int(row["percent"]) / 100)), "count": int(row["days"])}
        for row in rows
    )
    return _("Early payment: %(rows)s.") % {"rows": told}
