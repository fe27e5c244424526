"""Bring facts from the database into the plain values that policy judges."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, ExpressionWrapper, F

from partners.families import name_roots
from partners.models import Activity, ActivityLine
from rewards.earning.facts import ActivityFacts, LineFacts
from rewards.models import Programme

JUDGED_KINDS = (Activity.Kind.ORDER, Activity.Kind.RETURN)


def facts_of(partner_ids: Sequence[int], *, programme: Programme) -> dict[int, list[ActivityFacts]]:
    """
    Return what a programme judges of these partners, with lines: three queries, however many.

    They are roots: what was reported for partners that were merged into one is among its facts.
    Only facts in the programme's own currency: an amount in another one is no number of pounds.
    """
    zone = ZoneInfo(programme.time_zone)
    facts: dict[int, list[ActivityFacts]] = {partner_id: [] for partner_id in partner_ids}
    by_activity: dict[int, ActivityFacts] = {}
    root_by_id = name_roots(partner_ids)
    activities = Activity.objects.filter(
        partner__in=root_by_id, kind__in=JUDGED_KINDS, currency=programme.currency
    )
    rows = activities.annotate(amount_e4=_as_stored("amount")).values_list(
        "pk",
        "partner_id",
        "kind",
        "source",
        "external_id",
        "occurred_at",
        "amount_e4",
        "currency",
        "public_id",
        named=True,
    )
    for row in rows:
        fact = ActivityFacts(
            id=row.pk,
            kind=row.kind,
            source=row.source,
            external_id=row.external_id,
            occurred_at=row.occurred_at,
            local_date=row.occurred_at.astimezone(zone).date(),
            amount_e4=row.amount_e4,
            currency=row.currency,
            lines=[],
            public_id=row.public_id,
        )
        by_activity[row.pk] = fact
        facts[root_by_id[row.partner_id]].append(fact)
    for activity_id, lines in _lines_of(root_by_id, programme.currency).items():
        by_activity[activity_id].lines = lines
    return facts


def _lines_of(partner_ids: Iterable[int], currency: str) -> dict[int, list[LineFacts]]:
    lines: dict[int, list[LineFacts]] = defaultdict(list)
    rows = (
        ActivityLine.objects.filter(
            activity__partner__in=partner_ids,
            activity__kind__in=JUDGED_KINDS,
            activity__currency=currency,
        )
        .annotate(quantity_e4=_as_stored("quantity"), amount_e4=_as_stored("amount"))
        .order_by("activity_id", "position")
        .values_list("activity_id", "pk", "sku", "category", "quantity_e4", "amount_e4")
    )
    for activity_id, *line in rows.iterator(chunk_size=5_000):
        lines[activity_id].append(LineFacts(*line))
    return lines


def _as_stored(column: str) -> ExpressionWrapper:
    # Policy counts in whole ten-thousandths, as the column stores them: no Decimal on the way.
    return ExpressionWrapper(F(column), output_field=BigIntegerField())
