"""So many units for the activity as such; for a payment its share of what it pays."""

from dataclasses import dataclass
from typing import ClassVar, Self

from rewards.earning.counting import Counted, Steps
from rewards.earning.effect import Row
from rewards.earning.exact import Exact
from rewards.earning.reading import Reading
from rewards.programmes.values import read_whole, refuse_unknown

UNITS_MAX = 10**9


@dataclass(frozen=True, slots=True)
class Fixed:
    """``units`` (minor units); a payment of a part of an invoice earns that part of them."""

    KIND: ClassVar[str] = "fixed"
    COUNTS: ClassVar[str] = ""
    IS_LINEAR: ClassVar[bool] = True
    period: ClassVar[str] = ""

    units: int

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "units"}, path)
        return cls(read_whole(row.get("units"), 1, UNITS_MAX, f"{path}.units"))

    def gives(self, counted: Counted) -> tuple[Exact, Steps]:
        exact = Exact(self.units)
        if counted.invoice_e4:
            exact = Exact(self.units * counted.amount_e4, counted.invoice_e4)
        return exact, [{"code": "fixed", "units": self.units, "result": str(self.units)}]


EFFECT = Fixed
