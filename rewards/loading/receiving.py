"""Uploaded files as they arrive: kept, refused if they are no table, and given a first mapping."""

from collections.abc import Iterable
from collections.abc import Mapping as Dict
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from partners.importing.companies import SECTIONS as COMPANY_SECTIONS
from partners.importing.einvoices import is_xml
from partners.importing.files import EncodingDiffers
from partners.importing.guessing import PARTNERS, guess_mapping
from partners.importing.mapping import SECTIONS, Mapping
from partners.importing.mappings import find_mapping, save_mapping
from partners.importing.rows import HeadersDiffer
from partners.importing.runs import keep_file, remove_file
from partners.importing.tables import QuotingBroken, SheetNotClear, open_table, read_start
from partners.kinds import KINDS, find_kind
from partners.models import ImportRun, Person
from rewards.loading.uploaded import look_at
from rewards.models import Programme

ROWS_TO_GUESS_BY = 50
Status = ImportRun.Status
# What a mapping can put right; anything else makes a file useless.
CURABLE = (EncodingDiffers, HeadersDiffer, QuotingBroken, SheetNotClear)
OPEN_TO_CHANGE = (Status.UPLOADED, Status.CHECKED)


class NotOpenToChange(Exception):
    """This import is under way already, or it is over."""

    code = "not_open_to_change"


def receive(
    *, chunks: Iterable[bytes], name: str, kind: str, source: str, by: Person, at: datetime
) -> ImportRun:
    """
    Keep an uploaded file that can be read, with the mapping of its source or a proposed one.

    :raises FileNotReadable: If no mapping could make a table of it. Nothing is kept then.
    :raises UnknownKind: If there is no such kind.
    """
    if kind != PARTNERS:
        find_kind(kind)
    stored_as, content_hash = keep_file(chunks, name=name)
    path = Path(settings.PRIVATE_ROOT) / stored_as
    try:
        mapping = find_mapping(source=source, kind=kind) or {}
        with suppress(*CURABLE):
            look_at(path, mapping=Mapping(), kind=kind)
            mapping = mapping or propose_mapping(path, kind=kind, reading={})
        return ImportRun.objects.create(
            kind=kind,
            source=source,
            file_name=name[-255:],
            status=Status.UPLOADED,
            mapping=mapping,
            stored_as=stored_as,
            content_hash=content_hash,
            started_at=at,
            started_by=by,
        )
    except BaseException:
        remove_file(path)
        raise


def propose_mapping(path: Path, *, kind: str, reading: Dict[str, Any]) -> dict[str, Any]:
    """
    Return the content of a mapping for a file: guessed, with the programme's currency and zone.

    :param reading: How to read it, as ``[format]`` of a mapping says it: encoding, delimiter, sheet.
    :raises FileNotReadable: If it cannot be read this way.
    """
    if is_xml(read_start(path)):
        return {}
    by = Mapping(
        encoding=reading.get("encoding"),
        delimiter=reading.get("delimiter"),
        sheet=reading.get("sheet", ""),
    )
    with open_table(path, by) as table:
        rows = (cells for _number, cells in islice(table.rows, ROWS_TO_GUESS_BY))
        guessed = guess_mapping(table.headers, rows, kind)
    content = arrange(guessed.pop("columns", {}), kind=kind) | guessed
    if reading:
        content["format"] = {**content.get("format", {}), **reading}
    return content | _find_defaults(kind, columns=content.get("columns", {}))


def arrange(columns: Dict[str, str], *, kind: str) -> dict[str, dict[str, str]]:
    """Put headers by our names into the sections of a mapping: fields of own kinds have their own."""
    sections = COMPANY_SECTIONS if kind == PARTNERS else SECTIONS
    known = sections["columns"]
    named = {name: header for name, header in columns.items() if name in known}
    attributes = {name: header for name, header in columns.items() if name not in known}
    return {"columns": named} | ({"attributes": attributes} if attributes else {})


def _find_defaults(kind: str, *, columns: Dict[str, str]) -> dict[str, dict[str, str]]:
    programme = Programme.objects.live().order_by("pk").first()
    if programme is None:
        return {}
    defaults = {"timezone": programme.time_zone}
    # A default would also be said of every partner that the file says nothing about.
    says_currency = kind == PARTNERS or "currency" in columns
    if not says_currency and (kind not in KINDS or KINDS[kind].has_amount):
        defaults["currency"] = programme.currency
    return {"defaults": defaults}


def change_mapping(run: ImportRun, *, content: Dict[str, Any], by: Person, at: datetime) -> None:
    """
    Give a run the mapping that somebody chose, and keep it for the next file of its source.

    What was judged by another mapping is forgotten.

    :raises MappingInvalid: If it is none.
    :raises NotOpenToChange: If the run is under way, or over.
    """
    with transaction.atomic():
        save_mapping(source=run.source, kind=run.kind, content=content, by=by, at=at)
        changed = ImportRun.objects.filter(pk=run.pk, status__in=OPEN_TO_CHANGE).update(
            mapping=content, status=Status.UPLOADED, report={}, error=""
        )
        if not changed:
            raise NotOpenToChange
    run.refresh_from_db()
