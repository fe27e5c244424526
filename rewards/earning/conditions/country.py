"""The country of the activity; where none is stated, the partner's."""

from dataclasses import dataclass
from typing import ClassVar, Self

from django.utils.translation import gettext as _

from rewards.earning.asking import Found, Question, Row
from rewards.earning.facts import ActivityFacts
from rewards.earning.reading import Reading
from rewards.earning.situation import Situation
from rewards.programmes.values import InvalidDefinition, read_words, refuse_unknown

CODE_LENGTH = 2


@dataclass(frozen=True, slots=True)
class CountryCondition(Question):
    KIND: ClassVar[str] = "country"
    NEEDS: ClassVar[frozenset[str]] = frozenset({"countries"})
    IS_OF_PARTNER: ClassVar[bool] = True

    codes: frozenset[str]

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "in"}, path)
        codes = read_words(row.get("in"), f"{path}.in")
        for place, code in enumerate(codes):
            if len(code) != CODE_LENGTH or not code.isascii() or not code.isupper():
                raise InvalidDefinition(
                    f"{path}.in[{place}]", _("must be a country such as GB or PL")
                )
        return cls(row, frozenset(codes))

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        return (activity.country or situation.country) in self.codes

    def found(self, activity: ActivityFacts, situation: Situation) -> Found:
        return activity.country or situation.country


CONDITION = CountryCondition
