"""What an import of balances came to, and how the file and the ledger compare."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from partners.models import Person

Place = tuple[str, str]
"""The code of a unit and the kind of account: pool, pending or debt."""


@dataclass(slots=True)
class Tally:
    """Counts of one chunk, or of a whole run. Every row of the file is in exactly one of three."""

    rows_accepted: int = 0
    rows_duplicate: int = 0
    rows_refused: int = 0
    refused_by_code: Counter[str] = field(default_factory=Counter)
    posted: Counter[Place] = field(default_factory=Counter)
    known: Counter[Place] = field(default_factory=Counter)
    refused: Counter[Place] = field(default_factory=Counter)
    repaid: Counter[str] = field(default_factory=Counter)
    """Debt that was repaid at once out of the pools, by unit."""

    @property
    def rows(self) -> int:
        return self.rows_accepted + self.rows_duplicate + self.rows_refused

    def add(self, other: "Tally") -> None:
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            else:
                setattr(self, each.name, mine + theirs)

    def refuse(self, code: str, place: Place, amount: int) -> None:
        self.rows_refused += 1
        self.refused_by_code[code] += 1
        if place[1]:
            self.refused[place] += amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """
    One unit and kind of account, in minor units.

    ``in_file`` = accepted + duplicate + refused amounts of the file. ``posted_before`` is all that
    this source had posted before this run, whatever the file. ``difference`` is what the file says
    more than the ledger now has from this source. ``ledger_after`` = before + posted now - repaid,
    unless others moved something meanwhile.
    """

    unit: str
    account: str
    rows: int
    in_file: int
    posted_now: int
    duplicate: int
    refused: int
    posted_before: int
    repaid: int
    ledger_before: int
    ledger_after: int

    @property
    def difference(self) -> int:
        return self.in_file - self.posted_now - self.posted_before

    def as_dict(self) -> dict[str, Any]:
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return values | {"difference": self.difference}


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Partners that hold something in a unit of the file and are not named in it."""

    unit: str
    partners: int
    balance: int
    erp_numbers: Sequence[str]

    def as_dict(self) -> dict[str, Any]:
        return {
            "unit": self.unit,
            "partners": self.partners,
            "balance": self.balance,
            "erp_numbers": list(self.erp_numbers),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningReport:
    """The answer of a run. A finished run has judged every row."""

    rows: int
    tally: Tally
    lines: Sequence[Line]
    unnamed: Sequence[Unnamed]
    source: str
    dry_run: bool
    seconds: float
    run_id: int | None
    asked_by: Person | None = None
    agreed_by: Person | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the keys that scripts rely on; amounts are whole minor units."""
        tally = self.tally
        return {
            "rows": self.rows,
            "rows_accepted": tally.rows_accepted,
            "rows_duplicate": tally.rows_duplicate,
            "rows_refused": tally.rows_refused,
            "refused_by_code": dict(sorted(tally.refused_by_code.items())),
            "source": self.source,
            "reconciliation": [line.as_dict() for line in self.lines],
            "partners_not_in_file": [one.as_dict() for one in self.unnamed],
            "dry_run": self.dry_run,
            # Opaque ids: a report is kept, and whoever is in it may ask to be forgotten.
            "asked_by": _id_of(self.asked_by),
            "agreed_by": _id_of(self.agreed_by),
            "seconds": round(self.seconds, 1),
        }


def _id_of(person: Person | None) -> str | None:
    return str(person.public_id) if person else None
