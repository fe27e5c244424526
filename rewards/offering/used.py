"""
What a partner has used of the limits that count today, by the awards on file.

Judging all its facts would say the same. What is on file says it at the price of the period a limit
is for, however long the history is: an award and what the budget withheld of it are what was due,
less what a later fact made of it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Aggregate, Count, F, Q, QuerySet, Sum

from partners.families import find_family
from partners.models import Activity
from rewards.earning.capping import CapOwner, cap_key
from rewards.earning.facts import ActivityFacts
from rewards.earning.periods import period_key
from rewards.earning.usage import Usage, UsageKey
from rewards.hearing import hear
from rewards.models import Award, ClawBack, Programme
from rewards.programmes.calendar import add_months, local_date, local_midnight
from rewards.programmes.definition import Definition
from rewards.programmes.live import Versions
from rewards.programmes.rules import Cap, Rule

GROSS = F("amount") + F("withheld")
MONTHS = {"month": 1, "quarter": 3, "year": 12}
E4 = 10_000


@dataclass(frozen=True, slots=True)
class _Counter:
    """A limit, its counter, for which kinds, and by which versions something was counted on it."""

    owner: CapOwner
    cap: Cap
    key: UsageKey
    kinds: frozenset[str]
    version_ids: Collection[int]

    @property
    def awards(self) -> Q:
        whose, code = self.owner
        named = Q(rule_code=code) if whose == "rule" else Q(campaign_code=code)
        return named & Q(version__in=self.version_ids)

    def counts(self, award: Award) -> bool:
        whose, code = self.owner
        return award.version_id in self.version_ids and code == (
            award.rule_code if whose == "rule" else award.campaign_code
        )


def read_used(
    root_id: int, *, definition: Definition, versions: Versions, today: ActivityFacts
) -> Usage:
    """
    Return what is used of the limits of a company, for the periods that ``today`` falls into.

    A query or two for each period that is limited, and one for what later facts changed.
    """
    counters = list(_counters(definition, versions, today))
    family = find_family(root_id) if counters else ()
    used: dict[UsageKey, int] = {}
    for period in {each.cap.period for each in counters}:
        limited = [each for each in counters if each.cap.period == period]
        kinds = frozenset[str]().union(*(each.kinds for each in limited))
        facts = Activity.objects.filter(partner__in=family, kind__in=sorted(kinds))
        if (bounds := _bounds(period, today.local_date, versions.programme.time_zone)) is not None:
            facts = facts.filter(occurred_at__gte=bounds[0], occurred_at__lt=bounds[1])
        used |= _count(facts, limited)
    for award, less in _made_smaller(root_id, versions.programme) if counters else ():
        day = local_date(award.activity.occurred_at, versions.programme.time_zone)
        for each in counters:
            period = each.cap.period
            if each.counts(award) and period_key(day, period) == each.key[-1]:
                if each.cap.measure == "quantity":
                    return _judge_all(root_id, versions.programme, today)
                used[each.key] -= _less(award, less, each.cap.measure)
    return Usage(used)


def _counters(
    definition: Definition, versions: Versions, today: ActivityFacts
) -> Iterator[_Counter]:
    for owner, rules, caps in _limited(definition):
        kinds = frozenset(rule.trigger for rule in rules)
        for cap in caps:
            if cap.per == "partner":
                key = cap_key(owner, cap, today)
                yield _Counter(owner, cap, key, kinds, _counted_by(owner, cap, versions))


def _limited(
    definition: Definition,
) -> Iterator[tuple[CapOwner, Sequence[Rule], Sequence[Cap]]]:
    for rule in definition.all_rules:
        yield ("rule", rule.code), (rule,), rule.caps
    for each in definition.campaigns:
        yield ("campaign", each.code), each.rules, each.caps


def _counted_by(owner: CapOwner, cap: Cap, versions: Versions) -> list[int]:
    """Return the versions that have this limit, however high: others counted nothing on it."""
    whose, code = owner
    found = []
    for _from, version in versions.published:
        rules = version.definition
        there = rules.rule(code) if whose == "rule" else rules.campaign(code)
        if there is not None and any(_is_alike(each, cap) for each in there.caps):
            found.append(version.version_id)
    return found


def _is_alike(one: Cap, other: Cap) -> bool:
    return (one.measure, one.per, one.period) == (other.measure, other.per, other.period)


def _bounds(period: str, day: date, time_zone: str) -> tuple[datetime, datetime] | None:
    """Return when the period of a local day begins and ends; None for all time."""
    match period:
        case "lifetime":
            return None
        case "day":
            first, after = day, day + timedelta(days=1)
        case "week":
            first = day - timedelta(days=day.weekday())
            after = first + timedelta(days=7)
        case _:
            months = MONTHS[period]
            first = day.replace(day=1, month=(day.month - 1) // months * months + 1)
            after = add_months(first, months)
    return local_midnight(first, time_zone), local_midnight(after, time_zone)


def _count(facts: QuerySet[Activity], counters: Sequence[_Counter]) -> dict[UsageKey, int]:
    awards = Award.objects.order_by().filter(activity__in=facts)
    given = awards.annotate(gross=GROSS).filter(gross__gt=0)
    sums: dict[str, Aggregate] = {}
    for place, each in enumerate(counters):
        if each.cap.measure == "units":
            sums[f"n{place}"] = Sum(GROSS, filter=each.awards)
        elif each.cap.measure == "times":
            sums[f"n{place}"] = Count("pk", filter=each.awards)
    found = given.aggregate(**sums) if sums else {}
    used = {each.key: found.get(f"n{place}") or 0 for place, each in enumerate(counters)}
    for each in counters:
        if each.cap.measure == "quantity":
            rows = given.filter(each.awards).values_list("explanation", flat=True)
            used[each.key] = sum(_quantity_e4(row) for row in rows)
    return used


def _quantity_e4(explanation: Mapping[str, Any]) -> int:
    """Return how much a rule counted that gives so many units for each piece."""
    for step in explanation.get("steps", ()):
        if step.get("code") == "per_quantity":
            return int(Decimal(step["result"]) * Decimal(step["per"]) * E4 / step["units"])
    return 0


def _made_smaller(root_id: int, programme: Programme) -> Iterator[tuple[Award, int]]:
    """Yield awards that a later fact made smaller, and by how much. Their own activity is named."""
    rows = ClawBack.objects.filter(
        award__partner=root_id,
        award__version__programme=programme,
        award__activity=F("cause"),
        due__gt=0,
    )
    for row in rows.select_related("award__activity"):
        units = {step["code"]: step.get("units", 0) for step in row.explanation.get("steps", ())}
        less = units.get("awarded_before", 0) - units.get("due_by_later_facts", 0)
        if less > 0:
            yield row.award, less


def _less(award: Award, less: int, measure: str) -> int:
    """Return what a limit has back of it: units, or the one time where nothing is due any more."""
    return less if measure == "units" else int(less == award.amount + award.withheld)


def _judge_all(root_id: int, programme: Programme, today: ActivityFacts) -> Usage:
    """How many pieces count where a later fact left less of them is written nowhere."""
    hearing = hear([root_id], programme=programme, as_of=today.occurred_at)
    return hearing.judgements[root_id].usage
