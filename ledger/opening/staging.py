"""
Hold a whole file of balances before anything of it is posted.

A private SQLite database without a name, on disk: memory stays flat, a file that breaks in the
middle has written nothing, and rows that repeat each other stand side by side.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

from ledger.opening.rows import BalanceRow, RefusedRow

CACHE_KIB = 16_384

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
-- In the order of BalanceRow, then what is found out later.
CREATE TABLE row (
    number INTEGER PRIMARY KEY, partner_ref TEXT, unit TEXT, account TEXT, amount INTEGER,
    earned_on TEXT, expires_on TEXT, matures_on TEXT, reference TEXT, natural_key TEXT
);
CREATE TABLE refused (
    number INTEGER PRIMARY KEY, "column" TEXT, code TEXT, message TEXT, value TEXT,
    partner_ref TEXT, unit TEXT, account TEXT, amount INTEGER
);
CREATE TABLE named (partner_ref TEXT PRIMARY KEY, partner_id INTEGER) WITHOUT ROWID;
CREATE TABLE holder (unit TEXT, partner_id INTEGER, erp_number TEXT, balance INTEGER);
CREATE TABLE outcome (
    number INTEGER, outcome TEXT, "column" TEXT, code TEXT, message TEXT, value TEXT
);
"""
NAME_PARTNERS = """
INSERT OR IGNORE INTO named
SELECT partner_ref, NULL FROM row UNION SELECT partner_ref, NULL FROM refused
WHERE partner_ref <> '';
"""
# A partner's rows together, and the rows of one natural key one after the other.
TO_JUDGE = """
SELECT row.number, partner_ref, unit, account, amount, earned_on, expires_on, matures_on,
       reference, partner_id
FROM row JOIN named USING (partner_ref)
ORDER BY partner_id, natural_key, number
"""
SUMS = """
SELECT unit, account, count(*), sum(amount) FROM (
    SELECT unit, account, amount FROM row
    UNION ALL SELECT unit, account, amount FROM refused WHERE account <> ''
) GROUP BY unit, account ORDER BY unit, account
"""
UNNAMED = """
SELECT unit, count(*), sum(balance),
       group_concat(CASE WHEN place <= ? THEN erp_number END, char(10)) FROM (
    SELECT unit, erp_number, balance,
           row_number() OVER (PARTITION BY unit ORDER BY erp_number) AS place
    FROM holder
    WHERE partner_id NOT IN (SELECT partner_id FROM named WHERE partner_id IS NOT NULL)
) GROUP BY unit ORDER BY unit
"""


class Outcome(NamedTuple):
    """What the report says about a row that was not posted by this run."""

    number: int
    outcome: str
    column: str
    code: str
    message: str
    value: str


class StagedRow(NamedTuple):
    """A row and the partner it names, or None where there is no such partner."""

    row: BalanceRow
    partner_id: int | None


class Stage:
    """Rows of one file, then what became of them. A context manager; closing it forgets all."""

    def __init__(self) -> None:
        self._stage = sqlite3.connect("", isolation_level=None)
        self._stage.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._stage.executescript(SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stage.close()

    def fill(self, rows: Iterable[BalanceRow | RefusedRow]) -> None:
        """Take in all rows; errors of the file pass through."""
        self._insert("row", 10, self._readable(rows))
        self._stage.executescript(NAME_PARTNERS)

    def _readable(self, rows: Iterable[BalanceRow | RefusedRow]) -> Iterator[tuple[Any, ...]]:
        for row in rows:
            if isinstance(row, RefusedRow):
                places = ", ".join("?" * len(row))
                self._stage.execute(f"INSERT INTO refused VALUES ({places})", row)  # noqa: S608 - question marks
            else:
                yield (*row, row.natural_key)

    def _insert(self, table: str, width: int, rows: Iterable[tuple[Any, ...]]) -> None:
        # Without a transaction every row would be one.
        self._stage.execute("BEGIN")
        places = ", ".join("?" * width)
        self._stage.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - our tables
        self._stage.execute("COMMIT")

    def count(self) -> int:
        counted = "SELECT (SELECT count(*) FROM row) + (SELECT count(*) FROM refused)"
        return int(self._stage.execute(counted).fetchone()[0])

    def partner_refs(self, batch: int) -> Iterator[list[str]]:
        """Yield the references to partners, each once, so many at a time."""
        after = ""
        query = "SELECT partner_ref FROM named WHERE partner_ref > ? ORDER BY partner_ref LIMIT ?"
        while found := self._stage.execute(query, [after, batch]).fetchall():
            yield [reference for (reference,) in found]
            [after] = found[-1]

    def name_partners(self, found: Mapping[str, int]) -> None:
        self._stage.execute("BEGIN")
        self._stage.executemany(
            "UPDATE named SET partner_id = ? WHERE partner_ref = ?",
            [(partner_id, reference) for reference, partner_id in found.items()],
        )
        self._stage.execute("COMMIT")

    def refused(self) -> Iterator[RefusedRow]:
        yield from map(RefusedRow._make, self._stage.execute("SELECT * FROM refused"))

    def rows_to_judge(self) -> Iterator[StagedRow]:
        for *row, partner_id in self._stage.execute(TO_JUDGE):
            yield StagedRow(BalanceRow._make(row), partner_id)

    def sums(self) -> list[tuple[str, str, int, int]]:
        """Return unit, account, rows and amount of all that could be read of the file."""
        return self._stage.execute(SUMS).fetchall()

    def hold(self, holders: Iterable[tuple[str, int, str, int]]) -> None:
        """Take in who holds something in the ledger: unit, partner id, ERP number, balance."""
        self._insert("holder", 4, holders)

    def unnamed(self, *, shown_max: int) -> list[tuple[str, int, int, list[str]]]:
        """Return unit, partners, balance and the first ERP numbers of holders not in the file."""
        return [
            (unit, partners, balance, numbers.split("\n"))
            for unit, partners, balance, numbers in self._stage.execute(UNNAMED, [shown_max])
        ]

    def note(self, outcomes: Iterable[Outcome]) -> None:
        self._insert("outcome", 6, outcomes)

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what was noted, in the order of the file."""
        yield from map(Outcome._make, self._stage.execute("SELECT * FROM outcome ORDER BY number"))
