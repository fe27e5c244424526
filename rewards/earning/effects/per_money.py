"""So many units for so much money, on the net amount of the activity."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from partners.models.amounts import AmountTooPrecise, to_ten_thousandths
from rewards.earning.exact import Exact, as_decimal_text
from rewards.earning.facts import ActivityFacts


@dataclass(frozen=True, slots=True)
class PerMoney:
    """``units`` (minor units) for every ``per_e4`` of money; parts count in proportion."""

    units: int
    per_e4: int

    @classmethod
    def parse(cls, row: Mapping[str, Any]) -> Self:
        units, per = row.get("units"), row.get("per")
        if set(row) != {"units", "per"}:
            raise ValueError("per_money takes units and per")
        if isinstance(units, bool) or not isinstance(units, int) or not 0 < units <= 10**6:
            raise ValueError("units must be a whole number from 1 to 1000000")
        try:
            per_e4 = to_ten_thousandths(Decimal(str(per)))
        except (InvalidOperation, AmountTooPrecise) as error:
            raise ValueError("per must be an amount with at most four decimals") from error
        if per_e4 <= 0:
            raise ValueError("per must be above zero")
        return cls(units=units, per_e4=per_e4)

    def gives(self, activity: ActivityFacts) -> tuple[Exact, list[dict[str, Any]]]:
        exact = Exact(activity.amount_e4 * self.units, self.per_e4)
        return exact, [
            {
                "code": "net_amount",
                "amount": as_decimal_text(Exact(activity.amount_e4, 10_000)),
                "currency": activity.currency,
            },
            {
                "code": "per_money",
                "units": self.units,
                "per": as_decimal_text(Exact(self.per_e4, 10_000)),
                "result": as_decimal_text(exact),
            },
        ]
