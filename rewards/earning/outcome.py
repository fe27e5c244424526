"""What becomes of a rule for an activity: it gives, or it is passed over with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from rewards.earning.counting import Steps
from rewards.earning.exact import Exact, as_decimal_text
from rewards.earning.usage import UsageKey
from rewards.programmes.campaigns import Campaign
from rewards.programmes.rules import Rule
from rewards.programmes.settings import Settings

NOT_RUNNING: Final = "not_running"
CAMPAIGN_NOT_RUNNING: Final = "campaign_not_running"
AUDIENCE: Final = "audience"
CONDITION: Final = "condition"
NOTHING_TO_COUNT: Final = "nothing_to_count"
TOO_LITTLE: Final = "too_little"
CAP_REACHED: Final = "cap_reached"
LOWER_IN_GROUP: Final = "lower_in_group"
LOWER_THAN_CAMPAIGN: Final = "lower_than_campaign"
LOWER_THAN_BASE: Final = "lower_than_base"
REPLACED: Final = "replaced"
STOPPED: Final = "stopped"

REASONS: Final = (
    NOT_RUNNING,
    CAMPAIGN_NOT_RUNNING,
    AUDIENCE,
    CONDITION,
    NOTHING_TO_COUNT,
    TOO_LITTLE,
    CAP_REACHED,
    LOWER_IN_GROUP,
    LOWER_THAN_CAMPAIGN,
    LOWER_THAN_BASE,
    REPLACED,
    STOPPED,
)
"""Every reason for which a rule can be passed over."""


class PassedOver(NamedTuple):
    """A rule of this kind of activity that gave nothing, with the reason and its figures."""

    rule_code: str
    reason: str
    detail: Mapping[str, Any]


class GivenBefore(NamedTuple):
    """
    What earlier parts of the same whole gave: ``exact`` at the rate of now, ``units`` in fact.

    ``key`` counts these units.
    """

    key: UsageKey
    exact: Exact
    units: int


@dataclass(slots=True)
class Given:
    """
    What a rule gives: ``exact`` before rounding, ``amount`` after it and after its caps.

    ``quantity_e4`` is what was counted of a quantity, ``uses`` what it takes of its caps,
    ``multiplied`` are the codes of the rules of which it gives more.
    """

    rule: Rule
    campaign: Campaign | None
    exact: Exact
    steps: Steps
    amount: int = 0
    quantity_e4: int = 0
    uses: dict[UsageKey, int] = field(default_factory=dict)
    multiplied: tuple[str, ...] = ()

    def round(self, settings: Settings, before: GivenBefore | None) -> None:
        """Round it together with what was given ``before`` for the same whole, if anything was."""
        together = before.exact + self.exact if before else self.exact
        self.amount = settings.round(together)
        if before:
            # Another version may round otherwise: what was given stays.
            self.amount = max(self.amount - before.units, 0)
        if self.exact == self.amount:
            return
        step = {"code": "rounded", "mode": settings.rounding, "result": self.amount}
        if settings.round_to != 1:
            step["to"] = settings.round_to
        if before and before.exact:
            step |= {
                "before": as_decimal_text(before.exact),
                "together": as_decimal_text(together),
            }
        self.steps.append(step)

    def used_of(self, measure: str) -> int:
        """Return what it takes of a cap on units, on times or on the quantity."""
        if measure == "units":
            return self.amount
        return self.quantity_e4 if measure == "quantity" else 1

    def said(self) -> dict[str, Any]:
        return {"rule": self.rule.code, "amount": self.amount}


Outcome = Given | PassedOver
