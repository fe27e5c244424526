"""What a draft would have given for the last activities of one partner. Nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rewards.earning.evaluating import Evaluation
from rewards.earning.facts import ActivityFacts
from rewards.earning.judging import Dated, Judgement, VersionInForce, judge

LAST_COUNT = 10
NOT_SHOWN = frozenset({"return", "cancellation", "dispute"})


@dataclass(frozen=True, slots=True)
class Tried:
    """One activity with what either version gives for it, in minor units."""

    activity: ActivityFacts
    live: Evaluation | None
    draft: Evaluation

    @property
    def live_amount(self) -> int:
        return _sum(self.live)

    @property
    def draft_amount(self) -> int:
        return _sum(self.draft)

    @property
    def difference(self) -> int:
        return self.draft_amount - self.live_amount


def try_out(
    facts: Sequence[ActivityFacts],
    *,
    live: VersionInForce | None,
    draft: VersionInForce,
    dated: Dated,
    count: int = LAST_COUNT,
) -> list[Tried]:
    """
    Judge the same facts by both versions, each as if it had always been in force; pure.

    Returns the last activities that may earn anything, newest first. What campaigns give is shown
    before their budgets are looked at.
    """
    last = sorted(
        (fact for fact in facts if fact.kind not in NOT_SHOWN),
        key=lambda fact: fact.canonical_place,
    )[-count:]
    by_draft = _evaluations(judge(facts, version_of=lambda _fact: draft, dated=dated, asked=last))
    by_live: Mapping[int, Evaluation] = {}
    if live is not None:
        by_live = _evaluations(judge(facts, version_of=lambda _fact: live, dated=dated, asked=last))
    return [
        Tried(fact, by_live.get(id(fact)), by_draft[id(fact)])
        for fact in reversed(last)
        if id(fact) in by_draft
    ]


def _evaluations(judgement: Judgement) -> dict[int, Evaluation]:
    return {id(each.activity): each.evaluation for each in judgement.judged}


def _sum(evaluation: Evaluation | None) -> int:
    awards: Sequence[Any] = evaluation.awards if evaluation else ()
    return sum(award.amount for award in awards)
