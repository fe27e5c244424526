"""What was used up before an activity: caps, and volumes that steps are counted on."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

VOLUME: Final = "volume"

UsageKey = tuple[str, ...]
"""What is counted (``cap`` or ``volume``), of which rule or campaign, for whom, in which period."""


class Usage:
    """
    Counters of one partner, filled in canonical order. What was used of a cap is never given back:
    a return does not reopen it. A volume is what was bought and kept, so what comes back leaves it.
    """

    def __init__(self, counted: Mapping[UsageKey, int] | None = None) -> None:
        self._counted: dict[UsageKey, int] = dict(counted or {})
        # For each counter, what it was before which change: so that no copy of all is needed.
        self._before: dict[UsageKey, list[tuple[int, int]]] = {}
        self._changes = 0

    def read(self, key: UsageKey) -> int:
        return self._counted.get(key, 0)

    def read_at(self, key: UsageKey, change: int) -> int:
        """Return what a counter was after so many changes of any."""
        befores = self._before.get(key, [])
        place = bisect_left(befores, (change,))
        return befores[place][1] if place < len(befores) else self.read(key)

    def add(self, key: UsageKey, amount: int) -> None:
        if amount < 0:
            raise ValueError("what was used is never given back")
        self._set(key, self.read(key) + amount)

    def leave(self, key: UsageKey, amount: int) -> None:
        """Let a volume be less by what came back."""
        refuse_cap(key)
        self._set(key, max(self.read(key) - amount, 0))

    def as_it_is(self) -> "UsageThen":
        """Return the counters as they are now, to be asked again later."""
        return UsageThen(self, self._changes)

    def _set(self, key: UsageKey, amount: int) -> None:
        self._before.setdefault(key, []).append((self._changes, self.read(key)))
        self._changes += 1
        self._counted[key] = amount


@dataclass(slots=True)
class UsageThen:
    """
    The counters as they were at one change of them, less what came back of volumes since.

    An order keeps one of these: a copy of all counters for each order would be too many.
    """

    usage: Usage
    change: int
    left: dict[UsageKey, int] = field(default_factory=dict)

    def read(self, key: UsageKey) -> int:
        return max(self.usage.read_at(key, self.change) - self.left.get(key, 0), 0)

    def leave(self, key: UsageKey, amount: int) -> None:
        """Let a volume be less by what came back."""
        refuse_cap(key)
        self.left[key] = self.left.get(key, 0) + amount


class Used(Protocol):
    """What policy asks of counters."""

    def read(self, key: UsageKey) -> int: ...


def refuse_cap(key: UsageKey) -> None:
    if key[0] != VOLUME:
        raise ValueError("what was used of a cap is never given back")
