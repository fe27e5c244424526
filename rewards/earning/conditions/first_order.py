"""
Whether it is the first order the partner ever placed.

One that was cancelled as a whole before is none; one that came back is one.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from django.utils.translation import gettext as _

from rewards.earning.asking import Found, Question, Row
from rewards.earning.facts import ActivityFacts
from rewards.earning.reading import Reading
from rewards.earning.situation import Situation
from rewards.programmes.values import refuse_unknown


@dataclass(frozen=True, slots=True)
class FirstOrderCondition(Question):
    KIND: ClassVar[str] = "first_order"
    NEEDS: ClassVar[frozenset[str]] = frozenset({"orders"})

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind"}, path)
        reading.refuse_unless(
            {"order"}, path, _("only a rule for orders can ask for the first order")
        )
        return cls(row)

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        return situation.orders_before.get("lifetime", 0) == 0

    def found(self, activity: ActivityFacts, situation: Situation) -> Found:
        return situation.orders_before.get("lifetime", 0)


CONDITION = FirstOrderCondition
