"""The ladder of tiers as the home page draws it, with what is missing for the next one."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from partners.drawing import percent
from partners.models import Actor
from partners.wording import format_money
from rewards.models import Programme, Standing
from rewards.programmes.definition import Definition
from rewards.programmes.live import NoVersionInForce, version_in_force
from rewards.tiers.ladder import TierProgress, progress


@dataclass(frozen=True, slots=True)
class Stop:
    """A tier on the track."""

    name: str
    threshold: Decimal
    x: str
    shift: int
    anchor: str
    is_reached: bool
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """The ladder of tiers, and what is missing for the next one."""

    stops: tuple[Stop, ...]
    here: str
    here_anchor: str
    spend: Decimal
    orders: int
    current: str
    since: date | None
    next: str
    to_next: Decimal
    next_threshold: Decimal
    in_words: str

    @property
    def spend_whole(self) -> int:
        """Whole units of the currency, for <progress>: no language writes them differently."""
        return max(int(self.spend), 0)

    @property
    def next_whole(self) -> int:
        return int(self.next_threshold)


def read_standing(actor: Actor, as_of: datetime) -> tuple[Standing | None, Definition | None]:
    """Return where the partner stands and by which rules: two queries."""
    standing = (
        Standing.objects.for_actor(actor)
        .of_companies()
        .filter(programme__status=Programme.Status.LIVE)
        .select_related("programme")
        .order_by("programme_id")
        .first()
    )
    if standing is None:
        return None, None
    try:
        return standing, version_in_force(standing.programme, as_of).definition
    except NoVersionInForce:
        return standing, None


def lay_track(
    standing: Standing | None, definition: Definition | None, language: str, currency: str
) -> Track | None:
    """Return the ladder with the partner's place on it; None where there is nothing to climb."""
    if standing is None or definition is None or len(definition.tiers) < 2:
        return None
    place = progress(standing, definition)
    spend = Decimal(place.spend_e4) / 10_000
    at = place.position_percent
    return Track(
        stops=_stops(place, language),
        here=percent(at),
        here_anchor="start" if at < 8 else "end" if at > 92 else "middle",
        spend=spend,
        orders=place.orders,
        current=place.current.name(language) if place.current else "",
        since=standing.tier_since,
        next=place.next.name(language) if place.next else "",
        to_next=Decimal(place.to_next_e4) / 10_000,
        next_threshold=place.next.threshold if place.next else Decimal(0),
        in_words=_track_in_words(place, spend, language, currency),
    )


def _stops(place: TierProgress, language: str) -> tuple[Stop, ...]:
    last = len(place.tiers) - 1
    current = place.tiers.index(place.current) if place.current else -1
    return tuple(
        Stop(
            name=tier.name(language),
            threshold=tier.threshold,
            x=percent(100 * index / last),
            shift={0: 6, last: -6}.get(index, 0),
            anchor={0: "start", last: "end"}.get(index, "middle"),
            is_reached=index <= current,
            is_current=index == current,
        )
        for index, tier in enumerate(place.tiers)
    )


def _track_in_words(place: TierProgress, spend: Decimal, language: str, currency: str) -> str:
    tiers = ", ".join(
        _("%(tier)s from %(money)s")
        % {
            "tier": tier.name(language),
            "money": format_money(tier.threshold, currency, language, whole=True),
        }
        for tier in place.tiers
    )
    here = format_money(spend, currency, language)
    return _("Tiers: %(tiers)s. You stand at %(here)s.") % {"tiers": tiers, "here": here}
