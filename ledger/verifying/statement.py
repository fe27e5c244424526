"""Verifies a copy of one account's statement: that it is true, and that nothing is left out."""

from dataclasses import dataclass, field
from typing import Any

from ledger.blocks import Block
from ledger.digests import JournalRow, SealedSide, SealHeader, digest_text
from ledger.merkle import Leaf, Proof, find_root
from ledger.verifying.chain import Chain
from ledger.verifying.reading import (
    DIGEST,
    Copy,
    NotVerifiable,
    check_version,
    read_list,
    read_object,
    read_row,
    read_seal,
)
from ledger.verifying.report import FileReport, Problems

FIGURES = ("opening", "credited", "debited", "closing")
NAMES = {
    "format": "text",
    "version": "whole number",
    "account": "account of a partner or member",
    "from": "time",
    "until": "time",
    "blocks": "list",
    "unsealed": "list",
} | dict.fromkeys(FIGURES, "whole number")
SIDE_NAMES = dict.fromkeys(
    ("transfers_before", "transfers_after", "balance_before", "balance_after"), "whole number"
) | {"last_posted_at": "time"}
# What a block may have beside its seal.
BLOCK_NAMES = {"side": "object", "proof": "object", "transfers": "list", "absent": "object"}
PROOF_NAMES = {
    "key": "digest",
    "next": "digest",
    "content": "digest",
    "index": "whole number",
    "path": "list",
}


def verify_statement(copy: Copy, *, head: str | None, until_head: bool) -> FileReport:
    check_version(copy.document)
    document = read_object(copy.document, NAMES, "The statement")
    problems = Problems()
    # It begins with the last block before its period, not with the first of all.
    chain = Chain(problems, head, from_first=False, until_head=until_head)
    reading = _Statement(document, problems, chain)
    for block in document["blocks"]:
        reading.read_block(block)
    for place, row in enumerate(document["unsealed"], start=1):
        reading.read_unsealed(row, f"Unsealed transfer {place}")
    return reading.finish()


@dataclass(slots=True)
class _Statement:
    document: dict[str, Any]
    problems: Problems
    chain: Chain
    latest: SealedSide | None = None
    absent_since: int | None = None
    skipped: int | None = None
    sealed: int = 0
    unsealed: int = 0
    last_posted_at: str = ""
    found: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FIGURES[:3], 0))

    @property
    def account(self) -> str:
        return str(self.document["account"])

    def read_block(self, block: Any) -> None:
        given = block if isinstance(block, dict) else {}
        kinds = {name: kind for name, kind in BLOCK_NAMES.items() if name in given}
        read_object(block, {"seal": "object"} | kinds, "A block")
        seal, stated = read_seal(block["seal"], "A seal")
        self.chain.add(seal, stated)
        where = f"Seal {seal.number}"
        if "side" in block:
            self._read_side(block, seal, where)
        elif "absent" in block:
            self._read_absent(_read_proof(block["absent"], where), seal, where)
        elif self.skipped is None:
            self.skipped = seal.number

    def _read_side(self, block: dict[str, Any], seal: SealHeader, where: str) -> None:
        rows = [read_row(one, where) for one in read_list(block.get("transfers", []), where)]
        is_anchor = "transfers" not in block
        if is_anchor and self.latest is not None:
            raise NotVerifiable(
                f"{where}: only the block before the period may be without transfers."
            )
        names = SIDE_NAMES | ({"rows": "digest"} if is_anchor else {})
        said = read_object(block["side"], names, where)
        folded = {"rows": _fold(rows, self.account)} if not is_anchor else {}
        side = SealedSide(account=self.account, **(said | folded))
        proof = _read_proof(block.get("proof"), where)
        key = digest_text(self.account)
        vouched = (
            proof.leaf.key == key
            and proof.leaf.content == side.digest()
            and find_root(proof, size=seal.accounts) == seal.root
        )
        self.problems.expect(
            vouched,
            f"{where}: what the copy says of the account in this block is not what was sealed:"
            " a transfer or a figure was changed, added, removed or moved.",
        )
        self._follow(side, where)
        self._count_rows(side, rows, where, is_anchor=is_anchor)
        self.latest = side
        self.skipped = None
        self.sealed += len(rows)

    def _follow(self, side: SealedSide, where: str) -> None:
        """Counts go on where they ended: that is what shows that no block was left out between."""
        if self.latest is not None:
            before = self.latest
            self.problems.expect(
                (before.transfers_after, before.balance_after)
                == (side.transfers_before, side.balance_before),
                f"{where}: {side.transfers_before} transfers came before it,"
                f" the copy has {before.transfers_after}: a block was left out or exchanged.",
            )

    def _count_rows(
        self, side: SealedSide, rows: list[JournalRow], where: str, *, is_anchor: bool
    ) -> None:
        if is_anchor:
            self.found["opening"] = side.balance_after
            self.last_posted_at = side.last_posted_at
            self.problems.expect(
                side.last_posted_at < self.document["from"],
                f"{where} reaches into the period, but its transfers are left out.",
            )
            return
        if self.latest is None:
            self.problems.expect(
                side.transfers_before == 0,
                f"{where}: {side.transfers_before} transfers came before it,"
                " and nothing shows that they came before the period.",
            )
            self.found["opening"] = side.balance_before
        self.problems.expect(
            len(rows) == side.transfers_after - side.transfers_before,
            f"{where}: {side.transfers_after - side.transfers_before} transfers of the account"
            f" are sealed there, the copy has {len(rows)}.",
        )
        for row in rows:
            self._count(row, where)
        moved = sum(row.signed_for(self.account) for row in rows)
        self.problems.expect(
            side.balance_before + moved == side.balance_after,
            f"{where}: {side.balance_before} and the transfers make {side.balance_before + moved},"
            f" not {side.balance_after}.",
        )

    def _count(self, row: JournalRow, where: str) -> None:
        self.problems.expect(
            self.account in (row.debit, row.credit), f"{where}: a transfer is of other accounts."
        )
        self.problems.expect(row.amount > 0, f"{where}: an amount is {row.amount}.")
        self.problems.expect(
            row.posted_at >= self.last_posted_at, f"{where}: the times of the transfers go back."
        )
        self.last_posted_at = max(self.last_posted_at, row.posted_at)
        amount = row.signed_for(self.account)
        if row.posted_at < self.document["from"]:
            self.found["opening"] += amount
        elif row.posted_at < self.document["until"] and amount > 0:
            self.found["credited"] += amount
        elif row.posted_at < self.document["until"]:
            self.found["debited"] -= amount

    def _read_absent(self, proof: Proof, seal: SealHeader, where: str) -> None:
        self.problems.expect(
            proof.leaf.spans(digest_text(self.account))
            and find_root(proof, size=seal.accounts) == seal.root,
            f"{where}: nothing shows that the account did not move in this block.",
        )

    def read_unsealed(self, value: Any, where: str) -> None:
        self._count(read_row(value, where), where)
        self.unsealed += 1

    def finish(self) -> FileReport:
        self._check_ends()
        self.chain.finish()
        found = self.found
        closing = found["opening"] + found["credited"] - found["debited"]
        for name, value in (found | {"closing": closing}).items():
            self.problems.expect(
                self.document[name] == value,
                f"The copy says {name} {self.document[name]}, its transfers make {value}.",
            )
        seal = self.chain.latest
        return FileReport(
            kind="statement",
            transfers=self.sealed,
            unsealed=self.unsealed,
            seals=self.chain.seals,
            last_seal=seal.number if seal else 0,
            digest=self.chain.latest_digest,
            sealed_at=seal.sealed_at if seal else "",
            known_seal=self.chain.known_seal,
            problems=self.problems.as_tuple(),
            statement={
                name: self.document[name] for name in ("account", "from", "until", *FIGURES)
            },
        )

    def _check_ends(self) -> None:
        document = self.document
        self.problems.expect(
            document["from"] < document["until"], "The period ends before it begins."
        )
        if self.latest is None and self.chain.latest is not None and self.first_seal != 1:
            self.problems.add(
                f"The copy begins with seal {self.first_seal}: nothing shows what came before."
            )
        reaches_end = self.latest is not None and self.latest.last_posted_at >= document["until"]
        if self.skipped is not None and not reaches_end:
            self.problems.add(
                f"Seal {self.skipped}: nothing shows that the account did not move in this block"
                " or a later one, so that the end of the period may be missing."
            )

    @property
    def first_seal(self) -> int:
        latest = self.chain.latest
        return latest.number - self.chain.seals + 1 if latest else 0


def _fold(rows: list[JournalRow], account: str) -> str:
    block = Block()
    for row in rows:
        block.add(row)
    return block.digest_of(account) if account in block.sides else ""


def _read_proof(value: Any, where: str) -> Proof:
    said = read_object(value, PROOF_NAMES, f"{where}, proof")
    path = said["path"]
    if not all(isinstance(one, str) and DIGEST.fullmatch(one) for one in path):
        raise NotVerifiable(f"{where}: the way to the root is not made of digests.")
    return Proof(
        leaf=Leaf(key=said["key"], next=said["next"], content=said["content"]),
        index=said["index"],
        path=tuple(path),
    )
