"""Bring what holds for partners beside their facts into plain values: lists, consents, tiers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from partners.models import Partner
from rewards.consenting import read_holdings
from rewards.earning.due import Dated
from rewards.earning.facts import ActivityFacts
from rewards.models import Award, Programme, Standing
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
    used = _tiers_used(awards) if by_today else {}
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


def _tiers_used(awards: Iterable[Award]) -> dict[int, str]:
    return {
        award.activity_id: str(award.explanation["tier"])
        for award in awards
        if "tier" in award.explanation
    }
