"""
Seals: the journal in hash-chained blocks, cut by transfer id, never in the posting path.

What is hashed stands in ``ledger.digests`` and ``ledger.merkle``, in words in docs/verifying.md.
"""

import time
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Max

from ledger.blocks import Block, FoldedBlock, Standing
from ledger.digests import FIRST_LINK, SealHeader
from ledger.journal import read_rows, write_time
from ledger.models import Seal, SealedAccount, Transfer

# Bounds the memory a block needs; a night has less, the first night after an import may have more.
TRANSFERS_PER_SEAL_MAX = 50_000
LOCK_TRIES = 5
LOCK_PAUSE_SECONDS = 0.5
ROWS_AT_ONCE = 5_000


class JournalBusy(Exception):
    """Somebody has been writing to the journal for too long. Nothing is sealed; try again later."""

    code = "journal_busy"


@dataclass(frozen=True, slots=True)
class ReadBlock:
    """A block as the journal has it now: what a seal says of it, and whose sides they are."""

    folded: FoldedBlock
    account_ids: dict[str, int]
    last_ids: dict[str, int]


def find_head() -> Seal | None:
    """Return the latest seal. Whoever keeps its digest can tell every change before it."""
    return Seal.objects.order_by("-number").first()


def seal(*, as_of: datetime, transfers_max: int = TRANSFERS_PER_SEAL_MAX) -> Seal | None:
    """
    Seal the oldest transfers that are in no block yet, or nothing if all are.

    Posting waits only while the last id is being fixed; hashing needs no lock, since what is
    posted meanwhile comes behind. Of two sealers at once one makes the block and the other the
    next, or finds nothing left. Call again until it returns None.

    :raises JournalBusy: If others kept writing for as long as we may wait.
    """
    while True:
        head = find_head()
        last_id = find_end_of_block(head.last_transfer_id if head else 0, transfers_max)
        if last_id is None:
            return None
        made = _append(head, last_id, as_of)
        if made is not None:
            return made


def find_end_of_block(after: int, transfers_max: int) -> int | None:
    """Return the id of the last transfer to seal after an id, or None if there is nothing new."""
    fresh = Transfer.objects.filter(pk__gt=after).order_by("pk")
    if not fresh.exists():
        return None
    settled = _find_settled_id()
    if settled is None or settled <= after:
        return None
    full = fresh.values_list("pk")[transfers_max - 1 : transfers_max].first()
    return min(settled, full[0]) if full else settled


def _find_settled_id() -> int | None:
    """
    Return the id below which nothing can appear any more.

    On PostgreSQL an id is taken before its transaction commits, so wait until nobody writes. The
    savepoint is rolled back, which ends the lock at once, also inside a longer transaction. SQLite
    has one writer, so that what can be read is settled.
    """
    if connection.vendor != "postgresql":
        return _find_latest_id()
    for tried in range(LOCK_TRIES):
        if tried:
            time.sleep(LOCK_PAUSE_SECONDS)
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("LOCK TABLE ledger_transfer IN SHARE MODE")
                latest = _find_latest_id()
                transaction.set_rollback(True)
        except OperationalError:
            # lock_timeout: whoever posts must not wait behind us for long. Let them pass.
            continue
        return latest
    raise JournalBusy


def _find_latest_id() -> int | None:
    return Transfer.objects.aggregate(latest=Max("pk"))["latest"]


def _append(head: Seal | None, last_id: int, as_of: datetime) -> Seal | None:
    """Return the new seal, or None if another sealer was quicker."""
    number = head.number + 1 if head else 1
    first_id = head.last_transfer_id + 1 if head else 1
    read = read_block(number=number, first_id=first_id, last_id=last_id)
    sealed_at = max(as_of, head.sealed_at) if head else as_of
    header = SealHeader(
        number=number,
        first_transfer=first_id,
        last_transfer=last_id,
        transfers=read.folded.transfers,
        accounts=len(read.folded.sides),
        root=read.folded.root,
        journal=read.folded.journal,
        sealed_at=write_time(sealed_at),
        previous=head.digest if head else FIRST_LINK,
    )
    try:
        with transaction.atomic():
            made = Seal.objects.create(
                number=number,
                first_transfer_id=first_id,
                last_transfer_id=last_id,
                transfers=header.transfers,
                accounts=header.accounts,
                root=header.root,
                journal=header.journal,
                previous=header.previous,
                digest=header.digest(),
                sealed_at=sealed_at,
            )
            SealedAccount.objects.bulk_create(list_sides(made, read), batch_size=ROWS_AT_ONCE)
    except IntegrityError:
        if find_head() == head:
            raise
        return None
    return made


def read_block(*, number: int, first_id: int, last_id: int) -> ReadBlock:
    """Read and hash the transfers of a block, on top of what the seals before ``number`` say."""
    block = Block()
    account_ids: dict[str, int] = {}
    last_ids: dict[str, int] = {}
    for stored in read_rows(first_id=first_id, last_id=last_id):
        row = stored.row
        block.add(row)
        account_ids[row.debit], account_ids[row.credit] = stored.debit_id, stored.credit_id
        last_ids[row.debit] = last_ids[row.credit] = stored.pk
    before = _read_standings(list(account_ids.values()), number)
    folded = block.fold(
        {name: before[pk] for name, pk in account_ids.items() if pk in before},
    )
    return ReadBlock(folded=folded, account_ids=account_ids, last_ids=last_ids)


def _read_standings(account_ids: list[int], number: int) -> dict[int, Standing]:
    """Return what the latest seal before ``number`` says of each account that has been sealed."""
    found: dict[int, Standing] = {}
    for at in range(0, len(account_ids), ROWS_AT_ONCE):
        part = account_ids[at : at + ROWS_AT_ONCE]
        earlier = SealedAccount.objects.filter(account__in=part, seal__number__lt=number)
        latest = earlier.values("account").annotate(latest=Max("pk")).values("latest")
        rows = SealedAccount.objects.filter(pk__in=latest)
        found |= {
            pk: Standing(transfers, balance)
            for pk, transfers, balance in rows.values_list("account", "transfers", "balance")
        }
    return found


def list_sides(made: Seal, read: ReadBlock) -> list[SealedAccount]:
    """Return the rows that belong to a seal, in the order of its tree."""
    return [
        SealedAccount(
            seal=made,
            account_id=read.account_ids[side.account],
            transfers=side.transfers_after,
            balance=side.balance_after,
            last_transfer_id=read.last_ids[side.account],
            last_posted_at=datetime.fromisoformat(side.last_posted_at),
            key=key,
            leaf=side.digest(),
        )
        for key, side in read.folded.sides
    ]
