"""Recompute the ledger from its journal and name what does not agree."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from ledger.append_only import find_missing
from ledger.models import Account, Lot, LotUse, Transfer
from ledger.promises import PROMISES, Promise


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

    def __str__(self) -> str:
        if self.name:
            return f"{self.kind}: {self.name}"
        return (
            f"{self.kind}: account {self.account_id}, transfer {self.transfer_id},"
            f" expected {self.expected}, found {self.found} ({self.places} in all)"
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "account": self.account_id,
            "transfer": self.transfer_id,
            "expected": self.expected,
            "found": self.found,
            "places": self.places,
            "name": self.name,
        }


@dataclass(frozen=True, slots=True)
class AuditReport:
    """How much was read, and the first divergence of each kind."""

    accounts: int
    transfers: int
    lots: int
    divergences: tuple[Divergence, ...]

    @property
    def ok(self) -> bool:
        return not self.divergences


def audit(*, as_of: datetime) -> AuditReport:
    """
    Check every promise of the ledger over all accounts, transfers and lots.

    Stored balances are compared with the whole journal; what looks back in time (no balance was
    ever below zero) looks at what was posted up to ``as_of``. Others may post meanwhile.
    """
    _refresh_statistics()
    found = [_find_divergence(promise, as_of) for promise in PROMISES]
    missing = [
        Divergence("append_only_guard_missing", name=one) for one in find_missing(connection)
    ]
    return AuditReport(
        accounts=Account.objects.count(),
        transfers=Transfer.objects.filter(posted_at__lte=as_of).count(),
        lots=Lot.objects.count(),
        divergences=(*(one for one in found if one is not None), *missing[:1]),
    )


def _refresh_statistics() -> None:
    """Tell PostgreSQL how large the ledger is now: after a bulk load it plans for empty tables."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for model in (Account, Transfer, Lot, LotUse):
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def _find_divergence(promise: Promise, as_of: datetime) -> Divergence | None:
    with connection.cursor() as cursor:
        cursor.execute(promise.sql, {"as_of": connection.ops.adapt_datetimefield_value(as_of)})
        first = cursor.fetchone()
        places = 1 + len(cursor.fetchall()) if first else 0
    if first is None:
        return None
    account_id, transfer_id, expected, is_now = (
        None if value is None else int(value) for value in first
    )
    return Divergence(
        kind=promise.kind,
        account_id=account_id,
        transfer_id=transfer_id,
        expected=expected,
        found=is_now,
        places=places,
    )
