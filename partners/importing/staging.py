"""
Hold a whole file between reading and judging: the rows of a document need not be adjacent.

The stage is a private SQLite database without a name. It lies on disk, so memory stays flat
however long the file is; it vanishes with the process, even a killed one; and it neither locks
nor fills the real database, which an import then meets only chunk by chunk.
"""

import marshal
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from types import TracebackType
from typing import NamedTuple, Self

from partners.importing.rows import FileRow, Problem, UnreadableRow, make_row

CACHE_KIB = 32_768
RUN_ROWS = 1_000

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
-- Rows of one document and one partner that stand together in the file, packed.
CREATE TABLE run (
    number INTEGER PRIMARY KEY, document TEXT, partner_ref TEXT, rows INTEGER, packed BLOB
);
CREATE TABLE unreadable (
    number INTEGER PRIMARY KEY, document TEXT, "column" TEXT, message TEXT, value TEXT
);
CREATE TABLE outcome (
    number INTEGER, "column" TEXT, code TEXT, message TEXT, value TEXT
);
CREATE TABLE chosen (partner_ref TEXT PRIMARY KEY) WITHOUT ROWID;
"""
# Documents that no single partner's chunk can judge are set aside.
PREPARE = """
CREATE INDEX run_of_document ON run (document, partner_ref);
CREATE INDEX unreadable_of_document ON unreadable (document);
CREATE TABLE spoiled AS
    SELECT document, min(number) AS number FROM unreadable GROUP BY document;
CREATE INDEX spoiled_document ON spoiled (document);
CREATE TABLE aside AS
    SELECT document FROM run GROUP BY document
    HAVING min(partner_ref) = '' OR min(partner_ref) <> max(partner_ref)
    UNION SELECT document FROM spoiled;
CREATE INDEX aside_document ON aside (document);
"""
SPOILED = "SELECT spoiled.number, packed FROM spoiled JOIN run USING (document)"
ASIDE = """
SELECT document, packed FROM run
WHERE document IN (SELECT document FROM aside) AND document NOT IN (SELECT document FROM spoiled)
ORDER BY document, number
"""
OF_ONE_PARTNER = """
SELECT document, packed FROM run WHERE document NOT IN (SELECT document FROM aside)
ORDER BY partner_ref, document, number
"""
FORGET_OTHERS = """
DELETE FROM run
WHERE partner_ref NOT IN (SELECT partner_ref FROM chosen)
OR document IN (SELECT document FROM aside);
DELETE FROM unreadable;
DELETE FROM spoiled;
DELETE FROM aside;
"""


DOCUMENT_AND_PARTNER = itemgetter(1, 2)
"""Of a row that can be read; of one that cannot, it is the document and the problem."""

Run = tuple[int, str, str, int, bytes]
"""As the table has it: number of the first row, document, partner, how many rows, the rows."""


class Outcome(NamedTuple):
    """What the report says about a row that was not accepted."""

    number: int
    column: str
    code: str
    message: str
    value: str


class Stage:
    """Rows of one file, then what became of them. A context manager; closing it forgets all."""

    def __init__(self) -> None:
        self._stage = sqlite3.connect("", isolation_level=None)
        self._stage.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._stage.executescript(SCHEMA)
        self._only_chosen = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stage.close()

    def fill(self, rows: Iterable[FileRow | UnreadableRow]) -> None:
        """Take in all rows; errors of the file pass through."""
        self._stage.execute("BEGIN")
        self._stage.executemany("INSERT INTO run VALUES (?, ?, ?, ?, ?)", self._readable(rows))
        self._stage.execute("COMMIT")
        self._stage.executescript(PREPARE)

    def _readable(self, rows: Iterable[FileRow | UnreadableRow]) -> Iterator[Run]:
        # The place of the partner holds the problem of a row that cannot be read: no partner's.
        for (document, partner_ref), group in groupby(rows, key=DOCUMENT_AND_PARTNER):
            if isinstance(partner_ref, Problem):
                entries = [(row.number, document, *partner_ref) for row in group]
                self._stage.executemany("INSERT INTO unreadable VALUES (?, ?, ?, ?, ?)", entries)
                continue
            while run := list(islice(group, RUN_ROWS)):
                yield run[0][0], document, partner_ref, len(run), _pack(run)

    def keep_only(self, partner_refs: Iterable[str]) -> None:
        """Forget every row that is not of one of these partners."""
        chosen = ((reference,) for reference in partner_refs)
        self._stage.executemany("INSERT INTO chosen VALUES (?)", chosen)
        self._stage.executescript(FORGET_OTHERS)

    def count(self) -> int:
        counted = "SELECT (SELECT total(rows) FROM run) + (SELECT count(*) FROM unreadable)"
        return int(self._stage.execute(counted).fetchone()[0])

    def unreadable(self) -> Iterator[UnreadableRow]:
        for number, document, *problem in self._stage.execute("SELECT * FROM unreadable"):
            yield UnreadableRow(number, document, Problem(*problem))

    def spoiled(self) -> Iterator[tuple[FileRow, int]]:
        """Yield readable rows of documents with an unreadable one, each with that one's number."""
        for spoiler, packed in self._stage.execute(SPOILED):
            for row in _unpack(packed):
                yield row, spoiler

    def documents_aside(self) -> Iterator[list[FileRow]]:
        """Yield the rows of each readable document that names no partner, or more than one."""
        yield from _by_document(self._stage.execute(ASIDE))

    def documents_by_partner(self) -> Iterator[list[FileRow]]:
        """Yield the rows of each document of one partner, all documents of a partner together."""
        yield from _by_document(self._stage.execute(OF_ONE_PARTNER))

    def note(self, outcomes: Iterable[Outcome]) -> None:
        # Without a transaction every row would be one.
        self._stage.execute("BEGIN")
        self._stage.executemany("INSERT INTO outcome VALUES (?, ?, ?, ?, ?)", outcomes)
        self._stage.execute("COMMIT")

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what was noted, in the order of the file."""
        yield from map(Outcome._make, self._stage.execute("SELECT * FROM outcome ORDER BY number"))


def _by_document(runs: Iterable[tuple[str, bytes]]) -> Iterator[list[FileRow]]:
    for _, group in groupby(runs, key=itemgetter(0)):
        yield [row for _document, packed in group for row in _unpack(packed)]


def _pack(rows: Iterable[tuple[object, ...]]) -> bytes:
    """
    Pack rows column by column, which costs a quarter of what columns in the database would.

    Nothing but this process ever reads it.
    """
    return marshal.dumps(list(zip(*rows, strict=True)))


def _unpack(packed: bytes) -> Iterator[FileRow]:
    # It comes out of our own stage, which nobody else can write to.
    columns = marshal.loads(packed)  # noqa: S302
    return map(make_row, zip(*columns, strict=True))
