"""Verifies a copy of the whole journal, one block at a time."""

from dataclasses import dataclass, field
from typing import Any

from ledger.blocks import Block, Standing
from ledger.digests import JournalRow, SealHeader
from ledger.verifying.chain import Chain
from ledger.verifying.reading import (
    Copy,
    NotVerifiable,
    check_version,
    read_object,
    read_row,
    read_seal,
    show,
)
from ledger.verifying.report import FileReport, Problems

HEADER_NAMES = {"format": "text", "version": "whole number"}
END_NAMES = {
    "transfers": "whole number",
    "unsealed": "whole number",
    "seals": "whole number",
    "digest": "text",
}
HELD = ("pool:", "pending:", "wallet:", "debt:")


def verify_journal(copy: Copy, *, head: str | None, until_head: bool) -> FileReport:
    check_version(copy.document)
    read_object(copy.document, HEADER_NAMES, "Line 1")
    problems = Problems()
    reading = _Journal(problems, Chain(problems, head, from_first=True, until_head=until_head))
    for number, value in copy.read_lines():
        reading.read_line(number, value)
    return reading.finish()


@dataclass(slots=True)
class _Journal:
    problems: Problems
    chain: Chain
    block: Block = field(default_factory=Block)
    standings: dict[str, Standing] = field(default_factory=dict)
    sealed: int = 0
    unsealed: int = 0
    ended: bool = False

    def read_line(self, number: int, value: Any) -> None:
        where = f"Line {number}"
        if not isinstance(value, dict) or len(value) != 1:
            raise NotVerifiable(f"{where} is no transfer, no seal and no end.")
        ((kind, content),) = value.items()
        if self.ended:
            self.problems.add(f"{where} stands behind the end.")
        if kind == "transfer":
            self._add(read_row(content, where), where)
        elif kind == "seal":
            self._close(*read_seal(content, where))
        elif kind == "unsealed":
            read_row(content, where)
            self.unsealed += 1
        elif kind == "end":
            self._end(read_object(content, END_NAMES, where))
        else:
            raise NotVerifiable(f"{where} is {show(kind)}, which no copy of a journal has.")

    def _add(self, row: JournalRow, where: str) -> None:
        self.problems.expect(
            self.unsealed == 0, f"{where}: a sealed transfer stands behind one that is not."
        )
        self.problems.expect(row.amount > 0, f"{where}: the amount is {row.amount}.")
        self.problems.expect(
            row.debit != row.credit, f"{where}: the transfer leads back to its own account."
        )
        self.block.add(row)

    def _close(self, seal: SealHeader, stated: str) -> None:
        self.chain.add(seal, stated)
        block, self.block = self.block, Block()
        self.sealed += block.transfers
        if not block.transfers:
            self.problems.add(f"Seal {seal.number}: its {seal.transfers} transfers are missing.")
            return
        folded = block.fold(self.standings)
        if folded.transfers != seal.transfers:
            self.problems.add(
                f"Seal {seal.number} covers {seal.transfers} transfers,"
                f" the file has {folded.transfers} before it."
            )
        elif folded.journal != seal.journal:
            self.problems.add(
                f"Seal {seal.number}: at least one of its {seal.transfers} transfers was changed,"
                " exchanged or moved."
            )
        # What is wrong before it makes every later balance wrong: that is told once.
        elif not self.problems and (len(folded.sides), folded.root) != (
            seal.accounts,
            seal.root,
        ):
            self.problems.add(
                f"Seal {seal.number} says other balances than its transfers add up to."
            )
        for _key, side in folded.sides:
            self.standings[side.account] = Standing(side.transfers_after, side.balance_after)
            if side.balance_after < 0 and side.account.startswith(HELD):
                self.problems.add(
                    f"Seal {seal.number}: {side.account} is at {side.balance_after}, below zero."
                )

    def _end(self, said: dict[str, Any]) -> None:
        self.ended = True
        found = {
            "transfers": self.sealed + self.block.transfers + self.unsealed,
            "unsealed": self.unsealed,
            "seals": self.chain.seals,
            "digest": self.chain.latest_digest,
        }
        for name, value in found.items():
            self.problems.expect(
                said[name] == value,
                f"The end says {name} {show(said[name])}, the file has {show(value)}.",
            )

    def finish(self) -> FileReport:
        self.problems.expect(self.ended, "The file ends early: its last line is missing.")
        if self.block.transfers:
            self.problems.add(f"{self.block.transfers} transfers stand behind the last seal.")
        self.chain.finish()
        latest = self.chain.latest
        return FileReport(
            kind="journal",
            transfers=self.sealed,
            unsealed=self.unsealed,
            seals=self.chain.seals,
            last_seal=latest.number if latest else 0,
            digest=self.chain.latest_digest,
            sealed_at=latest.sealed_at if latest else "",
            known_seal=self.chain.known_seal,
            problems=self.problems.as_tuple(),
        )
