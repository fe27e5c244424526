"""What an effect is: it turns what a rule counts into an exact number of units, and says how."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self

from rewards.earning.counting import Counted, Steps
from rewards.earning.exact import Exact
from rewards.earning.reading import Reading

Row = Mapping[str, Any]


class Effect(Protocol):
    """
    What every file of ``effects/`` defines as ``EFFECT``.

    One that ``IS_LINEAR`` gives as much for a whole as for its parts, so that the parts of an
    invoice can be rounded together. ``period`` is over what its volume is counted, or nothing.
    ``COUNTS`` is what it computes on: money, quantity, or nothing.
    """

    KIND: ClassVar[str]
    COUNTS: ClassVar[str]
    IS_LINEAR: ClassVar[bool]

    @property
    def period(self) -> str: ...

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        """
        Read the fields of a row.

        :raises InvalidDefinition: If they cannot be used, or not on this kind of activity.
        """
        ...

    def gives(self, counted: Counted) -> tuple[Exact, Steps]: ...
