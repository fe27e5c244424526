"""
The only writer of transfers, balances, lots and holds.

The caller owns the transaction and has locked the partners' rows (``Partner.objects.lock``). Here
the accounts are locked next, in id order; transfers are inserted after the lock, so that the order
of their ids is each account's journal order. The number of queries does not grow with the batch.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from operator import attrgetter

import uuid_utils.compat
from django.db import connection, transaction
from django.utils.translation import gettext as _

from ledger import reading, writing
from ledger.book import AmountOutOfBounds, Book, InsufficientPoints
from ledger.entries import (
    KEY_LENGTH_MAX,
    Capture,
    ClawBack,
    ClawBackPolicy,
    Entry,
    Instruction,
    OfHold,
    Posted,
    Release,
    Reserve,
)
from ledger.giving_back import GivenBack
from ledger.models import Account, Hold, Transfer
from ledger.replaying import Earlier, IdempotencyKeyReused
from ledger.reserving import HoldEnded, Reservations, carry_out, load_accounts
from ledger.taking_back import ExpiredOfAwards, take_back
from partners.fixed_sql import Row
from partners.metering import find_running

__all__ = [
    "AmountOutOfBounds",
    "Capture",
    "ChangedMeanwhile",
    "ClawBack",
    "ClawBackPolicy",
    "Entry",
    "HoldEnded",
    "IdempotencyKeyReused",
    "InsufficientPoints",
    "Posted",
    "Release",
    "Reserve",
    "post",
]


# What comes out of the house counts against the budget of whoever asks, if they have one.
BRINGING_OUT = frozenset({Account.Kind.ISSUED, Account.Kind.ADJUSTED})
READ_TRANSFER = attrgetter(*writing.TRANSFERS.columns)


class ChangedMeanwhile(Exception):
    """A balance or lot was not as read under the lock. Nothing is kept; try again."""

    code = "changed_meanwhile"

    def __init__(self) -> None:
        super().__init__(_("Something else changed this account at the same time. Try again."))


def post(batch: Sequence[Instruction], *, posted_at: datetime) -> list[Posted]:
    """
    Carry out the instructions in order, each once per key, and return what became of each.

    An instruction may spend what an earlier one of the batch credited, and never more than was
    there at its turn. A refusal is raised before anything is written, so that the caller may go
    on in the same transaction. ``posted_at`` is moved up to the accounts' latest where needed.

    :raises InsufficientPoints: If an account would be taken below what it has available.
    :raises IdempotencyKeyReused: If a key already stands for something else.
    :raises HoldEnded: If a hold ended in another way than it is asked to.
    :raises AmountOutOfBounds: If an amount or a balance passes its bound.
    :raises ChangedMeanwhile: If the locks did not hold; the transaction can only be rolled back.
    """
    if not batch:
        return []
    load_accounts(batch)
    check_sides(batch)
    found = lock_and_read(batch)
    earlier = Earlier.find(batch, found.transfers_by_key)
    fresh = [instruction for instruction in batch if not earlier.knows(instruction)]
    holds = Reservations.read(batch)
    book = Book.open(batch=uuid_utils.compat.uuid7(), accounts=found.accounts, lots=found.lots)
    given_back = GivenBack.read(fresh)
    expired = ExpiredOfAwards.read(fresh, reinstating=given_back.expired_awards)
    posted: list[Posted] = []
    for instruction in batch:
        if isinstance(instruction, OfHold):
            done = holds.replay(instruction, earlier)
            done = done or carry_out(book, instruction, posted_at=posted_at, holds=holds)
        elif replayed := earlier.replay(instruction):
            done = replayed
        elif isinstance(instruction, ClawBack):
            done = take_back(book, instruction, posted_at=posted_at, expired=expired)
        else:
            slices = given_back.slices(instruction, expired)
            done = book.enter(instruction, posted_at=posted_at, gives_back=slices)
        earlier.remember(done)
        posted.append(done)
    write(book)
    _meter(fresh)
    return posted


def check_sides(batch: Iterable[Instruction]) -> None:
    """Refuse what no door may ask for; these are mistakes of the caller, not of a person."""
    for instruction in batch:
        if len({account.unit_id for account in instruction.accounts}) != 1:
            raise ValueError("both sides of a transfer are in one unit")
        if not 0 < len(instruction.idempotency_key) <= KEY_LENGTH_MAX:
            raise ValueError(f"an idempotency key has 1 to {KEY_LENGTH_MAX} characters")


def lock_and_read(batch: Sequence[Instruction]) -> reading.UnderLocks:
    """Lock what the batch can empty; read who has its keys and the lots of what it debits."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("posting needs the caller's transaction")
    debited: set[int] = set()
    for instruction in batch:
        sides = (
            (instruction.pool, instruction.pending)
            if isinstance(instruction, ClawBack)
            else instruction.accounts[:1]
        )
        debited.update(side.pk for side in sides if side is not None and side.has_lots)
    return reading.lock_and_read(
        accounts=(account for instruction in batch for account in instruction.accounts),
        keys=[key for instruction in batch for key in instruction.keys],
        lots_of=debited,
    )


def write(book: Book) -> None:
    """
    Write what the book gathered: transfers, lots, uses and holds, then what is left and balances.

    The database checks after every statement that no more is held than there is: what is set free
    is written before what was taken, what is set aside after what came in.
    """
    if not (book.transfers or book.placed or book.ended):
        return
    _insert_transfers(book)
    try:
        with writing.together() as sending:
            _send(sending, book)
    except writing.NotAsRead:
        forbid_commit()
        raise ChangedMeanwhile from None


def _meter(fresh: Iterable[Instruction]) -> None:
    """Say what comes out of the house to the meter of the request, where one runs."""
    meter = find_running()
    if meter is not None:
        meter.units += sum(
            entry.amount
            for entry in fresh
            if isinstance(entry, Entry) and entry.debit.kind in BRINGING_OUT
        )


def _send(sending: writing.Sending, book: Book) -> None:
    _insert_lots(sending, book)
    sending.insert(
        writing.LOT_USES,
        [(transfer.pk, part.lot.pk, part.amount) for transfer, part in book.uses],
    )
    _insert_holds(sending, book)
    _end_holds(sending, book)
    used = {part.lot.pk: part.lot for _transfer, part in book.uses if part.lot.remaining_read}
    sending.update(writing.LOTS_HELD, _find_lots_held_otherwise(book))
    sending.update(
        writing.LOTS_LEFT, [(pk, lot.remaining_read, lot.remaining) for pk, lot in used.items()]
    )
    held = [
        (account.pk, account.held_read, account.held)
        for account in book.accounts.values()
        if account.held != account.held_read
    ]
    sending.update(writing.HELD, [(pk, was, now) for pk, was, now in held if now < was])
    moved = {pk for t in book.transfers for pk in (t.debit_account_id, t.credit_account_id)}
    sending.update(
        writing.BALANCES,
        [
            (account.pk, account.balance_read, account.balance, account.last_posted_at)
            for account in book.accounts.values()
            if account.pk in moved
        ],
    )
    sending.update(writing.HELD, [(pk, was, now) for pk, was, now in held if now > was])


def _insert_transfers(book: Book) -> None:
    rows = [READ_TRANSFER(transfer) for transfer in book.transfers]
    ids = writing.insert(writing.TRANSFERS, rows, unless_taken="idempotency_key")
    if len(ids) != len(rows):
        # Whoever took the key a moment ago moved other accounts: the same ones would have waited.
        keys = [transfer.idempotency_key for transfer in book.transfers]
        taken = Transfer.objects.filter(idempotency_key__in=keys).exclude(batch=book.batch).first()
        forbid_commit()
        raise IdempotencyKeyReused(taken.idempotency_key if taken else keys[0])
    for transfer, pk in zip(book.transfers, ids, strict=True):
        transfer.pk = pk


def _insert_holds(sending: writing.Sending, book: Book) -> None:
    if not book.placed:
        return
    columns = list(writing.HOLDS.columns)
    rows = [[getattr(hold, name) for name in columns] for hold, _slices in book.placed]
    ids = writing.insert(writing.HOLDS, rows, unless_taken="idempotency_key")
    if len(ids) != len(rows):
        keys = {hold.idempotency_key: hold.public_id for hold, _slices in book.placed}
        others = Hold.objects.filter(idempotency_key__in=keys).exclude(public_id__in=keys.values())
        taken = others.first()
        forbid_commit()
        raise IdempotencyKeyReused(taken.idempotency_key if taken else next(iter(keys)))
    for (hold, _slices), pk in zip(book.placed, ids, strict=True):
        hold.pk = pk
    sending.insert(
        writing.HOLD_SLICES,
        [(hold.pk, part.lot.pk, part.amount) for hold, slices in book.placed for part in slices],
    )


def _end_holds(sending: writing.Sending, book: Book) -> None:
    for hold, transfer in book.ended:
        hold.capture = transfer
    sending.update(
        writing.HOLDS_ENDED,
        [
            (hold.pk, Hold.State.OPEN, hold.state, hold.captured, hold.ended_at, hold.capture_id)
            for hold, _transfer in book.ended
        ],
    )


def _find_lots_held_otherwise(book: Book) -> list[Row]:
    stored = (lot for lots in book.lots.values() for lot in lots if lot.remaining_read)
    return [(lot.pk, lot.held_read, lot.held) for lot in stored if lot.held != lot.held_read]


def _insert_lots(sending: writing.Sending, book: Book) -> None:
    """Their ids are waited for only where something of the batch names them."""

    def pk_of(transfer: int | Transfer) -> int:
        return transfer if isinstance(transfer, int) else transfer.pk

    rows = [
        (
            lot.account_id,
            pk_of(lot.opened_by),
            pk_of(lot.origin),
            lot.amount,
            lot.remaining,
            lot.held,
            lot.earned_at,
            lot.matures_at,
            lot.expires_at,
        )
        for lot in book.opened
    ]
    parts = chain(
        (part for _transfer, part in book.uses),
        (part for _hold, slices in book.placed for part in slices),
    )
    if all(part.lot.pk for part in parts):
        sending.insert(writing.LOTS, rows)
        return
    ids = writing.insert(writing.LOTS, rows)
    for lot, pk in zip(book.opened, ids, strict=True):
        lot.pk = pk


def forbid_commit() -> None:
    """Half a batch is written: whatever the caller does about the error, it must not stay."""
    if connection.in_atomic_block:
        transaction.set_rollback(True)
