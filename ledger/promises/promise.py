"""What a promise is, what is said when it is broken, and the SQL that several of them share."""

from dataclasses import dataclass
from typing import Any

HELD = "('pool', 'pending', 'wallet', 'debt')"
WITH_LOTS = "('pool', 'pending', 'wallet')"

# Both sides of every transfer; debt counts debits minus credits.
SIDES = """
    SELECT a.id AS account_id, t.id AS transfer_id, t.posted_at,
           CASE WHEN a.kind = 'debt' THEN -t.amount ELSE t.amount END AS amount
      FROM ledger_transfer t JOIN ledger_account a ON a.id = t.credit_account_id
     UNION ALL
    SELECT a.id, t.id, t.posted_at,
           CASE WHEN a.kind = 'debt' THEN t.amount ELSE -t.amount END
      FROM ledger_transfer t JOIN ledger_account a ON a.id = t.debit_account_id
"""


@dataclass(frozen=True, slots=True)
class Promise:
    """``kind`` names the divergence in reports; ``sql`` finds it."""

    kind: str
    sql: str


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first place where a promise does not hold, and how many there are."""

    kind: str
    account_id: int | None = None
    transfer_id: int | None = None
    expected: int | None = None
    found: int | None = None
    places: int = 1
    name: str = ""
    seal_number: int | None = None

    def __str__(self) -> str:
        if self.name:
            return f"{self.kind}: {self.name}"
        where = [f"account {self.account_id}", f"transfer {self.transfer_id}"]
        if self.seal_number is not None:
            where = [f"seal {self.seal_number}", *where]
        return (
            f"{self.kind}: {', '.join(where)},"
            f" expected {self.expected}, found {self.found} ({self.places} in all)"
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "account": self.account_id,
            "transfer": self.transfer_id,
            "seal": self.seal_number,
            "expected": self.expected,
            "found": self.found,
            "places": self.places,
            "name": self.name,
        }
