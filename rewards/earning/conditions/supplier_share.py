"""How much of what the partner buys it buys from the seller, by its latest survey."""

from dataclasses import dataclass
from typing import ClassVar, Self

from rewards.earning.asking import Found, Question, Row
from rewards.earning.facts import ActivityFacts
from rewards.earning.reading import Reading
from rewards.earning.situation import Situation
from rewards.programmes.values import read_whole, refuse_unknown


@dataclass(frozen=True, slots=True)
class SupplierShareCondition(Question):
    KIND: ClassVar[str] = "supplier_share"
    NEEDS: ClassVar[frozenset[str]] = frozenset({"surveys"})
    IS_OF_PARTNER: ClassVar[bool] = True

    at_least_percent: int

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "at_least_percent"}, path)
        percent = row.get("at_least_percent")
        return cls(row, read_whole(percent, 0, 100, f"{path}.at_least_percent"))

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        percent = situation.supplier_share_percent
        return percent is not None and percent >= self.at_least_percent

    def found(self, activity: ActivityFacts, situation: Situation) -> Found:
        return situation.supplier_share_percent


CONDITION = SupplierShareCondition
