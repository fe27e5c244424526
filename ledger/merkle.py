"""
The tree over the accounts of a block, in the manner of RFC 6962.

A leaf is hashed with a zero byte before it and a node with a one byte, so that neither can pass for
the other. Leaves stand in the order of their keys, the digests of the accounts' names, and each
names the key after it (the last one the first). So one leaf proves what an account did in the
block, and another that it did nothing: its key lies between a leaf's key and the next.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.digests import frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """``content`` is the digest of what the seal says of the account (``SealedSide.digest``)."""

    key: str
    next: str
    content: str

    def hash(self) -> bytes:
        return hashlib.sha256(b"\0" + frame((self.key, self.next, self.content))).digest()

    def spans(self, key: str) -> bool:
        """Say whether no leaf can stand at ``key``: it lies behind this one and before the next."""
        if self.key < self.next:
            return self.key < key < self.next
        # The last leaf, or the only one: what lies behind it or before the first.
        return key > self.key or key < self.next


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A leaf, its place, and the hashes beside the way from it to the root."""

    leaf: Leaf
    index: int
    path: tuple[str, ...]


class Tree:
    """``contents`` are (key, content) in the order of their keys, at least one."""

    def __init__(self, contents: Sequence[tuple[str, str]]) -> None:
        self.keys = [key for key, _content in contents]
        following = [*self.keys[1:], self.keys[0]]
        self.leaves = [
            Leaf(key=key, next=after, content=content)
            for (key, content), after in zip(contents, following, strict=True)
        ]
        self.levels = [[leaf.hash() for leaf in self.leaves]]
        while len(self.levels[-1]) > 1:
            self.levels.append(_pair_up(self.levels[-1]))

    @property
    def root(self) -> str:
        return self.levels[-1][0].hex()

    def prove(self, key: str) -> Proof:
        """Return the proof of the leaf at ``key``, or of the leaf that shows there is none."""
        index = bisect_left(self.keys, key)
        if index == len(self.keys) or self.keys[index] != key:
            index = (index or len(self.keys)) - 1
        path = []
        place = index
        for level in self.levels[:-1]:
            beside = place ^ 1
            if beside < len(level):
                path.append(level[beside].hex())
            place //= 2
        return Proof(leaf=self.leaves[index], index=index, path=tuple(path))


def find_root(proof: Proof, *, size: int) -> str | None:
    """Return the root that a proof leads to in a tree of ``size`` leaves; None if it cannot."""
    if not 0 <= proof.index < size:
        return None
    place, last = proof.index, size - 1
    reached = proof.leaf.hash()
    steps = iter(proof.path)
    while last:
        beside = place ^ 1
        if beside <= last:
            step = next(steps, None)
            if step is None:
                return None
            pair = bytes.fromhex(step) + reached if place & 1 else reached + bytes.fromhex(step)
            reached = hashlib.sha256(b"\1" + pair).digest()
        place, last = place // 2, last // 2
    return None if next(steps, None) is not None else reached.hex()


def _pair_up(level: Sequence[bytes]) -> list[bytes]:
    """Hash the nodes two by two; the last of an odd number goes up as it is."""
    pairs = [
        hashlib.sha256(b"\1" + level[at] + level[at + 1]).digest()
        for at in range(0, len(level) - 1, 2)
    ]
    return [*pairs, level[-1]] if len(level) % 2 else pairs
