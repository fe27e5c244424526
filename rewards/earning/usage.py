"""What was used up before an activity: caps, and volumes that steps are counted on."""

from collections.abc import Mapping
from typing import Final

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

    def read(self, key: UsageKey) -> int:
        return self._counted.get(key, 0)

    def add(self, key: UsageKey, amount: int) -> None:
        if amount < 0:
            raise ValueError("what was used is never given back")
        self._counted[key] = self._counted.get(key, 0) + amount

    def leave(self, key: UsageKey, amount: int) -> None:
        """Let a volume be less by what came back."""
        if key[0] != VOLUME:
            raise ValueError("what was used of a cap is never given back")
        self._counted[key] = max(self._counted.get(key, 0) - amount, 0)

    def copy(self) -> "Usage":
        """Return the counters as they are now, to be asked again later."""
        return Usage(self._counted)
