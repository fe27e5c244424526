"""What reports say beside the basics, read as words and numbers; it was checked on its way in."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from rewards.earning.exact import SCALE


def as_word(value: Any) -> str | None:
    """Return a value as it is written in a list: ``true`` and ``false`` for yes and no."""
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_number(value: Any) -> Decimal | None:
    """Return a number that is said as a whole one or as a decimal text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def amount_said(attributes: Mapping[str, Any], name: str) -> int:
    """Return an amount in ten-thousandths, 0 where none is said; what is finer is cut."""
    number = as_number(attributes.get(name))
    return 0 if number is None else max(int(number * SCALE), 0)
