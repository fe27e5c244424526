"""
The country of the activity; where none is stated, the partner's.

Sources write codes or names, and neither is translated into the other: what is asked for is
compared as it is written, but for capitals.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from rewards.earning.asking import Found, Question, Row
from rewards.earning.facts import ActivityFacts
from rewards.earning.reading import Reading
from rewards.earning.situation import Situation
from rewards.programmes.values import read_words, refuse_unknown


@dataclass(frozen=True, slots=True)
class CountryCondition(Question):
    KIND: ClassVar[str] = "country"
    NEEDS: ClassVar[frozenset[str]] = frozenset({"countries"})
    IS_OF_PARTNER: ClassVar[bool] = True

    countries: frozenset[str]

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "in"}, path)
        written = read_words(row.get("in"), f"{path}.in")
        return cls(row, frozenset(country.casefold() for country in written))

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        return (activity.country or situation.country).casefold() in self.countries

    def found(self, activity: ActivityFacts, situation: Situation) -> Found:
        return activity.country or situation.country


CONDITION = CountryCondition
