"""
What a seal is made of: the exact bytes that are hashed. Nothing here but hashlib.

docs/verifying.md says the same in words, so that an auditor can write a verifier of their own.

A list of texts is hashed as *frames*: each text in UTF-8, its length in bytes in decimal and a
colon before it, a comma behind it. Numbers are decimal texts, ids are lower-case UUIDs with
hyphens, times are ``2026-03-01T12:00:00.000000Z``, and what is missing is the empty text. A digest
is SHA-256, written as 64 lower-case hexadecimal digits.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

FIRST_LINK = "0" * 64

# What a copy says of itself.
JOURNAL_FORMAT = "tessera-journal"
STATEMENT_FORMAT = "tessera-statement"
VERSION = 1


def frame(texts: Sequence[str]) -> bytes:
    framed = "".join([f"{len(text)}:{text}," for text in texts])
    if framed.isascii():
        # As good as always, and then every length in characters is one in bytes.
        return framed.encode()
    encoded = [text.encode() for text in texts]
    return b"".join([b"%d:%b," % (len(text), text) for text in encoded])


def digest_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class JournalRow(NamedTuple):
    """
    One transfer as it is sealed and copied: opaque ids and codes only.

    ``debit`` and ``credit`` are accounts as ``ledger.naming`` calls them. ``key`` is the digest of
    the idempotency key, which may hold what only its door should know.
    """

    id: str
    kind: str
    debit: str
    credit: str
    partner: str
    amount: int
    occurred_at: str
    posted_at: str
    reason: str
    reference: str
    reverses: str
    batch: str
    key: str

    def digest(self) -> bytes:
        """Return the 32 bytes of SHA-256 over the frames of "transfer" and all fields in order."""
        return hashlib.sha256(frame(("transfer", *self[:5], str(self.amount), *self[6:]))).digest()

    def signed_for(self, account: str) -> int:
        """Return the amount as the account sees it: debt counts debits minus credits."""
        grows = self.debit if account.startswith("debt:") else self.credit
        return self.amount if grows == account else -self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSide:
    """
    What a seal says of one account that moved in its block.

    ``transfers`` count from the account's beginning, so that nothing can be left out. ``rows`` is
    SHA-256 over the digests (32 bytes each) of its transfers in the block, in journal order.
    """

    account: str
    transfers_before: int
    transfers_after: int
    balance_before: int
    balance_after: int
    last_posted_at: str
    rows: str

    def digest(self) -> str:
        counted = (
            self.transfers_before,
            self.transfers_after,
            self.balance_before,
            self.balance_after,
        )
        texts = (self.account, *map(str, counted), self.last_posted_at, self.rows)
        return hashlib.sha256(frame(("account", *texts))).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class SealHeader:
    """A block of the journal and its place in the chain. ``digest`` covers everything else."""

    number: int
    first_transfer: int
    last_transfer: int
    transfers: int
    accounts: int
    root: str
    journal: str
    sealed_at: str
    previous: str

    def digest(self) -> str:
        counted = (
            self.number,
            self.first_transfer,
            self.last_transfer,
            self.transfers,
            self.accounts,
        )
        texts = (*map(str, counted), self.root, self.journal, self.sealed_at, self.previous)
        return hashlib.sha256(frame(("seal", *texts))).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"digest": self.digest()}
