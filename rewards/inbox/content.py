"""A report as it waits, and as it is taken in later: exact, with everything it said."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from partners.importing.documents import HALF_HASH_BYTES, assemble
from partners.importing.mapping import Mapping as FileMapping
from partners.importing.rows import FileRow
from partners.importing.values import to_day, to_microseconds
from partners.invoices import take_apart
from partners.kinds import Kind
from partners.models import ImportRow, ParkedDocument
from partners.models.amounts import to_ten_thousandths
from partners.reports import ActivityReport, LineReport

NOBODY = 0
"""Stands for the partner of a report while nobody knows whose it is."""


class NothingToTake(Exception):
    """By the rules for rows nothing of the document counts, or it is not usable as a whole."""

    code = "nothing_to_take"


def write_content(report: ActivityReport) -> dict[str, Any]:
    """Return what a report says, but for whose it is, as plain JSON."""
    content = {
        "occurred_at": report.occurred_at.isoformat(),
        "currency": report.currency,
        "country": report.country,
        "lines": [list(line) for line in report.lines],
        "amount_e4": report.amount_e4,
        "quantity_e4": report.quantity_e4,
        "member_id": report.member_id,
        "refers_to": list(report.refers_to) if report.refers_to else None,
        "due_on": report.due_on.isoformat() if report.due_on else None,
        "paid_on": report.paid_on.isoformat() if report.paid_on else None,
        "attributes": dict(report.attributes),
    }
    return {name: value for name, value in content.items() if value not in (None, "", [], {})}


def hash_report(report: ActivityReport, *, reference: str) -> str:
    """Return a hash as files have it: the first half leaves out what names the partner."""
    # What an invoice says of itself only later changes nothing about the invoice.
    [bare_report] = take_apart([replace(report, partner_id=NOBODY)])
    bare = bare_report.fingerprint()
    half = 2 * HALF_HASH_BYTES
    whole = hashlib.sha256(json.dumps([bare, reference]).encode()).hexdigest()
    return bare[:half] + whole[:half]


def read_report(
    document: ParkedDocument, rows: Iterable[ImportRow], *, partner_id: int, kind: Kind
) -> ActivityReport:
    """
    Return the fact that a waiting document is, now that its partner is known.

    :raises NothingToTake: If no row of it counts.
    """
    if document.content is not None:
        return _from_content(document, document.content, partner_id)
    return _from_rows(document, [_read_row(document, row) for row in rows], partner_id, kind)


def _from_content(
    document: ParkedDocument, content: Mapping[str, Any], partner_id: int
) -> ActivityReport:
    said = content.get
    refers_to = said("refers_to")
    return ActivityReport(
        kind=document.kind,
        partner_id=partner_id,
        source=document.source,
        external_id=document.external_id,
        occurred_at=datetime.fromisoformat(content["occurred_at"]),
        currency=said("currency", ""),
        country=said("country", ""),
        lines=[LineReport(*line) for line in said("lines", [])],
        amount_e4=said("amount_e4"),
        quantity_e4=said("quantity_e4"),
        member_id=said("member_id"),
        refers_to=(refers_to[0], refers_to[1]) if refers_to else None,
        due_on=to_day(said("due_on", "")),
        paid_on=to_day(said("paid_on", "")),
        attributes=said("attributes", {}),
    )


def _from_rows(
    document: ParkedDocument, rows: list[FileRow], partner_id: int, kind: Kind
) -> ActivityReport:
    if not rows:
        raise NothingToTake
    judged = assemble(rows, mapping=FileMapping(), kind=kind, has_partner=True)
    if judged.flaw or not judged.kept:
        raise NothingToTake
    report = judged.report(partner_id=partner_id, source=document.source, kind=kind)
    # The rows are hashed as they came: reported again, the document is the same.
    return replace(report, kind=kind.code, content_hash=document.content_hash)


def _read_row(document: ParkedDocument, row: ImportRow) -> FileRow:
    said = row.content.get
    return FileRow(
        number=row.row_number,
        document=document.external_id,
        partner_ref=said("partner", ""),
        occurred_at=to_microseconds(datetime.fromisoformat(row.content["occurred_at"])),
        sku=said("sku", ""),
        description=said("description", ""),
        category=said("category", ""),
        quantity_e4=_exact(said("quantity", "0")),
        unit_price_e4=_exact(said("unit_price", "0")),
        amount_e4=_exact(said("amount", "0")),
        country=said("country", ""),
        currency=said("currency", document.currency),
        due_on=said("due_on", ""),
        paid_on=said("paid_on", ""),
        kind=said("kind", ""),
        refers_to=said("refers_to", ""),
        attributes=said("attributes", ""),
    )


def _exact(text: str) -> int:
    return to_ten_thousandths(Decimal(text))
