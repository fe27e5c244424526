"""
Hold a whole file between reading and judging: the rows of a document need not be adjacent.

The stage is a private SQLite database without a name. It lies on disk, so memory stays flat
however long the file is; it vanishes with the process, even a killed one; and it neither locks
nor fills the real database, which an import then meets only chunk by chunk.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from types import TracebackType
from typing import NamedTuple, Self

from partners.importing.rows import FileRow, Problem, UnreadableRow

CACHE_KIB = 32_768

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
-- In the order of FileRow.
CREATE TABLE row (
    number INTEGER PRIMARY KEY, document TEXT, partner_ref TEXT, occurred_at INTEGER, sku TEXT,
    description TEXT, category TEXT, quantity_e4 INTEGER, unit_price_e4 INTEGER, amount_e4 INTEGER,
    country TEXT, currency TEXT, due_on TEXT, paid_on TEXT, kind TEXT, refers_to TEXT,
    attributes TEXT
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
CREATE INDEX row_of_document ON row (document, partner_ref);
CREATE INDEX unreadable_of_document ON unreadable (document);
CREATE TABLE spoiled AS
    SELECT document, min(number) AS number FROM unreadable GROUP BY document;
CREATE INDEX spoiled_document ON spoiled (document);
CREATE TABLE aside AS
    SELECT document FROM row GROUP BY document
    HAVING min(partner_ref) = '' OR min(partner_ref) <> max(partner_ref)
    UNION SELECT document FROM spoiled;
CREATE INDEX aside_document ON aside (document);
"""
INSERT_ROW = f"INSERT INTO row VALUES ({', '.join('?' * len(FileRow._fields))})"  # noqa: S608 - only marks
SPOILED = "SELECT spoiled.number, row.* FROM spoiled JOIN row USING (document)"
ASIDE = """
SELECT * FROM row
WHERE document IN (SELECT document FROM aside) AND document NOT IN (SELECT document FROM spoiled)
ORDER BY document
"""
OF_ONE_PARTNER = """
SELECT * FROM row WHERE document NOT IN (SELECT document FROM aside)
ORDER BY partner_ref, document
"""
FORGET_OTHERS = """
DELETE FROM row
WHERE partner_ref NOT IN (SELECT partner_ref FROM chosen)
OR document IN (SELECT document FROM aside);
DELETE FROM unreadable;
DELETE FROM spoiled;
DELETE FROM aside;
"""


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
        self._stage.executemany(INSERT_ROW, self._readable(rows))
        self._stage.execute("COMMIT")
        self._stage.executescript(PREPARE)

    def _readable(self, rows: Iterable[FileRow | UnreadableRow]) -> Iterator[FileRow]:
        for row in rows:
            if isinstance(row, UnreadableRow):
                entry = (row.number, row.document, *row.problem)
                self._stage.execute("INSERT INTO unreadable VALUES (?, ?, ?, ?, ?)", entry)
            else:
                yield row

    def keep_only(self, partner_refs: Iterable[str]) -> None:
        """Forget every row that is not of one of these partners."""
        chosen = ((reference,) for reference in partner_refs)
        self._stage.executemany("INSERT INTO chosen VALUES (?)", chosen)
        self._stage.executescript(FORGET_OTHERS)

    def count(self) -> int:
        counted = "SELECT (SELECT count(*) FROM row) + (SELECT count(*) FROM unreadable)"
        return int(self._stage.execute(counted).fetchone()[0])

    def unreadable(self) -> Iterator[UnreadableRow]:
        for number, document, *problem in self._stage.execute("SELECT * FROM unreadable"):
            yield UnreadableRow(number, document, Problem(*problem))

    def spoiled(self) -> Iterator[tuple[FileRow, int]]:
        """Yield readable rows of documents with an unreadable one, each with that one's number."""
        for spoiler, *row in self._stage.execute(SPOILED):
            yield FileRow(*row), spoiler

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


def _by_document(rows: Iterable[tuple[object, ...]]) -> Iterator[list[FileRow]]:
    for _, group in groupby(map(FileRow._make, rows), key=attrgetter("document")):
        yield list(group)
