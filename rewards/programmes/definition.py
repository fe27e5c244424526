"""What a programme version says, as plain values: settings, rules, tiers, campaigns; validated once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from rewards.programmes.campaigns import Campaign, read_campaign
from rewards.programmes.checking import refuse_impossible
from rewards.programmes.pending import Pending
from rewards.programmes.rules import Cap, LineFilter, Rule, read_rule
from rewards.programmes.settings import PersonalEarning, Settings, read_settings
from rewards.programmes.tiers import Tier, read_tier
from rewards.programmes.values import (
    InvalidDefinition,
    read_rows,
    read_table,
    refuse_repeated,
    refuse_unknown,
)

__all__ = [
    "Campaign",
    "Cap",
    "Definition",
    "InvalidDefinition",
    "LineFilter",
    "Pending",
    "PersonalEarning",
    "Rule",
    "Settings",
    "Tier",
    "parse",
]


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule at its place in the order of judging, with the campaign it belongs to."""

    place: int
    rule: Rule
    campaign: Campaign | None
    multiplies: bool


@dataclass(frozen=True, slots=True)
class Definition:
    """
    A whole version. Tiers are in rising order of their thresholds; ``rules`` are those of the base.
    ``counts_usage`` says whether anything it gives depends on what was used up before.

    ``needs`` names what must be known to judge by it: codes of the kinds of activities that
    trigger rules, and ``attributes``, ``lines``, ``payments``, ``surveys``, ``segments``,
    ``members``, ``consents``, ``countries``, ``orders`` (how many there were) and ``tier``.
    """

    settings: Settings
    rules: tuple[Rule, ...]
    tiers: tuple[Tier, ...]
    campaigns: tuple[Campaign, ...] = ()
    needs: frozenset[str] = field(init=False, compare=False)
    counts_usage: bool = field(init=False, compare=False)
    _judged: Mapping[str, tuple[Judged, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Worked out once a version: every activity asks for them.
        object.__setattr__(self, "_judged", _in_order_of_judging(self.rules, self.campaigns))
        object.__setattr__(self, "needs", _find_needs(self))
        counts = any(rule.counts_usage for rule in self.all_rules)
        counts = counts or any(campaign.caps for campaign in self.campaigns)
        object.__setattr__(self, "counts_usage", counts)

    def rules_for(self, trigger: str) -> tuple[Rule, ...]:
        """Return the rules of this kind of activity in the order of judging, campaigns' too."""
        return tuple(judged.rule for judged in self.judged_on(trigger))

    def judged_on(self, trigger: str) -> tuple[Judged, ...]:
        return self._judged.get(trigger, ())

    @property
    def triggers(self) -> frozenset[str]:
        """The kinds of activities that can earn."""
        return frozenset(self._judged)

    @property
    def all_rules(self) -> Iterator[Rule]:
        """The rules of the base, then those of the campaigns."""
        yield from self.rules
        for campaign in self.campaigns:
            yield from campaign.rules

    def rule(self, code: str) -> Rule | None:
        return next((rule for rule in self.all_rules if rule.code == code), None)

    def campaign(self, code: str) -> Campaign | None:
        return next((each for each in self.campaigns if each.code == code), None)

    def tier(self, code: str) -> Tier | None:
        return next((tier for tier in self.tiers if tier.code == code), None)

    def rank(self, tier_code: str) -> int:
        """Return the place of a tier from the bottom, or -1 for none."""
        codes = [tier.code for tier in self.tiers]
        return codes.index(tier_code) if tier_code in codes else -1

    def pending_of(self, rule_code: str) -> Pending:
        """Return how long what a rule gives waits: as it says, or as the programme says."""
        rule = self.rule(rule_code)
        return rule.pending if rule and rule.pending else self.settings.pending

    @property
    def waits_for_events(self) -> bool:
        """Say whether anything waits for something to happen."""
        return any(pending.is_event for pending in _pendings(self))

    @property
    def tiers_multiply(self) -> bool:
        return any(tier.multiplier_percent != 100 for tier in self.tiers) and any(
            rule.tier_multiplier for rule in self.all_rules
        )

    @property
    def tiers_prolong(self) -> bool:
        return any(tier.expiry_extra_months for tier in self.tiers)


def parse(document: Mapping[str, Any], *, is_published: bool = False) -> Definition:
    """
    Read a definition as it is stored in ``ProgrammeVersion.definition``.

    :param is_published: It was allowed once: what would be refused by now keeps its meaning.
    :raises InvalidDefinition: Naming the first place that cannot be used.
    """
    refuse_unknown(document, {"settings", "rules", "tiers", "campaigns"}, "definition")
    settings = read_settings(
        read_table(document.get("settings", {}), "settings"), "settings", is_published=is_published
    )
    tiers = _read_tiers(document)
    codes, decimals = tuple(tier.code for tier in tiers), settings.unit_decimals
    definition = Definition(
        settings,
        tuple(
            read_rule(row, path, tiers=codes, unit_decimals=decimals, is_published=is_published)
            for row, path in read_rows(document.get("rules", []), "rules")
        ),
        tiers,
        tuple(
            read_campaign(row, path, tiers=codes, unit_decimals=decimals, is_published=is_published)
            for row, path in read_rows(document.get("campaigns", []), "campaigns")
        ),
    )
    refuse_impossible(definition)
    return definition


def _read_tiers(document: Mapping[str, Any]) -> tuple[Tier, ...]:
    tiers = tuple(
        read_tier(row, path) for row, path in read_rows(document.get("tiers", []), "tiers")
    )
    refuse_repeated([tier.code for tier in tiers], "tiers")
    thresholds = [tier.threshold_e4 for tier in tiers]
    if sorted(set(thresholds)) != thresholds:
        raise InvalidDefinition("tiers", _("thresholds must rise from tier to tier"))
    return tiers


def _in_order_of_judging(
    rules: tuple[Rule, ...], campaigns: tuple[Campaign, ...]
) -> dict[str, tuple[Judged, ...]]:
    """Return the rules by trigger: the highest priority first, then as they stand."""
    written: list[tuple[Rule, Campaign | None]] = [(rule, None) for rule in rules]
    written += [(rule, campaign) for campaign in campaigns for rule in campaign.rules]
    by_trigger: dict[str, list[tuple[Rule, Campaign | None]]] = {}
    for rule, campaign in sorted(written, key=lambda each: -each[0].priority):
        by_trigger.setdefault(rule.trigger, []).append((rule, campaign))
    return {
        trigger: tuple(
            Judged(place, rule, campaign, rule.multiplies)
            for place, (rule, campaign) in enumerate(found)
        )
        for trigger, found in by_trigger.items()
    }


def _find_needs(definition: Definition) -> frozenset[str]:
    needs = set(definition.triggers).union(*(rule.needs for rule in definition.rules))
    needs = needs.union(*(campaign.needs for campaign in definition.campaigns))
    if "order" in needs and not definition.settings.points_payment_earns:
        needs.add("attributes")
    if any(pending.until == "paid" for pending in _pendings(definition)):
        # What of an order was paid with points is on no invoice.
        needs |= {"payments", "attributes"}
    if definition.tiers_multiply or definition.tiers_prolong:
        needs.add("tier")
    return frozenset(needs)


def _pendings(definition: Definition) -> Iterator[Pending]:
    yield definition.settings.pending
    for rule in definition.all_rules:
        if rule.pending is not None:
            yield rule.pending
