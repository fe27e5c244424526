"""
A member goes. What is in the wallet returns to the company's pool, slice by slice, with its expiry.

What waits for a decision stands in the way: its points are reserved, and somebody has to say what
becomes of it. A decision about the member can withdraw it all, but only if it says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import ngettext

from ledger import accounts, holds
from ledger.models import Account, Hold, Transfer
from ledger.posting import Entry, post
from partners import events, team
from partners.models import Actor, Member, Person
from partners.revising import StaleRevision, refuse_if_stale
from partners.team import LastHeadBuyer, OnlyHeadBuyerDecides
from rewards import consenting, redeeming
from rewards.models import Redemption

__all__ = [
    "LastHeadBuyer",
    "Left",
    "Obstacles",
    "OnlyHeadBuyerDecides",
    "StaleRevision",
    "StillPending",
    "deactivate",
    "find_obstacles",
    "find_wallets",
    "return_wallets",
]


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What of a member waits for a decision: requests, and holds that a system placed."""

    requests: Sequence[Redemption] = ()
    holds: Sequence[Hold] = ()

    @property
    def count(self) -> int:
        return len(self.requests) + len(self.holds)


class StillPending(Exception):
    """Something of the member waits for a decision, and nobody said to withdraw it."""

    code = "still_pending"

    def __init__(self, obstacles: Obstacles) -> None:
        super().__init__(
            ngettext(
                "%(count)d thing of this person still waits for a decision.",
                "%(count)d things of this person still wait for a decision.",
                obstacles.count,
            )
            % {"count": obstacles.count}
        )
        self.obstacles = obstacles
        self.redemptions = [str(each.public_id) for each in obstacles.requests]
        self.holds = [str(each.public_id) for each in obstacles.holds]


@dataclass(frozen=True, slots=True)
class Left:
    """The member, and per unit code what went back to the pool."""

    member: Member
    returned: Mapping[str, int] = field(default_factory=dict)


def deactivate(
    *,
    member: Member,
    by: Actor,
    at: datetime,
    withdraws_pending: bool = False,
    revision: int | None = None,
) -> Left:
    """
    Take a member off the team and return the wallet to the pool. Asked again, it has happened.

    :param withdraws_pending: Whether what waits for a decision is withdrawn.
    :raises OnlyHeadBuyerDecides: If a member asks who is no active head buyer of this team.
    :raises StaleRevision: If somebody else changed the member since ``revision``.
    :raises LastHeadBuyer: If the company would be left without a head buyer.
    :raises StillPending: If something waits for a decision and is not withdrawn.
    """
    with transaction.atomic():
        locked = team.lock_member(member, by=by)
        if locked.status == Member.Status.LEFT:
            return Left(locked, _read_returned(locked))
        refuse_if_stale(locked, revision)
        team.refuse_without_head_buyer(locked)
        obstacles = find_obstacles(locked)
        if obstacles.count and not withdraws_pending:
            raise StillPending(obstacles)
        _withdraw(obstacles, by=by.person, at=at)
        returned = return_wallets(locked, by=by, at=at)
        consenting.withdraw_all(member=locked, by=by, at=at)
        team.leave(member=locked, by=by, at=at)
        return Left(locked, returned)


def find_obstacles(member: Member) -> Obstacles:
    """Return what of the member waits for a decision. Two queries."""
    requests = Redemption.objects.filter(member=member, state=Redemption.State.REQUESTED)
    placed = Hold.objects.open().filter(account__member=member)
    return Obstacles(
        requests=list(requests.select_related("reward", "account").order_by("requested_at", "pk")),
        holds=[
            each
            for each in placed.select_related("account__unit").order_by("pk")
            if holds.is_placed_by_door(each)
        ],
    )


def find_wallets(member: Member) -> list[Account]:
    """Return the wallets that hold something, one a unit."""
    held = Account.objects.wallets().filter(member=member, balance__gt=0)
    return list(held.select_related("unit", "partner").order_by("pk"))


def _withdraw(obstacles: Obstacles, *, by: Person | None, at: datetime) -> None:
    for request in obstacles.requests:
        redeeming.withdraw(redemption=request, by=by, at=at)
    for hold in obstacles.holds:
        holds.release(hold=hold, released_at=at)


def return_wallets(member: Member, *, by: Actor, at: datetime) -> dict[str, int]:
    """
    Return what a member holds to the pool, and how much of each unit, by its code.

    The caller has locked the partner and ends the membership in the same transaction.
    """
    wallets = find_wallets(member)
    pools = {wallet.pk: accounts.pool(wallet.unit, member.partner) for wallet in wallets}
    post(
        [
            Entry(
                kind=Transfer.Kind.LEAVE,
                debit=wallet,
                credit=pools[wallet.pk],
                amount=wallet.balance,
                # Who comes back may leave again.
                idempotency_key=f"{_key_of(member)}:{wallet.unit_id}",
                occurred_at=at,
                reference=str(member.public_id),
            )
            for wallet in wallets
        ],
        posted_at=at,
    )
    returned = {wallet.unit.code: wallet.balance for wallet in wallets}
    drafts = [
        events.EventDraft(
            partner_id=member.partner_id,
            kind="wallet_returned",
            payload={"member": str(member.public_id), "amount": amount, "unit": code},
            occurred_at=at,
            member_id=member.pk,
            actor_id=by.person.pk if by.person else None,
        )
        for code, amount in returned.items()
    ]
    events.record(drafts, recorded_at=at)
    return returned


def _read_returned(member: Member) -> dict[str, int]:
    """What went back when the member left last."""
    moved = Transfer.objects.filter(
        kind=Transfer.Kind.LEAVE,
        idempotency_key__startswith=f"{_key_of(member, before=1)}:",
    )
    return dict(moved.values_list("debit_account__unit__code", "amount"))


def _key_of(member: Member, *, before: int = 0) -> str:
    """The name of one leaving. The row counts one edit more as soon as it has happened."""
    return f"leave:{member.public_id}:{member.revision - before}"
