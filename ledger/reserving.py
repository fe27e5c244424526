"""Holds: slices are set aside, and later taken or set free. Every hold ends once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from ledger.book import AmountOutOfBounds, Book, InsufficientPoints, Move, find_time
from ledger.entries import Capture, Instruction, OfHold, Posted, Release, Reserve
from ledger.lots import OpenAccount, Slice, cut_slices, find_takeable, slice_lots
from ledger.models import TRANSFER_AMOUNT_MAX, Account, Hold, HoldSlice, Transfer
from ledger.replaying import Earlier, IdempotencyKeyReused
from partners.fixed_sql import among, listed, read

State = Hold.State
HOLDABLE = frozenset({Account.Kind.POOL, Account.Kind.WALLET})


class HoldEnded(Exception):
    """The hold was captured, released or has lapsed: it cannot end a second time."""

    code = "hold_ended"

    def __init__(self, *, state: str) -> None:
        super().__init__(
            _("This hold has ended already: %(state)s.") % {"state": State(state).label}
        )
        self.state = state


@dataclass(slots=True)
class Reservations:
    """The holds that a batch places or ends, as they are under the lock of their accounts."""

    by_key: dict[str, Hold] = field(default_factory=dict)
    by_id: dict[int, Hold] = field(default_factory=dict)
    slices: dict[int, list[HoldSlice]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, batch: Iterable[Instruction]) -> "Reservations":
        """Read them after the accounts are locked; nothing is asked where no hold is meant."""
        found = cls()
        keys = [one.idempotency_key for one in batch if isinstance(one, Reserve)]
        ending = {one.hold.pk: one.hold for one in batch if isinstance(one, Capture | Release)}
        if not keys and not ending:
            return found
        condition = f"{among('idempotency_key', 'text')} OR {among('id', 'bigint')}"
        for hold in read(Hold, f"WHERE {condition}", [listed(keys), listed(ending)]):
            found.by_key[hold.idempotency_key] = hold
            found.by_id[hold.pk] = hold
            if hold.pk in ending:
                hold.account = ending[hold.pk].account
        still_open = [pk for pk in ending if found.by_id[pk].state == State.OPEN]
        if still_open:
            condition = f"WHERE {among('hold_id', 'bigint')} ORDER BY id"
            for part in read(HoldSlice, condition, [listed(still_open)]):
                found.slices[part.hold_id].append(part)
        return found

    def replay(self, instruction: OfHold, earlier: Earlier) -> Posted | None:
        """
        Return what the first time did, or nothing if it did not happen yet.

        :raises IdempotencyKeyReused: If the key stands for something else.
        """
        match instruction:
            case Reserve():
                return self._replay_reserve(instruction)
            case Capture():
                return self._replay_capture(instruction, earlier)
        hold = self.by_id[instruction.hold.pk]
        if hold.state != _end_of(instruction):
            return None
        repaid = [earlier.by_key[key] for key in instruction.keys if key in earlier.by_key]
        return Posted(transfers=tuple(repaid), replayed=True, hold=hold)

    def _replay_reserve(self, asked: Reserve) -> Posted | None:
        hold = self.by_key.get(asked.idempotency_key)
        if hold is None:
            return None
        # Not the times: a door that is asked again reads its clock again.
        if (hold.account_id, hold.amount, hold.reason_code, hold.reference) != (
            asked.account.pk,
            asked.amount,
            asked.reason_code,
            asked.reference,
        ):
            raise IdempotencyKeyReused(asked.idempotency_key)
        return Posted(transfers=(), replayed=True, hold=hold)

    def _replay_capture(self, asked: Capture, earlier: Earlier) -> Posted | None:
        first = earlier.by_key.get(asked.idempotency_key)
        if first is None:
            return None
        hold = self.by_id[asked.hold.pk]
        is_same = (
            first.kind,
            first.credit_account_id,
            first.amount,
            first.reason_code,
            first.reference,
        ) == (
            asked.kind,
            asked.credit.pk,
            hold.amount if asked.amount is None else asked.amount,
            asked.reason_code,
            asked.reference,
        )
        if not is_same or not _was_captured_by(hold, first):
            raise IdempotencyKeyReused(asked.idempotency_key)
        repaid = [earlier.by_key[key] for key in asked.follow_on_keys if key in earlier.by_key]
        return Posted(transfers=(first, *repaid), replayed=True, hold=hold)

    def find_open(self, named: Hold) -> Hold:
        hold = self.by_id[named.pk]
        if hold.state != State.OPEN:
            raise HoldEnded(state=hold.state)
        return hold

    def find_slices(self, hold: Hold, book: Book) -> list[Slice]:
        """Return what the hold reserves, the earliest to expire first."""
        lots = {lot.pk: lot for lot in book.lots[hold.account_id]}
        slices = [Slice(lots[part.lot_id], part.amount) for part in self.slices[hold.pk]]
        return sorted(slices, key=lambda part: part.lot.spending_order)


def load_accounts(batch: Iterable[Instruction]) -> None:
    """Load the accounts of all named holds at once, where the caller has not done it."""
    named = [one.hold for one in batch if isinstance(one, Capture | Release)]
    prefetch_related_objects(named, "account")


def carry_out(
    book: Book, instruction: OfHold, *, posted_at: datetime, holds: Reservations
) -> Posted:
    """
    Place or end one hold.

    :raises InsufficientPoints: If less is available than would be held.
    :raises HoldEnded: If the hold ended in another way, or its time to be captured is over.
    :raises AmountOutOfBounds: If nothing, or more than is held, would be captured.
    """
    at = find_time(instruction.posted_at or posted_at, [book.accounts[instruction.accounts[0].pk]])
    match instruction:
        case Reserve():
            return _reserve(book, instruction, at=at, holds=holds)
        case Capture():
            return _capture(book, instruction, at=at, holds=holds)
    return _release(book, instruction, at=at, holds=holds)


def _reserve(book: Book, asked: Reserve, *, at: datetime, holds: Reservations) -> Posted:
    if not 0 < asked.amount <= TRANSFER_AMOUNT_MAX:
        raise AmountOutOfBounds(amount=asked.amount, bound=TRANSFER_AMOUNT_MAX)
    account = book.accounts[asked.account.pk]
    if account.partner_id is None or account.kind not in HOLDABLE:
        raise ValueError("a hold is of a pool or wallet")
    # What may be spent may be reserved.
    free = find_takeable(book.lots[account.pk], kind=Transfer.Kind.REDEEM, at=at)
    available = sum(lot.free for lot in free)
    if available < asked.amount:
        raise InsufficientPoints(available=available, held=account.held, needed=asked.amount)
    hold = Hold(
        idempotency_key=asked.idempotency_key,
        account=asked.account,
        partner_id=account.partner_id,
        amount=asked.amount,
        reason_code=asked.reason_code,
        reference=asked.reference,
        placed_at=asked.occurred_at,
        lapses_at=asked.lapses_at,
    )
    slices = slice_lots(free, asked.amount)
    _set_aside(account, slices)
    holds.by_key[hold.idempotency_key] = hold
    book.placed.append((hold, slices))
    return Posted(transfers=(), hold=hold)


def _capture(book: Book, asked: Capture, *, at: datetime, holds: Reservations) -> Posted:
    hold = holds.find_open(asked.hold)
    if hold.lapses_at is not None and hold.lapses_at <= asked.occurred_at:
        raise HoldEnded(state=State.LAPSED)
    amount = hold.amount if asked.amount is None else asked.amount
    if not 0 < amount <= hold.amount:
        raise AmountOutOfBounds(amount=amount, bound=hold.amount)
    account = book.accounts[hold.account_id]
    slices = holds.find_slices(hold, book)
    _set_free(account, slices)
    transfer = book.move(
        Move(
            kind=asked.kind,
            debit=account,
            credit=asked.credit,
            amount=amount,
            key=asked.idempotency_key,
            occurred_at=asked.occurred_at,
            posted_at=at,
            reason_code=asked.reason_code,
            reference=asked.reference,
            takes=cut_slices(slices, amount),
        )
    )
    hold.state, hold.captured, hold.ended_at = State.CAPTURED, amount, asked.occurred_at
    hold.capture = transfer
    book.ended.append((hold, transfer))
    repayment = _repay_out_of(
        book, slices, up_to=hold.amount - amount, asked=asked, key=asked.follow_on_keys[0], at=at
    )
    return Posted(transfers=(transfer, repayment) if repayment else (transfer,), hold=hold)


def _release(book: Book, asked: Release, *, at: datetime, holds: Reservations) -> Posted:
    hold = holds.find_open(asked.hold)
    slices = holds.find_slices(hold, book)
    _set_free(book.accounts[hold.account_id], slices)
    hold.state, hold.ended_at = _end_of(asked), asked.occurred_at
    book.ended.append((hold, None))
    repayment = _repay_out_of(
        book, slices, up_to=hold.amount, asked=asked, key=asked.keys[0], at=at
    )
    return Posted(transfers=(repayment,) if repayment else (), hold=hold)


def _repay_out_of(
    book: Book,
    slices: Sequence[Slice],
    *,
    up_to: int,
    asked: Capture | Release,
    key: str,
    at: datetime,
) -> Transfer | None:
    freed = {id(part.lot) for part in slices}
    return book.repay(
        book.accounts[asked.hold.account_id],
        up_to=up_to,
        fresh=lambda lot: id(lot) in freed,
        key=key,
        occurred_at=asked.occurred_at,
        at=at,
        reference=asked.hold.reference,
    )


def _set_aside(account: OpenAccount, slices: Iterable[Slice]) -> None:
    for part in slices:
        part.lot.held += part.amount
        account.held += part.amount


def _set_free(account: OpenAccount, slices: Iterable[Slice]) -> None:
    for part in slices:
        part.lot.held -= part.amount
        account.held -= part.amount


def _end_of(release: Release) -> str:
    return State.LAPSED if release.lapses else State.RELEASED


def _was_captured_by(hold: Hold, transfer: Transfer) -> bool:
    # A transfer of this batch has no id yet.
    return hold.capture is transfer if transfer.pk is None else hold.capture_id == transfer.pk
