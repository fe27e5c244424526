"""Open a file as lines of text, and say plainly why it cannot be read."""

import gzip
import io
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.importing.encodings import detect_encoding

LINE_CHARACTERS_MAX = 1_000_000
NAME_BYTES_MAX = 200
GZIP = b"\x1f\x8b"
UNPACKED_FREELY_BYTES = 256 << 20
# Rows of orders pack ten or twenty times; what packs so much better was made to fill a disk.
PACKED_TIMES_MAX = 250
UNPACKED_AT_ONCE_BYTES = 1 << 16
NOT_TEXT = {
    b"PK\x03\x04": gettext_lazy("a zip archive or an Excel workbook"),
    b"\xd0\xcf\x11\xe0": gettext_lazy("an old Excel workbook"),
    b"\x89PNG": gettext_lazy("a picture"),
    b"\xff\xd8\xff": gettext_lazy("a picture"),
    b"%PDF": gettext_lazy("a PDF document"),
    b"SQLi": gettext_lazy("a database"),
}


class FileNotReadable(Exception):
    """The file as a whole cannot be read. Nothing of it was taken."""

    code = "file_not_readable"


class FileNotOpened(FileNotReadable):
    """The operating system does not give the file to us."""

    code = "file_not_opened"


class NotATextTable(FileNotReadable):
    """The file is something else than lines of text with separated cells."""

    code = "not_a_text_table"


class EncodingDiffers(FileNotReadable):
    """The bytes are not text in the expected encoding."""

    code = "encoding_differs"


class ArchiveDamaged(FileNotReadable):
    """The gzip archive is cut short or broken."""

    code = "archive_damaged"


class TooManyColumns(FileNotReadable):
    """No table of facts is that wide."""

    code = "too_many_columns"


class ArchiveTooLarge(FileNotReadable):
    """Unpacked it would be far larger than any honest file is."""

    code = "archive_too_large"


@dataclass(frozen=True, slots=True)
class TextFile:
    """``lines`` keep their endings. ``position`` counts the bytes read of ``size`` on disk."""

    lines: Iterator[str]
    position: Callable[[], int]
    size: int
    encoding: str = "utf-8"


def name_on_disk(name: str, *, default: str) -> str:
    """Return the last part of an uploaded file's name, as long as every disk can keep it."""
    last = Path(name).name
    # Disks count bytes. The end has the suffix.
    last = last.encode()[-NAME_BYTES_MAX:].decode(errors="ignore")
    return default if last in {"", ".", ".."} else last


@contextmanager
def open_text(path: Path, *, encoding: str | None = None) -> Iterator[TextFile]:
    """
    Open a plain or gzipped text file. Its encoding is found out unless it is named.

    :raises FileNotReadable: Here or while lines are read, with the reason as its text.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise FileNotOpened(f"{path}: {error.strerror}") from error
    with raw, _explaining_damage():
        is_packed = raw.peek(4)[:2] == GZIP
        said = encoding or _recognise_encoding(raw, is_packed=is_packed)
        buffered = _unpack(raw) if is_packed else raw
        _refuse_what_is_not_text(buffered.peek(4))
        text = io.TextIOWrapper(buffered, encoding=said, newline="")
        yield TextFile(_checked_lines(text, said), raw.tell, path.stat().st_size, said)


class _Unpacking(io.RawIOBase):
    """What is packed in a gzip archive, as long as it stays within reason."""

    def __init__(self, raw: io.BufferedReader) -> None:
        self._archive = gzip.GzipFile(fileobj=raw)
        packed = os.fstat(raw.fileno()).st_size
        self._left = max(UNPACKED_FREELY_BYTES, packed * PACKED_TIMES_MAX)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # any buffer will do
        read = self._archive.readinto(buffer)
        self._left -= read
        if self._left < 0:
            raise ArchiveTooLarge(_("Unpacked, this file would be far too large."))
        return read


def _unpack(raw: io.BufferedReader) -> io.BufferedReader:
    return io.BufferedReader(_Unpacking(raw), UNPACKED_AT_ONCE_BYTES)


def _recognise_encoding(raw: io.BufferedReader, *, is_packed: bool) -> str:
    """Read the file once before it is read: only its end shows that all of it is UTF-8."""
    stream = _unpack(raw) if is_packed else raw
    start = stream.peek(4)
    _refuse_what_is_not_text(start)
    try:
        # What is not clear is read as UTF-8, which then says where it is none.
        return detect_encoding(stream) or "utf-8"
    finally:
        raw.seek(0)


@contextmanager
def _explaining_damage() -> Iterator[None]:
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ArchiveDamaged(_("The gzip archive is damaged or cut short.")) from error


def _refuse_what_is_not_text(start: bytes) -> None:
    for magic, what in NOT_TEXT.items():
        if start.startswith(magic):
            raise NotATextTable(
                _("This is %(what)s, not a CSV file. Save it as CSV (UTF-8).") % {"what": what}
            )


def _checked_lines(text: io.TextIOWrapper, encoding: str) -> Iterator[str]:
    number = 0
    try:
        for line in iter(partial(text.readline, LINE_CHARACTERS_MAX), ""):
            number += 1
            if "\0" in line:
                raise NotATextTable(
                    _("Line %(number)d holds a NUL byte: this is not a CSV file.")
                    % {"number": number}
                )
            if len(line) == LINE_CHARACTERS_MAX:
                raise NotATextTable(
                    _("Line %(number)d is longer than %(limit)d characters.")
                    % {"number": number, "limit": LINE_CHARACTERS_MAX}
                )
            yield line
    except UnicodeError as error:
        # Not only UnicodeDecodeError: UTF-16 without its mark is a plain UnicodeError.
        said = (
            _("After line %(number)d the file is not text in %(encoding)s. Save it as CSV (UTF-8).")
            if number
            else _("The file is not text in %(encoding)s. Save it as CSV (UTF-8).")
        )
        raise EncodingDiffers(said % {"number": number, "encoding": encoding}) from error
