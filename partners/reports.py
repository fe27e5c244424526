"""What a source says about a partner: one fact as it was reported, before it is stored."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

NaturalKey = tuple[str, str]
"""The source and the external id: by these a fact is known."""

CLAIMS = "claims"
"""The source of facts that approved claims become. No other system reports under it."""


class LineReport(NamedTuple):
    """One line as reported. Quantity and amount in ten-thousandths; both count positive."""

    sku: str
    quantity_e4: int
    amount_e4: int
    description: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class ActivityReport:
    """
    One fact as a source reports it. ``amount_e4`` is the sum of the lines unless it is given.

    ``refers_to`` names another fact by its natural key, whether it is known already or not.
    ``attributes`` are what ``partners.kinds.check`` made of the typed fields of the kind.

    ``content_hash`` is given by a door that knows more of the original than this report keeps,
    such as a file with rows that were refused.
    """

    kind: str
    partner_id: int
    source: str
    external_id: str
    occurred_at: datetime
    currency: str
    lines: Sequence[LineReport] = ()
    amount_e4: int | None = None
    member_id: int | None = None
    country: str = ""
    refers_to: NaturalKey | None = None
    due_on: date | None = None
    paid_on: date | None = None
    quantity_e4: int | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    content_hash: str | None = None

    @property
    def natural_key(self) -> NaturalKey:
        return self.source, self.external_id

    @property
    def net_amount_e4(self) -> int:
        if self.amount_e4 is not None:
            return self.amount_e4
        return sum(line.amount_e4 for line in self.lines)

    def fingerprint(self) -> str:
        """Return the hash of everything reported; the order of lines does not matter."""
        if self.content_hash is not None:
            return self.content_hash
        content: tuple[object, ...] = (
            self.kind,
            self.partner_id,
            self.occurred_at.timestamp(),
            self.currency,
            sorted(self.lines),
            self.net_amount_e4,
            self.member_id,
            self.country,
            self.refers_to,
            str(self.due_on or ""),
            str(self.paid_on or ""),
            dict(self.attributes),
        )
        # What came later into being is left out where it is not said: known hashes stay valid.
        if self.quantity_e4 is not None:
            content += (self.quantity_e4,)
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
