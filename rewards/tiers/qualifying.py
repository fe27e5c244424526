"""Which tier the figures reach: pure, without database or clock."""

from bisect import bisect_right, insort
from dataclasses import dataclass
from datetime import date, timedelta

from rewards.programmes.definition import Definition, Tier


@dataclass(frozen=True, slots=True)
class Decision:
    """The tier from now on, and why: ``reached``, ``fell_below``, ``kept``."""

    tier: Tier | None
    reason_code: str


def first_day_of_year_to(day: date) -> date:
    """
    Return the first of the local days of the 12 months that end on and include ``day``.

    The year to 9 December 2011 began on 10 December 2010. There is no 29 February a year before
    a leap day: the year to it began on 1 March.
    """
    if (day.month, day.day) == (2, 29):
        return date(day.year - 1, 3, 1)
    return day.replace(year=day.year - 1) + timedelta(days=1)


def qualify(*, spend_e4: int, definition: Definition) -> Tier | None:
    """Return the highest tier whose threshold the net spend reaches, or None below the lowest."""
    reached = [tier for tier in definition.tiers if tier.threshold_e4 <= max(spend_e4, 0)]
    return reached[-1] if reached else None


def decide(*, spend_e4: int, definition: Definition, current_code: str, may_fall: bool) -> Decision:
    """
    Decide a standing. Rising is at once; falling only where ``may_fall``, as the nightly run does.
    """
    tier = qualify(spend_e4=spend_e4, definition=definition)
    current = definition.tier(current_code)
    new_rank = definition.rank(tier.code) if tier else -1
    current_rank = definition.rank(current_code)
    if new_rank == current_rank or (new_rank < current_rank and not may_fall):
        return Decision(current, "kept")
    return Decision(tier, "reached" if new_rank > current_rank else "fell_below")


class RollingSpend:
    """Net spend by local day, summed over the 12 months to any day. Days may come in any order."""

    def __init__(self) -> None:
        self._days: list[date] = []
        self._spend_e4: dict[date, int] = {}

    def add(self, day: date, amount_e4: int) -> None:
        if day in self._spend_e4:
            self._spend_e4[day] += amount_e4
        else:
            insort(self._days, day)
            self._spend_e4[day] = amount_e4

    def within_year_to(self, day: date) -> int:
        first = bisect_right(self._days, first_day_of_year_to(day) - timedelta(days=1))
        last = bisect_right(self._days, day)
        return sum(self._spend_e4[each] for each in self._days[first:last])
