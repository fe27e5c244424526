"""Exact numbers of units before rounding, and the one rounding function."""

from fractions import Fraction

Exact = Fraction

SCALE = 10_000
# In minor units, as much as the ledger moves at once.
AWARD_MAX = 10**12


def round_units(exact: Exact, mode: str, *, to: int = 1) -> int:
    """
    Round a number of minor units that is not negative to a whole multiple of ``to``.

    ``down`` cuts, ``half_up`` goes to the nearest, and so does ``keep``, which keeps all decimals
    of the unit: what is finer than a minor unit cannot be held. There is no other place that
    rounds an award.
    """
    part, whole = exact.numerator, exact.denominator * to
    if mode == "down":
        return part // whole * to
    return (2 * part + whole) // (2 * whole) * to


def as_decimal_text(exact: Exact) -> str:
    """Write an exact number for a reader, with at most four decimals, cut and not rounded."""
    return e4_as_text(exact.numerator * SCALE // exact.denominator)


def e4_as_text(value_e4: int) -> str:
    """Write a number of ten-thousandths for a reader, without zeros at its end."""
    whole, part = divmod(value_e4, SCALE)
    return f"{whole}.{part:04d}".rstrip("0") if part else str(whole)
