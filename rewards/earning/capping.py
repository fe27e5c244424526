"""How much of its caps a rule and its campaign have left for an activity."""

from dataclasses import dataclass
from typing import Any

from rewards.earning.exact import e4_as_text
from rewards.earning.facts import ActivityFacts
from rewards.earning.periods import period_key
from rewards.earning.usage import UsageKey
from rewards.programmes.campaigns import Campaign
from rewards.programmes.rules import Cap, Rule

CapOwner = tuple[str, str]
"""Whose cap it is: of a ``rule`` or of a ``campaign``, and its code."""


@dataclass(frozen=True, slots=True)
class CapLeft:
    """A cap, the counter it is counted on, and what had been used of it."""

    cap: Cap
    key: UsageKey
    used: int
    campaign_code: str = ""

    @property
    def measure(self) -> str:
        return self.cap.measure

    @property
    def left(self) -> int:
        # A later version may have lowered the limit below what was used by then.
        return max(self.cap.limit - self.used, 0)

    def said(self) -> dict[str, Any]:
        """Return the cap and what was used of it, as an explanation shows them."""
        cap = self.cap
        is_quantity = cap.measure == "quantity"
        said = {
            "measure": cap.measure,
            "per": cap.per,
            "period": cap.period,
            "limit": e4_as_text(cap.limit) if is_quantity else cap.limit,
            "used": e4_as_text(self.used) if is_quantity else self.used,
        }
        return said | {"campaign": self.campaign_code} if self.campaign_code else said


def cap_key(owner: CapOwner, cap: Cap, activity: ActivityFacts) -> UsageKey:
    whom = activity.counted_for if cap.per == "member" else ""
    period = period_key(activity.local_date, cap.period)
    return ("cap", *owner, cap.measure, cap.per, whom, period)


def caps_of(
    rule: Rule, campaign: Campaign | None, activity: ActivityFacts
) -> list[tuple[Cap, UsageKey, str]]:
    """Return the caps that hold for a rule, with the counter of each and the campaign's code."""
    caps = [(cap, cap_key(("rule", rule.code), cap, activity), "") for cap in rule.caps]
    if campaign is not None:
        code = campaign.code
        caps += [(cap, cap_key(("campaign", code), cap, activity), code) for cap in campaign.caps]
    return caps
