"""
What the seals promise: the journal is still what was sealed, block by block, without a gap.

Every block is read and hashed again, one at a time, so that memory does not grow with the journal.
Expected is what was sealed, found is what the journal says now.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from ledger.digests import FIRST_LINK, SealedSide
from ledger.exporting import as_header
from ledger.models import Seal, SealedAccount, Transfer
from ledger.promises.promise import Divergence
from ledger.sealing import ReadBlock, read_block

KINDS = (
    "seal_missing",
    "seal_not_linked",
    "seal_was_changed",
    "sealed_transfers_differ",
    "sealed_journal_differs",
    "sealed_accounts_differ",
    "sealed_balance_differs",
    "sealed_account_differs",
    "sealed_root_differs",
    "transfer_in_no_block",
)


def find_broken_seals() -> Iterator[Divergence]:
    """Yield every divergence of the chain and of its blocks, from the first seal on."""
    before: Seal | None = None
    read = 0
    for seal in Seal.objects.order_by("number").iterator(chunk_size=100):
        yield from _check_link(before, seal)
        block = read_block(
            number=seal.number, first_id=seal.first_transfer_id, last_id=seal.last_transfer_id
        )
        read += block.folded.transfers
        yield from _check_block(seal, block)
        yield from _check_sides(seal, block)
        before = seal
    if before is not None:
        yield from _find_strays(before, read)


def _check_link(before: Seal | None, seal: Seal) -> Iterator[Divergence]:
    number = before.number + 1 if before else 1
    first_id = before.last_transfer_id + 1 if before else 1
    if (seal.number, seal.first_transfer_id) != (number, first_id):
        yield Divergence(
            "seal_missing",
            seal_number=seal.number,
            transfer_id=seal.first_transfer_id,
            expected=first_id,
            found=seal.first_transfer_id,
        )
    if seal.previous != (before.digest if before else FIRST_LINK):
        yield Divergence("seal_not_linked", seal_number=seal.number)
    if seal.digest != as_header(seal).digest():
        yield Divergence("seal_was_changed", seal_number=seal.number)


def _check_block(seal: Seal, block: ReadBlock) -> Iterator[Divergence]:
    folded = block.folded
    if folded.transfers != seal.transfers:
        yield Divergence(
            "sealed_transfers_differ",
            seal_number=seal.number,
            transfer_id=seal.last_transfer_id,
            expected=seal.transfers,
            found=folded.transfers,
        )
    elif folded.journal != seal.journal:
        yield Divergence("sealed_journal_differs", seal_number=seal.number)
    if folded.root != seal.root:
        yield Divergence("sealed_root_differs", seal_number=seal.number)
    if len(folded.sides) != seal.accounts:
        yield Divergence(
            "sealed_accounts_differ",
            seal_number=seal.number,
            expected=seal.accounts,
            found=len(folded.sides),
        )


@dataclass(frozen=True, slots=True)
class _Stored:
    account_id: int
    transfers: int
    balance: int
    last_transfer_id: int
    last_posted_at: datetime
    key: str
    leaf: str


def _check_sides(seal: Seal, block: ReadBlock) -> Iterator[Divergence]:
    """Compare what was kept beside the seal: statements and the next seals begin from it."""
    columns = _Stored.__slots__
    rows = SealedAccount.objects.filter(seal=seal).values_list(*columns)
    stored = {row[0]: _Stored(*row) for row in rows.iterator(chunk_size=5_000)}
    for key, side in block.folded.sides:
        account_id = block.account_ids[side.account]
        kept = stored.pop(account_id, None)
        last_id = block.last_ids[side.account]
        if kept is None or kept.balance != side.balance_after:
            yield Divergence(
                "sealed_balance_differs",
                seal_number=seal.number,
                account_id=account_id,
                transfer_id=last_id,
                expected=kept.balance if kept else None,
                found=side.balance_after,
            )
        elif not _is_same(kept, key, side, last_id):
            yield Divergence(
                "sealed_account_differs",
                seal_number=seal.number,
                account_id=account_id,
                transfer_id=last_id,
                expected=kept.transfers,
                found=side.transfers_after,
            )
    for kept in stored.values():
        yield Divergence(
            "sealed_account_differs",
            seal_number=seal.number,
            account_id=kept.account_id,
            transfer_id=kept.last_transfer_id,
            expected=kept.transfers,
            found=0,
        )


def _is_same(kept: _Stored, key: str, side: SealedSide, last_id: int) -> bool:
    return (kept.key, kept.leaf, kept.transfers, kept.last_transfer_id, kept.last_posted_at) == (
        key,
        side.digest(),
        side.transfers_after,
        last_id,
        datetime.fromisoformat(side.last_posted_at),
    )


def _find_strays(head: Seal, read: int) -> Iterator[Divergence]:
    """Name transfers up to the last seal that no block covers."""
    sealed = Transfer.objects.filter(pk__lte=head.last_transfer_id)
    there: int = sealed.aggregate(there=Count("pk"))["there"]
    if there == read:
        return
    covered: int | None = None
    for seal in Seal.objects.order_by("first_transfer_id"):
        strays = sealed.filter(pk__lt=seal.first_transfer_id)
        if covered is not None:
            strays = strays.filter(pk__gt=covered)
        first = strays.order_by("pk").first()
        if first is not None:
            yield Divergence(
                "transfer_in_no_block",
                seal_number=seal.number,
                account_id=first.debit_account_id,
                transfer_id=first.pk,
                expected=0,
                found=strays.count(),
            )
        covered = max(covered or 0, seal.last_transfer_id)
