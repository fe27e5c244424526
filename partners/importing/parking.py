"""Keep the rows that were not accepted: parked rows wait as rows, refused rows are reported."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from partners.bulk_writing import write_rows
from partners.importing.documents import Document
from partners.importing.rows import FileRow
from partners.importing.values import show_amount, to_moment
from partners.models import ImportRow, ImportRun, ParkedDocument

TEXTS_KEPT = 16_384
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


class SetAside(NamedTuple):
    """A row that was not accepted, as it will be stored. ``content`` is the text of JSON."""

    number: int
    document: str
    outcome: str
    code: str
    column: str
    value: str
    content: str
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
                row.content,
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


@lru_cache(maxsize=TEXTS_KEPT)
def show_time(microseconds: int) -> str:
    return to_moment(microseconds).isoformat()


# What a row says, in the order of FileRow from the partner on, and how it is written.
DESCRIBED: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {
        "partner": str,
        "occurred_at": show_time,
        "sku": str,
        "description": str,
        "category": str,
        "quantity": show_amount,
        "unit_price": show_amount,
        "amount": show_amount,
        "country": str,
        "currency": str,
        "due_on": str,
        "paid_on": str,
        "kind": str,
        "refers_to": str,
        "attributes": str,
    }
)
FIRST_DESCRIBED = FileRow._fields.index("partner_ref")


def describe(row: FileRow) -> dict[str, str]:
    """Return the content of a row as text, exact, so that it can be taken in later."""
    values = zip(DESCRIBED.items(), row[FIRST_DESCRIBED:], strict=True)
    return {name: show(value) for (name, show), value in values if value != ""}


def describe_as_json(row: FileRow, *, message: str = "") -> str:
    """
    Return ``describe`` as JSON, with a message where there is one.

    The same values come again and again: put together out of members that are written once, it
    takes a third of the time.
    """
    values = zip(MEMBERS, row[FIRST_DESCRIBED:], strict=True)
    members = [write(value) for write, value in values if value != ""]
    if message:
        members.append(f'"message": {json.dumps(message)}')
    return "{" + ", ".join(members) + "}"


def _make_member(name: str, show: Callable[[Any], str]) -> Callable[[Any], str]:
    @lru_cache(maxsize=TEXTS_KEPT)
    def write_member(value: Any) -> str:
        return f"{json.dumps(name)}: {json.dumps(show(value))}"

    return write_member


MEMBERS = tuple(_make_member(name, show) for name, show in DESCRIBED.items())
