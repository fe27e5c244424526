"""More of what other rules give: 200 percent doubles it."""

from dataclasses import dataclass
from typing import ClassVar, Self

from rewards.earning.counting import Counted, Steps
from rewards.earning.effect import Row
from rewards.earning.exact import Exact
from rewards.earning.reading import Reading
from rewards.programmes.values import (
    read_whole,
    read_words,
    refuse_repeated,
    refuse_unknown,
)

PERCENT_MAX = 10_000
NOTHING_MORE_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Multiply:
    """
    Gives ``percent`` less 100 of the rounded amounts that other rules give for the same activity,
    so that with them it comes to ``percent``.

    Without ``rules`` these are all of them that it can reach: rules of the same side (the base,
    or the base and its own campaign) that are judged before it and multiply nothing themselves.
    What it counts is in units (minor units), as ``Counted.amount_e4`` of one in ten-thousandths.
    """

    KIND: ClassVar[str] = "multiply"
    COUNTS: ClassVar[str] = "awards"
    IS_LINEAR: ClassVar[bool] = False
    period: ClassVar[str] = ""

    percent: int
    rules: frozenset[str]

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        refuse_unknown(row, {"kind", "percent", "rules"}, path)
        percent = read_whole(
            row.get("percent"), NOTHING_MORE_PERCENT + 1, PERCENT_MAX, f"{path}.percent"
        )
        if "rules" not in row:
            return cls(percent, frozenset())
        rules = read_words(row["rules"], f"{path}.rules")
        refuse_repeated(rules, f"{path}.rules")
        return cls(percent, frozenset(rules))

    def gives(self, counted: Counted) -> tuple[Exact, Steps]:
        raise NotImplementedError("it multiplies what other rules gave")


EFFECT = Multiply
