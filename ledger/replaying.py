"""Once per key: what a batch asks for a second time is answered with what the first time did."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from ledger import reading
from ledger.entries import ClawBack, ClawBackPolicy, Entry, Instruction, Posted
from ledger.models import Transfer


class IdempotencyKeyReused(Exception):
    """The key already stands for a transfer with other content."""

    code = "idempotency_mismatch"

    def __init__(self, key: str) -> None:
        super().__init__(_("The key %(key)s already stands for something else.") % {"key": key})
        self.key = key


@dataclass(slots=True)
class Earlier:
    """The transfers that already carry keys of this batch, stored or made a moment ago."""

    by_key: dict[str, Transfer] = field(default_factory=dict)

    @classmethod
    def find(cls, batch: Iterable[Instruction], found: dict[str, Transfer]) -> "Earlier":
        """Return them, given those found by the instructions' own keys under the locks."""
        if found:
            repeated = [one for one in batch if any(key in found for key in one.keys)]
            found |= reading.read_transfers_by_key(
                key for one in repeated for key in one.follow_on_keys
            )
        return cls(found)

    def knows(self, instruction: Instruction) -> bool:
        return any(key in self.by_key for key in instruction.keys)

    def remember(self, done: Posted) -> None:
        self.by_key |= {transfer.idempotency_key: transfer for transfer in done.transfers}

    def replay(self, instruction: Entry | ClawBack) -> Posted | None:
        """
        Return what the first time did, or nothing if the key is new.

        :raises IdempotencyKeyReused: If the first time asked for something else.
        """
        if not self.knows(instruction):
            return None
        if isinstance(instruction, ClawBack):
            return self._replay_claw_back(instruction)
        first = self.by_key[instruction.idempotency_key]
        if not _is_same(first, instruction):
            raise IdempotencyKeyReused(instruction.idempotency_key)
        follow_ons = (self.by_key.get(key) for key in instruction.follow_on_keys)
        return Posted(
            transfers=(first, *(found for found in follow_ons if found is not None)), replayed=True
        )

    def _replay_claw_back(self, claw_back: ClawBack) -> Posted:
        found = [self.by_key[key] for key in claw_back.keys if key in self.by_key]
        booked = sum(t.amount for t in found if t.kind == Transfer.Kind.INCUR_DEBT)
        collected = sum(transfer.amount for transfer in found) - booked
        waived = claw_back.due - collected - booked
        leaves_a_rest = claw_back.policy != ClawBackPolicy.ALLOW_DEBT
        sides = {account.pk for account in claw_back.accounts}
        if (
            waived < 0
            or (waived and not leaves_a_rest)
            or any(
                transfer.credit_account_id != claw_back.taken_back.pk
                or transfer.partner_id != claw_back.pool.partner_id
                or transfer.reference != claw_back.reference
                or (transfer.debit_account_id not in sides and not _counts_what_expired(transfer))
                for transfer in found
            )
        ):
            raise IdempotencyKeyReused(claw_back.idempotency_key)
        return Posted(
            transfers=tuple(found), replayed=True, collected=collected, debt=booked, waived=waived
        )


def _is_same(first: Transfer, entry: Entry) -> bool:
    # Not the times: a door that is asked again reads its clock again.
    return (
        first.kind,
        first.debit_account_id,
        first.credit_account_id,
        first.amount,
        first.reason_code,
        first.reference,
        first.reverses_id,
    ) == (
        entry.kind,
        entry.debit.pk,
        entry.credit.pk,
        entry.amount,
        entry.reason_code,
        entry.reference,
        entry.reverses_id,
    )


def _counts_what_expired(transfer: Transfer) -> bool:
    # Its debit account is the house's, which the instruction does not name.
    return transfer.idempotency_key.endswith(":expired")
