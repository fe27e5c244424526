"""What a condition is: a yes or no about an activity and what held for its partner then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

from rewards.earning.facts import ActivityFacts
from rewards.earning.reading import Reading
from rewards.earning.situation import Situation

Row = Mapping[str, Any]
Found = str | int | bool | list[str] | None


class Condition(Protocol):
    """``needs`` names what must be known for it beside the activity; see ``Definition.needs``."""

    @property
    def needs(self) -> frozenset[str]: ...

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool: ...

    def why_not(self, activity: ActivityFacts, situation: Situation) -> dict[str, Any] | None:
        """Return what was asked and what was found instead; None where it holds."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """
    One question: what every file of ``conditions/`` defines as ``CONDITION``.

    ``asked`` is the row as it stands in the definition. One that ``IS_OF_PARTNER`` can be asked
    without an activity, so also of who belongs to the audience of a campaign.
    """

    KIND: ClassVar[str]
    NEEDS: ClassVar[frozenset[str]] = frozenset()
    IS_OF_PARTNER: ClassVar[bool] = False

    asked: Row

    @classmethod
    def parse(cls, row: Row, path: str, reading: Reading) -> Self:
        """
        Read the fields of a row.

        :raises InvalidDefinition: If they cannot be used, or not on this kind of activity.
        """
        raise NotImplementedError

    @property
    def needs(self) -> frozenset[str]:
        return self.NEEDS

    def holds(self, activity: ActivityFacts, situation: Situation) -> bool:
        raise NotImplementedError

    def found(self, activity: ActivityFacts, situation: Situation) -> Found:
        """Return what there was, as it is shown beside what was asked."""
        raise NotImplementedError

    def why_not(self, activity: ActivityFacts, situation: Situation) -> dict[str, Any] | None:
        if self.holds(activity, situation):
            return None
        return {**self.asked, "found": self.found(activity, situation)}
