"""
Everything that people, not companies, were given: the register an employer or a tax adviser asks for.

It is read off the journal of the wallets, so that it is whole: what a share put there, what somebody
earned for themselves and what the seller credited counts as given; what is taken back or goes back
to the pool counts against it. What they took from the catalogue is listed too, as a use of what was
given and not as a gift of its own. What moves when companies merge, or expires, is neither.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import islice
from typing import Final, cast
from uuid import UUID

from django.db.models import Min, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ledger.correcting import say_reason
from ledger.models import Account, Correction, Transfer
from partners.families import find_family
from partners.models import Actor, Member, Partner
from rewards.models import Award, Programme, Redemption, SharePart
from rewards.programmes.calendar import local_date, local_midnight
from rewards.programmes.live import Versions, read_versions

ROWS_AT_A_TIME = 1_000
VALUE_STEP = Decimal("0.0001")
Kind = Transfer.Kind


class GiftKind(StrEnum):
    EARNED = "earned"
    SHARED = "shared"
    SHARE_UNDONE = "share_undone"
    CORRECTED = "corrected"
    RETURNED = "returned"
    TAKEN = "taken"
    BROUGHT_BACK = "brought_back"


KINDS: Final = {
    Kind.EARN: GiftKind.EARNED,
    Kind.SHARE: GiftKind.SHARED,
    Kind.UNSHARE: GiftKind.SHARE_UNDONE,
    Kind.ADJUST: GiftKind.CORRECTED,
    Kind.OPEN: GiftKind.CORRECTED,
    Kind.CLAW_BACK: GiftKind.CORRECTED,
    Kind.REVERSE: GiftKind.CORRECTED,
    Kind.LEAVE: GiftKind.RETURNED,
    Kind.REDEEM: GiftKind.TAKEN,
    Kind.REFUND: GiftKind.BROUGHT_BACK,
}
USES: Final = (GiftKind.TAKEN, GiftKind.BROUGHT_BACK)
WORDS: Final[Mapping[GiftKind, str | Promise]] = {
    GiftKind.EARNED: _("Earned for themselves"),
    GiftKind.SHARED: _("Shared by the company"),
    GiftKind.SHARE_UNDONE: _("Share taken back"),
    GiftKind.CORRECTED: _("Corrected by the seller"),
    GiftKind.RETURNED: _("Returned to the pool"),
    GiftKind.TAKEN: _("Taken from the catalogue"),
    GiftKind.BROUGHT_BACK: _("Given back from the catalogue"),
}


def say_kind(kind: GiftKind) -> str | Promise:
    return WORDS[kind]


@dataclass(frozen=True, slots=True)
class GiftRow:
    """
    One line of the register. ``units`` are minor units of the programme's main unit, below zero
    where something went back; ``value`` is what they were worth then, in the programme's currency,
    to four decimals. ``about`` is a document, a reason or a reward: words people wrote.
    """

    public_id: UUID
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
        return self.kind not in USES


@dataclass(frozen=True, slots=True)
class Question:
    """Whose register, of which programme, from ``since`` up to ``until``; as the actor sees it."""

    programme: Programme
    actor: Actor
    since: datetime
    until: datetime
    partner: Partner | None = None
    member: Member | None = None

    @classmethod
    def of_year(
        cls,
        year: int,
        *,
        programme: Programme,
        actor: Actor,
        partner: Partner | None = None,
        member: Member | None = None,
    ) -> "Question":
        """Ask about a calendar year, by the programme's own midnights."""
        since, until = bounds_of(year, programme)
        return cls(programme, actor, since, until, partner, member)


@dataclass(slots=True)
class PersonTotal:
    """
    What one person of a company was given in all, and how much of that they earned.

    ``earned_anywhere`` is what they earned in all companies that the same register tells of.
    """

    partner: Partner
    member: Member
    units: int = 0
    value: Decimal = field(default_factory=Decimal)
    earned: Decimal = field(default_factory=Decimal)
    earned_anywhere: Decimal = field(default_factory=Decimal)
    taken: Decimal = field(default_factory=Decimal)

    def left_of(self, cap: Decimal | None) -> Decimal | None:
        """Return what they may still earn for themselves; None where there is no end to it."""
        return None if cap is None else max(cap - self.earned_anywhere, Decimal(0))


def bounds_of(year: int, programme: Programme) -> tuple[datetime, datetime]:
    """Return when a year begins and ends where the programme is."""
    begins, ends = (
        local_midnight(date(each, 1, 1), programme.time_zone) for each in (year, year + 1)
    )
    return begins, ends


def find_movements(question: Question) -> QuerySet[Transfer]:
    """Return the transfers that a register tells of; for its lines give them to ``tell``."""
    found = of_wallets(
        programme=question.programme, actor=question.actor, partner=question.partner
    ).filter(occurred_at__gte=question.since, occurred_at__lt=question.until)
    if question.member is not None:
        person = question.member.person_id
        found = found.filter(
            Q(credit_account__member__person=person) | Q(debit_account__member__person=person)
        )
    return with_owners(found)


def with_owners(rows: QuerySet[Transfer]) -> QuerySet[Transfer]:
    """Read whose wallets they are with the transfers."""
    return rows.select_related(
        "debit_account__partner",
        "debit_account__member__person",
        "credit_account__partner",
        "credit_account__member__person",
    )


def of_wallets(
    *, programme: Programme, actor: Actor, partner: Partner | None = None
) -> QuerySet[Transfer]:
    """Return all that people were ever given, of one company with what was merged into it or all."""
    wallets = Account.objects.for_actor(actor).wallets().filter(unit=programme.main_unit_id)
    rows = Transfer.objects.for_actor(actor).filter(kind__in=KINDS)
    if partner is not None:
        family = sorted(find_family(partner.pk))
        wallets, rows = wallets.filter(partner__in=family), rows.filter(partner__in=family)
    found = rows.filter(Q(credit_account__in=wallets) | Q(debit_account__in=wallets))
    # Taking back what is no gift, such as an expiry, gives nothing.
    return found.exclude(Q(kind=Kind.REVERSE) & ~Q(reverses__kind__in=KINDS))


def find_first_year(*, programme: Programme, actor: Actor, partner: Partner | None = None) -> int:
    """Return the year in which anybody was first given something; 0 where nobody was."""
    rows = of_wallets(programme=programme, actor=actor, partner=partner)
    first: datetime | None = rows.aggregate(Min("occurred_at"))["occurred_at__min"]
    return local_date(first, programme.time_zone).year if first else 0


def read_register(question: Question, *, worth: "Worth | None" = None) -> Iterator[GiftRow]:
    """Yield the lines of a register, oldest first: the same few queries a thousand rows."""
    worth = worth or Worth(question.programme)
    rows = find_movements(question).order_by("occurred_at", "pk").iterator(ROWS_AT_A_TIME)
    while chunk := list(islice(rows, ROWS_AT_A_TIME)):
        yield from tell(chunk, question=question, worth=worth)


def sum_up(rows: Iterable[GiftRow]) -> list[PersonTotal]:
    """Return what each person was given, by company and name."""
    totals: dict[tuple[int, int], PersonTotal] = {}
    for row in rows:
        key = (row.partner.pk, row.member.person_id)
        total = totals.setdefault(key, PersonTotal(row.partner, row.member))
        if row.counts:
            total.units += row.units
            total.value += row.value
        else:
            total.taken += row.value
        if row.kind is GiftKind.EARNED:
            total.earned += row.value
    by_person: dict[int, Decimal] = defaultdict(Decimal)
    for total in totals.values():
        by_person[total.member.person_id] += total.earned
    for total in totals.values():
        total.earned_anywhere = by_person[total.member.person_id]
    return sorted(
        totals.values(),
        key=lambda each: (each.partner.legal_name, each.partner.pk, each.member.person.name),
    )


class Worth:
    """What units were worth, by the settings that were in force at a moment."""

    def __init__(self, programme: Programme, versions: Versions | None = None) -> None:
        self._decimals = programme.main_unit.decimals
        self._versions = versions or read_versions(programme)

    def of(self, units: int, at: datetime) -> Decimal:
        # What is given back after a programme has ended is worth what it was at last.
        latest = next((each for _from, each in self._versions.published), None)
        version = self._versions.at(at) or latest
        each = version.definition.settings.unit_value if version else Decimal(0)
        return (Decimal(units).scaleb(-self._decimals) * each).quantize(VALUE_STEP, ROUND_HALF_UP)


def tell(
    movements: Sequence[Transfer], *, question: Question, worth: Worth | None = None
) -> list[GiftRow]:
    """Return movements as lines of the register. Four queries, whatever their number."""
    return tell_of(movements, programme=question.programme, actor=question.actor, worth=worth)


def tell_of(
    movements: Sequence[Transfer],
    *,
    programme: Programme,
    actor: Actor,
    worth: Worth | None = None,
) -> list[GiftRow]:
    """Return movements of ``of_wallets`` as lines, in the same order."""
    worth = worth or Worth(programme)
    about = _find_words(movements, actor)
    return [_tell_one(each, about, programme, worth) for each in movements]


def _tell_one(
    movement: Transfer, about: dict[int, str], programme: Programme, worth: Worth
) -> GiftRow:
    kind = KINDS[Kind(movement.kind)]
    comes_in = movement.credit_account.kind == Account.Kind.WALLET
    wallet = movement.credit_account if comes_in else movement.debit_account
    # A use is told as what was taken, so that its sign is the other way round.
    gained = comes_in if kind not in USES else not comes_in
    units = movement.amount if gained else -movement.amount
    return GiftRow(
        public_id=movement.public_id,
        at=movement.occurred_at,
        kind=kind,
        programme=programme,
        # A wallet has both, which only other accounts have not.
        partner=cast(Partner, wallet.partner),
        member=cast(Member, wallet.member),
        units=units,
        value=worth.of(units, movement.occurred_at),
        about=about.get(movement.pk, ""),
    )


def _find_words(movements: Sequence[Transfer], actor: Actor) -> dict[int, str]:
    """Return by transfer the document, the reason of a share, the reward or the correction."""
    ids = [each.pk for each in movements]
    references = {each.pk: each.reference for each in movements}
    wanted = [each for each in references.values() if _is_id(each)]
    awards = Award.objects.for_actor(actor).filter(public_id__in=wanted)
    names = {
        str(public_id): number
        for public_id, number in awards.values_list("public_id", "activity__external_id")
    }
    redemptions = Redemption.objects.for_actor(actor).filter(public_id__in=wanted)
    for redemption in redemptions.select_related("reward"):
        names[str(redemption.public_id)] = str(redemption.reward)
    corrections = Correction.objects.for_actor(actor).filter(public_id__in=wanted)
    for correction in corrections.select_related("reason"):
        names[str(correction.public_id)] = say_reason(correction.reason)
    words = {pk: names[each] for pk, each in references.items() if each in names}
    parts = SharePart.objects.for_actor(actor).filter(
        Q(transfer__in=ids) | Q(undo_transfer__in=ids)
    )
    for given, undone, reason in parts.values_list("transfer", "undo_transfer", "share__reason"):
        words |= dict.fromkeys({given, undone} & set(ids), reason)
    return words


def _is_id(reference: str) -> bool:
    try:
        UUID(reference)
    except ValueError:
        return False
    return True
