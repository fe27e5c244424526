"""A block of the journal folded into what a seal says of it. Pure: rows in, figures out."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger.digests import JournalRow, SealedSide, digest_text
from ledger.merkle import Tree


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account had been through before a block: its transfers so far, and its balance."""

    transfers: int = 0
    balance: int = 0


NEW = Standing()


@dataclass(slots=True)
class _Side:
    transfers: int = 0
    # Credits minus debits, also for debt, which counts the other way round.
    change: int = 0
    last_posted_at: str = ""
    rows: Any = field(default_factory=hashlib.sha256)


@dataclass(frozen=True, slots=True)
class FoldedBlock:
    """What the seal of a block covers; ``sides`` are in the order of the tree, with their keys."""

    transfers: int
    journal: str
    sides: tuple[tuple[str, SealedSide], ...]
    tree: Tree | None

    @property
    def root(self) -> str:
        """The root of the tree; a block without transfers has none."""
        return self.tree.root if self.tree else ""


class Block:
    """
    Takes the transfers of a block in journal order.

    It remembers its accounts and none of the transfers, so that it stays small.
    """

    def __init__(self) -> None:
        self.transfers = 0
        self.journal = hashlib.sha256()
        self.sides: dict[str, _Side] = {}

    def add(self, row: JournalRow) -> None:
        digest = row.digest()
        self.transfers += 1
        self.journal.update(digest)
        for account, change in ((row.debit, -row.amount), (row.credit, row.amount)):
            side = self.sides.get(account)
            if side is None:
                side = self.sides[account] = _Side()
            side.transfers += 1
            side.change += change
            side.last_posted_at = row.posted_at
            side.rows.update(digest)

    def digest_of(self, account: str) -> str:
        """Return the digest over the account's transfers so far."""
        digest: str = self.sides[account].rows.hexdigest()
        return digest

    def fold(self, before: Mapping[str, Standing]) -> FoldedBlock:
        """
        Return what a seal says of the block.

        :param before: What each account had been through; those that are missing are new.
        """
        sides = sorted(
            (
                (digest_text(account), _say(account, side, before.get(account, NEW)))
                for account, side in self.sides.items()
            ),
            key=lambda one: one[0],
        )
        return FoldedBlock(
            transfers=self.transfers,
            journal=self.journal.hexdigest(),
            sides=tuple(sides),
            tree=Tree([(key, side.digest()) for key, side in sides]) if sides else None,
        )


def _say(account: str, side: _Side, before: Standing) -> SealedSide:
    change = -side.change if account.startswith("debt:") else side.change
    return SealedSide(
        account=account,
        transfers_before=before.transfers,
        transfers_after=before.transfers + side.transfers,
        balance_before=before.balance,
        balance_after=before.balance + change,
        last_posted_at=side.last_posted_at,
        rows=side.rows.hexdigest(),
    )
