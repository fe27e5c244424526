"""How a partner stands now, read from what is on file: no fact of its history is judged for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Case, QuerySet, When

from partners.families import ids_of_families
from partners.models import Activity, Partner
from rewards.earning.due import Dated
from rewards.earning.facts import RANKS, ActivityFacts
from rewards.earning.situation import Situation
from rewards.earning.usage import Used
from rewards.models import Programme, Standing
from rewards.offering.used import read_used
from rewards.programmes.calendar import local_date
from rewards.programmes.definition import Definition
from rewards.programmes.live import NoVersionInForce, Versions, read_versions
from rewards.programmes.tiers import Tier
from rewards.segments import read_spans
from rewards.tiers.qualifying import qualify
from rewards.tiers.recalculating import window_figures

RANK: Final = Case(*(When(kind=kind, then=rank) for kind, rank in RANKS.items()), default=0)


@dataclass(frozen=True, slots=True)
class Today:
    """
    What would judge a fact of this moment: its version, the situation, and what limits have left.

    ``nothing`` is a fact in which nothing happens. Of the situation there is what rules may ask
    about partners.
    """

    version_id: int
    definition: Definition
    versions: Versions
    nothing: ActivityFacts
    situation: Situation
    usage: Used


def read_today(root_id: int, *, programme: Programme, as_of: datetime) -> Today:
    """
    Return how a partner (a root) stands: as if all its facts were judged, at a price that does not
    grow with them.

    :raises NoVersionInForce: If the programme does not run now.
    """
    versions = read_versions(programme)
    version = versions.at(as_of)
    if version is None:
        raise NoVersionInForce(f"{programme.code} has no version in force now.")
    definition = version.definition
    nothing = ActivityFacts(
        id=None,
        kind="",
        source="",
        external_id="",
        occurred_at=as_of,
        local_date=local_date(as_of, programme.time_zone),
        amount_e4=0,
        currency=programme.currency,
        lines=[],
    )
    return Today(
        version.version_id,
        definition,
        versions,
        nothing,
        _read_situation(root_id, programme, definition, nothing),
        read_used(root_id, definition=definition, versions=versions, today=nothing),
    )


def _read_situation(
    root_id: int, programme: Programme, definition: Definition, nothing: ActivityFacts
) -> Situation:
    """Ask for what some rule or audience asks for, and for nothing else."""
    needs, at = definition.needs, nothing.occurred_at
    segments = frozenset[str]()
    if "segments" in needs:
        spans = read_spans([root_id])[root_id]
        segments = Dated(segments=spans).segments_on(nothing.local_date)
    # Of one moment the last in canonical order.
    facts = Activity.objects.order_by(
        "-occurred_at", RANK.desc(), "-source", "-external_id"
    ).filter(partner__in=ids_of_families([root_id]), occurred_at__lte=at)
    return Situation(
        tier=_read_tier(root_id, programme, definition, nothing) if "tier" in needs else None,
        segments=segments,
        country=_read_country(root_id, facts) if "countries" in needs else "",
        supplier_share_percent=_read_share(facts) if "surveys" in needs else None,
    )


def _read_tier(
    root_id: int, programme: Programme, definition: Definition, nothing: ActivityFacts
) -> Tier | None:
    if definition.settings.tier_of == "today":
        standing = Standing.objects.filter(programme=programme, partner=root_id).first()
        return definition.tier(standing.tier_code) if standing else None
    figures = window_figures([root_id], programme=programme, day=nothing.local_date)
    spend_e4 = figures[root_id].spend_e4 if root_id in figures else 0
    return qualify(spend_e4=spend_e4, definition=definition)


def _read_country(root_id: int, facts: QuerySet[Activity]) -> str:
    """What the latest fact states; where none does, the country of the partner itself."""
    stated = facts.exclude(country="").values_list("country", flat=True).first()
    return stated or Partner.objects.values_list("country", flat=True).get(pk=root_id)


def _read_share(facts: QuerySet[Activity]) -> int | None:
    surveys = facts.filter(kind=Activity.Kind.SURVEY, attributes__supplier_share__isnull=False)
    attributes = surveys.values_list("attributes", flat=True).first()
    return int(attributes["supplier_share"]) if attributes else None
