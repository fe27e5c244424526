"""What a door may ask the ledger to do: plain values, with no database behind them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ledger.models import Account, Hold, Transfer

# The ledger adds a suffix for the transfers that follow from an entry (":repay", ":pending").
KEY_LENGTH_MAX = 140


class ClawBackPolicy(StrEnum):
    """What happens to the part of a claw-back that can no longer be collected."""

    ONLY_PENDING = "only_pending"
    WITHIN_BALANCE = "within_balance"
    ALLOW_DEBT = "allow_debt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    Move ``amount`` minor units from one account to another, once per key.

    ``expires_at`` and ``matures_at`` are for the lot that a credit out of a house account opens.
    ``gives_back`` names an earlier transfer whose slices come back as they were (a refund). Those
    past their expiry come back expired, and the next night retires them, unless ``revive_until``
    gives them a new expiry.
    ``prefer_origin_id`` takes the slices first credited by that transfer before any others, or,
    with ``strictly_of_origin``, no others; ``reverses`` the slices that the reversed transfer
    opened.
    """

    kind: str
    debit: Account
    credit: Account
    amount: int
    idempotency_key: str
    occurred_at: datetime
    posted_at: datetime | None = None
    expires_at: datetime | None = None
    matures_at: datetime | None = None
    reason_code: str = ""
    reference: str = ""
    reverses: Transfer | None = None
    gives_back: Transfer | None = None
    prefer_origin_id: int | None = None
    strictly_of_origin: bool = False
    revive_until: datetime | None = None

    @property
    def accounts(self) -> tuple[Account, ...]:
        return (self.debit, self.credit)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the transfers that only this entry makes."""
        return (self.idempotency_key,)

    @property
    def follow_on_keys(self) -> tuple[str, ...]:
        """The keys of transfers that may follow from it."""
        return (f"{self.idempotency_key}:repay",)

    @property
    def reverses_id(self) -> int | None:
        reversed_transfer = self.reverses or self.gives_back
        return reversed_transfer.pk if reversed_transfer else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClawBack:
    """
    Take back ``due`` minor units of an award, as far as they can be found.

    Collected in this order: pending, what already expired of this award (it moves from *expired*
    to *taken back*), the award's own lots in the pool, what of other awards waits for an event,
    other free lots of the pool. Wallets and holds are never touched. The policy decides about the rest. The award is named by the id of its
    transfer, or by that transfer's key when it may stand earlier in the same batch.

    A claw-back that can collect nothing and is waived whole leaves no transfer behind: whoever
    asks for it records the waiver.
    """

    pool: Account
    pending: Account | None
    debt: Account | None
    taken_back: Account
    due: int
    policy: str
    idempotency_key: str
    occurred_at: datetime
    origin_transfer_id: int | None = None
    origin_key: str = ""
    posted_at: datetime | None = None
    reference: str = ""

    @property
    def accounts(self) -> tuple[Account, ...]:
        return tuple(
            account
            for account in (self.pool, self.pending, self.debt, self.taken_back)
            if account is not None
        )

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(
            f"{self.idempotency_key}:{part}" for part in ("pending", "expired", "pool", "debt")
        )

    @property
    def follow_on_keys(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """
    Hold ``amount`` minor units of a pool or wallet, once per key.

    Slices are named in spending order. What is held stays in the balance, and nothing but its own
    capture takes it. From ``lapses_at`` on it can no longer be captured.
    """

    account: Account
    amount: int
    idempotency_key: str
    occurred_at: datetime
    posted_at: datetime | None = None
    lapses_at: datetime | None = None
    reason_code: str = ""
    reference: str = ""

    @property
    def accounts(self) -> tuple[Account, ...]:
        return (self.account,)

    @property
    def keys(self) -> tuple[str, ...]:
        """A hold carries the key itself; it makes no transfer."""
        return ()

    @property
    def follow_on_keys(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """
    Take what is held, or ``amount`` of it, in one transfer; the rest is free again in the same act.

    It takes exactly the held slices, the earliest to expire first, also those that have expired
    since: they were reserved in time.
    """

    hold: Hold
    credit: Account
    idempotency_key: str
    occurred_at: datetime
    amount: int | None = None
    kind: str = Transfer.Kind.REDEEM
    posted_at: datetime | None = None
    reason_code: str = ""
    reference: str = ""

    @property
    def accounts(self) -> tuple[Account, ...]:
        return (self.hold.account, self.credit)

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.idempotency_key,)

    @property
    def follow_on_keys(self) -> tuple[str, ...]:
        return (f"{self.idempotency_key}:repay",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """End a hold and take nothing: it is released or, with ``lapses``, its time has run out."""

    hold: Hold
    occurred_at: datetime
    posted_at: datetime | None = None
    lapses: bool = False

    @property
    def idempotency_key(self) -> str:
        """A hold ends once, so that its id is key enough."""
        return f"hold:{self.hold.public_id}:end"

    @property
    def accounts(self) -> tuple[Account, ...]:
        return (self.hold.account,)

    @property
    def keys(self) -> tuple[str, ...]:
        """All that a release may move is what it repays."""
        return (f"{self.idempotency_key}:repay",)

    @property
    def follow_on_keys(self) -> tuple[str, ...]:
        return ()


OfHold = Reserve | Capture | Release
Instruction = Entry | ClawBack | OfHold


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """
    What became of one instruction. ``due`` of a claw-back = collected + debt + waived.

    ``hold`` is the hold that was placed or ended, as it is now.
    """

    transfers: tuple[Transfer, ...]
    replayed: bool = False
    collected: int = 0
    debt: int = 0
    waived: int = 0
    hold: Hold | None = None

    @property
    def transfer(self) -> Transfer:
        """The transfer that was asked for; a repayment of debt follows it."""
        return self.transfers[0]
