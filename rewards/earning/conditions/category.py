"""Whether the lines are of certain categories: any of them, all, or none."""

from dataclasses import dataclass
from typing import ClassVar, Self

from rewards.earning.asking import Found, Question, Row
from rewards.earning.facts import ActivityFacts
from rewards.earning.line_words import LineWords, read_line_words
from rewards.earning.reading import Reading
from rewards.earning.situation import Situation
from rewards.programmes.values import refuse_unknown


@dataclass(frozen=True, slots=True)
class CategoryCondition(Question):
    KIND: ClassVar[str] = "category"
    NEEDS: ClassVar[frozenset[str]] = frozenset({"lines"})

    words: LineWords

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "in", "match"}, path)
        reading.refuse_without_lines(path)
        return cls(row, read_line_words(row, path))

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        return self.words.hold([line.category for line in activity.lines])

    def found(self, activity: ActivityFacts, situation: Situation) -> Found:
        return self.words.which([line.category for line in activity.lines])


CONDITION = CategoryCondition
