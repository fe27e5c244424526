"""By how much awards on file fall short of what is due, and what campaigns can give of that."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ledger import accounts
from ledger.models import Account, Unit
from partners.models import Member
from rewards.budgets import Budgets
from rewards.earning.facts import ActivityFacts
from rewards.earning.judging import AwardDue, Judgement
from rewards.models import Award, Programme
from rewards.remembering import AwardKey

AWARDS_PER_WRITE = 500

PersonYear = tuple[str, int]
"""Whom a fact is counted for and the year of its local day: what a cap on personal earning is for."""


@dataclass(slots=True)
class Raise:
    """
    What is new of an award. ``withheld`` is what its campaign's budget has not given of it, in all;
    ``personal`` how much of what is new the member who earned it may have.
    """

    partner_id: int
    key: AwardKey
    due: AwardDue
    amount: int
    personal: int
    withheld: int = 0


def find_raises(
    judgements: Mapping[int, Judgement],
    awards: Mapping[AwardKey, Award],
    facts: Mapping[int, Sequence[ActivityFacts]],
    *,
    programme: Programme,
) -> list[Raise]:
    """
    Return the awards that are new or grew, in canonical order for each partner.

    Those of campaigns with a budget are cut to what is left of it, which is counted as given. The
    caller has locked the partners and no accounts yet.
    """
    raises: list[Raise] = []
    withheld_less: list[Award] = []
    for partner_id, judged in judgements.items():
        for due in judged.awards:
            key = (due.activity.stored_id, due.version.version_id, due.award.rule_code)
            on_file = awards.get(key)
            missing = due.award.amount
            personal = due.award.personal
            if on_file is not None:
                if _withhold_less(on_file, due.award.amount):
                    withheld_less.append(on_file)
                missing -= on_file.amount + on_file.withheld
                personal = max(personal - on_file.personal, 0)
            if missing > 0:
                withheld = on_file.withheld if on_file else 0
                raises.append(Raise(partner_id, key, due, missing, personal, withheld))
    Award.objects.bulk_update(withheld_less, ["withheld"], batch_size=AWARDS_PER_WRITE)
    _keep_within_year(raises, judgements, awards, facts)
    _deal(raises, programme=programme)
    return raises


def _keep_within_year(
    raises: Sequence[Raise],
    judgements: Mapping[int, Judgement],
    awards: Mapping[AwardKey, Award],
    facts: Mapping[int, Sequence[ActivityFacts]],
) -> None:
    """
    Give a member less of what is new where older awards gave more than they are due by now.

    What is in a wallet stays there, so that in all a year never gives more than its cap.
    """
    kept = {key: award.personal for key, award in awards.items() if award.personal}
    if not kept:
        return
    for judged in judgements.values():
        for due in judged.awards:
            key = (due.activity.stored_id, due.version.version_id, due.award.rule_code)
            if key in kept:
                kept[key] = max(kept[key] - due.award.personal, 0)
    by_id = {fact.id: fact for each in facts.values() for fact in each}
    spare: Counter[PersonYear] = Counter()
    for (activity_id, _version_id, _rule_code), amount in kept.items():
        spare[_person_year(by_id[activity_id])] += amount
    for one in raises:
        if one.due.version.definition.settings.personal_earning.yearly_cap_e4 is None:
            continue
        whose = _person_year(one.due.activity)
        less = min(one.personal, spare[whose])
        one.personal -= less
        spare[whose] -= less


def _person_year(fact: ActivityFacts) -> PersonYear:
    return (fact.counted_for, fact.local_date.year)


def _withhold_less(award: Award, amount_due: int) -> bool:
    """
    Less is due than was asked of the budget: what it withheld is due no more, that first.

    Say whether it withholds less now.
    """
    before = award.withheld
    award.withheld = min(before, max(amount_due - award.amount, 0))
    return award.withheld != before


def _deal(raises: Sequence[Raise], *, programme: Programme) -> None:
    """Ask the budgets, whoever comes first in canonical order."""
    asking = [(one, budget) for one in raises if (budget := _budget_of(one.due)) is not None]
    if not asking:
        return
    budgets = Budgets.lock(programme, {one.due.award.campaign_code for one, _budget in asking})
    for one, budget in sorted(asking, key=lambda pair: pair[0].due.activity.canonical_place):
        granted = budgets.take(one.due.award.campaign_code, one.amount, budget=budget)
        one.withheld += one.amount - granted
        one.amount = granted
    budgets.save()


def _budget_of(due: AwardDue) -> int | None:
    if not due.award.campaign_code:
        return None
    campaign = due.version.definition.campaign(due.award.campaign_code)
    return campaign.budget_units if campaign else None


def open_wallets(raises: Iterable[Raise], *, unit: Unit) -> dict[int, Account]:
    """
    Return the wallets of those who earned something for themselves, by the member of the fact.

    Of a merged company the same person of the kept one has it. Somebody who has left has none, so
    that it goes to the pool, like all they left behind.
    """
    earned = {
        one.due.activity.member_id: one.partner_id
        for one in raises
        if one.personal and one.due.activity.member_id is not None
    }
    if not earned:
        return {}
    people = dict(Member.objects.filter(pk__in=earned).values_list("pk", "person"))
    active = Member.objects.active().filter(
        person__in=people.values(), partner__in=set(earned.values())
    )
    by_place = {(member.person_id, member.partner_id): member for member in active}
    members = {
        member_id: by_place[people[member_id], partner_id]
        for member_id, partner_id in earned.items()
        if member_id is not None and (people[member_id], partner_id) in by_place
    }
    wallets = accounts.wallets(unit, members.values())
    return {member_id: wallets[member.pk] for member_id, member in members.items()}
