"""What of an award a member earns for themselves: with consent, and up to a yearly cap in money."""

from dataclasses import dataclass

from rewards.earning.exact import SCALE, e4_as_text
from rewards.earning.facts import ActivityFacts
from rewards.earning.periods import period_key
from rewards.earning.situation import Situation
from rewards.earning.usage import UsageKey
from rewards.programmes.settings import Settings


@dataclass(frozen=True, slots=True)
class Allowance:
    """
    What a member may still earn for themselves in the year of an activity, for one programme.

    Worth is counted in ten-thousandths of ten-thousandths of the currency: exact for units of up
    to four decimals, whatever one is worth.
    """

    key: UsageKey
    worth_of_one: int
    cap: int | None
    cap_e4: int | None

    def part_of(self, amount: int, used: int) -> int:
        """Return how much of an amount (minor units) still fits."""
        if self.cap is None:
            return amount
        return min(amount, max(self.cap - used, 0) // self.worth_of_one)

    def step(self, personal: int, currency: str) -> dict[str, object]:
        cap = None if self.cap_e4 is None else e4_as_text(self.cap_e4)
        return {"code": "personal", "amount": personal, "cap": cap, "currency": currency}


def worth_of_one(settings: Settings) -> int:
    """Return what a minor unit is worth, see ``Allowance``."""
    return settings.unit_value_e4 * SCALE // 10**settings.unit_decimals


def allowance_of(
    activity: ActivityFacts, situation: Situation, settings: Settings
) -> Allowance | None:
    """Return what the member of an activity may earn; None where it all goes to the pool."""
    personal = settings.personal_earning
    if not (personal.allowed and situation.may_earn_personally and activity.member_id is not None):
        return None
    cap_e4 = personal.yearly_cap_e4
    return Allowance(
        key=("personal", activity.counted_for, period_key(activity.local_date, "year")),
        worth_of_one=worth_of_one(settings),
        cap=None if cap_e4 is None else cap_e4 * SCALE,
        cap_e4=cap_e4,
    )
