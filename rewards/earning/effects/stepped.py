"""Another rate from each threshold on, by the order or by the volume of a period."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.utils.translation import gettext as _

from rewards.earning.counting import Counted, Steps
from rewards.earning.effect import Row
from rewards.earning.effects.percent import percent_of, read_percent_e4
from rewards.earning.exact import Exact, as_decimal_text, e4_as_text
from rewards.earning.reading import Reading
from rewards.programmes.values import (
    InvalidDefinition,
    read_choice,
    read_e4,
    read_positive_e4,
    read_rows,
    read_whole,
    refuse_unknown,
)

UNITS_MAX = 10**9
PERIODS = ("activity", "month", "quarter", "year")
MODES = ("whole", "slice")


@dataclass(frozen=True, slots=True)
class Bracket:
    """
    What holds from ``from_e4`` on: so many units per money, a percentage, or units at once.

    Exactly one of ``per_e4``, ``percent_e4`` and ``fixed`` says which.
    """

    from_e4: int
    units: int = 0
    per_e4: int = 0
    percent_e4: int = 0
    fixed: int = 0

    def rate(self, amount_e4: int, minor_units: int) -> Exact:
        """Return what so much money gives at the rate; units that are given at once are not."""
        if self.per_e4:
            return Exact(amount_e4 * self.units, self.per_e4)
        return percent_of(amount_e4, self.percent_e4, minor_units)

    def said(self) -> dict[str, Any]:
        said: dict[str, Any] = {"from": e4_as_text(self.from_e4)}
        if self.per_e4:
            return said | {"units": self.units, "per": e4_as_text(self.per_e4)}
        if self.percent_e4:
            return said | {"percent": e4_as_text(self.percent_e4)}
        return said | {"fixed": self.fixed}


Part = tuple[Bracket, int, Exact]
"""A bracket, how much falls in it, and what that gives."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """
    Brackets in rising order. Where the volume has not reached the first one, there is nothing.

    ``whole``: the bracket that the volume reaches with this activity is the rate for all of the
    activity, and units given at once are given for each activity in it. ``slice``: each part has
    the rate of the bracket it falls in, and units at once are given when the volume gets there.
    """

    KIND: ClassVar[str] = "stepped"
    COUNTS: ClassVar[str] = "money"
    IS_LINEAR: ClassVar[bool] = False

    by: str
    mode: str
    brackets: tuple[Bracket, ...]
    minor_units: int

    @property
    def period(self) -> str:
        return "" if self.by == "activity" else self.by

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "by", "mode", "steps"}, path)
        reading.refuse_without_money(path)
        brackets = tuple(
            _read_bracket(each, at) for each, at in read_rows(row.get("steps"), f"{path}.steps")
        )
        if not brackets:
            raise InvalidDefinition(f"{path}.steps", _("needs at least one step"))
        thresholds = [bracket.from_e4 for bracket in brackets]
        if sorted(set(thresholds)) != thresholds:
            raise InvalidDefinition(f"{path}.steps", _("must rise from step to step"))
        effect = cls(
            read_choice(row.get("by"), PERIODS, f"{path}.by"),
            read_choice(row.get("mode"), MODES, f"{path}.mode"),
            brackets,
            10**reading.unit_decimals,
        )
        if effect.period:
            reading.refuse_volume(f"{path}.by")
        return effect

    def exact(self, before_e4: int, amount_e4: int) -> Exact:
        """Return what an amount gives after so much of the period."""
        return _sum(self._parts(Counted(amount_e4, 0, volume_before_e4=before_e4)))

    def is_moved(self, before_e4: int, now_e4: int, amount_e4: int) -> bool:
        """
        Say whether an amount may give something else when less came before it.

        It gives the same where no bracket begins on its way.
        """
        least_e4, most_e4 = min(before_e4, now_e4), max(before_e4, now_e4) + amount_e4
        return any(least_e4 < max(each.from_e4, 1) <= most_e4 for each in self.brackets)

    def gives(self, counted: Counted) -> tuple[Exact, Steps]:
        parts = self._parts(counted)
        exact = _sum(parts)
        step = {
            "code": "stepped",
            "by": self.by,
            "mode": self.mode,
            "before": e4_as_text(counted.volume_before_e4),
            "after": e4_as_text(counted.volume_before_e4 + counted.amount_e4),
            "currency": counted.currency,
            "brackets": [
                bracket.said() | {"amount": e4_as_text(amount_e4), "result": as_decimal_text(given)}
                for bracket, amount_e4, given in parts
            ],
            "result": as_decimal_text(exact),
        }
        return exact, [step]

    def _parts(self, counted: Counted) -> list[Part]:
        return self._whole(counted) if self.mode == "whole" else self._slices(counted)

    def _whole(self, counted: Counted) -> list[Part]:
        volume_e4 = counted.volume_before_e4 + counted.amount_e4
        reached = [bracket for bracket in self.brackets if bracket.from_e4 <= volume_e4]
        if not reached:
            return []
        bracket = reached[-1]
        if bracket.fixed:
            return [(bracket, counted.amount_e4, Exact(bracket.fixed))]
        given = bracket.rate(counted.amount_e4, self.minor_units)
        return [(bracket, counted.amount_e4, given)]

    def _slices(self, counted: Counted) -> list[Part]:
        before_e4 = counted.volume_before_e4
        after_e4 = before_e4 + counted.amount_e4
        ends = [bracket.from_e4 for bracket in self.brackets[1:]] + [after_e4]
        parts = []
        for bracket, end_e4 in zip(self.brackets, ends, strict=True):
            part_e4 = min(end_e4, after_e4) - max(bracket.from_e4, before_e4)
            if part_e4 <= 0 and not _is_entered(bracket.from_e4, before_e4, after_e4):
                continue
            if not bracket.fixed:
                given = bracket.rate(part_e4, self.minor_units)
            else:
                is_entered = _is_entered(bracket.from_e4, before_e4, after_e4)
                given = Exact(bracket.fixed if is_entered else 0)
            parts.append((bracket, part_e4, given))
        return parts


def _sum(parts: Sequence[Part]) -> Exact:
    return sum((given for _bracket, _amount_e4, given in parts), Exact(0))


def _is_entered(from_e4: int, before_e4: int, after_e4: int) -> bool:
    """Say whether the volume reaches a threshold now; one of nothing with the first money."""
    return max(from_e4, 1) <= after_e4 and before_e4 < max(from_e4, 1)


def _read_bracket(row: Row, path: str) -> Bracket:
    refuse_unknown(row, {"from", "units", "per", "percent", "fixed"}, path)
    from_e4 = read_e4(row.get("from"), f"{path}.from")
    match sorted(set(row) - {"from"}):
        case ["per", "units"]:
            return Bracket(
                from_e4,
                units=read_whole(row["units"], 1, UNITS_MAX, f"{path}.units"),
                per_e4=read_positive_e4(row["per"], f"{path}.per"),
            )
        case ["percent"]:
            percent_e4 = read_percent_e4(row["percent"], f"{path}.percent")
            return Bracket(from_e4, percent_e4=percent_e4)
        case ["fixed"]:
            return Bracket(from_e4, fixed=read_whole(row["fixed"], 1, UNITS_MAX, f"{path}.fixed"))
    raise InvalidDefinition(path, _("takes units with per, or percent, or fixed"))


EFFECT = Stepped
