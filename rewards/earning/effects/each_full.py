"""So many units each time the money counted in a period is full again by so much."""

from dataclasses import dataclass
from typing import ClassVar, Self

from rewards.earning.counting import Counted, Steps
from rewards.earning.effect import Row
from rewards.earning.exact import Exact, as_decimal_text, e4_as_text
from rewards.earning.reading import Reading
from rewards.programmes.values import read_choice, read_positive_e4, read_whole, refuse_unknown

UNITS_MAX = 10**9
PERIODS = ("activity", "month", "quarter", "year", "lifetime")


@dataclass(frozen=True, slots=True)
class EachFull:
    """
    ``units`` (minor units) for each full ``per_e4`` of the money counted since ``since`` began.

    What does not fill a step yet is not lost: it counts with the next activity of the period.
    """

    KIND: ClassVar[str] = "each_full"
    COUNTS: ClassVar[str] = "money"
    IS_LINEAR: ClassVar[bool] = False

    units: int
    per_e4: int
    since: str

    @property
    def period(self) -> str:
        return "" if self.since == "activity" else self.since

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "units", "per", "period"}, path)
        reading.refuse_without_money(path)
        effect = cls(
            read_whole(row.get("units"), 1, UNITS_MAX, f"{path}.units"),
            read_positive_e4(row.get("per"), f"{path}.per"),
            read_choice(row.get("period"), PERIODS, f"{path}.period"),
        )
        if effect.period:
            reading.refuse_volume(f"{path}.period")
        return effect

    def exact(self, before_e4: int, amount_e4: int) -> Exact:
        """Return what an amount gives after so much of the period."""
        return Exact(self._full(before_e4, amount_e4) * self.units)

    def is_moved(self, before_e4: int, now_e4: int, amount_e4: int) -> bool:
        """Say whether an amount may give something else when less came before it."""
        return self._full(before_e4, amount_e4) != self._full(now_e4, amount_e4)

    def _full(self, before_e4: int, amount_e4: int) -> int:
        return (before_e4 + amount_e4) // self.per_e4 - before_e4 // self.per_e4

    def gives(self, counted: Counted) -> tuple[Exact, Steps]:
        before_e4 = counted.volume_before_e4
        after_e4 = before_e4 + counted.amount_e4
        exact = self.exact(before_e4, counted.amount_e4)
        step = {
            "code": "each_full",
            "units": self.units,
            "per": e4_as_text(self.per_e4),
            "period": self.since,
            "before": e4_as_text(before_e4),
            "after": e4_as_text(after_e4),
            "currency": counted.currency,
            "result": as_decimal_text(exact),
        }
        return exact, [step]


EFFECT = EachFull
