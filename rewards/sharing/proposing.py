"""How an amount is split over people: pure, in whole numbers, exact."""

from collections.abc import Sequence

from rewards.models import Share

Method = Share.Method


class NothingToSplitBy(ValueError):
    """Nobody has a weight above zero, so there is nothing to split an amount by."""

    code = "nothing_to_split_by"


class LimitsTooTight(Exception):
    """The limits per person leave part of the amount with nobody to give it to."""

    code = "limits_too_tight"

    def __init__(self, *, missing: int) -> None:
        super().__init__(f"{missing} cannot be placed within the limits.")
        self.missing = missing


def propose(
    *,
    amount: int,
    method: str,
    weights: Sequence[int],
    limits: Sequence[int | None] | None = None,
) -> list[int]:
    """
    Split an amount over people in whole units, by largest remainder: the sum is always exact.

    A greater weight never gets less. Equal remainders go to who stands first, so the same input
    always gives the same split. By hand nothing is proposed: every part is zero.

    :param weights: Whole numbers of at least 0; the equal split looks only at how many there are.
    :param limits: The most each may get; what is above a limit goes to the others by weight.
    :raises NothingToSplitBy: If no weight is above zero.
    :raises LimitsTooTight: If the limits together are below the amount.
    """
    if amount < 0:
        raise ValueError("a share never takes back")
    if method == Method.BY_HAND:
        return [0] * len(weights)
    counted = [1] * len(weights) if method == Method.EQUAL else list(weights)
    ceilings: Sequence[int | None] = limits if limits is not None else [None] * len(counted)
    weighing = {place: weight for place, weight in enumerate(counted) if weight > 0}
    if not weighing:
        raise NothingToSplitBy
    capped = _cap(amount, weighing, ceilings)
    left = amount - sum(capped.values())
    uncapped = {place: weight for place, weight in weighing.items() if place not in capped}
    if left and not uncapped:
        raise LimitsTooTight(missing=left)
    given = capped | _divide(left, uncapped)
    return [given.get(place, 0) for place in range(len(counted))]


def _cap(amount: int, weights: dict[int, int], ceilings: Sequence[int | None]) -> dict[int, int]:
    """
    Return who stops at their limit, with it.

    What one cannot take goes to the others, which may carry the next over theirs; so again until
    nobody is above.
    """
    capped: dict[int, int] = {}
    while True:
        free = {place: weight for place, weight in weights.items() if place not in capped}
        full = _find_full(amount - sum(capped.values()), free, ceilings)
        if not full:
            return capped
        capped |= full


def _find_full(
    amount: int, weights: dict[int, int], ceilings: Sequence[int | None]
) -> dict[int, int]:
    """Return those whose exact part is above their limit, with the limit."""
    whole = sum(weights.values())
    return {
        place: ceiling
        for place, weight in weights.items()
        if (ceiling := ceilings[place]) is not None and amount * weight > ceiling * whole
    }


def _divide(amount: int, weights: dict[int, int]) -> dict[int, int]:
    """Largest remainder, in whole numbers only."""
    whole = sum(weights.values())
    parts = {place: amount * weight // whole for place, weight in weights.items()}
    by_remainder = sorted(weights, key=lambda place: (-(amount * weights[place] % whole), place))
    for place in by_remainder[: amount - sum(parts.values())]:
        parts[place] += 1
    return parts
