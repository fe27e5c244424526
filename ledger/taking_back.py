"""Claw-back: what is due comes from what is still there; the policy decides about the rest."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Sum

from ledger.book import AmountOutOfBounds, Book, Move
from ledger.entries import ClawBack, ClawBackPolicy, Instruction, Posted
from ledger.models import TRANSFER_AMOUNT_MAX, Account, LotUse, Transfer


@dataclass(slots=True)
class ExpiredOfAwards:
    """
    How much of an award has expired and was not yet counted by an earlier claw-back.

    Besides the award's first transfer, ``more`` has by its reference what was added to it later: a
    raise, or a part that came back. What was counted is booked on the first one, so only sums count.
    """

    left: dict[int, int] = field(default_factory=dict)
    more: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    house: dict[int, Account] = field(default_factory=dict)
    origin_ids: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, batch: Iterable[Instruction]) -> "ExpiredOfAwards":
        claw_backs = [one for one in batch if isinstance(one, ClawBack)]
        found = cls()
        if not claw_backs:
            return found
        keys = {one.origin_key for one in claw_backs if one.origin_key}
        stored = (
            Transfer.objects.filter(idempotency_key__in=keys) if keys else Transfer.objects.none()
        )
        found.origin_ids = dict(stored.values_list("idempotency_key", "pk"))
        found._find_more(claw_backs)
        named = {one.origin_transfer_id for one in claw_backs if one.origin_transfer_id is not None}
        origins = named.union(found.origin_ids.values(), *found.more.values())
        expired = LotUse.objects.filter(
            transfer__kind=Transfer.Kind.EXPIRE, lot__origin__in=origins
        ).values_list("lot__origin")
        found.left = dict(expired.annotate(Sum("amount")).order_by())
        if found.left:
            found.left = dict.fromkeys(origins, 0) | found.left
            found._subtract_counted()
            houses = Account.objects.filter(
                kind=Account.Kind.EXPIRED, unit__in={one.pool.unit_id for one in claw_backs}
            )
            found.house = {account.unit_id: account for account in houses}
        return found

    def _find_more(self, claw_backs: Iterable[ClawBack]) -> None:
        added = Transfer.objects.filter(
            partner__in={one.pool.partner_id for one in claw_backs},
            kind__in=(Transfer.Kind.EARN, Transfer.Kind.REVERSE),
            reference__in={one.reference for one in claw_backs} - {""},
        )
        for reference, pk in added.values_list("reference", "pk"):
            self.more[reference].append(pk)

    def find_left(self, origin_id: int, reference: str) -> int:
        """Return what has expired of an award and is not counted yet."""
        origins = {origin_id, *self.more.get(reference, ())}
        return sum(self.left.get(each, 0) for each in origins)

    def _subtract_counted(self) -> None:
        counted = Transfer.objects.filter(
            kind=Transfer.Kind.CLAW_BACK,
            debit_account__kind=Account.Kind.EXPIRED,
            reverses__in=self.left,
        ).values_list("reverses")
        for origin_id, amount in counted.annotate(Sum("amount")).order_by():
            self.left[origin_id] -= amount

    def find_origin(self, book: Book, claw_back: ClawBack) -> int | Transfer | None:
        """Return the award's transfer: its id, or itself while this batch has not stored it."""
        if claw_back.origin_transfer_id is not None or not claw_back.origin_key:
            return claw_back.origin_transfer_id
        stored = self.origin_ids.get(claw_back.origin_key)
        return stored if stored is not None else book.find_transfer(claw_back.origin_key)


def take_back(
    book: Book, claw_back: ClawBack, *, posted_at: datetime, expired: ExpiredOfAwards
) -> Posted:
    """
    Collect what is due of one award, in the decided order, and book or waive the rest.

    :raises AmountOutOfBounds: If ``due`` is not above zero or passes the bound of a transfer.
    """
    if not 0 < claw_back.due <= TRANSFER_AMOUNT_MAX:
        raise AmountOutOfBounds(amount=claw_back.due, bound=TRANSFER_AMOUNT_MAX)
    collecting = _Collecting(
        book=book,
        claw_back=claw_back,
        posted_at=claw_back.posted_at or posted_at,
        origin=expired.find_origin(book, claw_back),
        rest=claw_back.due,
    )
    if claw_back.pending is not None:
        collecting.take_from(claw_back.pending, "pending", Transfer.Kind.CANCEL_PENDING)
    collecting.count_expired(expired)
    if claw_back.policy != ClawBackPolicy.ONLY_PENDING:
        collecting.take_from(claw_back.pool, "pool", Transfer.Kind.CLAW_BACK)
    collected = claw_back.due - collecting.rest
    booked = 0
    if claw_back.policy == ClawBackPolicy.ALLOW_DEBT and collecting.rest:
        if claw_back.debt is None:
            raise ValueError("a claw-back that may book debt names the debt account")
        booked = collecting.rest
        collecting.move(claw_back.debt, "debt", Transfer.Kind.INCUR_DEBT, booked)
    return Posted(
        transfers=tuple(collecting.transfers),
        collected=collected,
        debt=booked,
        waived=collecting.rest,
    )


@dataclass(slots=True)
class _Collecting:
    book: Book
    claw_back: ClawBack
    posted_at: datetime
    origin: int | Transfer | None
    rest: int
    transfers: list[Transfer] = field(default_factory=list)

    def take_from(self, account: Account, part: str, kind: str) -> None:
        """Take what is free there, the award's own slices first, expired ones included."""
        lots = self.book.find_free(account, kind=kind, at=self.posted_at)
        self.move(account, part, kind, min(self.rest, sum(lot.free for lot in lots)))

    def count_expired(self, expired: ExpiredOfAwards) -> None:
        """What has expired of the award is gone already: it changes its name to *taken back*."""
        if not isinstance(self.origin, int):
            return
        amount = min(self.rest, expired.find_left(self.origin, self.claw_back.reference))
        if amount > 0:
            expired.left[self.origin] -= amount
            house = expired.house[self.claw_back.pool.unit_id]
            self.move(house, "expired", Transfer.Kind.CLAW_BACK, amount)

    def move(self, debit: Account, part: str, kind: str, amount: int) -> None:
        if amount == 0:
            return
        self.rest -= amount
        transfer = self.book.move(
            Move(
                kind=kind,
                debit=debit,
                credit=self.claw_back.taken_back,
                amount=amount,
                key=f"{self.claw_back.idempotency_key}:{part}",
                occurred_at=self.claw_back.occurred_at,
                posted_at=self.posted_at,
                reference=self.claw_back.reference,
                reverses_id=self.origin if isinstance(self.origin, int) else None,
                first_origin=self.origin,
                partner_id=self.claw_back.pool.partner_id,
            )
        )
        self.transfers.append(transfer)
