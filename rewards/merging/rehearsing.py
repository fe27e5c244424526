"""What a merge would do: it is done, undone and taken back, so that nothing is promised wrongly."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from ledger.models import Account, Unit
from partners.models import Member, Partner, PartnerNumber
from rewards.merging.doing import merge
from rewards.merging.obstacles import Obstacle, find_obstacles
from rewards.merging.undoing import UndoNotPossible, undo_merge


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account of the merged partner holds; ``member`` is empty but for wallets."""

    unit: Unit
    kind: str
    label: str
    amount: int
    member: Member | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """What the kept partner has in a unit, before and after: pool, pending and debt."""

    unit: Unit
    kind: str
    label: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """
    ``obstacles`` are why nothing can be done; then there are no totals. ``for_good`` says why it
    could not be undone even at once, and is empty where it could.
    """

    kept: Partner
    merged: Partner
    obstacles: Sequence[Obstacle] = ()
    moves: Sequence[Balance] = ()
    totals: Sequence[Total] = ()
    joining: Sequence[Member] = ()
    on_both: Sequence[Member] = ()
    numbers: Sequence[PartnerNumber] = field(default_factory=list)
    for_good: str = ""


def rehearse(*, kept: Partner, merged: Partner, at: datetime) -> Rehearsal:
    """Return what would move, and what the kept partner would have then. Writes nothing."""
    obstacles = find_obstacles(kept=kept, merged=merged)
    if kept.pk == merged.pk:
        return Rehearsal(kept, merged, obstacles)
    team = list(Member.objects.active().filter(partner=merged).for_listing())
    known = set(Member.objects.active().filter(partner=kept).values_list("person", flat=True))
    before = _read_totals(kept)
    after, for_good = (before, "") if obstacles else _try(kept, merged, at)
    return Rehearsal(
        kept=kept,
        merged=merged,
        obstacles=obstacles,
        moves=_read_balances(merged),
        totals=[] if obstacles else _compare(before, after),
        joining=[member for member in team if member.person_id not in known],
        on_both=[member for member in team if member.person_id in known],
        numbers=list(merged.numbers.order_by("system", "number")),
        for_good=for_good,
    )


def _try(kept: Partner, merged: Partner, at: datetime) -> tuple[list[Account], str]:
    """Return what the kept one would have, and why that could not be undone."""
    for_good = ""
    with transaction.atomic():
        made = merge(
            kept=kept,
            merged=merged,
            reason="",
            by=None,
            at=at,
            request_key=f"rehearsal:{uuid.uuid4()}",
        )
        found = _read_totals(kept)
        try:
            undo_merge(merge=made, by=None, at=at)
        except UndoNotPossible as refusal:
            for_good = str(refusal)
        # The rehearsal is over: nothing of it stays.
        transaction.set_rollback(True)
    return found, for_good


def _read_totals(partner: Partner) -> list[Account]:
    own = Account.objects.filter(partner=partner, member__isnull=True).select_related("unit")
    return list(own.order_by("unit_id", "pk"))


def _compare(before: Sequence[Account], after: Sequence[Account]) -> list[Total]:
    was = {account.pk: account.balance for account in before}
    return [
        Total(
            account.unit,
            account.kind,
            account.get_kind_display(),
            was.get(account.pk, 0),
            account.balance,
        )
        for account in after
        if was.get(account.pk, 0) or account.balance
    ]


def _read_balances(partner: Partner) -> list[Balance]:
    held = Account.objects.filter(partner=partner, balance__gt=0)
    rows = held.select_related("unit", "member__person").order_by("unit_id", "kind", "pk")
    return [
        Balance(
            account.unit,
            account.kind,
            account.get_kind_display(),
            account.balance,
            account.member,
        )
        for account in rows
    ]
