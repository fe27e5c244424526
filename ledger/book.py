"""
A batch worked out in memory, in order, on accounts that are already locked.

No database here: ``ledger.posting`` reads the accounts and lots, lets the book work, and writes
what the book has gathered. A refusal is raised before anything is written.
"""

import bisect
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import uuid_utils.compat
from django.db import DEFAULT_DB_ALIAS
from django.utils.translation import gettext as _

from ledger.entries import Entry, Posted
from ledger.lots import OpenAccount, OpenLot, Slice, find_takeable, put_first, slice_lots
from ledger.models import ACCOUNT_BALANCE_MAX, TRANSFER_AMOUNT_MAX, Account, Hold, Transfer

TRANSFER_FIELDS = [field.attname for field in Transfer._meta.concrete_fields]


class InsufficientPoints(Exception):
    """The account has less available than the transfer would take."""

    code = "insufficient_points"

    def __init__(self, *, available: int, held: int, needed: int) -> None:
        super().__init__(
            _("%(needed)s needed, %(available)s available.")
            % {"needed": needed, "available": available}
        )
        self.available = available
        self.held = held
        self.needed = needed


class AmountOutOfBounds(Exception):
    """An amount is not above zero, or larger than a transfer or an account may hold."""

    code = "amount_out_of_bounds"

    def __init__(self, *, amount: int, bound: int) -> None:
        super().__init__(
            _("%(amount)s is outside 1 to %(bound)s.") % {"amount": amount, "bound": bound}
        )
        self.amount = amount
        self.bound = bound


@dataclass(slots=True, kw_only=True)
class Move:
    """
    One transfer about to be made, with the slices it takes first and the lots it gives.

    ``takes`` names the very slices, already found to be free; otherwise the book finds them.
    """

    kind: str
    debit: Account | OpenAccount
    credit: Account | OpenAccount
    amount: int
    key: str
    occurred_at: datetime
    posted_at: datetime
    expires_at: datetime | None = None
    matures_at: datetime | None = None
    reason_code: str = ""
    reference: str = ""
    reverses_id: int | None = None
    partner_id: int | None = None
    first_opened_by: int | Transfer | None = None
    first_origin: int | Transfer | None = None
    strictly_of_origin: bool = False
    takes: Sequence[Slice] = ()
    gives_back: Sequence[Slice] = ()
    revive_until: datetime | None = None


@dataclass(slots=True)
class Book:
    batch: UUID
    accounts: dict[int, OpenAccount] = field(default_factory=dict)
    lots: dict[int, list[OpenLot]] = field(default_factory=lambda: defaultdict(list))
    debts: dict[tuple[int | None, int], OpenAccount] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    opened: list[OpenLot] = field(default_factory=list)
    uses: list[tuple[Transfer, Slice]] = field(default_factory=list)
    placed: list[tuple[Hold, Sequence[Slice]]] = field(default_factory=list)
    ended: list[tuple[Hold, Transfer | None]] = field(default_factory=list)

    @classmethod
    def open(
        cls, *, batch: UUID, accounts: Iterable[OpenAccount], lots: Iterable[OpenLot]
    ) -> "Book":
        """Return a book over locked accounts; ``lots`` come in spending order."""
        book = cls(batch=batch)
        for account in accounts:
            book.accounts[account.pk] = account
            if account.is_debt:
                book.debts[account.partner_id, account.unit_id] = account
        for lot in lots:
            book.lots[lot.account_id].append(lot)
        return book

    def enter(self, entry: Entry, *, posted_at: datetime, gives_back: Sequence[Slice]) -> Posted:
        """
        Make the entry's transfer and, where its pool owes, the repayment that follows at once.

        :raises InsufficientPoints: If the debit side has less available than the amount.
        :raises AmountOutOfBounds: If a bound of a transfer or an account would be passed.
        """
        reversed_one = entry.reverses or entry.gives_back
        transfer = self.move(
            Move(
                kind=entry.kind,
                debit=entry.debit,
                credit=entry.credit,
                amount=entry.amount,
                key=entry.idempotency_key,
                occurred_at=entry.occurred_at,
                posted_at=entry.posted_at or posted_at,
                expires_at=entry.expires_at,
                matures_at=entry.matures_at,
                reason_code=entry.reason_code,
                reference=entry.reference,
                reverses_id=entry.reverses_id,
                partner_id=reversed_one.partner_id if reversed_one else None,
                first_opened_by=entry.reverses.pk if entry.reverses else None,
                first_origin=entry.prefer_origin_id,
                strictly_of_origin=entry.strictly_of_origin,
                gives_back=gives_back,
                revive_until=entry.revive_until,
            )
        )
        repayment = self._repay_after(transfer, key=entry.follow_on_keys[0])
        return Posted(transfers=(transfer, repayment) if repayment else (transfer,))

    def move(self, move: Move) -> Transfer:
        if not 0 < move.amount <= TRANSFER_AMOUNT_MAX:
            raise AmountOutOfBounds(amount=move.amount, bound=TRANSFER_AMOUNT_MAX)
        debit, credit = self.accounts.get(move.debit.pk), self.accounts.get(move.credit.pk)
        sides = [side for side in (debit, credit) if side is not None]
        at = find_time(move.posted_at, sides)
        slices = self._take(debit, move, at) if debit is not None else []
        transfer = _make_transfer(move, at=at, batch=self.batch)
        self.transfers.append(transfer)
        self.uses.extend((transfer, part) for part in slices)
        for part in slices:
            part.lot.remaining -= part.amount
        for side in sides:
            side.last_posted_at = at
        if credit is not None:
            self._give(credit, move, transfer, slices)
        return transfer

    def find_free(
        self, account: Account | OpenAccount, *, kind: str, at: datetime
    ) -> list[OpenLot]:
        """Return the account's lots that a transfer of this kind may take, in spending order."""
        return find_takeable(self.lots[account.pk], kind=kind, at=at)

    def find_transfer(self, key: str) -> Transfer | None:
        """Return the transfer of this batch that carries the key."""
        return next((one for one in self.transfers if one.idempotency_key == key), None)

    def repay(
        self,
        pool: OpenAccount | None,
        *,
        up_to: int,
        fresh: Callable[[OpenLot], bool],
        key: str,
        occurred_at: datetime,
        at: datetime,
        reference: str,
    ) -> Transfer | None:
        """
        Repay what the pool's partner owes, before anybody can spend what has just become free.

        ``fresh`` knows those lots; they go first.
        """
        if pool is None or pool.kind != Account.Kind.POOL:
            return None
        debt = self.debts.get((pool.partner_id, pool.unit_id))
        if debt is None or debt.balance == 0:
            return None
        kind = Transfer.Kind.REPAY_DEBT
        free = put_first(self.find_free(pool, kind=kind, at=at), fresh)
        amount = min(debt.balance, sum(lot.free for lot in free), up_to)
        if amount == 0:
            return None
        return self.move(
            Move(
                kind=kind,
                debit=pool,
                credit=debt,
                amount=amount,
                key=key,
                occurred_at=occurred_at,
                posted_at=at,
                reference=reference,
                takes=slice_lots(free, amount),
            )
        )

    def _repay_after(self, cause: Transfer, *, key: str) -> Transfer | None:
        return self.repay(
            self.accounts.get(cause.credit_account_id),
            up_to=cause.amount,
            fresh=lambda lot: lot.opened_by is cause,
            key=key,
            occurred_at=cause.occurred_at,
            at=cause.posted_at,
            reference=cause.reference,
        )

    def _take(self, debit: OpenAccount, move: Move, at: datetime) -> list[Slice]:
        if debit.is_debt:
            # Debt counts debits minus credits: a debit makes it grow.
            self._grow(debit, move.amount)
            return []
        slices = list(move.takes) or self._find_slices(debit, move, at)
        debit.balance -= move.amount
        return slices

    def _find_slices(self, debit: OpenAccount, move: Move, at: datetime) -> list[Slice]:
        takeable = self.find_free(debit, kind=move.kind, at=at)
        held = debit.held
        if move.strictly_of_origin:
            takeable = [lot for lot in takeable if lot.origin == move.first_origin]
            held = sum(lot.held for lot in takeable)
        if move.kind == Transfer.Kind.MATURE:
            takeable.sort(key=lambda lot: (lot.matures_at is None, lot.matures_at or at))
        available = sum(lot.free for lot in takeable)
        if available < move.amount:
            raise InsufficientPoints(available=available, held=held, needed=move.amount)
        if move.first_origin is not None:
            takeable = put_first(takeable, lambda lot: lot.origin == move.first_origin)
        if move.first_opened_by is not None:
            takeable = put_first(takeable, lambda lot: lot.opened_by == move.first_opened_by)
        return slice_lots(takeable, move.amount)

    def _give(
        self, credit: OpenAccount, move: Move, transfer: Transfer, slices: Sequence[Slice]
    ) -> None:
        if credit.is_debt:
            if move.amount > credit.balance:
                raise AmountOutOfBounds(amount=move.amount, bound=credit.balance)
            credit.balance -= move.amount
            return
        self._grow(credit, move.amount)
        moved = slices or move.gives_back
        for part in moved:
            self._open_lot(_carry_on(part, credit, move, transfer))
        if not moved:
            self._open_lot(
                OpenLot(
                    account_id=credit.pk,
                    amount=move.amount,
                    remaining=move.amount,
                    earned_at=move.occurred_at,
                    expires_at=move.expires_at,
                    matures_at=move.matures_at,
                    origin=transfer,
                    opened_by=transfer,
                )
            )

    def _grow(self, account: OpenAccount, amount: int) -> None:
        account.balance += amount
        if account.balance > ACCOUNT_BALANCE_MAX:
            raise AmountOutOfBounds(amount=account.balance, bound=ACCOUNT_BALANCE_MAX)

    def _open_lot(self, lot: OpenLot) -> None:
        bisect.insort(self.lots[lot.account_id], lot, key=lambda known: known.spending_order)
        self.opened.append(lot)


def find_time(posted_at: datetime, accounts: Iterable[OpenAccount]) -> datetime:
    """Return ``posted_at``, moved up to the accounts' latest transfer where that is later."""
    known_times = (account.last_posted_at for account in accounts)
    return max([posted_at, *(time for time in known_times if time is not None)])


def _carry_on(part: Slice, credit: OpenAccount, move: Move, transfer: Transfer) -> OpenLot:
    """Return the lot that a slice becomes on the other side: same origin, same age."""
    expires_at = part.lot.expires_at
    if move.revive_until is not None and part.lot.is_past(transfer.posted_at):
        expires_at = move.revive_until
    return OpenLot(
        account_id=credit.pk,
        amount=part.amount,
        remaining=part.amount,
        earned_at=part.lot.earned_at,
        expires_at=expires_at,
        matures_at=part.lot.matures_at if credit.kind == Account.Kind.PENDING else None,
        origin=part.lot.origin,
        opened_by=transfer,
    )


def _make_transfer(move: Move, *, at: datetime, batch: UUID) -> Transfer:
    """As from a row that is there, which takes the model half the time; the id comes later."""
    row = (
        None,
        uuid_utils.compat.uuid7(),
        move.key,
        move.kind,
        move.debit.pk,
        move.credit.pk,
        _find_partner(move),
        move.amount,
        move.occurred_at,
        at,
        move.reason_code,
        move.reference,
        move.reverses_id,
        batch,
    )
    return Transfer.from_db(DEFAULT_DB_ALIAS, TRANSFER_FIELDS, row)


def _find_partner(move: Move) -> int:
    partner_id = move.debit.partner_id or move.credit.partner_id or move.partner_id
    if partner_id is None:
        raise ValueError("one side of a transfer is a partner's or a member's")
    return partner_id
