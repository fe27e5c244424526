"""By how much awards on file fall short of what is due, and what campaigns can give of that."""

from collections.abc import Mapping, Sequence

from rewards.budgets import Budgets
from rewards.earning.judging import Judgement
from rewards.hearing import Hearing
from rewards.models import Award, Programme
from rewards.own_parts import cut_own_parts
from rewards.remembering import AwardKey
from rewards.settlement import Raise, says_shared

AWARDS_PER_WRITE = 500
NOT_STORED = 0


def find_raises(hearing: Hearing, *, programme: Programme) -> list[Raise]:
    """
    Return the awards that are new or grew, in canonical order for each partner.

    Those of campaigns with a budget are cut to what is left of it, which is counted as given; what
    people earn for themselves to what is left of their year. The caller has locked the partners
    and no accounts yet: in between come campaigns, then consents.
    """
    raises, withheld_less = _find_missing(hearing.judgements, hearing.awards)
    Award.objects.bulk_update(withheld_less, ["withheld"], batch_size=AWARDS_PER_WRITE)
    budgets = Budgets.lock(programme, _campaigns_of(raises))
    _deal(raises, budgets)
    budgets.save()
    cut_own_parts(raises, hearing, programme=programme, lock=True)
    return raises


def suppose_raises(hearing: Hearing, *, programme: Programme) -> list[Raise]:
    """
    Return what a supposed activity would be given now, by what is left of budgets and years.

    Nothing is locked, and nothing counts as given: others may have it in the next moment.
    """
    raises, _withheld_less = _find_missing(hearing.judgements, hearing.awards)
    _deal(raises, Budgets.look(programme, _campaigns_of(raises)))
    cut_own_parts(raises, hearing, programme=programme, lock=False)
    return [one for one in raises if one.due.activity.id is None]


def _find_missing(
    judgements: Mapping[int, Judgement], awards: Mapping[AwardKey, Award]
) -> tuple[list[Raise], list[Award]]:
    """Return what is new, and the awards on file of which less is withheld now."""
    raises: list[Raise] = []
    withheld_less: list[Award] = []
    for partner_id, judged in judgements.items():
        for due in judged.awards:
            activity_id = NOT_STORED if due.activity.id is None else due.activity.id
            key = (activity_id, due.version.version_id, due.award.rule_code)
            on_file = awards.get(key)
            missing = due.award.amount
            personal = due.award.personal
            withheld, is_shared = 0, False
            if on_file is not None:
                if _withhold_less(on_file, due.award.amount):
                    withheld_less.append(on_file)
                withheld = on_file.withheld
                # Only where somebody may earn for themselves are explanations read with awards.
                may_share = "consents" in due.version.definition.needs
                is_shared = may_share and says_shared(on_file.explanation)
                missing -= on_file.amount + withheld
                personal = max(personal - on_file.personal, 0)
            if missing > 0:
                raises.append(
                    Raise(
                        partner_id,
                        key,
                        due,
                        missing,
                        personal,
                        withheld,
                        year_is_shared=is_shared,
                    )
                )
    return raises, withheld_less


def _withhold_less(award: Award, amount_due: int) -> bool:
    """
    Less is due than was asked of the budget: what it withheld is due no more, that first.

    Say whether it withholds less now.
    """
    before = award.withheld
    award.withheld = min(before, max(amount_due - award.amount, 0))
    return award.withheld != before


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
