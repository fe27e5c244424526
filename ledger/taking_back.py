"""Claw-back: what is due comes from what is still there; the policy decides about the rest."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Sum

from ledger.book import AmountOutOfBounds, Book, Move
from ledger.entries import ClawBack, ClawBackPolicy, Instruction, Posted
from ledger.lots import OpenLot
from ledger.models import TRANSFER_AMOUNT_MAX, Account, Lot, LotUse, Transfer
from partners.families import ids_of_families


@dataclass(slots=True)
class ExpiredOfAwards:
    """
    How much of an award has expired, and neither came back nor was counted by a claw-back.

    Besides the award's first transfer, ``more`` has by its reference what was added to it later: a
    raise, or a part that came back. What was counted is booked on the first one, so only sums count.
    """

    left: Counter[int] = field(default_factory=Counter)
    more: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    references: dict[int, str] = field(default_factory=dict)
    house: dict[int, Account] = field(default_factory=dict)
    origin_ids: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(
        cls, batch: Iterable[Instruction], *, reinstating: Collection[int] = ()
    ) -> "ExpiredOfAwards":
        """
        Read what the claw-backs of a batch need.

        :param reinstating: The awards (their first transfers) of which something shall come back.
        """
        claw_backs = [one for one in batch if isinstance(one, ClawBack)]
        found = cls()
        if not claw_backs and not reinstating:
            return found
        keys = {one.origin_key for one in claw_backs if one.origin_key}
        stored = (
            Transfer.objects.filter(idempotency_key__in=keys) if keys else Transfer.objects.none()
        )
        found.origin_ids = dict(stored.values_list("idempotency_key", "pk"))
        found._find_more(claw_backs, reinstating)
        named = {one.origin_transfer_id for one in claw_backs if one.origin_transfer_id is not None}
        origins = named.union(found.origin_ids.values(), reinstating, *found.more.values())
        found._sum_up(origins)
        if found.left:
            houses = Account.objects.filter(
                kind=Account.Kind.EXPIRED, unit__in={one.pool.unit_id for one in claw_backs}
            )
            found.house = {account.unit_id: account for account in houses}
        return found

    def _find_more(self, claw_backs: Iterable[ClawBack], reinstating: Collection[int]) -> None:
        partner_ids = {one.pool.partner_id for one in claw_backs if one.pool.partner_id}
        references = {one.reference for one in claw_backs}
        if reinstating:
            awards = Transfer.objects.filter(pk__in=reinstating)
            for pk, reference, partner_id in awards.values_list("pk", "reference", "partner"):
                self.references[pk] = reference
                references.add(reference)
                partner_ids.add(partner_id)
        added = Transfer.objects.filter(
            partner__in=ids_of_families(partner_ids),
            kind__in=(Transfer.Kind.EARN, Transfer.Kind.PEND, Transfer.Kind.REVERSE),
            reference__in=references - {""},
        )
        for reference, pk in added.values_list("reference", "pk"):
            self.more[reference].append(pk)

    def _sum_up(self, origins: Collection[int]) -> None:
        house = Account.Kind.EXPIRED
        expired = LotUse.objects.filter(
            transfer__credit_account__kind=house, lot__origin__in=origins
        ).values_list("lot__origin")
        self.left.update(dict(expired.annotate(Sum("amount")).order_by()))
        if not self.left:
            return
        came_back = Lot.objects.filter(
            opened_by__debit_account__kind=house, origin__in=origins
        ).values_list("origin")
        counted = Transfer.objects.filter(
            kind=Transfer.Kind.CLAW_BACK, debit_account__kind=house, reverses__in=origins
        ).values_list("reverses")
        for rows in (came_back, counted):
            self.left.subtract(dict(rows.annotate(Sum("amount")).order_by()))

    def name_award(self, origin_id: int) -> str | int:
        """Return what the transfers of one award have in common."""
        return self.references.get(origin_id) or origin_id

    def find_left(self, origin_id: int, reference: str | None = None) -> int:
        """Return what has expired of an award, did not come back and is not counted yet."""
        if reference is None:
            reference = self.references.get(origin_id, "")
        return sum(self.left[each] for each in {origin_id, *self.more.get(reference, ())})

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
        collecting.take_waiting(claw_back.pending, expired)
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

    def take_waiting(self, pending: Account, expired: ExpiredOfAwards) -> None:
        """
        Take of what waits. What of other awards waits for an event, only for what is found nowhere.

        That may still be lost. Taken in place of what this award gave, it would leave something to
        spend for which nobody paid.
        """
        kind = Transfer.Kind.CANCEL_PENDING
        first = others = 0
        for lot in self.book.find_free(pending, kind=kind, at=self.posted_at):
            if lot.matures_at is not None or self._is_own(lot, expired):
                first += lot.free
            else:
                others += lot.free
        amount = min(self.rest, first)
        amount += min(max(self.rest - amount - self._find_elsewhere(expired), 0), others)
        self.move(pending, "pending", kind, amount)

    def _find_elsewhere(self, expired: ExpiredOfAwards) -> int:
        """Return what is there of the award itself beside what waits."""
        found = 0
        if isinstance(self.origin, int):
            found = expired.find_left(self.origin, self.claw_back.reference)
        if self.claw_back.policy == ClawBackPolicy.ONLY_PENDING:
            return found
        pool, kind = self.claw_back.pool, Transfer.Kind.CLAW_BACK
        lots = self.book.find_free(pool, kind=kind, at=self.posted_at)
        return found + sum(lot.free for lot in lots if self._is_own(lot, expired))

    def _is_own(self, lot: OpenLot, expired: ExpiredOfAwards) -> bool:
        """Say whether a lot is of the award: of its first transfer, or of what was added later."""
        reference = self.claw_back.reference
        if lot.origin == self.origin:
            return True
        if isinstance(lot.origin, int):
            return lot.origin in expired.more.get(reference, ())
        return bool(reference) and lot.origin.reference == reference

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
