"""What a file of facts came to: counted chunk by chunk, told as a whole."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from partners.importing.values import show_amount
from partners.models import Activity

# What an earlier try of a run has done for good.
CARRIED = frozenset(
    {
        "matched_documents",
        "partners_created",
        "activities",
        "amounts_e4",
        "awards",
        "units_awarded",
        "units_clawed_back",
        "compensated",
        "unmatched_lines",
        "unmatched_e4",
    }
)


@dataclass(slots=True)
class Tally:
    """Counts of one chunk, or of a whole run. Every row of the file is in exactly one of four."""

    rows_accepted: int = 0
    rows_duplicate: int = 0
    rows_parked: int = 0
    rows_refused: int = 0
    refused_by_code: Counter[str] = field(default_factory=Counter)
    parked_documents: int = 0
    matched_documents: int = 0
    partners_created: int = 0
    activities: Counter[str] = field(default_factory=Counter)
    amounts_e4: Counter[str] = field(default_factory=Counter)
    """Accepted orders less returns, by currency."""
    awards: int = 0
    units_awarded: Counter[str] = field(default_factory=Counter)
    units_clawed_back: Counter[str] = field(default_factory=Counter)
    compensated: Counter[str] = field(default_factory=Counter)
    unmatched_lines: int = 0
    unmatched_e4: int = 0

    @property
    def rows(self) -> int:
        return self.rows_accepted + self.rows_duplicate + self.rows_parked + self.rows_refused

    def add(self, other: "Tally") -> None:
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Counter):
                # update, unlike +, keeps what is zero or below: more returned than bought.
                mine.update(theirs)
            else:
                setattr(self, each.name, mine + theirs)

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as JSON keeps them, to go on with after a run was broken off."""
        counts = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {
            name: dict(count) if isinstance(count, Counter) else count for name, count in counts
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Tally":
        tally = cls()
        for name, count in stored.items():
            setattr(tally, name, Counter(count) if isinstance(count, dict) else count)
        return tally

    def go_on_from(self, earlier: "Tally") -> None:
        """
        Count what an earlier try of the same run took in as this run's.

        This try found it known already. What waits or is refused it has judged again itself.
        """
        found_again = min(earlier.rows_accepted, self.rows_duplicate)
        self.rows_duplicate -= found_again
        self.rows_accepted += found_again
        for each in fields(self):
            if each.name in CARRIED:
                mine, theirs = getattr(self, each.name), getattr(earlier, each.name)
                if isinstance(mine, Counter):
                    mine.update(theirs)
                else:
                    setattr(self, each.name, mine + theirs)

    def copy(self) -> "Tally":
        copied = Tally()
        copied.add(self)
        return copied

    def refuse(self, code: str, rows: int) -> None:
        self.rows_refused += rows
        self.refused_by_code[code] += rows


@dataclass(frozen=True, slots=True)
class LoadReport:
    """The answer of a run. ``rows`` is what was read; a finished run has judged all of them."""

    rows: int
    tally: Tally
    currency: str
    main_unit: str
    dry_run: bool
    seconds: float
    run_id: int | None
    is_cancelled: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the keys that scripts rely on, and a few more."""
        tally = self.tally
        codes = sorted({*tally.units_awarded, *tally.units_clawed_back, self.main_unit} - {""})
        return {
            "rows": self.rows,
            "rows_accepted": tally.rows_accepted,
            "rows_duplicate": tally.rows_duplicate,
            "rows_parked": tally.rows_parked,
            "rows_refused": tally.rows_refused,
            "refused_by_code": dict(sorted(tally.refused_by_code.items())),
            "parked_documents": tally.parked_documents,
            "matched_documents": tally.matched_documents,
            "activities": {kind: tally.activities[kind] for kind in _kinds_of(tally)},
            "partners_created": tally.partners_created,
            "amount": show_amount(tally.amounts_e4[self.currency]),
            "currency": self.currency,
            "amounts": {
                code: show_amount(value) for code, value in sorted(tally.amounts_e4.items())
            },
            "awards": tally.awards,
            "units_awarded": tally.units_awarded[self.main_unit],
            "units_clawed_back": tally.units_clawed_back[self.main_unit],
            "units": {
                code: {
                    "awarded": tally.units_awarded[code],
                    "clawed_back": tally.units_clawed_back[code],
                }
                for code in codes
            },
            "compensated": tally.compensated[self.main_unit],
            "return_without_purchase": {
                "lines": tally.unmatched_lines,
                "amount": show_amount(tally.unmatched_e4),
            },
            "dry_run": self.dry_run,
            "seconds": round(self.seconds, 1),
        }


def _kinds_of(tally: Tally) -> list[str]:
    """Return the kinds to tell of: orders and returns always, the others where there are some."""
    always = [Activity.Kind.ORDER.value, Activity.Kind.RETURN.value]
    return always + sorted(set(tally.activities) - set(always))
