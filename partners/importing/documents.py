"""Judge a document by its rows alone: what counts, what is dropped, and what makes it unusable."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any

from partners.importing.mapping import Mapping
from partners.importing.rows import FileRow
from partners.importing.values import to_day, to_moment
from partners.kinds import Ask, Kind
from partners.reports import ActivityReport, LineReport

HALF_HASH_BYTES = 16
# One below what the API takes for a whole activity: it refuses a milliard and more.
AMOUNT_BELOW_E4 = 10**9 * 10_000

FIRST_OF_CONTENT = FileRow._fields.index("occurred_at")
"""Content of a row begins here; number, document and partner stand before it."""
FIRST_SAID_SELDOM = FileRow._fields.index("kind")
"""What is empty in most files begins here, and then is no part of the content."""
CONTENT = itemgetter(slice(FIRST_OF_CONTENT, FIRST_SAID_SELDOM))
SAID_SELDOM = itemgetter(slice(FIRST_SAID_SELDOM, None))
NOTHING_SELDOM = ("",) * (len(FileRow._fields) - FIRST_SAID_SELDOM)
SAID_ALIKE = itemgetter(slice(FileRow._fields.index("currency"), None))
"""What all rows of a document say alike."""
# As LineReport._make does, but without a step of Python for each row.
make_line: Callable[[Iterable[Any]], LineReport] = partial(tuple.__new__, LineReport)
STATE_OF_INVOICE = ("paid_on", "disputed")
"""Said of an invoice later on: they make facts of their own and change nothing about the first."""


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
    amount_e4: int
    flaw: str = ""

    @property
    def is_return(self) -> bool:
        return self.kind == "return"

    @property
    def occurred_at(self) -> datetime:
        return to_moment(self.first.occurred_at)

    def canonical_key(self, source: str) -> tuple[int, bool, str, str]:
        """Return what facts of a partner are ordered by, whatever the order of arrival."""
        return self.first.occurred_at, self.is_return, source, self.number

    @property
    def quantity_e4(self) -> int:
        return sum(abs(row.quantity_e4) for row in self.kept)

    @property
    def attributes(self) -> dict[str, Any]:
        return json.loads(self.first.attributes) if self.first.attributes else {}

    @property
    def says_more(self) -> bool:
        """An invoice that is known may say now that it is paid, disputed, or disputed no more."""
        return self.kind == "invoice" and (
            bool(self.first.paid_on) or self.attributes.get("disputed") is not None
        )

    def report(self, *, partner_id: int, source: str, kind: Kind) -> ActivityReport:
        """Return the document as the fact to be stored."""
        has_lines = kind.has_lines and any(row.sku for row in self.kept)
        first = self.first
        return ActivityReport(
            kind=self.kind,
            partner_id=partner_id,
            source=source,
            external_id=self.number,
            occurred_at=self.occurred_at,
            currency=first.currency,
            country=first.country,
            lines=_lines_of(self.kept) if has_lines else (),
            amount_e4=self.amount_e4,
            quantity_e4=self.quantity_e4 if kind.has_quantity else None,
            refers_to=(source, first.refers_to) if first.refers_to else None,
            due_on=to_day(first.due_on),
            paid_on=to_day(first.paid_on),
            attributes=self.attributes,
            content_hash=self.content_hash,
        )


def _lines_of(rows: Sequence[FileRow]) -> list[LineReport]:
    return [
        make_line(
            (row.sku, abs(row.quantity_e4), abs(row.amount_e4), row.description, row.category)
        )
        for row in rows
    ]


def assemble(
    rows: Sequence[FileRow],
    *,
    mapping: Mapping,
    kind: Kind,
    has_partner: bool = False,
    latest: int | None = None,
) -> Document:
    """
    Apply the rules for rows, then look at what the rows of the document say together.

    ``has_partner`` is for documents that name none, and are known to be somebody's all the same.
    ``latest`` is the end of time in microseconds: what happened after it has not happened.
    """
    number = rows[0].document
    code = "return" if mapping.marks_return(number, kind=kind.code) else rows[0].kind or kind.code
    partners = {row.partner_ref for row in rows}
    names_partner = "" not in partners
    # Without a partner nothing is judged: all rows wait as they came.
    judged = names_partner or has_partner
    kept, dropped = _sift(rows, kind, is_return=code == "return") if judged else (rows, [])
    contents = _contents_of(rows)
    # The smallest content, not the first row of the file: rows come in any order.
    first = rows[contents.index(min(contents))]
    amount_e4 = sum(abs(row.amount_e4) for row in kept)
    return Document(
        number=number,
        kind=code,
        partner_ref=rows[0].partner_ref if names_partner else "",
        kept=tuple(kept),
        dropped=tuple(dropped),
        content_hash=hash_content(rows, without_state=code == "invoice"),
        first=first,
        amount_e4=amount_e4,
        flaw=_find_flaw(rows, partners)
        or ("in_future" if latest is not None and first.occurred_at > latest else "")
        or ("too_large" if amount_e4 >= AMOUNT_BELOW_E4 else ""),
    )


def _sift(
    rows: Sequence[FileRow], kind: Kind, *, is_return: bool
) -> tuple[Sequence[FileRow], list[tuple[FileRow, str]]]:
    """Return the rows that count, and those that are dropped, each with its code."""
    least_e4 = min(row.quantity_e4 for row in rows)
    if least_e4 > 0 and min(row.unit_price_e4 for row in rows) > 0:
        # Nearly every document: no rule drops what is worth something.
        return rows, []
    kept, dropped = [], []
    for row in rows:
        if reason := find_reason_to_drop(row, kind=kind, is_return=is_return):
            dropped.append((row, reason))
        else:
            kept.append(row)
    return kept, dropped


def find_reason_to_drop(row: FileRow, *, kind: Kind, is_return: bool) -> str:
    """Return the code of the rule that drops this row alone, or nothing."""
    if row.unit_price_e4 <= 0 and (is_return or kind.amount is Ask.MUST):
        return "zero_price"
    if row.quantity_e4 == 0 or (row.quantity_e4 < 0 and not is_return):
        return "not_positive"
    return ""


def hash_content(rows: Sequence[FileRow], *, without_state: bool = False) -> str:
    """
    Return the hash of the multiset of rows; their order does not matter.

    The first half leaves the partner out, so that the same rows can be recognised when a partner
    is given for them later; the second half covers the partner too. ``without_state`` leaves out
    what an invoice says only once it is paid or disputed.
    """
    if without_state:
        rows = [_without_state(row) for row in rows]
    partners = {row.partner_ref for row in rows}
    if len(partners) == 1:
        # One partner on every row says the same as the partner beside each row, and hashes faster.
        contents = sorted(_contents_of(rows))
        named: object = partners
    else:
        pairs = zip(_contents_of(rows), (row.partner_ref for row in rows), strict=True)
        contents, named = map(list, zip(*sorted(pairs), strict=True))
    without_partner = repr(contents)
    first_half = _half_hash(without_partner)
    return first_half + _half_hash(f"{first_half}{named!r}")


def _without_state(row: FileRow) -> FileRow:
    said = json.loads(row.attributes) if row.attributes else {}
    kept = {name: value for name, value in said.items() if name not in STATE_OF_INVOICE}
    attributes = json.dumps(kept, sort_keys=True, ensure_ascii=False) if kept else ""
    return row._replace(paid_on="", attributes=attributes)


def same_but_for_partner(one_hash: str, other_hash: str) -> bool:
    length = 2 * HALF_HASH_BYTES
    return one_hash[:length] == other_hash[:length]


def _contents_of(rows: Sequence[FileRow]) -> list[tuple[object, ...]]:
    """Return what each row says, without where it stands and whose it is."""
    if set(map(SAID_SELDOM, rows)) == {NOTHING_SELDOM}:
        # Taken apart without a step of Python for each row: nearly every document.
        return list(map(CONTENT, rows))
    return [
        row[FIRST_OF_CONTENT:] if SAID_SELDOM(row) != NOTHING_SELDOM else CONTENT(row)
        for row in rows
    ]


def _half_hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=HALF_HASH_BYTES).hexdigest()


def _find_flaw(rows: Sequence[FileRow], partners: set[str]) -> str:
    if len(partners - {""}) > 1:
        return "two_partners"
    # One look at all of it first: nearly every document is of one mind.
    if len(set(map(SAID_ALIKE, rows))) > 1:
        if len({row.currency for row in rows}) > 1:
            return "two_currencies"
        if len({(row.due_on, row.paid_on) for row in rows}) > 1:
            return "two_dates"
        return "rows_differ"
    return ""
