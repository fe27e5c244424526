"""
Lengths of the small pictures in the portal: shares of a bar, columns of a chart, places on a track.

Pure arithmetic on whole numbers; results are strings for SVG attributes, because the content
policy allows no style attribute. Across, everything is in percent, so that pictures stretch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

GAP_PERCENT = 0.3
THINNEST_PERCENT = 0.8


@dataclass(frozen=True, slots=True)
class Piece:
    """Where one part of a horizontal bar starts and how wide it is, both with ``%``."""

    x: str
    width: str


def percent(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") + "%"


def pieces(amounts: Sequence[int]) -> list[Piece]:
    """
    Lay amounts side by side over the whole width, with a little air between them.

    A part that is there stays visible, however small; a part that is zero gets no width.
    """
    there = [amount for amount in amounts if amount > 0]
    total = sum(there)
    if not total:
        return [Piece("0%", "0%") for _ in amounts]
    room = 100 - GAP_PERCENT * (len(there) - 1)
    wide = [max(room * amount / total, THINNEST_PERCENT) if amount > 0 else 0 for amount in amounts]
    scale = room / sum(wide)
    laid, at = [], 0.0
    for width in wide:
        laid.append(Piece(percent(at), percent(width * scale)))
        at += width * scale + (GAP_PERCENT if width else 0)
    return laid


def nice_step(largest: int, steps: int = 2) -> int:
    """Return a round distance between grid lines: 1, 2, 2.5 or 5 times a power of ten."""
    if largest <= 0:
        return 1
    rough = largest / steps
    magnitude = 10 ** (len(str(int(max(rough, 1)))) - 1)
    for factor in (1, 2, 2.5, 5, 10):
        step = factor * magnitude
        if step * steps >= largest:
            return max(int(step), 1)
    return int(10 * magnitude)


def place_on_track(value: int, thresholds: Sequence[int]) -> float:
    """
    Return how far along a track of equal steps a value stands, from 0 to 100.

    Inside a step the place is linear; beyond the last threshold it is the end.
    """
    if len(thresholds) < 2 or value >= thresholds[-1]:
        return 100.0
    step = 100 / (len(thresholds) - 1)
    for index in range(len(thresholds) - 1):
        low, high = thresholds[index], thresholds[index + 1]
        if value < high:
            return max(index * step + step * (value - low) / (high - low), 0.0)
    return 100.0
