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
COLUMNS = ", ".join(FileRow._fields)
PLACES = ", ".join("?" * len(FileRow._fields))

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
CREATE TABLE row (
    number INTEGER PRIMARY KEY, document TEXT, partner_ref TEXT, occurred_at INTEGER, sku TEXT,
    description TEXT, category TEXT, quantity_e4 INTEGER, unit_price_e4 INTEGER, amount_e4 INTEGER,
    country TEXT, currency TEXT, due_on TEXT, paid_on TEXT
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
OF_ONE_PARTNER = "document NOT IN (SELECT document FROM aside)"


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
        self._stage.executemany(f"INSERT INTO row VALUES ({PLACES})", self._readable(rows))
        self._stage.execute("COMMIT")
        self._stage.executescript(PREPARE)

    def _readable(self, rows: Iterable[FileRow | UnreadableRow]) -> Iterator[FileRow]:
        for row in rows:
            if isinstance(row, UnreadableRow):
                entry = (row.number, row.document, *row.problem)
                self._stage.execute("INSERT INTO unreadable VALUES (?, ?, ?, ?, ?)", entry)
            else:
                yield row

    def choose_partners(self, partner_refs: Iterable[str]) -> None:
        """From now on only rows of these partners are given out."""
        chosen = ((reference,) for reference in partner_refs)
        self._stage.executemany("INSERT INTO chosen VALUES (?)", chosen)
        self._only_chosen = "AND partner_ref IN (SELECT partner_ref FROM chosen)"

    def count(self) -> int:
        """Return the number of rows that will be given out."""
        if self._only_chosen:
            query = f"SELECT count(*) FROM row WHERE {OF_ONE_PARTNER} {self._only_chosen}"
        else:
            query = "SELECT (SELECT count(*) FROM row) + (SELECT count(*) FROM unreadable)"
        return int(self._stage.execute(query).fetchone()[0])

    def unreadable(self) -> Iterator[UnreadableRow]:
        if self._only_chosen:
            return
        for number, document, *problem in self._stage.execute("SELECT * FROM unreadable"):
            yield UnreadableRow(number, document, Problem(*problem))

    def spoiled(self) -> Iterator[tuple[FileRow, int]]:
        """Yield readable rows of documents with an unreadable one, each with that one's number."""
        if self._only_chosen:
            return
        query = f"SELECT spoiled.number, {_of('row')} FROM spoiled JOIN row USING (document)"
        for spoiler, *row in self._stage.execute(query):
            yield FileRow(*row), spoiler

    def documents_aside(self) -> Iterator[list[FileRow]]:
        """Yield the rows of each readable document that names no partner, or more than one."""
        if self._only_chosen:
            return
        query = f"""
            SELECT {COLUMNS} FROM row
            WHERE document IN (SELECT document FROM aside)
            AND document NOT IN (SELECT document FROM spoiled)
            ORDER BY document
        """
        yield from _grouped(self._stage.execute(query))

    def documents_by_partner(self) -> Iterator[list[FileRow]]:
        """Yield the rows of each document of one partner, all documents of a partner together."""
        query = f"""
            SELECT {COLUMNS} FROM row WHERE {OF_ONE_PARTNER} {self._only_chosen}
            ORDER BY partner_ref, document
        """
        yield from _grouped(self._stage.execute(query))

    def note(self, outcomes: Iterable[Outcome]) -> None:
        self._stage.executemany("INSERT INTO outcome VALUES (?, ?, ?, ?, ?)", outcomes)

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what was noted, in the order of the file."""
        yield from map(Outcome._make, self._stage.execute("SELECT * FROM outcome ORDER BY number"))


def _of(table: str) -> str:
    return ", ".join(f"{table}.{name}" for name in FileRow._fields)


def _grouped(rows: Iterable[tuple[object, ...]]) -> Iterator[list[FileRow]]:
    # Pylint's cell-var rule does not see that each group is used before the next one is made.
    for _, group in groupby(map(FileRow._make, rows), key=attrgetter("document")):
        yield list(group)
