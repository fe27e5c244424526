"""Bring facts from the database into the plain values that policy judges."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, ExpressionWrapper, F, Q, QuerySet

from partners.families import name_roots
from partners.models import Activity, ActivityLine, ConvertedAmount
from partners.references import waiting_references
from rewards.converting import convert_lines
from rewards.earning.facts import ActivityFacts, LineFacts
from rewards.models import Programme

Kind = Activity.Kind
BOUGHT_AND_RETURNED = (Kind.ORDER, Kind.RETURN)


def facts_of(partner_ids: Sequence[int], *, programme: Programme) -> dict[int, list[ActivityFacts]]:
    """
    Return what a programme judges of these partners, with lines: a fixed number of queries.

    They are roots: what was reported for partners that were merged into one is among its facts.
    Amounts are in the programme's currency. What was reported in another one counts by what it
    was converted to when it came in; a fact without that is no number of pounds.
    """
    reading = _Reading(
        programme=programme,
        zone=ZoneInfo(programme.time_zone),
        root_by_id=name_roots(partner_ids),
        facts={partner_id: [] for partner_id in partner_ids},
    )
    reading.read_own_currency()
    if ConvertedAmount.objects.exists():
        reading.read_converted()
    reading.link_named()
    return reading.facts


@dataclass(slots=True)
class _Reading:
    """The facts of some partners on their way out of the database."""

    programme: Programme
    zone: ZoneInfo
    root_by_id: Mapping[int, int]
    facts: dict[int, list[ActivityFacts]]
    by_id: dict[int, ActivityFacts] = field(default_factory=dict)
    naming: dict[int, int | None] = field(default_factory=dict)

    def read_own_currency(self) -> None:
        bought = Q(kind__in=BOUGHT_AND_RETURNED, currency=self.programme.currency)
        # A cancellation has no amount of its own, so no currency either.
        activities = Activity.objects.filter(
            bought | Q(kind=Kind.CANCELLATION), partner__in=self.root_by_id
        )
        for row in _rows(activities, "amount"):
            self._keep(row)
        lines = ActivityLine.objects.filter(
            activity__partner__in=self.root_by_id,
            activity__kind__in=BOUGHT_AND_RETURNED,
            activity__currency=self.programme.currency,
        )
        for activity_id, found in _lines(lines).items():
            self.by_id[activity_id].lines = found

    def read_converted(self) -> None:
        converted = Q(converted__currency=self.programme.currency)
        activities = Activity.objects.filter(
            converted, partner__in=self.root_by_id, kind__in=BOUGHT_AND_RETURNED
        )
        rates = {}
        for row in _rows(activities, "converted__amount", "converted__rate_e8"):
            self._keep(row, is_converted=True)
            rates[row.pk] = row.converted__rate_e8
        if not rates:
            return
        lines = ActivityLine.objects.filter(
            activity__converted__currency=self.programme.currency,
            activity__partner__in=self.root_by_id,
            activity__kind__in=BOUGHT_AND_RETURNED,
        )
        for activity_id, found in _lines(lines).items():
            fact = self.by_id[activity_id]
            fact.lines = convert_lines(found, rate_e8=rates[activity_id], total_e4=fact.amount_e4)

    def _keep(self, row: Any, *, is_converted: bool = False) -> None:
        fact = self.by_id[row.pk] = ActivityFacts(
            id=row.pk,
            kind=row.kind,
            source=row.source,
            external_id=row.external_id,
            occurred_at=row.occurred_at,
            local_date=row.occurred_at.astimezone(self.zone).date(),
            amount_e4=row.amount_e4,
            currency=self.programme.currency,
            lines=[],
            public_id=row.public_id,
            is_converted=is_converted,
        )
        self.facts[self.root_by_id[row.partner_id]].append(fact)
        if row.kind != Kind.ORDER:
            self.naming[row.pk] = row.refers_to_id

    def link_named(self) -> None:
        """Link what takes back to the order it names, also by way of that order's invoice."""
        if not self.naming:
            return
        named = {pk for pk in self.naming.values() if pk is not None and pk not in self.by_id}
        invoiced = dict(
            Activity.objects.filter(pk__in=named, kind=Kind.INVOICE).values_list(
                "pk", "refers_to_id"
            )
            if named
            else ()
        )
        waiting = self._waiting()
        for pk, refers_to_id in self.naming.items():
            fact = self.by_id[pk]
            order_id = invoiced.get(refers_to_id, refers_to_id) if refers_to_id else None
            fact.order = self.by_id.get(order_id) if order_id else None
            # What names an order that does not count here takes nothing from others.
            fact.waits = pk in waiting or (order_id is not None and fact.order is None)

    def _waiting(self) -> set[int]:
        rows = waiting_references()
        if not rows.exists():
            return set()
        mine = rows.filter(
            activity__partner__in=self.root_by_id,
            activity__kind__in=(Kind.RETURN, Kind.CANCELLATION),
        )
        return set(mine.values_list("activity_id", flat=True))


def _rows(activities: QuerySet[Activity], amount: str, *more: str) -> Iterator[Any]:
    return iter(
        activities.annotate(amount_e4=as_stored(amount)).values_list(
            "pk",
            "partner_id",
            "kind",
            "source",
            "external_id",
            "occurred_at",
            "amount_e4",
            "public_id",
            "refers_to_id",
            *more,
            named=True,
        )
    )


def _lines(rows: QuerySet[ActivityLine]) -> dict[int, list[LineFacts]]:
    lines: dict[int, list[LineFacts]] = defaultdict(list)
    found = (
        rows.annotate(quantity_e4=as_stored("quantity"), amount_e4=as_stored("amount"))
        .order_by("activity_id", "position")
        .values_list("activity_id", "pk", "sku", "category", "quantity_e4", "amount_e4")
    )
    for activity_id, *line in found.iterator(chunk_size=5_000):
        lines[activity_id].append(LineFacts(*line))
    return lines


def as_stored(column: str) -> ExpressionWrapper:
    # Policy counts in whole ten-thousandths, as the column stores them: no Decimal on the way.
    return ExpressionWrapper(F(column), output_field=BigIntegerField())
