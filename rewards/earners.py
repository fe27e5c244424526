"""Who of a team earns for themselves, by whose word, and what is left of their year."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ledger.models import Account, Transfer
from partners.models import Actor, Member, Partner
from partners.models.amounts import from_ten_thousandths
from rewards.consenting import find_approver
from rewards.gift_register import Worth, bounds_of
from rewards.models import EarningApprover, EarningConsent, Programme
from rewards.programmes.calendar import local_date
from rewards.programmes.live import NoVersionInForce, settings_at
from rewards.programmes.settings import PersonalEarning

HISTORY_LENGTH = 50


@dataclass(frozen=True, slots=True)
class Earner:
    """
    One member: the consent in force, and what they earned for themselves in the year, in money.

    ``in_all`` is what they earned for themselves over all companies they work for: the cap is for a
    person, so that decides what is ``left``, for which only they themselves are told. It is None
    where the programme sets no end to it.
    """

    member: Member
    consent: EarningConsent | None
    earned: Decimal
    in_all: Decimal
    cap: Decimal | None
    terms_version: int

    @property
    def left(self) -> Decimal | None:
        return None if self.cap is None else max(self.cap - self.in_all, Decimal(0))

    @property
    def by_earlier_terms(self) -> bool:
        return self.consent is not None and self.consent.terms_version != self.terms_version


@dataclass(frozen=True, slots=True)
class Team:
    """A team as its approver sees it. ``history`` are the latest consents there were."""

    approver: EarningApprover | None
    earners: Sequence[Earner]
    history: Sequence[EarningConsent]
    year: int

    def earner(self, member: Member) -> Earner | None:
        return next((each for each in self.earners if each.member.pk == member.pk), None)


def read_team(
    *,
    partner: Partner,
    programme: Programme,
    policy: PersonalEarning,
    members: Sequence[Member],
    actor: Actor,
    at: datetime,
) -> Team:
    """
    Return who of these members of a company earns for themselves, and who ever did.

    Five queries, whatever the size of the team.
    """
    year = local_date(at, programme.time_zone).year
    consents = (
        EarningConsent.objects.for_actor(actor)
        .filter(programme=programme)
        .select_related("member__person", "approver__person", "withdrawn_by")
        .order_by("-given_at", "-pk")
    )
    standing = consents.filter(withdrawn_at__isnull=True, member__in=[each.pk for each in members])
    in_force = {each.member_id: each for each in standing}
    earned, in_all = sum_earned(members, programme=programme, year=year)
    cap = cap_of(policy)
    return Team(
        approver=find_approver(partner),
        earners=[
            Earner(
                each,
                in_force.get(each.pk),
                earned[each.pk],
                in_all[each.person_id],
                cap,
                policy.terms_version,
            )
            for each in members
        ],
        history=list(consents[:HISTORY_LENGTH]),
        year=year,
    )


def cap_of(policy: PersonalEarning) -> Decimal | None:
    """Return the most that one person may earn for themselves in a year, in money."""
    return None if policy.yearly_cap_e4 is None else from_ten_thousandths(policy.yearly_cap_e4)


def find_cap(programme: Programme, *, at: datetime) -> Decimal | None:
    """Return the cap of a year as the settings of a moment say; None without personal earning."""
    try:
        policy = settings_at(programme, at).personal_earning
    except NoVersionInForce:
        return None
    return cap_of(policy) if policy.allowed else None


def sum_earned(
    members: Iterable[Member], *, programme: Programme, year: int
) -> tuple[Mapping[int, Decimal], Mapping[int, Decimal]]:
    """
    Return what members earned for themselves in a year, in money: by member, and by person over
    all companies. Two queries.
    """
    since, until = bounds_of(year, programme)
    worth = Worth(programme)
    rows = Transfer.objects.filter(
        kind=Transfer.Kind.EARN,
        credit_account__kind=Account.Kind.WALLET,
        credit_account__unit=programme.main_unit_id,
        credit_account__member__person__in={each.person_id for each in members},
        occurred_at__gte=since,
        occurred_at__lt=until,
    ).values_list(
        "credit_account__member", "credit_account__member__person", "amount", "occurred_at"
    )
    earned: dict[int, Decimal] = defaultdict(Decimal)
    in_all: dict[int, Decimal] = defaultdict(Decimal)
    for member_id, person_id, amount, at in rows:
        if member_id is not None and person_id is not None:
            value = worth.of(amount, at)
            earned[member_id] += value
            in_all[person_id] += value
    return earned, in_all
