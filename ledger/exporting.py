"""
Copies that anybody can verify without us: the whole journal, or one account's statement.

Both are JSON with opaque ids and codes only. ``ledger.verifying`` reads them, docs/verifying.md
describes them.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TextIO

from django.db.models import Max

from ledger.blocks import Block
from ledger.digests import (
    JOURNAL_FORMAT,
    STATEMENT_FORMAT,
    VERSION,
    JournalRow,
    SealHeader,
    digest_text,
)
from ledger.journal import read_rows, write_time
from ledger.merkle import Proof, Tree
from ledger.models import Account, Seal, SealedAccount, Transfer
from ledger.naming import name_account


@dataclass(frozen=True, slots=True)
class JournalCounts:
    """How much a copy of the journal holds; ``digest`` is that of its last seal, or empty."""

    transfers: int
    unsealed: int
    seals: int
    digest: str


def as_header(seal: Seal) -> SealHeader:
    return SealHeader(
        number=seal.number,
        first_transfer=seal.first_transfer_id,
        last_transfer=seal.last_transfer_id,
        transfers=seal.transfers,
        accounts=seal.accounts,
        root=seal.root,
        journal=seal.journal,
        sealed_at=write_time(seal.sealed_at),
        previous=seal.previous,
    )


def _describe_seal(seal: Seal) -> dict[str, Any]:
    # The digest as it is stored: a copy of a forged seal must not look right.
    return asdict(as_header(seal)) | {"digest": seal.digest}


def _as_line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# ------------------------------------------------------------------ the journal


def write_journal(file: TextIO) -> JournalCounts:
    """
    Write the whole journal as JSON lines: each block's transfers, then its seal.

    What is not sealed yet comes last and says so. Memory does not grow with the journal.
    """
    seals = sealed = unsealed = 0
    latest = Transfer.objects.aggregate(latest=Max("pk"))["latest"] or 0
    head: Seal | None = None

    def write(value: dict[str, Any]) -> None:
        file.write(_as_line(value) + "\n")

    write({"format": JOURNAL_FORMAT, "version": VERSION})
    for head in Seal.objects.order_by("number").iterator(chunk_size=500):
        for one in read_rows(first_id=head.first_transfer_id, last_id=head.last_transfer_id):
            write({"transfer": one.row._asdict()})
            sealed += 1
        write({"seal": _describe_seal(head)})
        seals += 1
    first_id = head.last_transfer_id + 1 if head else 1
    for one in read_rows(first_id=first_id, last_id=latest):
        write({"unsealed": one.row._asdict()})
        unsealed += 1
    counts = JournalCounts(sealed + unsealed, unsealed, seals, head.digest if head else "")
    write({"end": asdict(counts)})
    return counts


# ---------------------------------------------------------------- one statement


def statement_copy(*, account: Account, from_at: datetime, until_at: datetime) -> Iterator[str]:
    """
    Yield the pieces of one JSON document: an account's statement for ``[from_at, until_at)``.

    It holds the transfers of the period and what proves that they are all of them: for each block
    what its seal says of the account, from the last block before the period on, and where nothing
    comes after it, that the account did not move in any later block. Transfers of the first and
    the last block that lie outside the period are there too; the totals do not count them.

    :raises ValueError: If ``until_at`` is not after ``from_at``, or the account is the house's.
    """
    if until_at <= from_at:
        raise ValueError("a period ends after it begins")
    if account.is_house:
        # Its transfers are not in the order of their times, so that a period has no edges.
        raise ValueError("the house's accounts are copied with the whole journal")
    return _StatementCopy(account, from_at, until_at).write()


class _StatementCopy:
    def __init__(self, account: Account, from_at: datetime, until_at: datetime) -> None:
        self.account = account
        self.name = name_account(account)
        self.key = digest_text(self.name)
        self.from_text, self.until_text = write_time(from_at), write_time(until_at)
        self.until_at = until_at
        # Fixed now: whoever seals or posts meanwhile comes too late for this copy.
        self.head = Seal.objects.order_by("-number").first()
        sealed = SealedAccount.objects.select_related("seal").filter(
            account=account, seal__number__lte=self.head.number if self.head else 0
        )
        self.anchor = sealed.filter(last_posted_at__lt=from_at).order_by("-seal__number").first()
        later = sealed.filter(last_posted_at__gte=from_at).order_by("seal__number")
        within = later.filter(last_posted_at__lt=until_at)
        beyond = later.filter(last_posted_at__gte=until_at)[:1]
        self.ends = beyond.first()
        self.sides = {one.seal.number: one for one in (*within, *beyond)}
        if self.anchor is not None:
            self.sides[self.anchor.seal.number] = self.anchor
        self.opening = self.anchor.balance if self.anchor else 0
        self.credited = self.debited = 0

    def write(self) -> Iterator[str]:
        head = {
            "format": STATEMENT_FORMAT,
            "version": VERSION,
            "account": self.name,
            "from": self.from_text,
            "until": self.until_text,
        }
        yield f'{_as_line(head)[:-1]},\n"blocks":['
        yield from _separate(_as_line(block) for block in self._list_blocks())
        yield '],\n"unsealed":['
        yield from _separate(_as_line(row._asdict()) for row in self._read_unsealed())
        totals = {
            "opening": self.opening,
            "credited": self.credited,
            "debited": self.debited,
            "closing": self.opening + self.credited - self.debited,
        }
        yield f"],\n{_as_line(totals)[1:]}\n"

    def _list_blocks(self) -> Iterator[dict[str, Any]]:
        seals = Seal.objects.filter(number__lte=self.head.number if self.head else 0)
        if self.sides:
            seals = seals.filter(number__gte=min(self.sides))
        last_side = max(self.sides, default=0)
        for seal in seals.order_by("number").iterator(chunk_size=500):
            block: dict[str, Any] = {"seal": _describe_seal(seal)}
            if seal.number in self.sides:
                block |= self._describe_side(seal, self.sides[seal.number])
            elif self.ends is None and seal.number > last_side:
                block["absent"] = _describe_proof(_grow_tree(seal).prove(self.key))
            yield block

    def _describe_side(self, seal: Seal, sealed: SealedAccount) -> dict[str, Any]:
        rows = [
            one.row
            for one in read_rows(
                first_id=seal.first_transfer_id,
                last_id=seal.last_transfer_id,
                account=self.account,
            )
        ]
        moved = sum(row.signed_for(self.name) for row in rows)
        block = Block()
        for row in rows:
            block.add(row)
        side = {
            "transfers_before": sealed.transfers - len(rows),
            "transfers_after": sealed.transfers,
            "balance_before": sealed.balance - moved,
            "balance_after": sealed.balance,
            "last_posted_at": write_time(sealed.last_posted_at),
        }
        proof = _describe_proof(_grow_tree(seal).prove(self.key))
        if sealed == self.anchor:
            # Nothing of it is in the period: what it left behind is enough.
            return {"side": side | {"rows": block.digest_of(self.name)}, "proof": proof}
        for row in rows:
            self._count(row)
        return {"side": side, "proof": proof, "transfers": [row._asdict() for row in rows]}

    def _read_unsealed(self) -> Iterator[JournalRow]:
        if self.ends is not None:
            return
        first_id = self.head.last_transfer_id + 1 if self.head else 1
        latest = Transfer.objects.aggregate(latest=Max("pk"))["latest"] or 0
        for one in read_rows(first_id=first_id, last_id=latest, account=self.account):
            if one.row.posted_at < self.until_text:
                self._count(one.row)
                yield one.row

    def _count(self, row: JournalRow) -> None:
        amount = row.signed_for(self.name)
        if row.posted_at < self.from_text:
            self.opening += amount
        elif row.posted_at < self.until_text and amount > 0:
            self.credited += amount
        elif row.posted_at < self.until_text:
            self.debited -= amount


def _grow_tree(seal: Seal) -> Tree:
    rows = SealedAccount.objects.filter(seal=seal).order_by("key")
    return Tree(list(rows.values_list("key", "leaf")))


def _describe_proof(proof: Proof) -> dict[str, Any]:
    return {
        "key": proof.leaf.key,
        "next": proof.leaf.next,
        "content": proof.leaf.content,
        "index": proof.index,
        "path": list(proof.path),
    }


def _separate(texts: Iterable[str]) -> Iterator[str]:
    before = "\n"
    for text in texts:
        yield before + text
        before = ",\n"
