"""Whether the partner stood on one of these lists on the day of the activity."""

from dataclasses import dataclass
from typing import ClassVar, Self

from rewards.earning.asking import Found, Question, Row
from rewards.earning.facts import ActivityFacts
from rewards.earning.reading import Reading
from rewards.earning.situation import Situation
from rewards.programmes.values import read_words, refuse_unknown


@dataclass(frozen=True, slots=True)
class SegmentCondition(Question):
    KIND: ClassVar[str] = "segment"
    NEEDS: ClassVar[frozenset[str]] = frozenset({"segments"})
    IS_OF_PARTNER: ClassVar[bool] = True

    codes: frozenset[str]

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "in"}, path)
        return cls(row, frozenset(read_words(row.get("in"), f"{path}.in")))

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        return not self.codes.isdisjoint(situation.segments)

    def found(self, activity: ActivityFacts, situation: Situation) -> Found:
        return sorted(situation.segments)


CONDITION = SegmentCondition
