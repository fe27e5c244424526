"""A statement as a file to download, the same from every door: what writes it, and what it is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from ledger.documents.csv_file import write_csv
from ledger.documents.paper import Paper
from ledger.documents.pdf_file import write_pdf
from ledger.documents.text_file import write_copy
from ledger.documents.xlsx_file import write_xlsx

IN_MEMORY_MAX = 2**20


@dataclass(frozen=True, slots=True)
class Format:
    """What writes a statement in this form, and what a browser is told that it is."""

    write: Callable[[Paper, BinaryIO], None]
    content_type: str


def _in_pieces(pieces: Callable[[Paper], Iterator[str]]) -> Callable[[Paper, BinaryIO], None]:
    def write(paper: Paper, file: BinaryIO) -> None:
        file.writelines(piece.encode() for piece in pieces(paper))

    return write


FORMATS: Mapping[str, Format] = {
    "pdf": Format(write_pdf, "application/pdf"),
    "xlsx": Format(write_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": Format(_in_pieces(write_csv), "text/csv; charset=utf-8"),
    "json": Format(_in_pieces(write_copy), "application/json"),
}


def write_file(paper: Paper, kind: str) -> BinaryIO:
    """
    Return the statement as a finished file of this kind, at its beginning; the caller closes it.

    It is finished before its first byte goes out: half a statement would look like a whole one.

    :raises TooManyMovements: If a file of this kind does not hold so many.
    """
    # Whoever sends it closes it, so that no block can.
    file = cast(BinaryIO, SpooledTemporaryFile(max_size=IN_MEMORY_MAX))  # noqa: SIM115
    try:
        FORMATS[kind].write(paper, file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file
