"""
What of new awards people earn for themselves: who has a wallet for it, and what a year still gives.

A programme's cap on personal earning is for a person and a year, whatever companies they work for.
What the rules say of a company is by its own facts alone. So what a person has of other companies
is looked at when points are posted, in the order of posting, and never dealt again: what does not
fit goes to the pool of the company.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from ledger import accounts
from ledger.models import Account, Unit
from partners.models import Member
from rewards.earning.exact import SCALE
from rewards.earning.facts import ActivityFacts
from rewards.earning.judging import VersionInForce
from rewards.earning.personally import worth_of_one
from rewards.hearing import Hearing
from rewards.models import Award, EarningConsent, Programme
from rewards.programmes.calendar import local_midnight
from rewards.settlement import Raise, find_wait

PersonYear = tuple[str, int]
"""Whom a fact is counted for and the year of its local day: what a cap on personal earning is for."""


def cut_own_parts(
    raises: Sequence[Raise], hearing: Hearing, *, programme: Programme, lock: bool
) -> None:
    """
    Let each raise say what of it goes to the wallet of who earned it: no more than it gives.

    The amounts are final. With ``lock`` the caller owns the transaction and has locked the
    partners and what campaigns gave, and no accounts yet.
    """
    if not any(one.personal for one in raises):
        return
    earners = _find_earners(raises)
    for one in raises:
        one.earner = earners.get(one.due.activity.member_id or 0)
        if one.earner is None or _waits(one, programme):
            one.personal = 0
    _keep_within_year(raises, hearing)
    for one in raises:
        one.personal = min(one.personal, one.amount)
    _keep_within_person(raises, hearing, programme=programme, lock=lock)


def open_wallets(raises: Iterable[Raise], *, unit: Unit) -> dict[int, Account]:
    """
    Return the wallets of those who earned something for themselves, by the member of the fact.

    Of a merged company the same person of the kept one has it. Somebody who has left has none, so
    that it goes to the pool, like all they left behind.
    """
    members = {
        one.due.activity.member_id or 0: one.earner for one in raises if one.personal and one.earner
    }
    if not members:
        return {}
    wallets = accounts.wallets(unit, members.values())
    return {member_id: wallets[member.pk] for member_id, member in members.items()}


def _find_earners(raises: Iterable[Raise]) -> dict[int, Member]:
    """Return who has a wallet to earn into, by the member of the fact: two queries."""
    earned = {
        one.due.activity.member_id: one.partner_id
        for one in raises
        if one.personal and one.due.activity.member_id is not None
    }
    people = dict(Member.objects.filter(pk__in=earned).values_list("pk", "person"))
    active = Member.objects.active().filter(
        person__in=people.values(), partner__in=set(earned.values())
    )
    by_place = {(member.person_id, member.partner_id): member for member in active}
    return {
        member_id: by_place[people[member_id], partner_id]
        for member_id, partner_id in earned.items()
        if member_id is not None and (people[member_id], partner_id) in by_place
    }


def _waits(one: Raise, programme: Programme) -> bool:
    """What has to wait goes to the pool, however late it is told: nothing waits for a wallet."""
    due, zone = one.due, programme.time_zone
    return bool(find_wait(due.activity, due.version, due.award.rule_code, time_zone=zone))


def _keep_within_year(raises: Sequence[Raise], hearing: Hearing) -> None:
    """
    Give a member less of what is new where older awards gave more than they are due by now.

    What is in a wallet stays there, so that in all a year never gives more than its cap.
    """
    kept = {key: award.personal for key, award in hearing.awards.items() if award.personal}
    if not kept:
        return
    for judged in hearing.judgements.values():
        for due in judged.awards:
            key = (due.activity.id or 0, due.version.version_id, due.award.rule_code)
            if key in kept:
                kept[key] = max(kept[key] - due.award.personal, 0)
    by_id = {fact.id: fact for each in hearing.facts.values() for fact in each}
    spare: Counter[PersonYear] = Counter()
    for (activity_id, _version_id, _rule_code), amount in kept.items():
        spare[_person_year(by_id[activity_id])] += amount
    for one in raises:
        if _cap_of(one.due.version) is None:
            continue
        whose = _person_year(one.due.activity)
        less = min(one.personal, spare[whose])
        one.personal -= less
        spare[whose] -= less


def _keep_within_person(
    raises: Sequence[Raise], hearing: Hearing, *, programme: Programme, lock: bool
) -> None:
    """Give a person less where other companies gave of the same year, whoever comes first."""
    asking = [one for one in raises if one.personal and _cap_of(one.due.version) is not None]
    people = {one.due.activity.person_id for one in asking} - {None}
    if not people:
        return
    member_ids = _ask_members(people, programme=programme, lock=lock)
    years = _Years(hearing, programme)
    years.count_own()
    if len(member_ids) > len(people):
        years.count_others(member_ids, {one.due.activity.local_date.year for one in asking})
    for one in sorted(raises, key=lambda each: each.due.activity.canonical_place):
        if one.personal:
            years.give(one)


def _ask_members(people: Collection[int | None], *, programme: Programme, lock: bool) -> set[int]:
    """
    Return as which members these people ever might earn for themselves in a programme: one query.

    Their consents are locked, in one order, since whoever posts for them in another company has to
    come by one of these, too. Nothing but a consent lets anybody earn.
    """
    members = Member.objects.filter(person__in=people).values("pk")
    consents = EarningConsent.objects.filter(programme=programme, member__in=members).order_by("pk")
    if lock:
        consents = consents.select_for_update(no_key=True)
    return set(consents.values_list("member_id", flat=True))


@dataclass(slots=True)
class _Years:
    """What people have earned for themselves, by year and company, as it was worth in money."""

    hearing: Hearing
    programme: Programme
    earned: dict[PersonYear, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def count_own(self) -> None:
        """Count what is on file of the companies that are settled."""
        by_id = {fact.id: fact for each in self.hearing.facts.values() for fact in each}
        for award in self.hearing.awards.values():
            if award.personal:
                whose = _person_year(by_id[award.activity_id])
                self._count(whose, award.partner_id, award.personal, award.version_id)

    def count_others(self, member_ids: Collection[int], years: Collection[int]) -> None:
        """Count what is on file of other companies: one query."""
        zone = ZoneInfo(self.programme.time_zone)
        begins, ends = (
            local_midnight(date(year, 1, 1), self.programme.time_zone)
            for year in (min(years), max(years) + 1)
        )
        elsewhere = Award.objects.filter(
            version__programme=self.programme,
            personal__gt=0,
            activity__member__in=member_ids,
            activity__occurred_at__gte=begins,
            activity__occurred_at__lt=ends,
        ).exclude(partner__in=self.hearing.judgements.keys())
        columns = ("activity__member__person", "activity__occurred_at", "partner", "personal")
        for person_id, at, *award in elsewhere.values_list(*columns, "version"):
            self._count((f"person {person_id}", at.astimezone(zone).year), *award)

    def give(self, one: Raise) -> None:
        """Cut what is new to what is left beside other companies, and count it as given."""
        whose, earned = _person_year(one.due.activity), self.earned
        cap_e4 = _cap_of(one.due.version)
        in_all = earned[whose].total()
        if cap_e4 is not None and in_all > earned[whose][one.partner_id]:
            left = max(cap_e4 * SCALE - in_all, 0) // self._worth_of_one(one.due.version)
            one.year_is_shared |= left < one.personal
            one.personal = min(one.personal, left)
        self._count(whose, one.partner_id, one.personal, one.due.version.version_id)

    def _count(self, whose: PersonYear, partner_id: int, personal: int, version_id: int) -> None:
        version = self.hearing.versions.by_id(version_id)
        self.earned[whose][partner_id] += personal * self._worth_of_one(version)

    def _worth_of_one(self, version: VersionInForce) -> int:
        return worth_of_one(version.definition.settings)


def _cap_of(version: VersionInForce) -> int | None:
    return version.definition.settings.personal_earning.yearly_cap_e4


def _person_year(fact: ActivityFacts) -> PersonYear:
    return (fact.counted_for, fact.local_date.year)
