"""Exact numbers of units before rounding, and the one rounding function."""

from fractions import Fraction

Exact = Fraction


def round_units(exact: Exact, mode: str) -> int:
    """
    Round a number of minor units that is not negative: ``down`` or ``half_up``.

    There is no other place that rounds an award.
    """
    if mode == "half_up":
        return (exact + Fraction(1, 2)).__floor__()
    return exact.__floor__()


def as_decimal_text(exact: Exact) -> str:
    """Write an exact number for a reader, with at most four decimals, cut and not rounded."""
    whole, part = divmod((exact * 10_000).__floor__(), 10_000)
    return f"{whole}.{part:04d}".rstrip("0").rstrip(".")
