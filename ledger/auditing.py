"""Recompute the ledger from its journal and name what does not agree."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection

from ledger.append_only import find_missing
from ledger.models import (
    Account,
    Correction,
    Hold,
    HoldSlice,
    Lot,
    LotExtension,
    LotUse,
    Seal,
    SealedAccount,
    Transfer,
)
from ledger.promises import PROMISES, Promise
from ledger.promises.promise import Divergence
from ledger.promises.seals import find_broken_seals
from ledger.sealing import find_head

__all__ = ["AuditReport", "Divergence", "audit"]

READ = (
    Account,
    Correction,
    Hold,
    HoldSlice,
    Lot,
    LotExtension,
    LotUse,
    Seal,
    SealedAccount,
    Transfer,
)


@dataclass(frozen=True, slots=True)
class AuditReport:
    """
    How much was read, and the first divergence of each kind.

    ``digest`` is that of the last seal: whoever publishes it can never take back what is sealed.
    """

    accounts: int
    transfers: int
    lots: int
    seals: int
    digest: str
    divergences: tuple[Divergence, ...]

    @property
    def ok(self) -> bool:
        return not self.divergences


def audit(*, as_of: datetime) -> AuditReport:
    """
    Check every promise of the ledger over all accounts, transfers, lots, holds and seals.

    What is stored now (balances, holds, seals) is compared with the whole journal. ``as_of``
    bounds what looks back in time: transfers and lots are counted up to it, and no balance was
    below zero until then. Every transfer agrees with its lots and uses by itself, so that lots and
    balances agreed at any moment. Others may post meanwhile.
    """
    _refresh_statistics()
    found = [_find_divergence(promise, as_of) for promise in PROMISES]
    missing = [
        Divergence("append_only_guard_missing", name=one) for one in find_missing(connection)
    ]
    head = find_head()
    broken = _keep_first_of_each_kind(find_broken_seals())
    return AuditReport(
        accounts=Account.objects.count(),
        transfers=Transfer.objects.filter(posted_at__lte=as_of).count(),
        lots=Lot.objects.filter(opened_by__posted_at__lte=as_of).count(),
        seals=head.number if head else 0,
        digest=head.digest if head else "",
        divergences=(*(one for one in found if one is not None), *broken, *missing[:1]),
    )


def _keep_first_of_each_kind(found: Iterable[Divergence]) -> list[Divergence]:
    first: dict[str, Divergence] = {}
    for one in found:
        known = first.get(one.kind)
        first[one.kind] = one if known is None else replace(known, places=known.places + 1)
    return list(first.values())


def _refresh_statistics() -> None:
    """Tell PostgreSQL how large the ledger is now: after a bulk load it plans for empty tables."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for model in READ:
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
