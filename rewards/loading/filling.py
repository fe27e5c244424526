"""The first half of loading: a whole file is read into the stage, before anything is judged."""

from collections.abc import Callable, Iterator
from heapq import nlargest
from itertools import islice
from pathlib import Path

from partners.importing.documents import assemble
from partners.importing.einvoices import EInvoice, is_xml, read_einvoice
from partners.importing.mapping import Mapping
from partners.importing.rows import FileRow, UnreadableRow, read_rows
from partners.importing.staging import Stage
from partners.importing.tables import Table, open_table, read_start
from partners.kinds import Kind
from partners.recognising import recognise

PROGRESS_EVERY_ROWS = 2_000

Progress = Callable[[str, int, int], None]
"""Told the step (``reading`` counts bytes, ``taking_in`` rows), how far it is, and of how much."""


def keep_quiet(_step: str, _done: int, _total: int) -> None:
    pass


def fill(
    stage: Stage,
    path: Path,
    mapping: Mapping,
    *,
    kind: str,
    source: str,
    shift_days: int = 0,
    progress: Progress | None = None,
) -> None:
    """
    Read a whole file into the stage, whatever it is written as.

    :raises FileNotReadable: If it, its headers or its separators cannot be read.
    """
    if is_xml(read_start(path)):
        invoice = read_einvoice(path, mapping, kind=kind, shift_days=shift_days)
        stage.fill(invoice.named(find_party(invoice, source=source)))
        return
    with open_table(path, mapping) as table:
        rows = read_rows(table, mapping, kind=kind, shift_days=shift_days)
        stage.fill(_watched(rows, table, progress) if progress else rows)


def find_party(invoice: EInvoice, *, source: str) -> str:
    """Return what names the partner: of all that may, the first by which somebody is known."""
    known = recognise(source=source, references=invoice.parties)
    known_parties = (party for party in invoice.parties if known.find(party) is not None)
    return next(known_parties, next(iter(invoice.parties), ""))


def _watched(
    rows: Iterator[FileRow | UnreadableRow], table: Table, progress: Progress
) -> Iterator[FileRow | UnreadableRow]:
    while batch := list(islice(rows, PROGRESS_EVERY_ROWS)):
        yield from batch
        progress("reading", table.position(), table.size)


def keep_largest(stage: Stage, mapping: Mapping, *, kind: Kind, partners_max: int) -> None:
    """Forget all partners but those with the largest value of orders less returns."""
    value_e4: dict[str, int] = {}
    for rows in stage.documents_by_partner():
        document = assemble(rows, mapping=mapping, kind=kind)
        if document.kept and not document.flaw:
            sign = -1 if document.is_return else 1
            so_far = value_e4.get(document.partner_ref, 0)
            value_e4[document.partner_ref] = so_far + sign * document.amount_e4
    stage.keep_only(nlargest(partners_max, sorted(value_e4), key=value_e4.__getitem__))
