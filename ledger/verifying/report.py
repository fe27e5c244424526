"""What was found in a copy."""

from dataclasses import dataclass, field
from typing import Any

PROBLEMS_TOLD_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """
    ``transfers`` stand under seals that agree; ``unsealed`` nobody can vouch for yet.

    ``digest`` is that of the last seal in the file: compare it with one that was published.
    ``known_seal`` is the number of the seal whose digest was given and found.
    """

    kind: str
    transfers: int
    unsealed: int
    seals: int
    last_seal: int
    digest: str
    sealed_at: str
    known_seal: int | None
    problems: tuple[str, ...]
    statement: dict[str, Any] | None = None

    @property
    def ok(self) -> bool:
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "kind": self.kind,
            "transfers": self.transfers,
            "unsealed": self.unsealed,
            "seals": self.seals,
            "last_seal": self.last_seal,
            "digest": self.digest,
            "sealed_at": self.sealed_at,
            "known_seal": self.known_seal,
            "problems": list(self.problems),
        } | ({"statement": self.statement} if self.statement else {})


@dataclass(slots=True)
class Problems:
    """Gathers the first problems in the order of the file; one wrong row may cause many."""

    told: list[str] = field(default_factory=list)
    untold: int = 0

    def __bool__(self) -> bool:
        return bool(self.told)

    def add(self, problem: str) -> None:
        if len(self.told) < PROBLEMS_TOLD_MAX:
            self.told.append(problem)
        else:
            self.untold += 1

    def expect(self, agrees: bool, problem: str) -> bool:  # noqa: FBT001 - reads as a sentence
        if not agrees:
            self.add(problem)
        return agrees

    def as_tuple(self) -> tuple[str, ...]:
        more = [f"{self.untold} more like these."] if self.untold else []
        return (*self.told, *more)
