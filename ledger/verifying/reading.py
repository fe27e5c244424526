"""Reads a copy that anybody may have made or changed: bounded, strict, and clear about why not."""

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, Any

from ledger.digests import JOURNAL_FORMAT, STATEMENT_FORMAT, VERSION, JournalRow, SealHeader

LINE_BYTES_MAX = 65_536
STATEMENT_BYTES_MAX = 64 * 1024 * 1024
SHOWN_MAX = 60
NUMBER_MAX = 10**18

GZIP_MAGIC = b"\x1f\x8b"
DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
# As ``ledger.naming`` writes it. Any other spelling is no account's, so that nobody can pass off
# that "it never moved" for a statement of the account it looks like.
OWNED_ACCOUNT = re.compile(
    r"(?:pool|pending|wallet|debt):[-a-zA-Z0-9_]+:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    re.ASCII,
)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


class NotVerifiable(Exception):
    """The file cannot be read as a copy of the journal or of a statement; the message says why."""


@dataclass(slots=True)
class Copy:
    """An opened copy. Of a journal the first line has been read, of a statement everything."""

    file: IO[bytes] | gzip.GzipFile
    is_journal: bool
    document: Any

    def read_lines(self) -> Iterator[tuple[int, Any]]:
        """Yield number and value of each line after the first."""
        number = 1
        while line := self.file.readline(LINE_BYTES_MAX + 1):
            number += 1
            if len(line) > LINE_BYTES_MAX:
                raise NotVerifiable(f"Line {number} is longer than {LINE_BYTES_MAX} bytes.")
            yield number, parse(line, f"Line {number}")


@contextmanager
def open_copy(path: Path) -> Iterator[Copy]:
    """
    Open a copy, compressed or not, and tell what it is a copy of.

    :raises NotVerifiable: Also while it is being read, for whatever keeps it from being read.
    """
    try:
        with path.open("rb") as plain:
            compressed = plain.read(len(GZIP_MAGIC)) == GZIP_MAGIC
            plain.seek(0)
            yield _recognise(gzip.GzipFile(fileobj=plain) if compressed else plain)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise NotVerifiable(f"{path} is compressed, and cut off or damaged.") from error
    except OSError as error:
        raise NotVerifiable(f"{path} cannot be read: {error.strerror or error}.") from error


def _recognise(file: IO[bytes] | gzip.GzipFile) -> Copy:
    first = file.readline(LINE_BYTES_MAX)
    if _is_journal(first):
        return Copy(file, is_journal=True, document=parse(first, "Line 1"))
    rest = file.read(STATEMENT_BYTES_MAX + 1 - len(first))
    if len(first) + len(rest) > STATEMENT_BYTES_MAX:
        raise NotVerifiable(
            f"This is no journal, and for a statement it is longer than {STATEMENT_BYTES_MAX} bytes."
        )
    document = parse(first + rest, "The file")
    if not isinstance(document, dict) or document.get("format") != STATEMENT_FORMAT:
        raise NotVerifiable("This is neither a copy of the journal nor of a statement.")
    return Copy(file, is_journal=False, document=document)


def _is_journal(first: bytes) -> bool:
    try:
        value = parse(first, "Line 1")
    except NotVerifiable:
        return False
    return isinstance(value, dict) and value.get("format") == JOURNAL_FORMAT


def parse(raw: bytes, where: str) -> Any:
    """
    Read strict JSON: UTF-8, no name twice in an object, nothing that is not JSON.

    :raises NotVerifiable: If it is not.
    """
    try:
        return json.loads(
            raw.decode("utf-8"), object_pairs_hook=_refuse_twice, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError as error:
        raise NotVerifiable(f"{where} is not UTF-8.") from error
    except RecursionError as error:
        raise NotVerifiable(f"{where} is nested too deeply.") from error
    except ValueError as error:
        # Its message may hold what the file says: only where, not what.
        place = f" near character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise NotVerifiable(f"{where} is not JSON{place}.") from error


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Another reader might take the other one of the two.
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def show(value: Any) -> str:
    """Return a value from the file so that it can be printed: short, without control characters."""
    shown = ascii(value)
    return shown if len(shown) <= SHOWN_MAX else f"{shown[:SHOWN_MAX]}…"


# ------------------------------------------------------------------ what a value may be


def read_object(value: Any, names: Mapping[str, str], where: str) -> dict[str, Any]:
    """
    Return an object that has exactly these names, each of its kind.

    A name we do not know could tell a reader what nothing vouches for, so it is refused.
    """
    if not isinstance(value, dict):
        raise NotVerifiable(f"{where} is not an object.")
    for name in value:
        if name not in names:
            raise NotVerifiable(f"{where} has {show(name)}, which no copy has.")
    for name, kind in names.items():
        if name not in value:
            raise NotVerifiable(f"{where} has no {name}.")
        if not _is(kind, value[name]):
            raise NotVerifiable(f"{where}: {name} is {show(value[name])}, which is no {kind}.")
    return value


def read_list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise NotVerifiable(f"{where} is not a list.")
    return value


def _is(kind: str, value: Any) -> bool:
    if kind == "whole number":
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < NUMBER_MAX
    if kind == "object":
        return isinstance(value, dict)
    if kind == "list":
        return isinstance(value, list)
    if not isinstance(value, str):
        return False
    if kind == "digest":
        return DIGEST.fullmatch(value) is not None
    if kind == "time":
        return TIME.fullmatch(value) is not None
    if kind == "account of a partner or member":
        return OWNED_ACCOUNT.fullmatch(value) is not None
    return value.isascii() or _is_utf8(value)


def _is_utf8(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kinds(of: Mapping[str, str], names: tuple[str, ...], usual: str) -> dict[str, str]:
    return {name: of.get(name, usual) for name in names}


ROW_NAMES = _kinds(
    {"amount": "whole number", "occurred_at": "time", "posted_at": "time", "key": "digest"},
    JournalRow._fields,
    "text",
)
SEAL_NAMES = _kinds(
    {"sealed_at": "time", "root": "digest", "journal": "digest", "previous": "digest"},
    tuple(one.name for one in fields(SealHeader)),
    "whole number",
) | {"digest": "digest"}


def read_row(value: Any, where: str) -> JournalRow:
    return JournalRow(**read_object(value, ROW_NAMES, where))


def read_seal(value: Any, where: str) -> tuple[SealHeader, str]:
    """Return a seal, and the digest that the file says it has."""
    names = read_object(value, SEAL_NAMES, where)
    stated = names["digest"]
    return SealHeader(**{name: names[name] for name in SEAL_NAMES if name != "digest"}), stated


def check_version(document: Mapping[str, Any]) -> None:
    if document.get("version") != VERSION:
        raise NotVerifiable(
            f"This reads copies of version {VERSION}, not {show(document.get('version'))}."
        )
