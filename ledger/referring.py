"""What a movement or a hold is about. Upper floors know; ``settings`` names who tells."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.module_loading import import_string

from ledger.models import Hold
from ledger.naming import UUID as UUID_PATTERN
from ledger.statements import Movement
from partners.models import Actor

OUR_ID = re.compile(UUID_PATTERN)


@dataclass(frozen=True, slots=True)
class Reference:
    """
    What something refers to, in words.

    ``explanation`` has ``rows`` of label and value, a ``total`` in minor units and a ``note``.
    """

    text: str
    detail: str = ""
    url: str = ""
    explanation: Any = None


@dataclass(frozen=True, slots=True)
class Line:
    """A movement with what it is about."""

    movement: Movement
    reference: Reference | None
    zone: ZoneInfo

    @property
    def text(self) -> str:
        return self.reference.text if self.reference else self.movement.label

    @property
    def detail(self) -> str:
        """What the reference adds, or the number that whoever asked for the movement gave it."""
        if self.reference:
            return self.reference.detail
        own = self.movement.reference
        return "" if OUR_ID.fullmatch(own) else own

    @property
    def is_late(self) -> bool:
        """Whether the ledger moved on another local day than the thing happened."""
        posted, happened = self.movement.posted_at, self.movement.occurred_at
        return posted.astimezone(self.zone).date() != happened.astimezone(self.zone).date()


NameMovements = Callable[[Actor, Sequence[Movement]], Mapping[UUID, Reference]]
NameHolds = Callable[[Actor, Sequence[Hold]], Mapping[UUID, Reference]]


def refer(actor: Actor, movements: Sequence[Movement], zone: ZoneInfo) -> list[Line]:
    """Put beside each movement what it is about, as far as the actor may know it."""
    name_movements: NameMovements = import_string(settings.STATEMENT_REFERENCES)
    names = name_movements(actor, movements)
    return [Line(each, names.get(each.transfer_id), zone) for each in movements]


def name_holds(actor: Actor, holds: Sequence[Hold]) -> Mapping[UUID, Reference]:
    """Return what each hold waits for, by its id."""
    tell: NameHolds = import_string(settings.HOLD_REFERENCES)
    return tell(actor, holds)
