"""The amount of the whole activity: at least one sum, and below another."""

from dataclasses import dataclass
from typing import ClassVar, Self

from rewards.earning.asking import Found, Question, Row
from rewards.earning.bounds import Bounds, read_bounds
from rewards.earning.exact import e4_as_text
from rewards.earning.facts import ActivityFacts
from rewards.earning.reading import Reading
from rewards.earning.situation import Situation
from rewards.programmes.values import refuse_unknown


@dataclass(frozen=True, slots=True)
class AmountCondition(Question):
    KIND: ClassVar[str] = "amount"

    bounds: Bounds

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "at_least", "below"}, path)
        reading.refuse_without_money(path)
        return cls(row, read_bounds(row, path))

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        return self.bounds.hold(activity.amount_e4)

    def found(self, activity: ActivityFacts, situation: Situation) -> Found:
        return e4_as_text(activity.amount_e4)


CONDITION = AmountCondition
