"""A refund returns the slices that were taken: same origin, same age, same expiry."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Sum

from ledger.book import AmountOutOfBounds
from ledger.entries import Entry, Instruction
from ledger.lots import OpenLot, Slice
from ledger.models import LotUse, Transfer


@dataclass(slots=True)
class GivenBack:
    """What the transfers that this batch refunds once took, and how much already came back."""

    taken: dict[int, list[Slice]] = field(default_factory=lambda: defaultdict(list))
    returned: dict[int, int] = field(default_factory=dict)

    @classmethod
    def read(cls, batch: Iterable[Instruction]) -> "GivenBack":
        ids = {
            instruction.gives_back.pk
            for instruction in batch
            if isinstance(instruction, Entry) and instruction.gives_back is not None
        }
        found = cls()
        if not ids:
            return found
        uses = LotUse.objects.filter(transfer__in=ids).select_related("lot")
        # Last taken, first returned: what would have lived longest comes back first.
        for use in uses.order_by("transfer_id", "-pk"):
            lot = use.lot
            found.taken[use.transfer_id].append(
                Slice(
                    OpenLot(
                        account_id=lot.account_id,
                        amount=use.amount,
                        remaining=use.amount,
                        earned_at=lot.earned_at,
                        expires_at=lot.expires_at,
                        matures_at=None,
                        origin=lot.origin_id,
                        opened_by=lot.opened_by_id,
                    ),
                    use.amount,
                )
            )
        returns = Transfer.objects.filter(reverses__in=ids).values_list("reverses")
        found.returned = dict(returns.annotate(Sum("amount")).order_by())
        return found

    def slices(self, entry: Entry) -> list[Slice]:
        """
        Return the slices that make up the entry's refund; none for any other entry.

        :raises AmountOutOfBounds: If more would come back than was taken.
        """
        if entry.gives_back is None:
            return []
        refunded = entry.gives_back.pk
        skip = self.returned.get(refunded, 0)
        left = sum(part.amount for part in self.taken[refunded]) - skip
        if entry.amount > left:
            raise AmountOutOfBounds(amount=entry.amount, bound=left)
        self.returned[refunded] = skip + entry.amount
        return _cut(self.taken[refunded], skip=skip, amount=entry.amount)


def _cut(taken: Iterable[Slice], *, skip: int, amount: int) -> list[Slice]:
    slices: list[Slice] = []
    for part in taken:
        passed = min(skip, part.amount)
        skip -= passed
        given = min(part.amount - passed, amount)
        amount -= given
        if given:
            slices.append(Slice(part.lot, given))
    return slices
