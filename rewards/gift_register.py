"""
Everything that people, not companies, were given: the register an employer or a tax adviser asks for.

A person is given what a share put into their wallet and what they earned for themselves; what is
taken back or goes back to the pool counts against it. What they took from the catalogue is listed
too, as a use of what was given and not as a gift of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from heapq import merge

from django.db.models import Q, QuerySet

from ledger.models import Account, Transfer
from partners.models import Actor, Member, Partner
from rewards.models import Award, Programme, Redemption, SharePart
from rewards.programmes.live import read_versions

CENT = Decimal("0.01")
ROWS_AT_A_TIME = 2_000


class GiftKind(StrEnum):
    EARNED = "earned"
    SHARED = "shared"
    SHARE_UNDONE = "share_undone"
    RETURNED = "returned"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class GiftRow:
    """
    One line of the register. ``units`` are minor units of the programme's main unit, below zero
    where something went back; ``value`` is what they were worth then, in the programme's currency.
    """

    at: datetime
    kind: GiftKind
    programme: Programme
    partner: Partner
    member: Member
    units: int
    value: Decimal
    about: str

    @property
    def counts(self) -> bool:
        """Whether it changes what the person was given in all."""
        return self.kind is not GiftKind.TAKEN


@dataclass(frozen=True, slots=True)
class Question:
    """Whose register, of which programme, from ``since`` up to ``until``; as the actor sees it."""

    programme: Programme
    actor: Actor
    since: datetime
    until: datetime
    partner: Partner | None = None
    member: Member | None = None

    def about(self, partner_path: str, member_path: str, time_path: str) -> Q:
        who = Q(**{f"{time_path}__gte": self.since, f"{time_path}__lt": self.until})
        if self.partner is not None:
            who &= Q(**{partner_path: self.partner})
        if self.member is not None:
            who &= Q(**{member_path: self.member})
        return who


def read_register(question: Question) -> Iterator[GiftRow]:
    """
    Yield the lines of a register, oldest first.

    A fixed number of queries, and one for each change of settings in the period; rows are read in
    parts, whatever their number.
    """
    worth = _Worth(question.programme)
    found = merge(
        _earned(question),
        _shared(question),
        _undone(question),
        _returned(question),
        _taken(question),
        key=lambda row: row[0],
    )
    for at, kind, owner, person, units, about in found:
        value = worth.of(units, at)
        yield GiftRow(at, kind, question.programme, owner, person, units, value, about)


Found = tuple[datetime, GiftKind, Partner, Member, int, str]


class _Worth:
    """What units were worth, by the settings that were in force at a moment."""

    def __init__(self, programme: Programme) -> None:
        self._decimals = programme.main_unit.decimals
        self._versions = read_versions(programme)

    def of(self, units: int, at: datetime) -> Decimal:
        version = self._versions.at(at)
        each = version.definition.settings.unit_value if version else Decimal(0)
        return (Decimal(units).scaleb(-self._decimals) * each).quantize(CENT, ROUND_HALF_UP)


def _earned(question: Question) -> Iterator[Found]:
    about = question.about("partner", "activity__member", "activity__occurred_at")
    rows = Award.objects.for_actor(question.actor).filter(
        about, version__programme=question.programme, personal__gt=0
    )
    related = rows.select_related("partner", "activity__member__person")
    for award in related.order_by("activity__occurred_at", "pk").iterator(ROWS_AT_A_TIME):
        person = award.activity.member
        if person is not None:
            at, number = award.activity.occurred_at, award.activity.external_id
            yield at, GiftKind.EARNED, award.partner, person, award.personal, number


def _shared(question: Question) -> Iterator[Found]:
    rows = _share_parts(question, "share__shared_at").filter(transfer__isnull=False)
    for part in rows.order_by("share__shared_at", "pk").iterator(ROWS_AT_A_TIME):
        share = part.share
        yield (
            share.shared_at,
            GiftKind.SHARED,
            share.partner,
            part.member,
            part.amount,
            share.reason,
        )


def _undone(question: Question) -> Iterator[Found]:
    rows = _share_parts(question, "undo_transfer__posted_at").select_related("undo_transfer")
    for part in rows.order_by("undo_transfer__posted_at", "pk").iterator(ROWS_AT_A_TIME):
        moved, share = part.undo_transfer, part.share
        back = -moved.amount
        yield moved.posted_at, GiftKind.SHARE_UNDONE, share.partner, part.member, back, share.reason


def _share_parts(question: Question, time_path: str) -> QuerySet[SharePart]:
    rows = SharePart.objects.for_actor(question.actor).filter(
        question.about("share__partner", "member", time_path),
        share__programme=question.programme,
    )
    return rows.select_related("share__partner", "member__person")


def _returned(question: Question) -> Iterator[Found]:
    """What went back to the pool when a member left."""
    wallets = Account.objects.for_actor(question.actor).wallets()
    rows = Transfer.objects.filter(
        question.about("debit_account__partner", "debit_account__member", "posted_at"),
        kind=Transfer.Kind.LEAVE,
        debit_account__in=wallets.filter(unit=question.programme.main_unit),
    ).select_related("debit_account__partner", "debit_account__member__person")
    for moved in rows.order_by("posted_at", "pk").iterator(ROWS_AT_A_TIME):
        wallet = moved.debit_account
        if wallet.partner is not None and wallet.member is not None:
            person = wallet.member
            yield moved.posted_at, GiftKind.RETURNED, wallet.partner, person, -moved.amount, ""


def _taken(question: Question) -> Iterator[Found]:
    """What people took for themselves, from their own wallets."""
    rows = Redemption.objects.for_actor(question.actor).filter(
        question.about("partner", "member", "requested_at"),
        account__kind=Account.Kind.WALLET,
        account__unit=question.programme.main_unit,
        state__in=(Redemption.State.APPROVED, Redemption.State.FULFILLED),
    )
    rows = rows.select_related("partner", "member__person", "reward")
    for taken in rows.order_by("requested_at", "pk").iterator(ROWS_AT_A_TIME):
        name = str(taken.reward)
        yield taken.requested_at, GiftKind.TAKEN, taken.partner, taken.member, taken.price, name
