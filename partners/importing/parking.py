"""Keep the rows that were not accepted: parked rows wait as rows, refused rows are reported."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from partners.bulk_writing import write_rows
from partners.importing.documents import Document
from partners.importing.rows import FileRow
from partners.importing.values import show_amount, to_moment
from partners.models import ImportRow, ImportRun, ParkedDocument

IMPORT_ROW_COLUMNS = (
    "run_id",
    "row_number",
    "document",
    "parked_document_id",
    "outcome",
    "code",
    "column",
    "value",
    "content",
)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that was not accepted, as it will be stored."""

    number: int
    document: str
    outcome: str
    code: str
    column: str
    value: str
    content: dict[str, Any]
    parked_document_id: int | None = None


def store_rows(rows: Iterable[SetAside], *, run: ImportRun) -> None:
    """Store rows in one statement, whatever their number."""
    write_rows(
        model=ImportRow,
        columns=IMPORT_ROW_COLUMNS,
        rows=(
            (
                run.pk,
                row.number,
                row.document,
                row.parked_document_id,
                row.outcome,
                row.code,
                row.column,
                row.value,
                json.dumps(row.content),
            )
            for row in rows
        ),
    )


def park(
    documents: Sequence[tuple[Document, str]], *, run: ImportRun, source: str, as_of: datetime
) -> dict[str, ParkedDocument]:
    """
    Let documents wait, each with its reason. Return what is now parked under their numbers.

    Where somebody else parked the same number meanwhile, theirs is returned.
    """
    ParkedDocument.objects.bulk_create(
        [
            ParkedDocument(
                run=run,
                source=source,
                external_id=document.number,
                kind=document.kind,
                partner_ref=document.partner_ref,
                currency=document.first.currency,
                reason=reason,
                content_hash=document.content_hash,
                occurred_at=document.occurred_at,
                parked_at=as_of,
            )
            for document, reason in documents
        ],
        ignore_conflicts=True,
    )
    numbers = [document.number for document, _ in documents]
    stored = ParkedDocument.objects.filter(source=source, external_id__in=numbers)
    return {parked.external_id: parked for parked in stored}


def describe(row: FileRow) -> dict[str, str]:
    """Return the content of a row as text, exact, so that it can be taken in later."""
    content = {
        "partner": row.partner_ref,
        "occurred_at": show_time(row.occurred_at),
        "sku": row.sku,
        "description": row.description,
        "category": row.category,
        "quantity": show_amount(row.quantity_e4),
        "unit_price": show_amount(row.unit_price_e4),
        "amount": show_amount(row.amount_e4),
        "country": row.country,
        "currency": row.currency,
        "due_on": row.due_on,
        "paid_on": row.paid_on,
        "kind": row.kind,
        "refers_to": row.refers_to,
        "attributes": row.attributes,
    }
    return {name: value for name, value in content.items() if value}


@lru_cache(maxsize=16_384)
def show_time(microseconds: int) -> str:
    return to_moment(microseconds).isoformat()
