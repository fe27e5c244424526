"""Campaigns as plain values: sets of rules for a time, for an audience, within a budget."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext as _

from rewards.earning.conditions import AUDIENCE, Condition, parse_condition
from rewards.earning.reading import Reading
from rewards.programmes.rules import UNITS_MAX, Cap, Rule, read_caps, read_days, read_rule
from rewards.programmes.values import (
    InvalidDefinition,
    Names,
    is_given,
    read_choice,
    read_names,
    read_rows,
    read_slug,
    read_table,
    read_whole,
    refuse_unknown,
)

STACKINGS: Final = ("sum", "best", "instead")
CAMPAIGN_FIELDS: Final = {
    "code", "names", "starts_on", "ends_on", "audience", "budget", "caps", "stacking", "rules",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Campaign:
    """
    It runs on local days from ``starts_on`` up to and without ``ends_on``.

    ``stacking`` says how its awards stand to those of the base rules for the same activity:
    ``sum`` adds them, of ``best`` only the higher sum counts, ``instead`` leaves out the base
    where it gives anything. ``budget_units`` (minor units; None: no end) is shared by all partners
    and not looked at here. ``caps`` are over all its rules.
    """

    code: str
    names: Names
    starts_on: date
    ends_on: date
    stacking: str
    rules: tuple[Rule, ...]
    audience: Condition | None = None
    budget_units: int | None = None
    caps: tuple[Cap, ...] = ()

    def runs_on(self, day: date) -> bool:
        return self.starts_on <= day < self.ends_on

    def state_on(self, day: date) -> str:
        """Return ``scheduled``, ``running`` or ``ended``; in a draft it is none of these yet."""
        if day < self.starts_on:
            return "scheduled"
        return "running" if day < self.ends_on else "ended"

    def name(self, language: str) -> str:
        return self.names.get(language) or self.names["en"]

    @property
    def needs(self) -> frozenset[str]:
        needs = set(self.audience.needs) if self.audience else set()
        if any(cap.per == "member" for cap in self.caps):
            needs.add("members")
        return frozenset(needs).union(*(rule.needs for rule in self.rules))


def read_campaign(
    row: Mapping[str, Any],
    path: str,
    *,
    tiers: tuple[str, ...],
    unit_decimals: int,
    is_published: bool = False,
) -> Campaign:
    """
    Read a row of ``campaigns``.

    :raises InvalidDefinition: Naming the first place that cannot be used.
    """
    refuse_unknown(row, CAMPAIGN_FIELDS, path)
    starts_on, ends_on = read_days(row, path)
    if starts_on is None or ends_on is None:
        missing = "starts_on" if starts_on is None else "ends_on"
        raise InvalidDefinition(f"{path}.{missing}", _("a campaign needs its first and last day"))
    code = read_slug(row.get("code"), f"{path}.code")
    stacking = read_choice(row.get("stacking", "sum"), STACKINGS, f"{path}.stacking")
    rules = tuple(
        read_rule(
            rule,
            at,
            tiers=tiers,
            unit_decimals=unit_decimals,
            campaign_code=code,
            is_published=is_published,
        )
        for rule, at in read_rows(row.get("rules", []), f"{path}.rules")
    )
    campaign = Campaign(
        code=code,
        names=read_names(row, path),
        starts_on=starts_on,
        ends_on=ends_on,
        stacking=stacking,
        rules=rules,
        audience=_read_audience(row, path, tiers),
        budget_units=_read_budget(row, path),
        caps=read_caps(row.get("caps", []), f"{path}.caps"),
    )
    _refuse_impossible(campaign, path)
    return campaign


def _read_audience(row: Mapping[str, Any], path: str, tiers: tuple[str, ...]) -> Condition | None:
    if not is_given(row, "audience"):
        return None
    return parse_condition(
        row["audience"], f"{path}.audience", Reading(tiers=tiers), kinds=AUDIENCE
    )


def _read_budget(row: Mapping[str, Any], path: str) -> int | None:
    if row.get("budget") is None:
        return None
    budget = read_table(row["budget"], f"{path}.budget")
    refuse_unknown(budget, {"units"}, f"{path}.budget")
    return read_whole(budget.get("units"), 1, UNITS_MAX, f"{path}.budget.units")


def _refuse_impossible(campaign: Campaign, path: str) -> None:
    for place, rule in enumerate(campaign.rules):
        if rule.multiplies and campaign.stacking != "sum":
            raise InvalidDefinition(
                f"{path}.rules[{place}].effect",
                _("a campaign that stands in place of other rules cannot multiply them"),
            )
    counts_quantity = all(rule.effect.COUNTS == "quantity" for rule in campaign.rules)
    for place, cap in enumerate(campaign.caps):
        if cap.measure == "quantity" and not counts_quantity:
            raise InvalidDefinition(
                f"{path}.caps[{place}].quantity",
                _("pieces can be limited only where all its rules count pieces"),
            )
