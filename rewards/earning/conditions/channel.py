"""Where an order was placed, such as web or phone."""

from dataclasses import dataclass
from typing import ClassVar, Self

from rewards.earning.asking import Found, Question, Row
from rewards.earning.facts import ActivityFacts
from rewards.earning.reading import Reading
from rewards.earning.situation import Situation
from rewards.programmes.values import read_words, refuse_unknown


@dataclass(frozen=True, slots=True)
class ChannelCondition(Question):
    KIND: ClassVar[str] = "channel"
    NEEDS: ClassVar[frozenset[str]] = frozenset({"attributes"})

    channels: frozenset[str]

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "in"}, path)
        reading.refuse_unsaid("channel", path)
        return cls(row, frozenset(read_words(row.get("in"), f"{path}.in")))

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        return activity.attributes.get("channel", "") in self.channels

    def found(self, activity: ActivityFacts, situation: Situation) -> Found:
        return str(activity.attributes.get("channel", ""))


CONDITION = ChannelCondition
