"""So many units for each piece, kilogram or whatever the quantity counts; parts in proportion."""

from dataclasses import dataclass
from typing import ClassVar, Self

from rewards.earning.counting import Counted, Steps
from rewards.earning.effect import Row
from rewards.earning.exact import Exact, as_decimal_text, e4_as_text
from rewards.earning.reading import Reading
from rewards.programmes.values import read_positive_e4, read_whole, refuse_unknown

UNITS_MAX = 10**6


@dataclass(frozen=True, slots=True)
class PerQuantity:
    """``units`` (minor units) for every ``per_e4`` of the quantity."""

    KIND: ClassVar[str] = "per_quantity"
    COUNTS: ClassVar[str] = "quantity"
    IS_LINEAR: ClassVar[bool] = True
    period: ClassVar[str] = ""

    units: int
    per_e4: int

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "units", "per"}, path)
        reading.refuse_without_quantity(path)
        units = read_whole(row.get("units"), 1, UNITS_MAX, f"{path}.units")
        return cls(units, read_positive_e4(row.get("per", "1"), f"{path}.per"))

    def gives(self, counted: Counted) -> tuple[Exact, Steps]:
        exact = Exact(counted.quantity_e4 * self.units, self.per_e4)
        step = {
            "code": "per_quantity",
            "units": self.units,
            "per": e4_as_text(self.per_e4),
            "result": as_decimal_text(exact),
        }
        return exact, [step]


EFFECT = PerQuantity
