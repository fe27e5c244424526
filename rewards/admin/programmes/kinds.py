"""What a rule can give, and what it can ask for: the words and fields of the rule editor."""

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from rewards.admin.programmes.asked import PERIODS, Asked, Type
from rewards.admin.programmes.pairs import Pair
from rewards.admin.programmes.row_form import RowForm, RowKind
from rewards.programmes.sentences.conditions import WEEKDAYS

UNITS = Asked("units", _("Gives"), Type.UNITS)
PER_MONEY = Asked("per", _("for every"), Type.MONEY)
VOLUME_PERIODS = (
    ("activity", _("within one order")),
    ("month", _("within a month")),
    ("quarter", _("within a quarter")),
    ("year", _("within a year")),
)
MATCHES = (
    ("any", _("at least one line has it")),
    ("all", _("every line has it")),
    ("none", _("no line has it")),
)
STARRED = _("With commas between them. A star at the end stands for anything: PAPER-*.")
LEAST = Asked("at_least", _("At least"), Type.MONEY, is_needed=False)
BELOW = Asked("below", _("Below"), Type.MONEY, is_needed=False)
BOUNDS = Pair("at_least", "below", is_open=True)


class EffectForm(RowForm):
    kind_label = _("How it is counted")
    kinds: ClassVar = {
        "per_money": RowKind(
            _("By money"), (UNITS, PER_MONEY), _("Two points for every 10 spent.")
        ),
        "per_quantity": RowKind(
            _("By quantity"),
            (UNITS, Asked("per", _("for every … pieces"), Type.DECIMAL, default="1")),
            _("One point for each piece."),
        ),
        "fixed": RowKind(
            _("A fixed number"), (UNITS,), _("Fifty points each time, whatever the amount.")
        ),
        "percent": RowKind(
            _("A percentage of the money"),
            (Asked("percent", _("Percent"), Type.DECIMAL),),
            _("Five percent of the amount comes back."),
        ),
        "each_full": RowKind(
            _("For each full amount reached"),
            (
                UNITS,
                Asked("per", _("for each full"), Type.MONEY),
                Asked(
                    "period",
                    _("counted"),
                    Type.CHOICE,
                    (*VOLUME_PERIODS, ("lifetime", _("from the beginning"))),
                    default="activity",
                ),
            ),
            _("25 points each time another 500 is full."),
        ),
        "stepped": RowKind(
            _("In steps, by volume"),
            (
                Asked("by", _("Volume"), Type.CHOICE, VOLUME_PERIODS, default="activity"),
                Asked(
                    "mode",
                    _("A step counts for"),
                    Type.CHOICE,
                    (
                        ("whole", _("the whole amount")),
                        ("slice", _("only what is above it")),
                    ),
                    default="whole",
                ),
            ),
            _("The more is bought, the higher the rate. Write the steps below."),
        ),
        "multiply": RowKind(
            _("Times what other rules give"),
            (
                Asked("percent", _("Times"), Type.TIMES, hint=_("2 doubles what they give.")),
                Asked(
                    "rules",
                    _("Which rules"),
                    Type.CHOICES,
                    "rules",
                    hint=_("None chosen: all rules before this one."),
                    is_needed=False,
                ),
            ),
            _("Double points, on top of what the other rules give."),
        ),
    }


class StepForm(RowForm):
    key = ""
    kind_label = _("gives")
    shared_first = True
    shared = (Asked("from", _("From"), Type.MONEY),)
    kinds: ClassVar = {
        "per_money": RowKind(_("by money"), (UNITS, PER_MONEY)),
        "percent": RowKind(_("a percentage"), (Asked("percent", _("Percent"), Type.DECIMAL),)),
        "fixed": RowKind(_("a fixed number"), (Asked("fixed", _("Gives"), Type.UNITS),)),
    }


class CapForm(RowForm):
    key = ""
    kind_label = _("At most")
    shared = (
        Asked("period", _("in"), Type.CHOICE, PERIODS, default="month"),
        Asked(
            "per",
            _("for each"),
            Type.CHOICE,
            (("partner", _("partner")), ("member", _("person"))),
            default="partner",
        ),
    )
    kinds: ClassVar = {
        "units": RowKind(_("points"), (Asked("units", _("Number"), Type.UNITS),)),
        "times": RowKind(_("times"), (Asked("times", _("Number"), Type.WHOLE),)),
        "quantity": RowKind(_("pieces"), (Asked("quantity", _("Number"), Type.DECIMAL),)),
    }


class EarlyForm(RowForm):
    key = ""
    kinds: ClassVar = {"": RowKind("")}
    shared = (
        Asked("days", _("Days early, at least"), Type.WHOLE),
        Asked("percent", _("Times"), Type.TIMES, hint=_("1.5 gives half as much again.")),
    )


class PendingForm(RowForm):
    key = "until"
    kind_label = _("Points are available")
    kinds: ClassVar = {
        "": RowKind(_("as the programme says")),
        "days": RowKind(
            _("after some days"),
            (Asked("days", _("Days"), Type.WHOLE, hint=_("0: at once.")),),
        ),
        "month_end": RowKind(
            _("at the end of a month"),
            (
                Asked(
                    "months",
                    _("Which month"),
                    Type.CHOICE,
                    (
                        ("0", _("the month they are earned in")),
                        ("1", _("the following month")),
                        ("2", _("two months later")),
                        ("3", _("three months later")),
                    ),
                    default="1",
                ),
            ),
        ),
        "paid": RowKind(
            _("as the invoice is paid"),
            (
                Asked(
                    "lost_after_days",
                    _("Lost when overdue by days"),
                    Type.WHOLE,
                    hint=_("Empty: never lost. Days under dispute are not counted."),
                    is_needed=False,
                ),
            ),
        ),
        "purchases": RowKind(
            _("up to each month's purchases"),
            (Asked("step", _("In steps of"), Type.UNITS),),
            _("What still waits on 1 January is lost. Only where a unit of money is counted."),
        ),
    }

    def read(self) -> dict[str, object]:
        row = super().read()
        if "months" in row:
            row["months"] = int(row["months"])
        if row.get("until") == "purchases":
            row["resets"] = "year"
        return row


class ProgrammePendingForm(PendingForm):
    """What holds where a rule says nothing of its own."""

    kinds: ClassVar = {code: kind for code, kind in PendingForm.kinds.items() if code}


class ConditionForm(RowForm):
    kind_label = _("Condition")
    shared = (Asked("is_not", _("Must not be true"), Type.YES, is_needed=False),)
    kinds: ClassVar = {
        "tier": RowKind(
            _("Tier"),
            (
                Asked("in", _("Partners in"), Type.CHOICES, "tiers", is_needed=False),
                Asked(
                    "at_least",
                    _("or in this one and above"),
                    Type.CHOICE,
                    "tiers_or_none",
                    is_needed=False,
                ),
            ),
            pairs=(Pair("in", "at_least", most=1),),
        ),
        "segment": RowKind(
            _("Segment"), (Asked("in", _("Partners in"), Type.CHOICES, "segments"),)
        ),
        "country": RowKind(_("Country"), (Asked("in", _("Countries"), Type.WORDS),)),
        "dates": RowKind(
            _("Dates"),
            (
                Asked("from", _("First day"), Type.DAY, is_needed=False),
                Asked("until", _("Last day"), Type.LAST_DAY, is_needed=False),
            ),
            pairs=(Pair("from", "until"),),
        ),
        "weekday": RowKind(
            _("Days of the week"),
            (Asked("in", _("Days"), Type.CHOICES, tuple(WEEKDAYS.items())),),
        ),
        "channel": RowKind(
            _("Channel"),
            (Asked("in", _("Channels"), Type.WORDS, hint=_("As orders report it: web, edi.")),),
        ),
        "amount": RowKind(_("Amount"), (LEAST, BELOW), pairs=(BOUNDS,)),
        "quantity": RowKind(
            _("Quantity"),
            (
                Asked("at_least", _("At least"), Type.DECIMAL, is_needed=False),
                Asked("below", _("Below"), Type.DECIMAL, is_needed=False),
            ),
            pairs=(BOUNDS,),
        ),
        "category": RowKind(
            _("Categories in the order"),
            (
                Asked("in", _("Categories"), Type.WORDS, hint=STARRED),
                Asked("match", _("Counts when"), Type.CHOICE, MATCHES, default="any"),
            ),
        ),
        "sku": RowKind(
            _("SKUs in the order"),
            (
                Asked("in", _("SKUs"), Type.WORDS, hint=STARRED),
                Asked("match", _("Counts when"), Type.CHOICE, MATCHES, default="any"),
            ),
        ),
        "order_count": RowKind(
            _("Number of the order"),
            (
                Asked("at_least", _("From number"), Type.WHOLE, is_needed=False),
                Asked("at_most", _("Up to number"), Type.WHOLE, is_needed=False),
                Asked("period", _("counted"), Type.CHOICE, PERIODS[2:], default="month"),
            ),
            pairs=(Pair("at_least", "at_most"),),
        ),
        "first_order": RowKind(_("First order"), (), _("Only the partner's first order.")),
        "payment": RowKind(
            _("Payment on time"),
            (
                Asked(
                    "early_days_at_least", _("Early by days, at least"), Type.WHOLE, is_needed=False
                ),
                Asked(
                    "late_days_at_most",
                    _("or late by days, at most"),
                    Type.WHOLE,
                    hint=_("0: on the day it is due, or before."),
                    is_needed=False,
                ),
            ),
            pairs=(Pair("early_days_at_least", "late_days_at_most", most=1),),
        ),
        "electronic": RowKind(
            _("Electronic or paper invoice"),
            (
                Asked(
                    "is",
                    _("The invoice came"),
                    Type.CHOICE,
                    (("yes", _("electronically")), ("no", _("on paper"))),
                    default="yes",
                ),
            ),
        ),
        "supplier_share": RowKind(
            _("Share of what the partner buys"),
            (Asked("at_least_percent", _("Percent, at least"), Type.WHOLE),),
            _("By the latest survey that says it."),
        ),
        "attribute": RowKind(
            _("Something reported with it"),
            (
                Asked("name", _("Name of the attribute"), Type.TEXT),
                Asked("in", _("Is one of"), Type.WORDS, is_needed=False),
                Asked("at_least", _("or is at least"), Type.DECIMAL, is_needed=False),
            ),
            pairs=(Pair("in", "at_least", most=1),),
        ),
    }


class AudienceForm(ConditionForm):
    """Whom a campaign is for: only what is true of a partner."""

    kinds: ClassVar = {
        code: ConditionForm.kinds[code] for code in ("segment", "tier", "country", "supplier_share")
    }
