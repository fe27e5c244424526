"""Which slices of a balance a transfer takes. Pure: lots in, slices out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ledger.models import Account, Transfer

NEVER = datetime.max.replace(tzinfo=UTC)

# What retires, corrects or carries a balance onward may take slices past their expiry; what spends
# may not. A debt is repaid out of them too: it stands for what a claw-back did not find, and had it
# found them, it would have taken them. Left to the night, the partner would lose the points twice.
TAKES_EXPIRED = frozenset(
    {
        Transfer.Kind.EXPIRE,
        Transfer.Kind.CLAW_BACK,
        Transfer.Kind.CANCEL_PENDING,
        Transfer.Kind.MATURE,
        Transfer.Kind.MERGE,
        Transfer.Kind.LEAVE,
        Transfer.Kind.REVERSE,
        Transfer.Kind.REPAY_DEBT,
    }
)


@dataclass(slots=True, eq=False)
class OpenAccount:
    """An account as one batch sees it, under its lock."""

    pk: int
    unit_id: int
    kind: str
    partner_id: int | None
    balance: int
    held: int
    last_posted_at: datetime | None
    balance_read: int
    held_read: int

    @property
    def is_debt(self) -> bool:
        return self.kind == Account.Kind.DEBT


@dataclass(slots=True, eq=False)
class OpenLot:
    """
    A lot as one batch sees it, stored (with an id) or about to be.

    ``origin`` and ``opened_by`` are ids, or transfers of the same batch that have none yet.
    """

    account_id: int
    amount: int
    remaining: int
    earned_at: datetime
    expires_at: datetime | None
    matures_at: datetime | None
    origin: int | Transfer
    opened_by: int | Transfer
    held: int = 0
    pk: int | None = None
    remaining_read: int = 0
    held_read: int = 0

    @property
    def free(self) -> int:
        return self.remaining - self.held

    def is_past(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at

    @property
    def spending_order(self) -> tuple[datetime, datetime, int]:
        """Earliest expiry first, then oldest; what never expires comes last."""
        return (self.expires_at or NEVER, self.earned_at, self.pk or 2**63)


@dataclass(slots=True)
class Slice:
    lot: OpenLot
    amount: int


def find_takeable(lots: Iterable[OpenLot], *, kind: str, at: datetime) -> list[OpenLot]:
    """Return the lots a transfer of this kind may take from at ``at``, in the order given."""
    if kind == Transfer.Kind.EXPIRE:
        return [lot for lot in lots if lot.free and lot.is_past(at)]
    if kind in TAKES_EXPIRED:
        return [lot for lot in lots if lot.free]
    return [lot for lot in lots if lot.free and not lot.is_past(at)]


def put_first(lots: Sequence[OpenLot], preferred: Callable[[OpenLot], bool]) -> list[OpenLot]:
    """Return the preferred lots before the others, each group in the order given."""
    return sorted(lots, key=lambda lot: not preferred(lot))


def slice_lots(lots: Sequence[OpenLot], amount: int) -> list[Slice]:
    """Return slices from the first lots on that add up to ``amount``, or to all there is."""
    slices: list[Slice] = []
    for lot in lots:
        if amount <= 0:
            break
        part = min(lot.free, amount)
        slices.append(Slice(lot, part))
        amount -= part
    return slices


def cut_slices(slices: Iterable[Slice], amount: int) -> list[Slice]:
    """Return the first of these slices that add up to ``amount``, or all there are."""
    cut: list[Slice] = []
    for part in slices:
        taken = min(part.amount, amount)
        if taken > 0:
            cut.append(Slice(part.lot, taken))
            amount -= taken
    return cut
