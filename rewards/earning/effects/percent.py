"""A percentage of the money comes back, in a unit that is worth one of the currency."""

from dataclasses import dataclass
from typing import ClassVar, Self

from django.utils.translation import gettext as _

from rewards.earning.counting import Counted, Steps
from rewards.earning.effect import Row
from rewards.earning.exact import SCALE, Exact, as_decimal_text, e4_as_text
from rewards.earning.reading import Reading
from rewards.programmes.values import InvalidDefinition, read_positive_e4, refuse_unknown

WHOLE_PERCENT_E4 = 100 * SCALE


def read_percent_e4(value: object, path: str) -> int:
    """Read a percentage above 0 and up to 100, as ten-thousandths of a percent."""
    percent_e4 = read_positive_e4(value, path)
    if percent_e4 > WHOLE_PERCENT_E4:
        raise InvalidDefinition(path, _("must not be above 100"))
    return percent_e4


def percent_of(amount_e4: int, percent_e4: int, minor_units: int) -> Exact:
    """Return a percentage of money in minor units, of which so many make one unit."""
    return Exact(amount_e4 * percent_e4 * minor_units, SCALE * WHOLE_PERCENT_E4)


@dataclass(frozen=True, slots=True)
class Percent:
    """``minor_units`` is how many minor units make one."""

    KIND: ClassVar[str] = "percent"
    COUNTS: ClassVar[str] = "money"
    IS_LINEAR: ClassVar[bool] = True
    period: ClassVar[str] = ""

    percent_e4: int
    minor_units: int

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "percent"}, path)
        reading.refuse_without_money(path)
        percent_e4 = read_percent_e4(row.get("percent"), f"{path}.percent")
        return cls(percent_e4, 10**reading.unit_decimals)

    def gives(self, counted: Counted) -> tuple[Exact, Steps]:
        exact = percent_of(counted.amount_e4, self.percent_e4, self.minor_units)
        step = {
            "code": "percent",
            "percent": e4_as_text(self.percent_e4),
            "result": as_decimal_text(exact),
        }
        return exact, [step]


EFFECT = Percent
