"""What was taken comes back slice by slice: same origin, same age, same expiry or a new one."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Sum

from ledger.book import AmountOutOfBounds
from ledger.entries import Entry, Instruction
from ledger.lots import OpenLot, Slice, cut_slices
from ledger.models import Account, Lot, LotUse, Transfer
from ledger.taking_back import ExpiredOfAwards

Origins = Counter[int | Transfer]


@dataclass(slots=True)
class GivenBack:
    """What the transfers that a batch gives back once took, and how much already came back."""

    taken: dict[int, list[Slice]] = field(default_factory=lambda: defaultdict(list))
    returned: Counter[int] = field(default_factory=Counter)
    returned_of: dict[int, Origins] = field(default_factory=lambda: defaultdict(Counter))
    expired_awards: set[int] = field(default_factory=set)

    @classmethod
    def read(cls, batch: Iterable[Instruction]) -> "GivenBack":
        named = {
            one.gives_back.pk: _reinstates(one)
            for one in batch
            if isinstance(one, Entry) and one.gives_back is not None
        }
        found = cls()
        if not named:
            return found
        uses = LotUse.objects.filter(transfer__in=named).select_related("lot")
        # Last taken, first returned: what would have lived longest comes back first.
        for use in uses.order_by("transfer_id", "-pk"):
            found.taken[use.transfer_id].append(_read_slice(use))
            if named[use.transfer_id]:
                found.expired_awards.add(use.lot.origin_id)
        returns = Transfer.objects.filter(reverses__in=named).values_list("reverses")
        found.returned.update(dict(returns.annotate(Sum("amount")).order_by()))
        if found.returned:
            lots = Lot.objects.filter(opened_by__reverses__in=named).order_by()
            rows = lots.values_list("opened_by__reverses", "origin").annotate(Sum("amount"))
            for transfer_id, origin, amount in rows:
                found.returned_of[transfer_id][origin] = amount
        return found

    def slices(self, entry: Entry, expired: ExpiredOfAwards) -> list[Slice]:
        """
        Return the slices that make up what the entry gives back; none for any other entry.

        :raises AmountOutOfBounds: If nothing, or more than was taken, would come back.
        """
        if entry.gives_back is None:
            return []
        left = self.find_left(entry, expired)
        bound = sum(part.amount for part in left)
        if not 0 < entry.amount <= bound:
            raise AmountOutOfBounds(amount=entry.amount, bound=bound)
        given = cut_slices(left, entry.amount)
        refunded = entry.gives_back.pk
        self.returned[refunded] += entry.amount
        for part in given:
            self.returned_of[refunded][part.lot.origin] += part.amount
            if _reinstates(entry) and isinstance(part.lot.origin, int):
                expired.left[part.lot.origin] -= part.amount
        return given

    def find_left(self, entry: Entry, expired: ExpiredOfAwards) -> list[Slice]:
        """
        Return what may still come back of what the entry gives back, in that order.

        Of what has expired no more comes back of an award than no claw-back has counted.
        """
        if entry.gives_back is None:
            return []
        refunded = entry.gives_back.pk
        passed = Counter(self.returned_of[refunded])
        already: Counter[str | int] = Counter()
        left: list[Slice] = []
        for part in self.taken[refunded]:
            origin = part.lot.origin
            skipped = min(passed[origin], part.amount)
            passed[origin] -= skipped
            amount = part.amount - skipped
            if _reinstates(entry) and isinstance(origin, int):
                award = expired.name_award(origin)
                amount = max(0, min(amount, expired.find_left(origin) - already[award]))
                already[award] += amount
            left.append(Slice(part.lot, amount))
        taken = sum(part.amount for part in self.taken[refunded])
        return cut_slices(left, taken - self.returned[refunded])


def _reinstates(entry: Entry) -> bool:
    return entry.debit.kind == Account.Kind.EXPIRED


def _read_slice(use: LotUse) -> Slice:
    lot = use.lot
    return Slice(
        OpenLot(
            account_id=lot.account_id,
            amount=use.amount,
            remaining=use.amount,
            earned_at=lot.earned_at,
            expires_at=lot.expires_at,
            matures_at=lot.matures_at,
            origin=lot.origin_id,
            opened_by=lot.opened_by_id,
        ),
        use.amount,
    )
