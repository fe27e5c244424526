"""By how much awards on file fall short of what is due, and what campaigns can give of that."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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

    @property
    def budget(self) -> int | None:
        """What its campaign may give in all; None where nobody has to be asked."""
        award = self.due.award
        campaign = self.due.version.definition.campaign(award.campaign_code)
        return campaign.budget_units if campaign and award.campaign_code else None

    def explain(self, *, personal: int) -> dict[str, Any]:
        """
        Return the explanation, with what the ledger does not allow of it.

        ``personal`` is what its member has of the award in all: less than the rules say where the
        member has left, or where a year gave its cap by other awards.

        What comes back of an award later lives as long as the award: by the tier of its day.
        """
        due, explanation = self.due, self.due.award.explanation
        definition = due.version.definition
        if definition.tiers_prolong or definition.settings.tier_of == "today":
            explanation = explanation | {"tier": due.tier_code}
        if personal != due.award.personal:
            steps = [
                step | {"amount": personal} if step["code"] == "personal" else step
                for step in explanation["steps"]
            ]
            explanation = explanation | {"steps": steps}
        if self.withheld:
            total = due.award.amount - self.withheld
            step = {
                "code": "withheld",
                "amount": self.withheld,
                "campaign": due.award.campaign_code,
                "result": total,
            }
            steps = [*explanation["steps"], step]
            explanation = explanation | {"steps": steps, "total": total}
        return explanation


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
    budgets = Budgets.lock(programme, _campaigns_of(raises))
    _deal(raises, budgets)
    budgets.save()
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


def suppose_raises(judgement: Judgement, *, partner_id: int, programme: Programme) -> list[Raise]:
    """
    Return what a supposed activity would be given now, by what is left of campaigns' budgets.

    Nothing is locked, and nothing counts as given: others may have it in the next moment.
    """
    raises = [
        Raise(
            partner_id,
            (0, due.version.version_id, due.award.rule_code),
            due,
            due.award.amount,
            due.award.personal,
        )
        for due in judgement.awards
        if due.activity.id is None
    ]
    _deal(raises, Budgets.look(programme, _campaigns_of(raises)))
    return raises


def _deal(raises: Sequence[Raise], budgets: Budgets) -> None:
    """Ask the budgets, whoever comes first in canonical order."""
    asking = [(one, budget) for one in raises if (budget := one.budget) is not None]
    for one, budget in sorted(asking, key=lambda pair: pair[0].due.activity.canonical_place):
        granted = budgets.take(one.due.award.campaign_code, one.amount, budget=budget)
        one.withheld += one.amount - granted
        one.amount = granted


def _campaigns_of(raises: Sequence[Raise]) -> set[str]:
    """Return the campaigns that have a budget to ask."""
    return {one.due.award.campaign_code for one in raises if one.budget is not None}


def open_wallets(raises: Iterable[Raise], *, unit: Unit) -> dict[int, Account]:
    """
    Return the wallets of those who earned something for themselves, by the member of the fact.

    Of a merged company the same person of the kept one has it. Somebody who has left has none, so
    that it goes to the pool, like all they left behind.
    """
    members = find_earners(raises)
    if not members:
        return {}
    wallets = accounts.wallets(unit, members.values())
    return {member_id: wallets[member.pk] for member_id, member in members.items()}


def find_earners(raises: Iterable[Raise]) -> dict[int, Member]:
    """Return who has a wallet to earn into, by the member of the fact: at most two queries."""
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
    return {
        member_id: by_place[people[member_id], partner_id]
        for member_id, partner_id in earned.items()
        if member_id is not None and (people[member_id], partner_id) in by_place
    }
