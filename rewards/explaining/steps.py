"""Each step of an explanation as a row: what was done, and what came of it."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rewards.explaining.voice import Voice

Step = Mapping[str, Any]
Row = tuple[str, str]

CAPS = {
    ("partner", "day"): gettext_lazy("At most %(limit)s a day for the company, %(used)s before"),
    ("partner", "week"): gettext_lazy("At most %(limit)s a week for the company, %(used)s before"),
    ("partner", "month"): gettext_lazy(
        "At most %(limit)s a month for the company, %(used)s before"
    ),
    ("partner", "quarter"): gettext_lazy(
        "At most %(limit)s a quarter for the company, %(used)s before"
    ),
    ("partner", "year"): gettext_lazy("At most %(limit)s a year for the company, %(used)s before"),
    ("partner", "lifetime"): gettext_lazy(
        "At most %(limit)s in all for the company, %(used)s before"
    ),
    ("member", "day"): gettext_lazy("At most %(limit)s a day for each person, %(used)s before"),
    ("member", "week"): gettext_lazy("At most %(limit)s a week for each person, %(used)s before"),
    ("member", "month"): gettext_lazy("At most %(limit)s a month for each person, %(used)s before"),
    ("member", "quarter"): gettext_lazy(
        "At most %(limit)s a quarter for each person, %(used)s before"
    ),
    ("member", "year"): gettext_lazy("At most %(limit)s a year for each person, %(used)s before"),
    ("member", "lifetime"): gettext_lazy(
        "At most %(limit)s in all for each person, %(used)s before"
    ),
}
SINCE = {
    "activity": gettext_lazy("%(units)s for each full %(money)s"),
    "month": gettext_lazy("%(units)s for each full %(money)s of the month, %(before)s before"),
    "quarter": gettext_lazy("%(units)s for each full %(money)s of the quarter, %(before)s before"),
    "year": gettext_lazy("%(units)s for each full %(money)s of the year, %(before)s before"),
    "lifetime": gettext_lazy("%(units)s for each full %(money)s so far, %(before)s before"),
}


def _net_amount(step: Step, _before: Step, voice: Voice) -> Row:
    label = _("Paid of the invoice") if step.get("of") == "payment" else _("Net value")
    return label, voice.money(step["amount"], step["currency"])


def _converted(step: Step, _before: Step, voice: Voice) -> Row:
    label = (
        _("%(amount)s at the rate of its invoice, %(rate)s of %(day)s")
        if step.get("rate_of") == "invoice"
        else _("%(amount)s at the rate %(rate)s of %(day)s")
    )
    figures = {
        "amount": voice.money(step["amount"], step["currency"]),
        "rate": voice.number(step["rate"]),
        "day": voice.day(step["rate_day"]),
    }
    return label % figures, voice.money(step["result"], step["into"])


def _counted_lines(step: Step, before: Step, voice: Voice) -> Row:
    label = ngettext(
        "%(lines)d line of %(of)d counts", "%(lines)d lines of %(of)d count", int(step["lines"])
    ) % {"lines": int(step["lines"]), "of": int(step["of"])}
    if before.get("code") == "quantity":
        return label, voice.number(step["quantity"])
    return label, voice.money(step["amount"], step["currency"])


def _delivery_left_out(step: Step, _before: Step, voice: Voice) -> Row:
    left_out = voice.money(step["amount"], step["currency"])
    return _("Without delivery, %(amount)s") % {"amount": left_out}, _left(step, voice)


def _tax_added(step: Step, _before: Step, voice: Voice) -> Row:
    added = voice.money(step["amount"], step["currency"])
    return _("With tax, %(amount)s") % {"amount": added}, _left(step, voice)


def _paid_with_points(step: Step, _before: Step, voice: Voice) -> Row:
    paid = voice.money(step["amount"], step["currency"])
    label = _("Without what was paid with points, %(amount)s") % {"amount": paid}
    return label, _left(step, voice)


def _left(step: Step, voice: Voice) -> str:
    return voice.money(step["result"], step["currency"])


def _quantity(step: Step, _before: Step, voice: Voice) -> Row:
    return _("Quantity"), voice.number(step["quantity"])


def _per_money(step: Step, before: Step, voice: Voice) -> Row:
    money = voice.money(step["per"], before.get("currency", ""), whole=True)
    label = _("%(units)s for every %(money)s") % {
        "units": voice.units(step["units"]),
        "money": money,
    }
    return label, voice.exact_count(step["result"])


def _per_quantity(step: Step, _before: Step, voice: Voice) -> Row:
    per = Decimal(step["per"])
    words = _("%(units)s for each") if per == 1 else _("%(units)s for every %(count)s")
    label = words % {"units": voice.units(step["units"]), "count": voice.number(per)}
    return label, voice.exact_count(step["result"])


def _fixed(step: Step, _before: Step, voice: Voice) -> Row:
    return _("A fixed award"), voice.exact_count(step["result"])


def _percent(step: Step, _before: Step, voice: Voice) -> Row:
    label = _("%(percent)s %% of it") % {"percent": voice.number(step["percent"])}
    return label, voice.exact_count(step["result"])


def _each_full(step: Step, _before: Step, voice: Voice) -> Row:
    currency = step["currency"]
    label = SINCE[step["period"]] % {
        "units": voice.units(step["units"]),
        "money": voice.money(step["per"], currency, whole=True),
        "before": voice.money(step["before"], currency),
    }
    return label, voice.exact_count(step["result"])


def _stepped(step: Step, _before: Step, voice: Voice) -> Row:
    currency = step["currency"]
    parts = [_say_bracket(bracket, currency, voice) for bracket in step["brackets"]]
    return "; ".join(parts) or _("By steps"), voice.exact_count(step["result"])


def _say_bracket(bracket: Step, currency: str, voice: Voice) -> str:
    figures = {
        "amount": voice.money(bracket["amount"], currency),
        "start": voice.money(bracket["from"], currency, whole=True),
    }
    if "fixed" in bracket:
        said = _("From %(start)s on: %(units)s")
        return said % (figures | {"units": voice.units(bracket["fixed"])})
    if "percent" in bracket:
        said = _("%(amount)s from %(start)s on: %(percent)s %%")
        return said % (figures | {"percent": voice.number(bracket["percent"])})
    said = _("%(amount)s from %(start)s on: %(units)s for every %(per)s")
    return said % (
        figures
        | {
            "units": voice.units(bracket["units"]),
            "per": voice.money(bracket["per"], currency, whole=True),
        }
    )


def _multiply(step: Step, _before: Step, voice: Voice) -> Row:
    label = _("%(times)s times %(units)s, less what was given already") % {
        "times": voice.number(Decimal(int(step["percent"])) / 100),
        "units": voice.units(step["of"]),
    }
    return label, voice.exact_count(step["result"])


def _partial_payment(step: Step, _before: Step, voice: Voice) -> Row:
    label = _("%(paid)s of %(invoice)s paid") % {
        "paid": voice.money(step["paid"], step["currency"]),
        "invoice": voice.money(step["invoice"], step["currency"]),
    }
    return label, voice.exact_count(step["result"])


def _early(step: Step, _before: Step, voice: Voice) -> Row:
    days = int(step["days"])
    label = ngettext(
        "At least %(days)d day early: times %(times)s",
        "At least %(days)d days early: times %(times)s",
        days,
    ) % {"days": days, "times": voice.number(Decimal(int(step["percent"])) / 100)}
    return label, voice.exact_count(step["result"])


def _multiplier(step: Step, _before: Step, voice: Voice) -> Row:
    times = voice.number(Decimal(int(step["percent"])) / 100)
    label = _("%(tier)s: times %(times)s") % {"tier": voice.tier(step.get("tier")), "times": times}
    return label, voice.exact_count(step["result"])


def _rounded(step: Step, before: Step, voice: Voice) -> Row:
    result = voice.count(step["result"])
    if "together" in step:
        label = _("Rounded together with earlier payments: %(exact)s in all")
        return label % {"exact": voice.exact_count(step["together"])}, result
    label = (
        _("%(exact)s rounded down, as the programme says")
        if step.get("mode") == "down"
        else _("%(exact)s rounded to the nearest, as the programme says")
    )
    return label % {"exact": voice.exact_count(before["result"])}, result


def say_cap(step: Step, voice: Voice) -> str:
    """Say a limit and what had been used of it."""
    measure = step["measure"]
    if measure == "units":
        limit, used = voice.units(step["limit"]), voice.count(step["used"])
    elif measure == "times":
        times = int(step["limit"])
        limit = ngettext("%(count)d time", "%(count)d times", times) % {"count": times}
        used = voice.number(step["used"])
    else:
        limit = _("%(count)s pieces") % {"count": voice.number(step["limit"])}
        used = voice.number(step["used"])
    return str(CAPS[step["per"], step["period"]]) % {"limit": limit, "used": used}


def _capped(step: Step, _before: Step, voice: Voice) -> Row:
    result = step["result"]
    shown = voice.number(result) if step["measure"] == "quantity" else voice.count(result)
    return say_cap(step, voice), shown


def _personal(step: Step, _before: Step, voice: Voice) -> Row:
    if step.get("cap") is None:
        return _("For the person who earned it"), voice.count(step["amount"])
    cap = voice.money(step["cap"], step["currency"], whole=True)
    if step.get("year_is_shared"):
        # Not what they earned elsewhere: that is no business of this company.
        words = _(
            "For the person who earned it: what was left of %(cap)s a year over all companies"
        )
    else:
        words = _("For the person who earned it, up to %(cap)s a year")
    label = words % {"cap": cap}
    return label, voice.count(step["amount"])


def _largest_award(step: Step, _before: Step, voice: Voice) -> Row:
    return _("The most that one award can be"), voice.count(step["result"])


def _withheld(step: Step, _before: Step, voice: Voice) -> Row:
    label = _("The budget of %(campaign)s is used up: %(units)s less") % {
        "campaign": voice.campaign(step.get("campaign")),
        "units": voice.units(step["amount"]),
    }
    return label, voice.count(step["result"])


def _awarded_before(step: Step, _before: Step, voice: Voice) -> Row:
    return _("Awarded before"), voice.count(step["units"])


def _returned(step: Step, _before: Step, voice: Voice) -> Row:
    return _("Value of the goods returned"), voice.money(step["amount"], step["currency"])


def _cancelled(step: Step, _before: Step, voice: Voice) -> Row:
    return _("Value of what was cancelled"), voice.money(step["amount"], step["currency"])


def _due_by_later_facts(step: Step, _before: Step, voice: Voice) -> Row:
    return _("Due by what was reported later"), voice.count(step["units"])


def _kept(step: Step, _before: Step, voice: Voice) -> Row:
    return _("Earned by what you kept"), voice.count(step["units"])


def _lost_overdue(step: Step, _before: Step, voice: Voice) -> Row:
    days = int(step["days"])
    label = ngettext(
        "Not paid %(days)d day after it was due",
        "Not paid %(days)d days after it was due",
        days,
    ) % {"days": days}
    return label, voice.day(step["due_on"]) if step.get("due_on") else ""


def _lost_at_year_end(step: Step, _before: Step, _voice: Voice) -> Row:
    return _("Purchases of the year were too few for the rest"), str(step["year"])


def tell_plainly(step: Step, _before: Step, _voice: Voice) -> Row:
    """Say a step that has no words of its own: an explanation is never swallowed."""
    label = str(step.get("code", "")).replace("_", " ").capitalize()
    shown = next(
        (step[name] for name in ("result", "amount", "units", "percent") if name in step), ""
    )
    return label, str(shown)


STEPS: Mapping[str, Callable[[Step, Step, Voice], Row]] = {
    "converted": _converted,
    "net_amount": _net_amount,
    "counted_lines": _counted_lines,
    "delivery_left_out": _delivery_left_out,
    "tax_added": _tax_added,
    "paid_with_points": _paid_with_points,
    "quantity": _quantity,
    "per_money": _per_money,
    "per_quantity": _per_quantity,
    "fixed": _fixed,
    "percent": _percent,
    "each_full": _each_full,
    "stepped": _stepped,
    "multiply": _multiply,
    "partial_payment": _partial_payment,
    "early": _early,
    "multiplier": _multiplier,
    "rounded": _rounded,
    "capped": _capped,
    "largest_award": _largest_award,
    "personal": _personal,
    "withheld": _withheld,
    "awarded_before": _awarded_before,
    "returned": _returned,
    "cancelled": _cancelled,
    "due_by_later_facts": _due_by_later_facts,
    "earned_by_what_is_kept": _kept,
    "lost_overdue": _lost_overdue,
    "lost_at_year_end": _lost_at_year_end,
}
"""Every step that can stand in an explanation, with its words."""
