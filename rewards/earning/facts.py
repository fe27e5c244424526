"""Plain values that policy decides on. Amounts and quantities are whole ten-thousandths (``_e4``)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID


@dataclass(slots=True)
class LineFacts:
    """One line of an activity; ``id`` is None where nothing is stored, as in a preview."""

    id: int | None
    sku: str
    category: str
    quantity_e4: int
    amount_e4: int


class Reported(NamedTuple):
    """What a fact in another currency was reported as, and by which rate it counts."""

    currency: str = ""
    amount_e4: int = 0
    rate_e8: int = 0
    rate_day: date | None = None


AS_IT_IS = Reported()

RANKS = {"return": 1, "cancellation": 2}
"""What takes back comes after the orders of the same moment; a cancellation last of all."""

CanonicalPlace = tuple[object, ...]


@dataclass(slots=True)
class ActivityFacts:
    """
    One activity as policy sees it. ``local_date`` is its day in the programme's time zone.

    Amounts are in the programme's currency; ``is_converted`` says that it was reported in another
    one. ``order`` is the order that a return, a cancellation or an invoice names, also by way of an
    invoice; ``invoice`` the invoice that a payment, a dispute or a cancellation names, or a return
    where that is for no order. It ``waits`` while what it names is not here: until
    then it takes nothing back and earns nothing.

    ``attributes`` are what the kind says beside the basics; they are only filled where a version
    asks for them. ``paid_on`` is the day a payment was made. ``reported`` is what a converted fact
    was reported as.
    """

    id: int | None
    kind: str
    source: str
    external_id: str
    occurred_at: datetime
    local_date: date
    amount_e4: int
    currency: str
    lines: list[LineFacts]
    public_id: UUID | None = None
    order: "ActivityFacts | None" = None
    waits: bool = False
    is_converted: bool = False
    invoice: "ActivityFacts | None" = None
    member_id: int | None = None
    person_id: int | None = None
    quantity_e4: int = 0
    country: str = ""
    due_on: date | None = None
    paid_on: date | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    reported: Reported = AS_IT_IS

    @property
    def canonical_place(self) -> CanonicalPlace:
        """
        Facts of a partner are judged in this order, whatever the order of arrival.

        What names another fact and is dated before it comes right after that one: a longer place
        sorts behind the one it begins with.
        """
        place = self.own_place
        named = self.invoice or self.order
        if named is not None and place <= (of_named := named.canonical_place):
            return (*of_named, place)
        return place

    @property
    def own_place(self) -> CanonicalPlace:
        """Its place by itself, whatever it names."""
        return (self.occurred_at, RANKS.get(self.kind, 0), self.source, self.external_id)

    @property
    def counted_for(self) -> str:
        """
        Name whom limits for each person are counted for; empty where it was nobody.

        Of companies that are one now, somebody may be a member twice.
        """
        return f"person {self.person_id}" if self.person_id else str(self.member_id or "")

    @property
    def stored_id(self) -> int:
        """The id of a stored activity; a preview has none, and is never settled."""
        if self.id is None:
            raise ValueError("only stored activities are settled")
        return self.id
