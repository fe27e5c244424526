"""The tier the partner stood in: one of a list, or at least one."""

from dataclasses import dataclass
from typing import ClassVar, Self

from django.utils.translation import gettext as _

from rewards.earning.asking import Found, Question, Row
from rewards.earning.facts import ActivityFacts
from rewards.earning.reading import Reading
from rewards.earning.situation import Situation
from rewards.programmes.values import (
    InvalidDefinition,
    read_words,
    refuse_unknown,
)


@dataclass(frozen=True, slots=True)
class TierCondition(Question):
    KIND: ClassVar[str] = "tier"
    NEEDS: ClassVar[frozenset[str]] = frozenset({"tier"})
    IS_OF_PARTNER: ClassVar[bool] = True

    codes: frozenset[str]

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "in", "at_least"}, path)
        if ("in" in row) == ("at_least" in row):
            raise InvalidDefinition(path, _("takes either in or at_least"))
        if "in" in row:
            words = read_words(row["in"], f"{path}.in")
            codes = (
                _read_tier(word, f"{path}.in[{place}]", reading) for place, word in enumerate(words)
            )
            return cls(row, frozenset(codes))
        lowest = _read_tier(row["at_least"], f"{path}.at_least", reading)
        return cls(row, frozenset(reading.tiers[reading.tiers.index(lowest) :]))

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        return situation.tier is not None and situation.tier.code in self.codes

    def found(self, activity: ActivityFacts, situation: Situation) -> Found:
        return situation.tier.code if situation.tier else None


def _read_tier(value: object, path: str, reading: Reading) -> str:
    if not isinstance(value, str) or value not in reading.tiers:
        raise InvalidDefinition(path, _("there is no tier %(code)s") % {"code": value})
    return value


CONDITION = TierCondition
