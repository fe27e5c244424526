"""From so much up to and without so much."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from rewards.programmes.values import InvalidDefinition, read_e4


@dataclass(frozen=True, slots=True)
class Bounds:
    """In ten-thousandths; an end that is open is None."""

    at_least_e4: int
    below_e4: int | None

    def hold(self, value_e4: int) -> bool:
        return self.at_least_e4 <= value_e4 and (self.below_e4 is None or value_e4 < self.below_e4)


def read_bounds(row: Any, path: str) -> Bounds:
    """
    Read ``at_least`` and ``below``, of which one may be missing.

    :raises InvalidDefinition: If nothing lies between them.
    """
    if "at_least" not in row and "below" not in row:
        raise InvalidDefinition(path, _("needs at_least, below or both"))
    at_least_e4 = read_e4(row.get("at_least", "0"), f"{path}.at_least")
    if "below" not in row:
        return Bounds(at_least_e4, None)
    below_e4 = read_e4(row["below"], f"{path}.below")
    if below_e4 <= at_least_e4:
        raise InvalidDefinition(f"{path}.below", _("must be above at_least"))
    return Bounds(at_least_e4, below_e4)
