"""
Facts that were here before a programme of another currency went live: converted afterwards.

A fact is converted into the currencies of the programmes that are live when it comes. The night
looks whether a programme lacks something: facts of before it went live, whose day has a rate. Those
without a rate count nowhere until somebody states one.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, QuerySet

from partners.models import Activity, ConvertedAmount, ExchangeRate, Partner
from partners.rates import Wanted, find_rates
from rewards.converting import make_converted
from rewards.crediting import enrol
from rewards.models import Programme
from rewards.settling import settle
from rewards.tiers.recalculating import raise_standings

ACTIVITIES_PER_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """How many facts were converted, and the one to go on after; None when all are through."""

    converted: int
    last_activity_id: int | None = None


def convert_earlier(
    *,
    programme: Programme,
    as_of: datetime,
    after_activity_id: int = 0,
    activities_max: int = ACTIVITIES_PER_CHUNK,
) -> CaughtUp:
    """
    Convert the next facts that the programme cannot count yet, and pay what they earn in it.

    The caller owns the transaction. One query where every fact is in the programme's currency.
    """
    rows = find_unconverted(programme).filter(pk__gt=after_activity_id).order_by("pk")
    activities = list(rows[:activities_max])
    if not activities:
        return CaughtUp(0)
    zone = ZoneInfo(programme.time_zone)
    wanted = {
        each.pk: Wanted(each.currency, programme.currency, each.occurred_at.astimezone(zone).date())
        for each in activities
    }
    rates = find_rates(set(wanted.values()))
    ready = [each for each in activities if wanted[each.pk] in rates]
    if ready:
        roots = sorted(set(Partner.objects.lock_roots({a.partner_id for a in ready}).values()))
        ConvertedAmount.objects.bulk_create(
            [make_converted(a, programme.currency, rates[wanted[a.pk]]) for a in ready],
            ignore_conflicts=True,
        )
        enrol(roots, programme=programme, as_of=as_of)
        settle(roots, programme=programme, as_of=as_of)
        raise_standings(roots, programme=programme, as_of=as_of)
    return CaughtUp(len(ready), activities[-1].pk)


def find_unconverted(programme: Programme) -> QuerySet[Activity]:
    """Return facts in a currency that has rates into the programme's, and is not converted."""
    rated = ExchangeRate.objects.filter(into=programme.currency).values("currency")
    converted = ConvertedAmount.objects.filter(activity=OuterRef("pk"), currency=programme.currency)
    return Activity.objects.filter(~Exists(converted), currency__in=rated, amount__gt=0)
