"""
How many orders the partner placed in a period, this one included where it is an order.

One that was cancelled as a whole before is none; one that came back is one.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from django.utils.translation import gettext as _

from rewards.earning.asking import Found, Question, Row
from rewards.earning.facts import ActivityFacts
from rewards.earning.reading import Reading
from rewards.earning.situation import Situation
from rewards.programmes.values import InvalidDefinition, read_choice, read_whole, refuse_unknown

PERIODS = ("month", "quarter", "year", "lifetime")
COUNT_MAX = 10**9


@dataclass(frozen=True, slots=True)
class OrderCountCondition(Question):
    KIND: ClassVar[str] = "order_count"
    NEEDS: ClassVar[frozenset[str]] = frozenset({"orders"})

    period: str
    at_least: int
    at_most: int

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "at_least", "at_most", "period"}, path)
        if "at_least" not in row and "at_most" not in row:
            raise InvalidDefinition(path, _("needs at_least, at_most or both"))
        at_least = read_whole(row.get("at_least", 0), 0, COUNT_MAX, f"{path}.at_least")
        at_most = read_whole(row.get("at_most", COUNT_MAX), 0, COUNT_MAX, f"{path}.at_most")
        if at_most < at_least:
            raise InvalidDefinition(f"{path}.at_most", _("must not be below at_least"))
        period = read_choice(row.get("period"), PERIODS, f"{path}.period")
        return cls(row, period, at_least, at_most)

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        return self.at_least <= self._count(activity, situation) <= self.at_most

    def found(self, activity: ActivityFacts, situation: Situation) -> Found:
        return self._count(activity, situation)

    def _count(self, activity: ActivityFacts, situation: Situation) -> int:
        return situation.orders_before.get(self.period, 0) + (activity.kind == "order")


CONDITION = OrderCountCondition
