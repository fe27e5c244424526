"""
How a payment met its due date: days early, or no more than some days of grace late.

What nobody said a due date of was paid neither in time nor early.
"""

from dataclasses import dataclass
from typing import ClassVar, Final, Self

from django.utils.translation import gettext as _

from rewards.earning.asking import Found, Question, Row
from rewards.earning.facts import ActivityFacts
from rewards.earning.reading import Reading
from rewards.earning.situation import Situation
from rewards.programmes.values import InvalidDefinition, read_whole, refuse_unknown

DAYS_MAX = 3_650
NO_DUE_DAY: Final = "no_due_day"


@dataclass(frozen=True, slots=True)
class PaymentCondition(Question):
    """``latest`` is by how many days it may be late; below zero, how early it must come."""

    KIND: ClassVar[str] = "payment"
    NEEDS: ClassVar[frozenset[str]] = frozenset({"payments"})

    latest: int

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "early_days_at_least", "late_days_at_most"}, path)
        reading.refuse_unless(
            {"payment"}, path, _("only a rule for payments can ask when something was paid")
        )
        if ("early_days_at_least" in row) == ("late_days_at_most" in row):
            raise InvalidDefinition(
                path, _("takes either early_days_at_least or late_days_at_most")
            )
        if "early_days_at_least" in row:
            early = f"{path}.early_days_at_least"
            return cls(row, -read_whole(row["early_days_at_least"], 0, DAYS_MAX, early))
        late = f"{path}.late_days_at_most"
        return cls(row, read_whole(row["late_days_at_most"], 0, DAYS_MAX, late))

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        days_late = situation.payment.days_late if situation.payment else None
        return days_late is not None and days_late <= self.latest

    def found(self, activity: ActivityFacts, situation: Situation) -> Found:
        if situation.payment is None:
            return None
        days_late = situation.payment.days_late
        return NO_DUE_DAY if days_late is None else days_late


CONDITION = PaymentCondition
