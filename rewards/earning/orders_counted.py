"""How many orders a partner placed before, by period. One that was called off is none."""

from collections import Counter
from datetime import date


class OrdersCounted:
    """``days`` are those of orders, ``days_called_off`` of those that were cancelled as a whole."""

    def __init__(self) -> None:
        self.days: list[date] = []
        self.days_called_off: list[date] = []
        self._counts: Counter[object] = Counter()

    def before(self, day: date) -> dict[str, int]:
        """Return how many there were by now in the periods of a day. Only who asks pays for it."""
        while self.days:
            self._counts.update(_periods(self.days.pop()).values())
        while self.days_called_off:
            self._counts.subtract(_periods(self.days_called_off.pop()).values())
        return {name: self._counts[period] for name, period in _periods(day).items()}


def _periods(day: date) -> dict[str, object]:
    """Name the periods that a day belongs to."""
    return {
        "month": (day.year, day.month),
        "quarter": (day.year, "quarter", (day.month - 1) // 3),
        "year": day.year,
        "lifetime": "lifetime",
    }
