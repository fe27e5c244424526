"""
Turn the stored explanation of an award or a claw-back into rows that a person can check.

Explanations are data (codes and figures), so that every language renders them. A code that this
module does not know is still shown, in plain form: an explanation is never swallowed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from partners.wording import FALLBACK_LANGUAGE, UnitWording
from rewards.explaining.steps import STEPS, Row, Step, tell_plainly
from rewards.explaining.voice import Voice
from rewards.programmes.definition import Definition
from rewards.programmes.sentences.speaker import Speaker


@dataclass(frozen=True, slots=True)
class Explanation:
    """The rows of one bill. The last one is the total, which is ``total`` minor units."""

    rows: tuple[Row, ...]
    total: int
    note: str


@dataclass(frozen=True, slots=True)
class Teller:
    """What a teller of explanations needs: language, the name of points, the names of tiers."""

    language: str
    unit: UnitWording
    tier_names: Mapping[str, str]
    rule_names: Mapping[str, str] = field(default_factory=dict)
    campaign_names: Mapping[str, str] = field(default_factory=dict)
    segment_names: Mapping[str, str] = field(default_factory=dict)
    kind_names: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""
    tiers_multiply: bool = True

    def tell(self, explanation: Mapping[str, Any]) -> Explanation:
        """Return the explanation of an award; a last row is added where no step states the total."""
        return self._tell(explanation)

    def tell_taken_back(self, explanation: Mapping[str, Any]) -> Explanation:
        """Return the explanation of a claw-back, with what was taken back as the last row."""
        return self._tell(explanation, total_label=_("Taken back"))

    def _tell(self, explanation: Mapping[str, Any], *, total_label: str = "") -> Explanation:
        total = int(explanation.get("total", 0))
        steps = [step for step in explanation.get("steps", []) if isinstance(step, Mapping)]
        rows = [self._row(step, before) for step, before in zip(steps, [{}, *steps], strict=False)]
        stated = steps[-1].get("result") if steps else None
        if total_label or stated is None or _decimal(stated) != total:
            rows.append((total_label or _("Together"), self.voice.count(total)))
        return Explanation(tuple(rows), total, self._note(explanation))

    def net_amount(self, explanation: Mapping[str, Any]) -> str:
        """Return the value the award was computed on, as money, or nothing if none is stated."""
        for step in explanation.get("steps", []):
            if step.get("code") == "net_amount":
                return self.voice.money(step["amount"], step["currency"])
        return ""

    def say_converted(self, figures: Mapping[str, Any]) -> str:
        """Say how an amount in another currency came to what counts; see ``how_converted``."""
        label, value = self._row({"code": "converted", **figures}, {})
        return f"{label}: {value}"

    def _row(self, step: Step, before: Step) -> Row:
        tell = STEPS.get(str(step.get("code")), tell_plainly)
        try:
            return tell(step, before, self.voice)
        except (KeyError, TypeError, ValueError, InvalidOperation):
            return tell_plainly(step, before, self.voice)

    def rule_name(self, explanation: Mapping[str, Any]) -> str:
        """Return the name of the rule in the reader's language, or nothing if none is stated."""
        names = explanation.get("rule_name") or {}
        return str(names.get(self.language) or names.get(FALLBACK_LANGUAGE) or "")

    def _note(self, explanation: Mapping[str, Any]) -> str:
        rule = self.rule_name(explanation)
        version = explanation.get("version")
        if rule and version:
            return _("Rule “%(rule)s”, version %(version)s of the programme.") % {
                "rule": rule,
                "version": version,
            }
        return _("Rule “%(rule)s”.") % {"rule": rule} if rule else ""

    @property
    def voice(self) -> Voice:
        return Voice(
            language=self.language,
            unit=self.unit,
            tier_names=self.tier_names,
            rule_names=self.rule_names,
            campaign_names=self.campaign_names,
        )

    @property
    def speaker(self) -> Speaker:
        """Return who says rules and their conditions with the same names."""
        return Speaker(
            language=self.language,
            currency=self.currency,
            unit=self.unit,
            tiers=self.tier_names,
            segments=self.segment_names,
            kinds=self.kind_names,
            rules=self.rule_names,
            tiers_multiply=self.tiers_multiply,
        )


def teller_of(
    definition: Definition,
    *,
    language: str,
    currency: str,
    decimals: int,
    segment_names: Mapping[str, str] | None = None,
    kind_names: Mapping[str, str] | None = None,
) -> Teller:
    """Return who tells by a version: its tiers, rules and campaigns by the names it gives them."""
    return Teller(
        language=language,
        unit=UnitWording(definition.settings.unit_names, decimals),
        tier_names={tier.code: tier.name(language) for tier in definition.tiers},
        rule_names={rule.code: rule.name(language) for rule in definition.all_rules},
        campaign_names={each.code: each.name(language) for each in definition.campaigns},
        segment_names=segment_names or {},
        kind_names=kind_names or {},
        currency=currency,
        tiers_multiply=any(tier.multiplier_percent != 100 for tier in definition.tiers),
    )


def _decimal(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
