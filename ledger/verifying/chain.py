"""The chain of seals in a copy: each covers the one before it, and nothing lies between."""

from dataclasses import dataclass, field

from ledger.digests import FIRST_LINK, SealHeader
from ledger.verifying.report import Problems


@dataclass(slots=True)
class Chain:
    """Takes the seals in the order of the file and tells every break."""

    problems: Problems
    head: str | None
    from_first: bool
    until_head: bool = False
    latest: SealHeader | None = None
    latest_digest: str = ""
    seals: int = 0
    known_seal: int | None = None
    numbers: set[int] = field(default_factory=set)

    def add(self, seal: SealHeader, stated: str) -> None:
        digest = seal.digest()
        self.problems.expect(
            digest == stated,
            f"Seal {seal.number}: it was changed, its digest is of something else.",
        )
        self.problems.expect(
            0 < seal.first_transfer <= seal.last_transfer and seal.transfers > 0,
            f"Seal {seal.number} covers no transfers.",
        )
        if self.latest is not None:
            self._follow(self.latest, seal)
        elif self.from_first or seal.number == 1:
            begins = (seal.number, seal.first_transfer, seal.previous) == (1, 1, FIRST_LINK)
            self.problems.expect(
                begins, f"The chain begins with seal {seal.number}, not with the first one."
            )
        if self.head == stated == digest:
            self.known_seal = seal.number
        # The digest as stated: one changed seal is one break, not one for every seal behind it.
        self.latest, self.latest_digest = seal, stated
        self.seals += 1

    def _follow(self, before: SealHeader, seal: SealHeader) -> None:
        if seal.number != before.number + 1:
            self.problems.add(
                f"Seal {seal.number} follows seal {before.number}:"
                " blocks are missing, twice there or out of order."
            )
            return
        self.problems.expect(
            seal.previous == self.latest_digest,
            f"Seal {seal.number} is not linked to seal {before.number}: one of them was exchanged.",
        )
        self.problems.expect(
            seal.first_transfer == before.last_transfer + 1,
            f"Seal {seal.number} does not begin where seal {before.number} ends.",
        )

    @property
    def beyond_head(self) -> int:
        """How many seals lie behind the one whose digest was given."""
        if self.known_seal is None or self.latest is None:
            return 0
        return self.latest.number - self.known_seal

    def finish(self) -> None:
        if self.head is not None and self.known_seal is None:
            self.problems.add(
                "No seal of this copy has the digest you gave:"
                " the copy was forged, is older, or is of another ledger."
            )
        # Later seals that agree with each other may all have been made anew: the chain leads from
        # the newest back to the digest, never from the digest on.
        if self.beyond_head and not self.until_head:
            self.problems.add(
                f"The digest you gave is of seal {self.known_seal}, {self.beyond_head} before the"
                " last one of this copy: nothing vouches for what is sealed behind it. Give the"
                " digest of the last seal, or --until-head if the copy is to count up to there."
            )
