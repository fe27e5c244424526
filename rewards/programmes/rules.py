"""Earning rules as plain values: what triggers one, what it counts, asks and gives, and how much."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext as _

from partners.kinds import KINDS
from rewards.earning.conditions import Condition, parse_condition
from rewards.earning.effects import Effect, parse_effect
from rewards.earning.effects.multiply import Multiply
from rewards.earning.facts import LineFacts
from rewards.earning.reading import Reading
from rewards.earning.words import WordList
from rewards.programmes.pending import Pending, read_pending
from rewards.programmes.values import (
    InvalidDefinition,
    Names,
    is_given,
    read_choice,
    read_code,
    read_day,
    read_names,
    read_positive_e4,
    read_rows,
    read_slug,
    read_table,
    read_whole,
    read_words,
    read_yes_or_no,
    refuse_unknown,
)

NO_TRIGGERS: Final = ("return", "cancellation", "dispute")
WHOM: Final = ("partner", "member")
CAP_PERIODS: Final = ("day", "week", "month", "quarter", "year", "lifetime")
MEASURES: Final = ("units", "times", "quantity")
DESTINATIONS: Final = ("pool", "member")
UNITS_MAX: Final = 10**12
PRIORITY_MAX: Final = 10_000
RULE_FIELDS: Final = {
    "code", "names", "trigger", "when", "lines", "delivery", "tax", "effect", "early",
    "tier_multiplier", "priority", "group", "stop", "caps", "starts_on", "ends_on", "expiry_days",
    "pending", "to",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LineFilter:
    """
    Which lines count. Where something is included, a line must be of those articles and of those
    categories that are named; what is excluded never counts.
    """

    include_skus: WordList
    exclude_skus: WordList
    include_categories: WordList
    exclude_categories: WordList

    @property
    def includes(self) -> bool:
        """Whether only what is named counts."""
        return bool(self.include_skus or self.include_categories)

    def counts(self, line: LineFacts) -> bool:
        if line.sku in self.exclude_skus or line.category in self.exclude_categories:
            return False
        if self.include_skus and line.sku not in self.include_skus:
            return False
        return not self.include_categories or line.category in self.include_categories


@dataclass(frozen=True, slots=True)
class Early:
    """A payment at least so many days early earns so many percent."""

    days: int
    percent: int


@dataclass(frozen=True, slots=True)
class Cap:
    """
    At most so much in a period, for the partner or for each member.

    ``measure`` is ``units`` (minor units), ``times`` (activities) or ``quantity``; ``limit`` counts
    it, a quantity in ten-thousandths. Weeks begin on Monday; days are those of the programme. What
    names no member counts as of one nameless member.
    """

    per: str
    period: str
    measure: str
    limit: int


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One earning rule: what triggers it, what it gives, and when.

    It counts on local days from ``starts_on`` up to and without ``ends_on``. ``expiry_days`` gives
    what it awards a validity of its own instead of the programme's, ``pending`` another wait.
    Rules of higher ``priority`` are judged first, then those that stand first in the document.
    """

    code: str
    names: Names
    trigger: str
    effect: Effect
    tier_multiplier: bool = False
    starts_on: date | None = None
    ends_on: date | None = None
    expiry_days: int | None = None
    when: Condition | None = None
    lines: LineFilter | None = None
    delivery: bool = True
    tax: bool = False
    early: tuple[Early, ...] = ()
    priority: int = 0
    group: str = ""
    stop: bool = False
    caps: tuple[Cap, ...] = ()
    pending: Pending | None = None
    to: str = "pool"
    campaign_code: str = ""

    def counts_on(self, day: date) -> bool:
        return (self.starts_on is None or self.starts_on <= day) and (
            self.ends_on is None or day < self.ends_on
        )

    def name(self, language: str) -> str:
        return self.names.get(language) or self.names["en"]

    @property
    def multiplies(self) -> bool:
        return isinstance(self.effect, Multiply)

    @property
    def counts_usage(self) -> bool:
        """Whether what earlier activities used up changes what it gives."""
        return bool(self.caps or self.effect.period or self.to == "member") or (
            self.trigger == "payment" and self.effect.IS_LINEAR
        )

    @property
    def needs(self) -> frozenset[str]:
        """What must be known to judge it; see ``Definition.needs``."""
        needs = set(self.when.needs) if self.when else set()
        if self.trigger == "payment":
            needs.add("payments")
        if not self.delivery or self.tax:
            needs.add("attributes")
        if self.to == "member":
            needs |= {"members", "consents"}
        if any(cap.per == "member" for cap in self.caps):
            needs.add("members")
        if self.lines is not None or self.effect.COUNTS == "quantity":
            needs.add("lines")
        return frozenset(needs)


def read_rule(
    row: Mapping[str, Any],
    path: str,
    *,
    tiers: tuple[str, ...],
    unit_decimals: int,
    campaign_code: str = "",
    is_published: bool = False,
) -> Rule:
    """
    Read a rule of the base or of a campaign.

    :raises InvalidDefinition: Naming the first place that cannot be used.
    """
    refuse_unknown(row, RULE_FIELDS, path)
    starts_on, ends_on = read_days(row, path)
    trigger = read_trigger(row.get("trigger"), f"{path}.trigger")
    reading = Reading(trigger, KINDS.get(trigger), tiers, unit_decimals, is_published)
    priority = read_whole(row.get("priority", 0), -PRIORITY_MAX, PRIORITY_MAX, f"{path}.priority")
    rule = Rule(
        code=read_code(row, path),
        names=read_names(row, path),
        trigger=trigger,
        effect=parse_effect(row.get("effect"), f"{path}.effect", reading),
        tier_multiplier=_read_flag(row, "tier_multiplier", path),
        starts_on=starts_on,
        ends_on=ends_on,
        expiry_days=_read_optional_whole(row, "expiry_days", 1, 36_500, path),
        when=parse_condition(row["when"], f"{path}.when", reading)
        if is_given(row, "when")
        else None,
        lines=_read_lines(row["lines"], f"{path}.lines", reading)
        if is_given(row, "lines")
        else None,
        delivery=_read_flag(row, "delivery", path, absent=True),
        tax=_read_flag(row, "tax", path),
        early=_read_early(row.get("early", []), f"{path}.early", reading),
        priority=priority,
        group=read_slug(row["group"], f"{path}.group") if is_given(row, "group") else "",
        stop=_read_flag(row, "stop", path),
        caps=read_caps(row.get("caps", []), f"{path}.caps"),
        pending=read_pending(row["pending"], f"{path}.pending")
        if is_given(row, "pending")
        else None,
        to=read_choice(row.get("to", "pool"), DESTINATIONS, f"{path}.to"),
        campaign_code=campaign_code,
    )
    _refuse_impossible(rule, path)
    return rule


def read_days(row: Mapping[str, Any], path: str) -> tuple[date | None, date | None]:
    starts_on, ends_on = read_day(row, "starts_on", path), read_day(row, "ends_on", path)
    if starts_on and ends_on and ends_on <= starts_on:
        raise InvalidDefinition(f"{path}.ends_on", _("must be after the first day"))
    return starts_on, ends_on


def read_trigger(value: Any, path: str) -> str:
    """Read the kind of activity that triggers a rule; codes of own kinds are taken as they are."""
    if value in NO_TRIGGERS:
        raise InvalidDefinition(
            path, _("takes back or holds up what others earn; it earns nothing")
        )
    return read_slug(value, path)


def read_caps(rows: Any, path: str) -> tuple[Cap, ...]:
    return tuple(_read_cap(row, at) for row, at in read_rows(rows, path))


def _read_cap(row: Mapping[str, Any], path: str) -> Cap:
    refuse_unknown(row, {"per", "period", *MEASURES}, path)
    measures = [measure for measure in MEASURES if measure in row]
    if len(measures) != 1:
        raise InvalidDefinition(path, _("takes exactly one of units, times and quantity"))
    [measure] = measures
    at = f"{path}.{measure}"
    limit = (
        read_positive_e4(row[measure], at)
        if measure == "quantity"
        else read_whole(row[measure], 1, UNITS_MAX, at)
    )
    return Cap(
        per=read_choice(row.get("per"), WHOM, f"{path}.per"),
        period=read_choice(row.get("period"), CAP_PERIODS, f"{path}.period"),
        measure=measure,
        limit=limit,
    )


def _read_flag(row: Mapping[str, Any], name: str, path: str, *, absent: bool = False) -> bool:
    return read_yes_or_no(row.get(name, absent), f"{path}.{name}")


def _read_optional_whole(
    row: Mapping[str, Any], name: str, at_least: int, at_most: int, path: str
) -> int | None:
    if row.get(name) is None:
        return None
    return read_whole(row[name], at_least, at_most, f"{path}.{name}")


def _read_lines(value: Any, path: str, reading: Reading) -> LineFilter:
    row = read_table(value, path)
    refuse_unknown(row, set(LineFilter.__dataclass_fields__), path)
    reading.refuse_without_lines(path)
    words = {
        name: WordList.of(read_words(row[name], f"{path}.{name}") if is_given(row, name) else ())
        for name in LineFilter.__dataclass_fields__
    }
    return LineFilter(**words)


def _read_early(value: Any, path: str, reading: Reading) -> tuple[Early, ...]:
    rows = read_rows(value, path)
    if rows:
        reading.refuse_unless({"payment"}, path, _("only payments come early or late"))
    found: list[Early] = []
    for row, at in rows:
        refuse_unknown(row, {"days", "percent"}, at)
        days = read_whole(row.get("days"), 0, 3_650, f"{at}.days")
        if any(days == other.days for other in found):
            raise InvalidDefinition(f"{at}.days", _("the same number of days is there already"))
        found.append(Early(days, read_whole(row.get("percent"), 1, 10_000, f"{at}.percent")))
    return tuple(found)


def _refuse_impossible(rule: Rule, path: str) -> None:
    """Refuse fields that contradict one another within one rule."""
    if rule.trigger != "order" and not rule.delivery:
        raise InvalidDefinition(f"{path}.delivery", _("only orders have a part for delivery"))
    if rule.trigger != "order" and rule.tax:
        raise InvalidDefinition(f"{path}.tax", _("only orders have tax on top"))
    if rule.pending is not None and rule.pending.until == "paid" and rule.trigger != "order":
        raise InvalidDefinition(
            f"{path}.pending", _("only what an order earns can wait until the order is paid")
        )
    for place, cap in enumerate(rule.caps):
        if cap.measure == "quantity" and rule.effect.COUNTS != "quantity":
            raise InvalidDefinition(
                f"{path}.caps[{place}].quantity",
                _("pieces can be limited only where pieces are counted"),
            )
    if rule.multiplies:
        _refuse_beside_multiply(rule, path)


def _refuse_beside_multiply(rule: Rule, path: str) -> None:
    reason = _("a rule that multiplies others leaves this to them")
    unfit = {
        "lines": rule.lines is not None,
        "delivery": not rule.delivery,
        "tax": rule.tax,
        "early": bool(rule.early),
        "tier_multiplier": rule.tier_multiplier,
    }
    for name, is_set in unfit.items():
        if is_set:
            raise InvalidDefinition(f"{path}.{name}", reason)
    if rule.stop:
        raise InvalidDefinition(f"{path}.stop", _("what multiplies others cannot stop them"))
