"""Days of the week, by the programme's local day."""

from dataclasses import dataclass
from typing import ClassVar, Self

from rewards.earning.asking import Found, Question, Row
from rewards.earning.facts import ActivityFacts
from rewards.earning.reading import Reading
from rewards.earning.situation import Situation
from rewards.programmes.values import read_choices, refuse_unknown

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class WeekdayCondition(Question):
    KIND: ClassVar[str] = "weekday"

    days: frozenset[str]

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "in"}, path)
        return cls(row, frozenset(read_choices(row.get("in"), WEEKDAYS, f"{path}.in")))

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        return WEEKDAYS[activity.local_date.weekday()] in self.days

    def found(self, activity: ActivityFacts, situation: Situation) -> Found:
        return WEEKDAYS[activity.local_date.weekday()]


CONDITION = WeekdayCondition
