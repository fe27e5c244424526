"""The quantity of the whole activity, of its lines together where it has any."""

from dataclasses import dataclass
from typing import ClassVar, Self

from rewards.earning.asking import Found, Question, Row
from rewards.earning.bounds import Bounds, read_bounds
from rewards.earning.counting import quantity_of
from rewards.earning.exact import e4_as_text
from rewards.earning.facts import ActivityFacts
from rewards.earning.reading import Reading
from rewards.earning.situation import Situation
from rewards.programmes.values import refuse_unknown


@dataclass(frozen=True, slots=True)
class QuantityCondition(Question):
    KIND: ClassVar[str] = "quantity"
    NEEDS: ClassVar[frozenset[str]] = frozenset({"lines"})

    bounds: Bounds

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "at_least", "below"}, path)
        reading.refuse_without_quantity(path)
        return cls(row, read_bounds(row, path))

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        return self.bounds.hold(quantity_of(activity))

    def found(self, activity: ActivityFacts, situation: Situation) -> Found:
        return e4_as_text(quantity_of(activity))


CONDITION = QuantityCondition
