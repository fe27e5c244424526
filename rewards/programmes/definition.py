"""What a programme version says, as plain values: settings, rules and tiers, validated once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from partners.models.amounts import AmountTooPrecise, to_ten_thousandths
from rewards.earning.effects import Effect, parse_effect

CLAW_BACK_POLICIES = ("only_pending", "within_balance", "allow_debt")
CLAW_BACK_BASES = ("by_line", "by_value")
ROUNDINGS = ("down", "half_up")
DOWNGRADES = ("immediate",)
LANGUAGES = ("en", "uk", "pl", "ru")
TRIGGERS = ("order",)

Names = Mapping[str, str]


class InvalidDefinition(ValueError):
    """The definition cannot be used; ``path`` says where, the message says why."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path


@dataclass(frozen=True, slots=True)
class Settings:
    """Choices of a programme. Amounts of money are in its currency, units in minor units."""

    unit_names: Mapping[str, Mapping[str, str]]
    unit_value: Decimal
    rounding: str
    pending_days: int
    expiry_months: int | None
    claw_back_policy: str
    claw_back_basis: str
    downgrade: str
    share_undo_days: int
    share_to_self: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One earning rule: what triggers it, what it gives, and when.

    It counts on local days from ``starts_on`` up to and without ``ends_on``. ``expiry_days`` gives
    what it awards a validity of its own instead of the programme's months.
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
class Tier:
    """A standing, reached at ``threshold_e4`` (net spend in ten-thousandths of the currency)."""

    code: str
    names: Names
    threshold_e4: int
    multiplier_percent: int

    def name(self, language: str) -> str:
        return self.names.get(language) or self.names["en"]

    @property
    def threshold(self) -> Decimal:
        return Decimal(self.threshold_e4) / 10_000


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


def parse(document: Mapping[str, Any]) -> Definition:
    """
    Read a definition as it is stored in ``ProgrammeVersion.definition``.

    :raises InvalidDefinition: Naming the first place that cannot be used.
    """
    _refuse_unknown(document, {"settings", "rules", "tiers"}, "definition")
    rules = tuple(
        _rule(row, f"rules[{place}]") for place, row in enumerate(document.get("rules", []))
    )
    tiers = tuple(
        _tier(row, f"tiers[{place}]") for place, row in enumerate(document.get("tiers", []))
    )
    _refuse_repeated([rule.code for rule in rules], "rules")
    _refuse_repeated([tier.code for tier in tiers], "tiers")
    thresholds = [tier.threshold_e4 for tier in tiers]
    if sorted(set(thresholds)) != thresholds:
        raise InvalidDefinition("tiers", "thresholds must rise from tier to tier")
    return Definition(_settings(document.get("settings", {})), rules, tiers)


def _settings(row: Mapping[str, Any]) -> Settings:
    known = set(Settings.__dataclass_fields__)
    _refuse_unknown(row, known, "settings")
    unit_names = row.get("unit_names", {})
    if "en" not in unit_names:
        raise InvalidDefinition("settings.unit_names", "English forms are needed at least")
    return Settings(
        unit_names=unit_names,
        unit_value=_money(row.get("unit_value", "0"), "settings.unit_value"),
        rounding=_choice(row.get("rounding", "down"), ROUNDINGS, "settings.rounding"),
        pending_days=_whole(row.get("pending_days", 0), 0, 3_650, "settings.pending_days"),
        expiry_months=None
        if row.get("expiry_months") is None
        else _whole(row["expiry_months"], 1, 1_200, "settings.expiry_months"),
        claw_back_policy=_choice(
            row.get("claw_back_policy", "allow_debt"),
            CLAW_BACK_POLICIES,
            "settings.claw_back_policy",
        ),
        claw_back_basis=_choice(
            row.get("claw_back_basis", "by_line"), CLAW_BACK_BASES, "settings.claw_back_basis"
        ),
        downgrade=_choice(row.get("downgrade", "immediate"), DOWNGRADES, "settings.downgrade"),
        share_undo_days=_whole(row.get("share_undo_days", 14), 0, 365, "settings.share_undo_days"),
        share_to_self=_yes_or_no(row.get("share_to_self", True), "settings.share_to_self"),
    )


def _rule(row: Mapping[str, Any], path: str) -> Rule:
    _refuse_unknown(row, set(Rule.__dataclass_fields__), path)
    starts_on, ends_on = _day(row, "starts_on", path), _day(row, "ends_on", path)
    if starts_on and ends_on and ends_on <= starts_on:
        raise InvalidDefinition(f"{path}.ends_on", "must be after starts_on")
    expiry_days = row.get("expiry_days")
    return Rule(
        code=_code(row, path),
        names=_names(row, path),
        trigger=_choice(row.get("trigger"), TRIGGERS, f"{path}.trigger"),
        effect=_effect(row.get("effect", {}), f"{path}.effect"),
        tier_multiplier=bool(row.get("tier_multiplier", False)),
        starts_on=starts_on,
        ends_on=ends_on,
        expiry_days=None
        if expiry_days is None
        else _whole(expiry_days, 1, 36_500, f"{path}.expiry_days"),
    )


def _effect(row: Mapping[str, Any], path: str) -> Effect:
    try:
        return parse_effect(row)
    except ValueError as error:
        raise InvalidDefinition(path, str(error)) from error


def _tier(row: Mapping[str, Any], path: str) -> Tier:
    _refuse_unknown(row, {"code", "names", "threshold", "multiplier_percent"}, path)
    threshold = _money(row.get("threshold", "0"), f"{path}.threshold")
    return Tier(
        code=_code(row, path),
        names=_names(row, path),
        threshold_e4=to_ten_thousandths(threshold),
        multiplier_percent=_whole(
            row.get("multiplier_percent", 100), 0, 10_000, f"{path}.multiplier_percent"
        ),
    )


def _names(row: Mapping[str, Any], path: str) -> Names:
    names = row.get("names", {})
    if not names.get("en"):
        raise InvalidDefinition(f"{path}.names", "an English name is needed")
    _refuse_unknown(names, set(LANGUAGES), f"{path}.names")
    return names


def _code(row: Mapping[str, Any], path: str) -> str:
    code = row.get("code")
    if not isinstance(code, str) or not code:
        raise InvalidDefinition(f"{path}.code", "a code is needed")
    return code


def _day(row: Mapping[str, Any], field: str, path: str) -> date | None:
    if row.get(field) is None:
        return None
    try:
        return date.fromisoformat(row[field])
    except (TypeError, ValueError) as error:
        raise InvalidDefinition(f"{path}.{field}", "must be a day such as 2026-03-31") from error


def _choice(value: Any, choices: tuple[str, ...], path: str) -> str:
    if value not in choices:
        raise InvalidDefinition(path, f"must be one of {', '.join(choices)}")
    return str(value)


def _whole(value: Any, at_least: int, at_most: int, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not at_least <= value <= at_most:
        raise InvalidDefinition(path, f"must be a whole number from {at_least} to {at_most}")
    return value


def _yes_or_no(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidDefinition(path, "must be true or false")
    return value


def _money(value: Any, path: str) -> Decimal:
    try:
        amount = Decimal(str(value))
        to_ten_thousandths(amount)
    except (InvalidOperation, AmountTooPrecise, ValueError, OverflowError) as error:
        raise InvalidDefinition(path, "must be an amount with at most four decimals") from error
    if amount < 0:
        raise InvalidDefinition(path, "must not be negative")
    return amount


def _refuse_unknown(row: Mapping[str, Any], known: set[str], path: str) -> None:
    if unknown := sorted(set(row) - known):
        raise InvalidDefinition(path, f"unknown: {', '.join(unknown)}")


def _refuse_repeated(codes: list[str], path: str) -> None:
    if len(set(codes)) != len(codes):
        raise InvalidDefinition(path, "codes must differ")
