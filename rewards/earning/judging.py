"""
What is due to one partner in one programme: a pure walk over its facts in canonical order.

Points due depend on facts only. Whatever the order of arrival, the walk gives the same awards,
the same claw-backs and the same matches; crediting posts the difference to what was posted before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rewards.earning.evaluating import RuleAward, evaluate
from rewards.earning.exact import Exact, as_decimal_text, round_units
from rewards.earning.facts import ActivityFacts
from rewards.earning.matching import Match, OrderKept, Purchases, lines_of
from rewards.earning.situation import Situation
from rewards.earning.usage import Usage
from rewards.programmes.definition import Definition, Tier
from rewards.tiers.qualifying import RollingSpend, qualify


@dataclass(frozen=True, slots=True)
class VersionInForce:
    """A published version and what it says."""

    version_id: int
    number: int
    definition: Definition


VersionOf = Callable[[ActivityFacts], VersionInForce | None]
"""Which version judges a fact; None where the programme does not run."""


@dataclass(frozen=True, slots=True)
class AwardDue:
    """``tier_code`` is the tier that the order was judged with, where tiers change anything."""

    order: ActivityFacts
    version: VersionInForce
    award: RuleAward
    tier_code: str = ""


@dataclass(frozen=True, slots=True)
class Prolonging:
    """An order that keeps what its partner holds alive, up to and with a local day."""

    order: ActivityFacts
    last_day: date


@dataclass(frozen=True, slots=True)
class ClawBackDue:
    """What one return or cancellation takes back of one award, in minor units."""

    order: ActivityFacts
    version: VersionInForce
    rule_code: str
    cause: ActivityFacts
    amount: int
    explanation: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Value returned that no earlier purchase stands for; it claws back nothing."""

    cause: ActivityFacts
    line_id: int | None
    amount_e4: int


@dataclass(slots=True)
class Judgement:
    awards: list[AwardDue] = field(default_factory=list)
    claw_backs: list[ClawBackDue] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)
    prolonging: list[Prolonging] = field(default_factory=list)
    spend: RollingSpend = field(default_factory=RollingSpend)


@dataclass(slots=True)
class _Judged:
    """An order on its way through the walk: how it was judged and what it still earns."""

    kept: OrderKept
    version: VersionInForce
    tier: Tier | None
    awarded: dict[str, int]
    returned_e4: int = 0
    taken_back: dict[str, int] = field(default_factory=dict)


def judge(facts: Sequence[ActivityFacts], *, version_of: VersionOf) -> Judgement:
    """
    Return everything due by the facts of one partner, in any order they are given.

    An order is judged by the version ``version_of`` names for it and the tier its partner had
    reached just before; a return recomputes the order by that same version and tier.
    """
    judgement = Judgement()
    purchases, spend = Purchases(), judgement.spend
    judged: dict[int, _Judged] = {}
    for fact in sorted(facts, key=lambda each: each.canonical_place):
        if fact.kind == "order":
            kept = purchases.add(fact)
            if version := version_of(fact):
                judged[id(kept)] = _judge_order(kept, version, spend, judgement)
            spend.add(fact.local_date, fact.amount_e4)
        elif fact.kind == "return":
            if not fact.waits:
                _judge_return(fact, purchases, judged, judgement)
            spend.add(fact.local_date, -fact.amount_e4)
        elif named := purchases.kept_of(fact.order):
            spend.add(fact.local_date, -named.amount_e4)
            purchases.take_back_all(named)
            _take_back(named, fact, judged, judgement)
    return judgement


def net_spend(facts: Sequence[ActivityFacts]) -> RollingSpend:
    """Return orders less returns and what was cancelled, each on its own local day."""
    return judge(facts, version_of=lambda _fact: None).spend


def tier_before(fact: ActivityFacts, *, definition: Definition, spend: RollingSpend) -> Tier | None:
    """Return the tier reached by the facts before this one, as of its local day."""
    if not (definition.tiers_multiply or definition.tiers_prolong):
        return None
    return qualify(spend_e4=spend.within_year_to(fact.local_date), definition=definition)


def _judge_order(
    kept: OrderKept, version: VersionInForce, spend: RollingSpend, judgement: Judgement
) -> _Judged:
    tier = tier_before(kept.order, definition=version.definition, spend=spend)
    evaluation = evaluate(
        kept.order,
        situation=Situation(tier=tier),
        definition=version.definition,
        usage=Usage(),
    )
    tier_code = tier.code if tier else ""
    judgement.awards += [AwardDue(kept.order, version, award, tier_code) for award in evaluation.awards]
    if prolonging := _prolong(kept.order, version.definition, tier):
        judgement.prolonging.append(prolonging)
    return _Judged(kept, version, tier, evaluation.amounts)


def _prolong(order: ActivityFacts, definition: Definition, tier: Tier | None) -> Prolonging | None:
    """Say how long an order keeps alive what is held. What is returned later changes nothing."""
    validity = definition.settings.expiry
    extra_months = tier.expiry_extra_months if tier else 0
    last_day = validity.last_day(order.local_date, extra_months=extra_months)
    return Prolonging(order, last_day) if validity.rolls and last_day is not None else None


def _judge_return(
    fact: ActivityFacts,
    purchases: Purchases,
    judged: dict[int, _Judged],
    judgement: Judgement,
) -> None:
    touched: dict[int, OrderKept] = {}
    named = purchases.kept_of(fact.order)
    for line in lines_of(fact):
        matches, orders, left_e4 = purchases.take_back(line, named=named)
        # They are kept in the currency of the return: where it was converted, others keep them.
        judgement.matches += [] if fact.is_converted else matches
        touched |= {id(order): order for order in orders}
        if left_e4:
            judgement.unmatched.append(Unmatched(fact, line.id, left_e4))
    for kept in touched.values():
        _take_back(kept, fact, judged, judgement)


def _take_back(
    kept: OrderKept, cause: ActivityFacts, judged: dict[int, _Judged], judgement: Judgement
) -> None:
    """Claw back what an order no longer earns, if any version judged it."""
    order = judged.get(id(kept))
    if order is None:
        return
    returned_e4 = kept.order.amount_e4 - kept.amount_e4 - order.returned_e4
    order.returned_e4 += returned_e4
    judgement.claw_backs += _claw_back(order, cause, returned_e4)


def _claw_back(order: _Judged, cause: ActivityFacts, returned_e4: int) -> list[ClawBackDue]:
    keeps = _still_earned(order)
    due = []
    for rule_code, awarded in order.awarded.items():
        taken_before = order.taken_back.get(rule_code, 0)
        amount = max(awarded - keeps.get(rule_code, 0) - taken_before, 0)
        if amount == 0:
            continue
        order.taken_back[rule_code] = taken_before + amount
        steps = [
            {"code": "awarded_before", "units": awarded - taken_before},
            {
                "code": "cancelled" if cause.kind == "cancellation" else "returned",
                "amount": as_decimal_text(Exact(returned_e4, 10_000)),
                "currency": cause.currency,
            },
            {"code": "earned_by_what_is_kept", "units": awarded - taken_before - amount},
        ]
        explanation = {"rule": rule_code, "steps": steps, "total": amount}
        due.append(
            ClawBackDue(order.kept.order, order.version, rule_code, cause, amount, explanation)
        )
    return due


def _still_earned(order: _Judged) -> dict[str, int]:
    """Return what each rule gives for what is kept, on the programme's basis."""
    definition = order.version.definition
    if definition.settings.claw_back_basis == "by_line":
        return evaluate(
            order.kept.facts(),
            situation=Situation(tier=order.tier),
            definition=definition,
            usage=Usage(),
        ).amounts
    kept_e4, all_e4 = order.kept.amount_e4, order.kept.order.amount_e4
    rounding = definition.settings.rounding
    # Cumulative over all returns of the order, so that parts never take more than the whole.
    return {
        rule_code: awarded - round_units(Exact(awarded * (all_e4 - kept_e4), all_e4), rounding)
        for rule_code, awarded in order.awarded.items()
    }
