"""Local days, from one up to and without another."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from django.utils.translation import gettext as _

from rewards.earning.asking import Found, Question, Row
from rewards.earning.facts import ActivityFacts
from rewards.earning.reading import Reading
from rewards.earning.situation import Situation
from rewards.programmes.values import InvalidDefinition, read_day, refuse_unknown


@dataclass(frozen=True, slots=True)
class DatesCondition(Question):
    KIND: ClassVar[str] = "dates"

    first: date
    end: date

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "from", "until"}, path)
        first, end = read_day(row, "from", path), read_day(row, "until", path)
        if first is None and end is None:
            raise InvalidDefinition(path, _("needs from, until or both"))
        if first is not None and end is not None and end <= first:
            raise InvalidDefinition(f"{path}.until", _("must be after from"))
        return cls(row, first or date.min, end or date.max)

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        return self.first <= activity.local_date < self.end

    def found(self, activity: ActivityFacts, situation: Situation) -> Found:
        return activity.local_date.isoformat()


CONDITION = DatesCondition
