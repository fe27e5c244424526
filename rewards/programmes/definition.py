"""What a programme version says, as plain values: settings, rules and tiers, validated once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from rewards.earning.effects import Effect, parse_effect
from rewards.programmes.tiers import Tier, read_tier
from rewards.programmes.validity import Validity, read_validity
from rewards.programmes.values import (
    InvalidDefinition,
    Names,
    read_choice,
    read_code,
    read_day,
    read_money,
    read_names,
    read_whole,
    read_yes_or_no,
    refuse_repeated,
    refuse_unknown,
)

__all__ = ["Definition", "InvalidDefinition", "Rule", "Settings", "Tier", "parse"]

CLAW_BACK_POLICIES = ("only_pending", "within_balance", "allow_debt")
CLAW_BACK_BASES = ("by_line", "by_value")
ROUNDINGS = ("down", "half_up")
DOWNGRADES = ("immediate",)
TRIGGERS = ("order",)


@dataclass(frozen=True, slots=True)
class Settings:
    """
    Choices of a programme. Amounts of money are in its currency, units in minor units.

    ``pending_days`` is how long an award waits before it can be spent, ``request_lapses_days`` how
    long a redemption may wait for somebody's approval.
    """

    unit_names: Mapping[str, Mapping[str, str]]
    unit_value: Decimal
    rounding: str
    pending_days: int
    expiry: Validity
    claw_back_policy: str
    claw_back_basis: str
    downgrade: str
    share_undo_days: int
    share_to_self: bool
    request_lapses_days: int


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One earning rule: what triggers it, what it gives, and when.

    It counts on local days from ``starts_on`` up to and without ``ends_on``. ``expiry_days`` gives
    what it awards a validity of its own instead of the programme's.
    """

    code: str
    names: Names
    trigger: str
    effect: Effect
    tier_multiplier: bool
    starts_on: date | None = None
    ends_on: date | None = None
    expiry_days: int | None = None

    def counts_on(self, day: date) -> bool:
        return (self.starts_on is None or self.starts_on <= day) and (
            self.ends_on is None or day < self.ends_on
        )

    def name(self, language: str) -> str:
        return self.names.get(language) or self.names["en"]


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole version. Tiers are in rising order of their thresholds."""

    settings: Settings
    rules: tuple[Rule, ...]
    tiers: tuple[Tier, ...]

    def rule(self, code: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.code == code), None)

    def tier(self, code: str) -> Tier | None:
        return next((tier for tier in self.tiers if tier.code == code), None)

    def rank(self, tier_code: str) -> int:
        """Return the place of a tier from the bottom, or -1 for none."""
        codes = [tier.code for tier in self.tiers]
        return codes.index(tier_code) if tier_code in codes else -1

    @property
    def tiers_multiply(self) -> bool:
        return any(tier.multiplier_percent != 100 for tier in self.tiers) and any(
            rule.tier_multiplier for rule in self.rules
        )

    @property
    def tiers_prolong(self) -> bool:
        return any(tier.expiry_extra_months for tier in self.tiers)


def parse(document: Mapping[str, Any]) -> Definition:
    """
    Read a definition as it is stored in ``ProgrammeVersion.definition``.

    :raises InvalidDefinition: Naming the first place that cannot be used.
    """
    refuse_unknown(document, {"settings", "rules", "tiers"}, "definition")
    rules = tuple(
        _rule(row, f"rules[{place}]") for place, row in enumerate(document.get("rules", []))
    )
    tiers = tuple(
        read_tier(row, f"tiers[{place}]") for place, row in enumerate(document.get("tiers", []))
    )
    refuse_repeated([rule.code for rule in rules], "rules")
    refuse_repeated([tier.code for tier in tiers], "tiers")
    thresholds = [tier.threshold_e4 for tier in tiers]
    if sorted(set(thresholds)) != thresholds:
        raise InvalidDefinition("tiers", "thresholds must rise from tier to tier")
    settings = _settings(document.get("settings", {}))
    for place, rule in enumerate(rules):
        if settings.expiry.rolls and rule.expiry_days is not None:
            raise InvalidDefinition(
                f"rules[{place}].expiry_days",
                "cannot stand where expiry rolls: each activity prolongs all that is held",
            )
    return Definition(settings, rules, tiers)


def _settings(row: Mapping[str, Any]) -> Settings:
    # Published versions are frozen: those before the table of expiry say it in months.
    refuse_unknown(row, {*Settings.__dataclass_fields__, "expiry_months"}, "settings")
    unit_names = row.get("unit_names", {})
    if "en" not in unit_names:
        raise InvalidDefinition("settings.unit_names", "English forms are needed at least")
    return Settings(
        unit_names=unit_names,
        unit_value=read_money(row.get("unit_value", "0"), "settings.unit_value"),
        rounding=read_choice(row.get("rounding", "down"), ROUNDINGS, "settings.rounding"),
        pending_days=read_whole(row.get("pending_days", 0), 0, 3_650, "settings.pending_days"),
        expiry=read_validity(row, "settings"),
        claw_back_policy=read_choice(
            row.get("claw_back_policy", "allow_debt"),
            CLAW_BACK_POLICIES,
            "settings.claw_back_policy",
        ),
        claw_back_basis=read_choice(
            row.get("claw_back_basis", "by_line"), CLAW_BACK_BASES, "settings.claw_back_basis"
        ),
        downgrade=read_choice(row.get("downgrade", "immediate"), DOWNGRADES, "settings.downgrade"),
        share_undo_days=read_whole(
            row.get("share_undo_days", 14), 0, 365, "settings.share_undo_days"
        ),
        share_to_self=read_yes_or_no(row.get("share_to_self", True), "settings.share_to_self"),
        request_lapses_days=read_whole(
            row.get("request_lapses_days", 30), 1, 3_650, "settings.request_lapses_days"
        ),
    )


def _rule(row: Mapping[str, Any], path: str) -> Rule:
    refuse_unknown(row, set(Rule.__dataclass_fields__), path)
    starts_on, ends_on = read_day(row, "starts_on", path), read_day(row, "ends_on", path)
    if starts_on and ends_on and ends_on <= starts_on:
        raise InvalidDefinition(f"{path}.ends_on", "must be after starts_on")
    expiry_days = row.get("expiry_days")
    return Rule(
        code=read_code(row, path),
        names=read_names(row, path),
        trigger=read_choice(row.get("trigger"), TRIGGERS, f"{path}.trigger"),
        effect=_effect(row.get("effect", {}), f"{path}.effect"),
        tier_multiplier=bool(row.get("tier_multiplier", False)),
        starts_on=starts_on,
        ends_on=ends_on,
        expiry_days=None
        if expiry_days is None
        else read_whole(expiry_days, 1, 36_500, f"{path}.expiry_days"),
    )


def _effect(row: Mapping[str, Any], path: str) -> Effect:
    try:
        return parse_effect(row)
    except ValueError as error:
        raise InvalidDefinition(path, str(error)) from error
