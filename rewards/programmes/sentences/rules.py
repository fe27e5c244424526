"""A rule, a campaign and a tier in words: a summary to read, and parts to compare."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from rewards.programmes.sentences.conditions import say_conditions
from rewards.programmes.sentences.effects import say_early, say_effect, say_pattern
from rewards.programmes.sentences.speaker import Row, Speaker, name_in

LIMITS = {
    ("partner", "day"): gettext_lazy("At most %(what)s a day for each partner."),
    ("partner", "week"): gettext_lazy("At most %(what)s a week for each partner."),
    ("partner", "month"): gettext_lazy("At most %(what)s a month for each partner."),
    ("partner", "quarter"): gettext_lazy("At most %(what)s a quarter for each partner."),
    ("partner", "year"): gettext_lazy("At most %(what)s a year for each partner."),
    ("partner", "lifetime"): gettext_lazy("At most %(what)s ever for each partner."),
    ("member", "day"): gettext_lazy("At most %(what)s a day for each person."),
    ("member", "week"): gettext_lazy("At most %(what)s a week for each person."),
    ("member", "month"): gettext_lazy("At most %(what)s a month for each person."),
    ("member", "quarter"): gettext_lazy("At most %(what)s a quarter for each person."),
    ("member", "year"): gettext_lazy("At most %(what)s a year for each person."),
    ("member", "lifetime"): gettext_lazy("At most %(what)s ever for each person."),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a rule says; ``code`` is the same in every language."""

    code: str
    label: str
    text: str


def tell_rule(rule: Row, speaker: Speaker) -> list[Part]:
    """Return everything a rule says, part by part, without what it leaves at its default."""
    parts = (Part(code, str(label), say(rule, speaker)) for code, label, say in PARTS_OF_A_RULE)
    return [part for part in parts if part.text]


def summarise_rule(rule: Row, speaker: Speaker) -> str:
    """Say a rule in a few sentences: what it gives, for whom and when, and its limits."""
    told = {part.code: part.text for part in tell_rule(rule, speaker)}
    return " ".join(told[code] for code in IN_A_SUMMARY if code in told)


def rule_name(rule: Row, speaker: Speaker) -> str:
    return name_in(rule.get("names"), speaker.language, str(rule.get("code", "")))


def say_trigger(rule: Row, speaker: Speaker) -> str:
    return speaker.kind(str(rule.get("trigger", "")))


def say_only(rule: Row, speaker: Speaker) -> str:
    """Say for whom and when, after *only*."""
    about = replace(speaker, trigger=str(rule.get("trigger", "")))
    conditions = say_conditions(rule.get("when"), about)
    return _("Only %(conditions)s.") % {"conditions": conditions} if conditions else ""


def say_window(row: Row, speaker: Speaker) -> str:
    said = speaker.between(row.get("starts_on"), row.get("ends_on"))
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def say_caps(row: Row, speaker: Speaker) -> str:
    return " ".join(say_cap(cap, speaker) for cap in row.get("caps") or [])


def say_cap(cap: Row, speaker: Speaker) -> str:
    if "units" in cap:
        what = speaker.units(cap["units"])
    elif "times" in cap:
        what = ngettext("%(count)d time", "%(count)d times", cap["times"]) % {"count": cap["times"]}
    else:
        what = _("%(count)s pieces") % {"count": speaker.number(cap.get("quantity", "0"))}
    words = LIMITS.get((cap.get("per", "partner"), cap.get("period", "lifetime")))
    return str(words) % {"what": what} if words else str(dict(cap))


def say_left_out(rule: Row, speaker: Speaker) -> str:
    """Say which lines, and which parts of the money, do not count; and tax, if it does."""
    lines = rule.get("lines") or {}
    words = []
    if lines.get("exclude_categories"):
        names = speaker.any_of(map(say_pattern, lines["exclude_categories"]))
        words.append(_("Without the category %(names)s.") % {"names": names})
    if lines.get("exclude_skus"):
        names = speaker.any_of(map(say_pattern, lines["exclude_skus"]))
        words.append(_("Without the SKU %(names)s.") % {"names": names})
    if not rule.get("delivery", True):
        words.append(_("Delivery does not count."))
    if rule.get("tax"):
        words.append(_("Tax counts too."))
    return " ".join(words)


def say_extra(rule: Row, speaker: Speaker) -> str:
    """Say what multiplies: the tier, and early payment."""
    by_tier = rule.get("tier_multiplier") and speaker.tiers_multiply
    words = [_("Times the tier's multiplier.")] if by_tier else []
    if rule.get("early"):
        words.append(say_early(rule["early"], speaker))
    return " ".join(words)


def say_pending(pending: Row | None, speaker: Speaker) -> str:
    """Say when points become available; nothing where it is at once or not said."""
    if not pending:
        return ""
    match pending.get("until"):
        case "days" if count := int(pending.get("days", 0)):
            return ngettext(
                "Available after %(count)d day.", "Available after %(count)d days.", count
            ) % {"count": count}
        case "days":
            return _("Available at once.")
        case "month_end":
            return _say_month_end(int(pending.get("months", 0)))
        case "paid" if days := pending.get("lost_after_days"):
            return ngettext(
                "Available as the invoice is paid; lost when it is %(count)d day overdue.",
                "Available as the invoice is paid; lost when it is %(count)d days overdue.",
                days,
            ) % {"count": days}
        case "paid":
            return _("Available as the invoice is paid.")
        case "purchases":
            return _(
                "Available up to the purchases of each month, in steps of %(step)s; what waits on 1 January is lost."
            ) % {"step": speaker.units(int(pending.get("step", 1)))}
    return str(dict(pending))


def _say_month_end(months: int) -> str:
    if months == 0:
        return _("Available at the end of the month.")
    if months == 1:
        return _("Available at the end of the following month.")
    return ngettext(
        "Available at the end of the month, %(count)d month later.",
        "Available at the end of the month, %(count)d months later.",
        months,
    ) % {"count": months}


def say_expiry(rule: Row, speaker: Speaker) -> str:
    days = rule.get("expiry_days")
    if not days:
        return ""
    return ngettext(
        "Expires %(count)d day after it was earned.",
        "Expires %(count)d days after it was earned.",
        days,
    ) % {"count": days}


def say_order(rule: Row, speaker: Speaker) -> str:
    words = []
    if rule.get("priority"):
        words.append(_("Priority %(number)s.") % {"number": rule["priority"]})
    if rule.get("group"):
        group = _("Of the rules of the group “%(group)s” only the best one counts.")
        words.append(group % {"group": rule["group"]})
    if rule.get("stop"):
        words.append(_("If it gives something, later rules do not."))
    return " ".join(words)


def say_receiver(rule: Row, speaker: Speaker) -> str:
    return _("Goes to the person, as far as allowed.") if rule.get("to") == "member" else ""


PARTS_OF_A_RULE: tuple[tuple[str, object, Callable[[Row, Speaker], str]], ...] = (
    ("name", gettext_lazy("Name"), rule_name),
    ("trigger", gettext_lazy("When"), say_trigger),
    ("gives", gettext_lazy("What it gives"), say_effect),
    ("extra", gettext_lazy("Multiplied by"), say_extra),
    ("left_out", gettext_lazy("What counts"), say_left_out),
    ("only", gettext_lazy("For whom and when"), say_only),
    ("window", gettext_lazy("Days"), say_window),
    ("caps", gettext_lazy("Limits"), say_caps),
    (
        "pending",
        gettext_lazy("Waiting"),
        lambda rule, speaker: say_pending(rule.get("pending"), speaker),
    ),
    ("expiry", gettext_lazy("Expiry"), say_expiry),
    ("receiver", gettext_lazy("Who gets it"), say_receiver),
    ("order", pgettext_lazy("sequence of rules", "Order"), say_order),
)
IN_A_SUMMARY = (
    "gives",
    "extra",
    "left_out",
    "only",
    "window",
    "caps",
    "pending",
    "expiry",
    "receiver",
    "order",
)


# --------------------------------------------------------------------- campaigns

STACKING = {
    "sum": gettext_lazy("Comes on top of the other rules."),
    "best": gettext_lazy("Whichever gives more counts: the campaign or the other rules."),
    "instead": gettext_lazy("Where the campaign gives, the other rules do not."),
}


def tell_campaign(campaign: Row, speaker: Speaker) -> list[Part]:
    """Return everything a campaign says but its rules."""
    budget = campaign.get("budget") or {}
    audience = say_conditions(campaign.get("audience"), speaker)
    parts = [
        Part("name", _("Name"), rule_name(campaign, speaker)),
        Part("window", _("Days"), say_window(campaign, speaker)),
        Part(
            "audience",
            _("For whom"),
            _("Only %(conditions)s.") % {"conditions": audience} if audience else "",
        ),
        Part(
            "budget",
            _("Budget"),
            _("At most %(units)s in all.") % {"units": speaker.units(budget["units"])}
            if budget
            else "",
        ),
        Part("caps", _("Limits"), say_caps(campaign, speaker)),
        Part("stacking", _("With other rules"), str(STACKING[campaign.get("stacking", "sum")])),
    ]
    return [part for part in parts if part.text]


def summarise(parts: Iterable[Part], codes: Iterable[str]) -> str:
    told = {part.code: part.text for part in parts}
    return " ".join(told[code] for code in codes if code in told)


# ------------------------------------------------------------------------- tiers


def tell_tier(tier: Row, speaker: Speaker) -> list[Part]:
    months = tier.get("expiry_extra_months") or 0
    percent = tier.get("multiplier_percent", 100)
    parts = [
        Part("name", _("Name"), rule_name(tier, speaker)),
        Part("threshold", _("From a net spend of"), speaker.money(tier.get("threshold", "0"))),
        Part(
            "multiplier",
            _("Multiplier"),
            _("%(times)s times") % {"times": speaker.number(str(percent / 100))},
        ),
        Part(
            "expiry",
            _("Points live"),
            ngettext("%(count)d month longer", "%(count)d months longer", months)
            % {"count": months}
            if months
            else "",
        ),
    ]
    return [part for part in parts if part.text]
