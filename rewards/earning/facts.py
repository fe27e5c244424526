"""Plain values that policy decides on. Amounts and quantities are whole ten-thousandths (``_e4``)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(slots=True)
class LineFacts:
    """One line of an activity; ``id`` is None where nothing is stored, as in a preview."""

    id: int | None
    sku: str
    category: str
    quantity_e4: int
    amount_e4: int


@dataclass(slots=True)
class ActivityFacts:
    """One activity as policy sees it. ``local_date`` is its day in the programme's time zone."""

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

    @property
    def canonical_place(self) -> tuple[datetime, bool, str, str]:
        """Facts of a partner are judged in this order, whatever the order of arrival."""
        return (self.occurred_at, self.kind == "return", self.source, self.external_id)

    @property
    def stored_id(self) -> int:
        """The id of a stored activity; a preview has none, and is never settled."""
        if self.id is None:
            raise ValueError("only stored activities are settled")
        return self.id
