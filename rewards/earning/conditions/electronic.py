"""Whether the invoice, or the invoice that is paid, went out electronically."""

from dataclasses import dataclass
from typing import ClassVar, Self

from django.utils.translation import gettext as _

from rewards.earning.asking import Found, Question, Row
from rewards.earning.facts import ActivityFacts
from rewards.earning.reading import Reading
from rewards.earning.situation import Situation
from rewards.programmes.values import read_yes_or_no, refuse_unknown


@dataclass(frozen=True, slots=True)
class ElectronicCondition(Question):
    """An invoice that does not say which it is, is neither."""

    KIND: ClassVar[str] = "electronic"
    NEEDS: ClassVar[frozenset[str]] = frozenset({"attributes", "payments"})

    is_electronic: bool

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "is"}, path)
        reading.refuse_unless(
            {"invoice", "payment"},
            path,
            _("only a rule for invoices or payments can ask how the invoice went out"),
        )
        return cls(row, read_yes_or_no(row.get("is", True), f"{path}.is"))

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        return self._stated(activity, situation) is self.is_electronic

    def found(self, activity: ActivityFacts, situation: Situation) -> Found:
        return self._stated(activity, situation)

    def _stated(self, activity: ActivityFacts, situation: Situation) -> bool | None:
        if situation.payment is not None:
            return situation.payment.is_electronic
        return activity.attributes.get("electronic")


CONDITION = ElectronicCondition
