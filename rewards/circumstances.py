"""Bring what holds for partners beside their facts into plain values: lists, consents, tiers."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from partners.families import name_roots
from partners.models import Activity, Partner
from rewards.consenting import read_holdings
from rewards.earning.due import Dated
from rewards.earning.facts import ActivityFacts
from rewards.models import Award, Programme, Standing, TierChange
from rewards.programmes.definition import Definition
from rewards.segments import read_spans

ASKED = frozenset({"consents", "countries", "members", "segments"})

Consents = Mapping[int, Sequence[tuple[datetime, datetime | None]]]


def circumstances_of(
    facts: Mapping[int, Sequence[ActivityFacts]],
    *,
    programme: Programme,
    definitions: Sequence[Definition],
    awards: Iterable[Award],
    today: date,
) -> dict[int, Dated]:
    """
    Return what rules may ask about these roots: only what some version asks for is read.

    :param facts: Their facts, by root.
    :param awards: What was awarded so far: each keeps the tier it was judged with.
    """
    needs = frozenset[str]().union(*(each.needs for each in definitions)) & ASKED
    by_today = any(each.settings.tier_of == "today" for each in definitions)
    if not needs and not by_today:
        return dict.fromkeys(facts, Dated(today=today))
    root_ids = list(facts)
    spans = read_spans(root_ids) if "segments" in needs else {}
    countries = _countries(root_ids) if "countries" in needs else {}
    consents = _consents(facts, programme) if needs & {"consents", "members"} else {}
    tiers = _tiers_today(root_ids, programme) if by_today else {}
    used = _tiers_when_told(facts, programme) | _tiers_used(awards) if by_today else {}
    return {
        root_id: Dated(
            segments=spans.get(root_id, ()),
            consents=consents,
            country=countries.get(root_id, ""),
            tiers_used=used,
            tier_today=tiers.get(root_id, ""),
            today=today,
        )
        for root_id in root_ids
    }


def _countries(root_ids: Sequence[int]) -> dict[int, str]:
    return dict(Partner.objects.filter(pk__in=root_ids).values_list("pk", "country"))


def _consents(facts: Mapping[int, Sequence[ActivityFacts]], programme: Programme) -> Consents:
    every = (fact.member_id for each in facts.values() for fact in each)
    member_ids = {member_id for member_id in every if member_id is not None}
    found: dict[int, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for one in read_holdings(member_ids, programme=programme):
        found[one.member_id].append((one.given_at, one.withdrawn_at))
    return found


def _tiers_today(root_ids: Sequence[int], programme: Programme) -> dict[int, str]:
    standings = Standing.objects.filter(programme=programme, partner__in=root_ids)
    return dict(standings.values_list("partner", "tier_code"))


def _tiers_when_told(
    facts: Mapping[int, Sequence[ActivityFacts]], programme: Programme
) -> dict[int, str]:
    """
    Return the tier in which facts found their partner when they were told, if it has moved since.

    What earned nothing then has no award to remember it by, and earns nothing by a later tier.
    """
    moves: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    changes = TierChange.objects.filter(standing__programme=programme, standing__partner__in=facts)
    rows = changes.order_by("decided_at", "pk")
    for root_id, *move in rows.values_list("standing__partner", "decided_at", "from_tier"):
        moves[root_id].append((move[0], move[1]))
    if not moves:
        return {}
    family = name_roots(list(moves))
    told = Activity.objects.filter(partner__in=family).values_list(
        "pk", "partner_id", "recorded_at"
    )
    tiers = {}
    for pk, partner_id, recorded_at in told:
        mine = moves[family[partner_id]]
        place = bisect_left(mine, (recorded_at, ""))
        if place < len(mine):
            tiers[pk] = mine[place][1]
    return tiers


def _tiers_used(awards: Iterable[Award]) -> dict[int, str]:
    return {
        award.activity_id: str(award.explanation["tier"])
        for award in awards
        if "tier" in award.explanation
    }
