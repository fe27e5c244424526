"""Judge a document by its rows alone: what counts, what is dropped, and what makes it unusable."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from partners.importing.mapping import Mapping
from partners.importing.rows import FileRow
from partners.importing.values import AMOUNT_MAX_E4, to_day, to_moment
from partners.intake import ActivityReport, LineReport

HALF_HASH_BYTES = 16

FIRST_OF_CONTENT = FileRow._fields.index("occurred_at")
"""Content of a row begins here; number, document and partner stand before it."""


@dataclass(frozen=True, slots=True)
class Document:
    """
    The rows of one document after the rules for rows.

    ``kept`` may earn; ``dropped`` rows are refused alone, each with its code. A document with a
    ``flaw`` is refused whole. ``partner_ref`` is empty where not every row names the partner.
    """

    number: str
    kind: str
    partner_ref: str
    kept: tuple[FileRow, ...]
    dropped: tuple[tuple[FileRow, str], ...]
    content_hash: str
    first: FileRow
    flaw: str = ""

    @property
    def is_return(self) -> bool:
        return self.kind == "return"

    @property
    def occurred_at(self) -> datetime:
        return to_moment(self.first.occurred_at)

    @property
    def amount_e4(self) -> int:
        return sum(abs(row.amount_e4) for row in self.kept)

    def canonical_key(self, source: str) -> tuple[int, bool, str, str]:
        """Return what facts of a partner are ordered by, whatever the order of arrival."""
        return self.first.occurred_at, self.is_return, source, self.number

    def report(self, *, partner_id: int, source: str) -> ActivityReport:
        """Return the document as the fact to be stored."""
        has_lines = any(row.sku for row in self.kept)
        lines = [
            LineReport(
                row.sku, abs(row.quantity_e4), abs(row.amount_e4), row.description, row.category
            )
            for row in self.kept
        ]
        return ActivityReport(
            kind=self.kind,
            partner_id=partner_id,
            source=source,
            external_id=self.number,
            occurred_at=self.occurred_at,
            currency=self.first.currency,
            country=self.first.country,
            lines=lines if has_lines else (),
            amount_e4=self.amount_e4,
            due_on=to_day(self.first.due_on),
            paid_on=to_day(self.first.paid_on),
            content_hash=self.content_hash,
        )


def assemble(rows: Sequence[FileRow], *, mapping: Mapping, kind: str) -> Document:
    """Apply the rules for rows, then look at what the rows of the document say together."""
    number = rows[0].document
    is_return = mapping.marks_return(number, kind=kind)
    partners = {row.partner_ref for row in rows}
    names_partner = "" not in partners
    kept, dropped = [], []
    for row in rows:
        # Without a partner nothing is judged: all rows wait as they came.
        code = find_reason_to_drop(row, is_return=is_return) if names_partner else ""
        if code:
            dropped.append((row, code))
        else:
            kept.append(row)
    return Document(
        number=number,
        kind="return" if is_return else kind,
        partner_ref=rows[0].partner_ref if names_partner else "",
        kept=tuple(kept),
        dropped=tuple(dropped),
        content_hash=hash_content(rows),
        # The smallest content, not the first row of the file: rows come in any order.
        first=min(rows, key=_content_of),
        flaw=_find_flaw(rows, kept, partners),
    )


def find_reason_to_drop(row: FileRow, *, is_return: bool) -> str:
    """Return the code of the rule that drops this row alone, or nothing."""
    if row.unit_price_e4 <= 0:
        return "zero_price"
    if row.quantity_e4 == 0 or (row.quantity_e4 < 0 and not is_return):
        return "not_positive"
    return ""


def hash_content(rows: Iterable[FileRow]) -> str:
    """
    Return the hash of the multiset of rows; their order does not matter.

    The first half leaves the partner out, so that the same rows can be recognised when a partner
    is given for them later; the second half covers the partner too.
    """
    contents = sorted((_content_of(row), row.partner_ref) for row in rows)
    without_partner = repr([content for content, _ in contents])
    partners = {partner_ref for _, partner_ref in contents}
    # One partner on every row says the same as the partner beside each row, and hashes faster.
    named = partners if len(partners) == 1 else [partner_ref for _, partner_ref in contents]
    first_half = _half_hash(without_partner)
    return first_half + _half_hash(f"{first_half}{named!r}")


def same_but_for_partner(one_hash: str, other_hash: str) -> bool:
    length = 2 * HALF_HASH_BYTES
    return one_hash[:length] == other_hash[:length]


def _content_of(row: FileRow) -> tuple[object, ...]:
    return row[FIRST_OF_CONTENT:]


def _half_hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=HALF_HASH_BYTES).hexdigest()


def _find_flaw(rows: Sequence[FileRow], kept: Sequence[FileRow], partners: set[str]) -> str:
    if len(partners - {""}) > 1:
        return "two_partners"
    if len({row.currency for row in rows}) > 1:
        return "two_currencies"
    if len({(row.due_on, row.paid_on) for row in rows}) > 1:
        return "two_dates"
    if sum(abs(row.amount_e4) for row in kept) > AMOUNT_MAX_E4:
        return "too_large"
    return ""
