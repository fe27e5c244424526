"""Rules that may cost without bound."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from rewards.programmes.warnings.placing import (
    Known,
    Placed,
    Row,
    RuleWarning,
)

# Above these, a rule without a cap or budget is worth a second look.
FIXED_WORTH_MAX: Final = Decimal(50)
RATE_PERCENT_MAX: Final = Decimal(20)
TIMES_PERCENT_MAX: Final = 300

OF_MONEY: Final = frozenset({"per_money", "percent", "each_full", "stepped"})


def costs(placed: Placed, document: Row, known: Known) -> Iterator[RuleWarning]:
    effect = placed.rule.get("effect", {})
    percents = [
        percent
        for row in (effect, *effect.get("steps", ()))
        if (percent := _percent_back(row, effect.get("kind", ""), document, known)) is not None
    ]
    highest = max(percents, default=Decimal(0))
    if highest > 100:
        yield RuleWarning("gives_more_than_all", placed.code, {"percent": highest})
    elif highest > RATE_PERCENT_MAX and not placed.is_capped:
        yield RuleWarning("high_rate", placed.code, {"percent": highest})
    if placed.is_capped:
        return
    if effect.get("kind") == "multiply" and int(effect["percent"]) > TIMES_PERCENT_MAX:
        yield RuleWarning("many_times", placed.code, {"percent": effect["percent"]})
    if effect.get("kind") in {"fixed", "per_quantity"}:
        worth = _worth(effect.get("units", 0), document, known)
        if worth > FIXED_WORTH_MAX:
            yield RuleWarning("high_worth", placed.code, {"worth": worth})


def _percent_back(row: Row, kind: str, document: Row, known: Known) -> Decimal | None:
    """Return how much of the money comes back, in percent; None where it is not of money."""
    if "percent" in row and kind != "multiply":
        return Decimal(str(row["percent"]))
    if "per" in row and kind in OF_MONEY and (per := Decimal(str(row["per"]))):
        return _worth(row.get("units", 0), document, known) / per * 100
    return None


def _worth(minor_units: int, document: Row, known: Known) -> Decimal:
    unit_value = Decimal(str(document.get("settings", {}).get("unit_value", "0")))
    return Decimal(minor_units).scaleb(-known.decimals) * unit_value
