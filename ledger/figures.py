"""The sums of an account over a period, by kind of movement, in one snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, Count, Max, Min, Q, Sum, Value

from ledger.checkpoints import find_stretch, sides
from ledger.models import Account, Transfer


@dataclass(frozen=True, slots=True)
class KindTotal:
    """What movements of one kind added and took in the period, both zero or more."""

    kind: str
    label: str
    movements: int
    credited: int
    debited: int


@dataclass(frozen=True, slots=True)
class Figures:
    """
    The sums of an account in ``[from_at, until_at)``, read in one statement: one snapshot.

    ``opening`` + ``credited`` - ``debited`` = ``closing``. ``first_id`` and ``last_id`` are the
    period's first and last transfers, None if nothing moved.
    """

    account: Account
    from_at: datetime
    until_at: datetime
    opening: int
    by_kind: tuple[KindTotal, ...]
    first_id: int | None
    last_id: int | None

    @property
    def credited(self) -> int:
        return sum(each.credited for each in self.by_kind)

    @property
    def debited(self) -> int:
        return sum(each.debited for each in self.by_kind)

    @property
    def closing(self) -> int:
        return self.opening + self.credited - self.debited

    @property
    def movements(self) -> int:
        return sum(each.movements for each in self.by_kind)

    @property
    def rows(self) -> Q:
        """The transfers of the period, as they were when the figures were read."""
        return Q(
            posted_at__gte=self.from_at,
            posted_at__lt=self.until_at,
            pk__range=(self.first_id, self.last_id),
        )


def read_figures(*, account: Account, from_at: datetime, until_at: datetime) -> Figures:
    """
    Read the sums of a period, by kind of movement: two queries.

    :raises ValueError: If ``until_at`` is not after ``from_at``.
    """
    if until_at <= from_at:
        raise ValueError("a period ends after it begins")
    stretch = find_stretch(account, from_at=from_at, until_at=until_at)
    within = Q(posted_at__gte=from_at, posted_at__lt=until_at)
    adding, taking = (
        Transfer.objects.filter(stretch.rows, **{side: account})
        .order_by()
        .annotate(side=Value(name, CharField()))
        .values("side", "kind")
        .annotate(
            before=Sum("amount", filter=Q(posted_at__lt=from_at), default=0),
            within=Sum("amount", filter=within, default=0),
            movements=Count("pk", filter=within),
            first_id=Min("pk", filter=within),
            last_id=Max("pk", filter=within),
        )
        for name, side in zip(("in", "out"), sides(account), strict=True)
    )
    rows = list(adding.union(taking, all=True))
    signed = [(1 if row["side"] == "in" else -1, row["before"]) for row in rows]
    return Figures(
        account=account,
        from_at=from_at,
        until_at=until_at,
        opening=stretch.balance + sum(sign * amount for sign, amount in signed),
        by_kind=_by_kind(rows),
        first_id=min((row["first_id"] for row in rows if row["movements"]), default=None),
        last_id=max((row["last_id"] for row in rows if row["movements"]), default=None),
    )


def _by_kind(rows: Sequence[dict[str, Any]]) -> tuple[KindTotal, ...]:
    """Put the two sides of each kind together, in the order in which the kinds are defined."""
    totals = []
    for kind in Transfer.Kind:
        of_kind = [row for row in rows if row["kind"] == kind and row["movements"]]
        if of_kind:
            amounts = {row["side"]: row["within"] for row in of_kind}
            count = sum(row["movements"] for row in of_kind)
            added, taken = amounts.get("in", 0), amounts.get("out", 0)
            totals.append(KindTotal(kind.value, str(kind.label), count, added, taken))
    return tuple(totals)
