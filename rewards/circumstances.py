"""Bring what holds for partners beside their facts into plain values: lists, consents, tiers."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

from django.db.models import Q

from partners.families import name_roots
from partners.models import Activity, Event, Partner
from rewards.consenting import read_holdings
from rewards.earning.due import Agreed, Dated
from rewards.earning.facts import RANKS, ActivityFacts
from rewards.earning.whereabouts import Stated
from rewards.models import Award, Programme, Standing, TierChange
from rewards.programmes.definition import Definition
from rewards.recalling import BOUGHT_AND_RETURNED
from rewards.segments import read_spans

ASKED = frozenset({"consents", "countries", "members", "segments"})

_Moves = dict[int, list[tuple[datetime, str]]]
"""For each root, when something of it moved, and what it was before."""


def asks_what_was_kept(definitions: Iterable[Definition]) -> bool:
    """Say whether anything that was kept with awards decides about what is due."""
    return any(
        each.tiers_prolong
        or each.settings.tier_of == "today"
        or bool(each.needs & {"consents", "countries"})
        for each in definitions
    )


def circumstances_of(
    facts: Mapping[int, Sequence[ActivityFacts]],
    *,
    programme: Programme,
    definitions: Sequence[Definition],
    awards: Collection[Award],
    today: date,
) -> dict[int, Dated]:
    """
    Return what rules may ask about these roots: only what some version asks for is read.

    :param facts: Their facts, by root.
    :param awards: What was awarded so far: each keeps the tier and the country it was judged with.
    """
    needs = frozenset[str]().union(*(each.needs for each in definitions)) & ASKED
    by_today = any(each.settings.tier_of == "today" for each in definitions)
    if not needs and not by_today:
        return dict.fromkeys(facts, Dated(today=today))
    root_ids = list(facts)
    spans = read_spans(root_ids) if "segments" in needs else {}
    countries = _countries(root_ids) if "countries" in needs else {}
    stated = _countries_stated(facts, programme) if "countries" in needs else {}
    consents = _consents(facts, programme) if needs & {"consents", "members"} else {}
    tiers = _tiers_today(root_ids, programme) if by_today else {}
    used = _tiers_when_told(facts, programme) | _kept(awards, "tier") if by_today else {}
    stood_in = _countries_when_told(facts) | _kept(awards, "country") if countries else {}
    return {
        root_id: Dated(
            segments=spans.get(root_id, ()),
            consents=consents,
            country=countries.get(root_id, ""),
            countries_used=stood_in,
            countries_stated=stated.get(root_id, ()),
            tiers_used=used,
            tier_today=tiers.get(root_id, ""),
            today=today,
        )
        for root_id in root_ids
    }


def _countries(root_ids: Sequence[int]) -> dict[int, str]:
    return dict(Partner.objects.filter(pk__in=root_ids).values_list("pk", "country"))


def _countries_stated(
    facts: Mapping[int, Sequence[ActivityFacts]], programme: Programme
) -> dict[int, list[Stated]]:
    """
    Return what facts say of countries that are not read, since no version counts them.

    A later one may: then they are read, and say the same of where their partner was.
    """
    read = {fact.id for each in facts.values() for fact in each}
    root_by_id = name_roots(list(facts))
    always_read = Q(kind__in=BOUGHT_AND_RETURNED, currency=programme.currency)
    rows = Activity.objects.filter(partner__in=root_by_id).exclude(always_read | Q(country=""))
    found: dict[int, list[Stated]] = defaultdict(list)
    for pk, partner_id, country, at, kind, *name in rows.values_list(
        "pk", "partner_id", "country", "occurred_at", "kind", "source", "external_id"
    ):
        if pk not in read:
            found[root_by_id[partner_id]].append(((at, RANKS.get(kind, 0), *name), country))
    return found


def _consents(
    facts: Mapping[int, Sequence[ActivityFacts]], programme: Programme
) -> dict[int, list[Agreed]]:
    every = (fact.member_id for each in facts.values() for fact in each)
    member_ids = {member_id for member_id in every if member_id is not None}
    found: dict[int, list[Agreed]] = defaultdict(list)
    for one in read_holdings(member_ids, programme=programme):
        found[one.member_id].append((one.given_at, one.withdrawn_at, one.terms_version))
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
    moves: _Moves = defaultdict(list)
    changes = TierChange.objects.filter(standing__programme=programme, standing__partner__in=facts)
    rows = changes.order_by("decided_at", "pk")
    for root_id, *move in rows.values_list("standing__partner", "decided_at", "from_tier"):
        moves[root_id].append((move[0], move[1]))
    return _found_when_told(moves)


def _countries_when_told(facts: Iterable[int]) -> dict[int, str]:
    """
    Return what facts found that were told before the country of their partner was edited: none.

    Those that gave something by their country have it kept with the award; the others gave
    nothing by it, and still give nothing by a later one.
    """
    edits: _Moves = defaultdict(list)
    events = Event.objects.filter(partner__in=facts, kind="partner_changed")
    rows = events.order_by("recorded_at", "pk")
    for root_id, recorded_at, payload in rows.values_list("partner", "recorded_at", "payload"):
        if "country" in payload["fields"]:
            edits[root_id].append((recorded_at, ""))
    return _found_when_told(edits)


def _found_when_told(moves: _Moves) -> dict[int, str]:
    """Return what each fact found, of what has moved since: the first move after it tells."""
    if not moves:
        return {}
    family = name_roots(list(moves))
    told = Activity.objects.filter(partner__in=family).values_list(
        "pk", "partner_id", "recorded_at"
    )
    found = {}
    for pk, partner_id, recorded_at in told:
        mine = moves[family[partner_id]]
        place = bisect_left(mine, (recorded_at, ""))
        if place < len(mine):
            found[pk] = mine[place][1]
    return found


def _kept(awards: Iterable[Award], name: str) -> dict[int, str]:
    """Return what was recorded with awards, by activity."""
    return {
        award.activity_id: str(award.explanation[name])
        for award in awards
        if name in award.explanation
    }
