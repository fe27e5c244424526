"""Bring facts from the database into the plain values that policy judges."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from partners.families import name_roots
from partners.models import Activity, ActivityLine, ConvertedAmount
from partners.references import waiting_references
from rewards.converting import convert_attributes, convert_lines
from rewards.earning.facts import AS_IT_IS, ActivityFacts, Reported
from rewards.models import Programme
from rewards.programmes.definition import Definition
from rewards.stored_rows import read_lines, read_rows

Kind = Activity.Kind
BOUGHT_AND_RETURNED = (Kind.ORDER, Kind.RETURN)
TAKING_BACK = (Kind.RETURN, Kind.CANCELLATION)
OF_INVOICES = (Kind.INVOICE, Kind.PAYMENT, Kind.DISPUTE)
NAMING = (*TAKING_BACK, *OF_INVOICES)

MORE_COLUMNS = (
    "member_id",
    "member__person_id",
    "quantity_e4",
    "country",
    "due_on",
    "paid_on",
    "attributes",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What the rules of a programme ask for, over all its published versions.

    ``kinds`` are those beside orders, returns and cancellations. ``more`` says that a rule looks
    at more of an order than its money and its lines, ``attributes`` that it looks at those.
    """

    kinds: frozenset[str] = frozenset()
    attributes: bool = False
    more: bool = False

    @classmethod
    def by(cls, definitions: Iterable[Definition]) -> "Asked":
        kinds: set[str] = set()
        needs: set[str] = set()
        more = False
        for definition in definitions:
            kinds |= definition.triggers
            needs |= definition.needs - definition.triggers
            more = more or any(rule.when is not None for rule in definition.all_rules)
        kinds |= set(OF_INVOICES) if "payments" in needs else set()
        kinds |= {Kind.SURVEY.value} if "surveys" in needs else set()
        return cls(
            kinds=frozenset(kinds - {Kind.ORDER, *TAKING_BACK}),
            attributes="attributes" in needs,
            more=more or bool(needs - {"attributes", "tier"}),
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """What is read of orders and returns beside the basics."""
        if self.more:
            return MORE_COLUMNS
        return ("attributes",) if self.attributes else ()


PURCHASES = Asked()


def facts_of(
    partner_ids: Sequence[int],
    *,
    programme: Programme,
    asked: Asked = PURCHASES,
    only: Collection[int] | None = None,
) -> dict[int, list[ActivityFacts]]:
    """
    Return what a programme judges of these partners, with lines: a fixed number of queries.

    They are roots: what was reported for partners that were merged into one is among its facts.
    Amounts are in the programme's currency. What was reported in another one counts by what it
    was converted to when it came in; a fact without that is no number of pounds. Beside purchases
    there is what the rules ask for.

    :param only: The ids of some of their activities, where no other is wanted.
    """
    reading = _Reading(
        programme=programme,
        zone=ZoneInfo(programme.time_zone),
        root_by_id=name_roots(partner_ids),
        facts={partner_id: [] for partner_id in partner_ids},
        asked=asked,
        only=only,
    )
    reading.read_own_currency()
    reading.ask_for_invoices_called_off()
    if reading.asked.kinds:
        reading.read_other_kinds()
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
    asked: Asked = PURCHASES
    only: Collection[int] | None = None
    by_id: dict[int, ActivityFacts] = field(default_factory=dict)
    naming: dict[int, int | None] = field(default_factory=dict)

    def read_own_currency(self) -> None:
        bought = Q(kind__in=BOUGHT_AND_RETURNED, currency=self.programme.currency)
        # A cancellation has no amount of its own, so no currency either.
        activities = Activity.objects.filter(bought | Q(kind=Kind.CANCELLATION), **self._which())
        for row in read_rows(activities, "amount", *self.asked.columns):
            self._keep(row)
        self._read_lines(
            activity__kind__in=BOUGHT_AND_RETURNED,
            activity__currency=self.programme.currency,
        )

    def ask_for_invoices_called_off(self) -> None:
        """
        Ask for invoices where one was called off: what part it is, all of its order tell. And where
        goods came back for one that names no order: its place is not before that of the invoice.
        """
        if Kind.INVOICE in self.asked.kinds:
            return
        named: dict[str, set[int]] = {Kind.CANCELLATION: set(), Kind.RETURN: set()}
        for pk, refers_to_id in self.naming.items():
            if refers_to_id and refers_to_id not in self.by_id:
                named[self.by_id[pk].kind].add(refers_to_id)
        if not any(named.values()):
            return
        called_off = Q(pk__in=named[Kind.CANCELLATION])
        credited = Q(pk__in=named[Kind.RETURN], refers_to__isnull=True)
        if Activity.objects.filter(called_off | credited, kind=Kind.INVOICE).exists():
            self.asked = replace(self.asked, kinds=self.asked.kinds | {Kind.INVOICE.value})

    def read_other_kinds(self) -> None:
        """Read what else may earn, or says how an invoice was paid. Not everything has money."""
        countable = Q(currency__in=(self.programme.currency, "")) | Q(amount=0)
        activities = Activity.objects.filter(countable, kind__in=self.asked.kinds, **self._which())
        for row in read_rows(activities, "amount", *MORE_COLUMNS):
            self._keep(row)
        self._read_lines(
            activity__kind__in=self.asked.kinds,
            activity__currency__in=(self.programme.currency, ""),
        )

    def _read_lines(self, **of_activities: Any) -> None:
        lines = ActivityLine.objects.filter(**self._which("activity__"), **of_activities)
        for activity_id, found in read_lines(lines).items():
            self.by_id[activity_id].lines = found

    def read_converted(self) -> None:
        kinds = (*BOUGHT_AND_RETURNED, *self.asked.kinds)
        converted = Q(converted__currency=self.programme.currency)
        activities = Activity.objects.filter(converted, kind__in=kinds, **self._which())
        rates = {}
        columns = (
            "converted__rate_e8",
            "converted__rate_day",
            "currency",
            "reported_e4",
            *(MORE_COLUMNS if self.asked.kinds else self.asked.columns),
        )
        for row in read_rows(activities, "converted__amount", *columns):
            rate_e8, rate_day = row.converted__rate_e8, row.converted__rate_day
            self._keep(row, reported=Reported(row.currency, row.reported_e4, rate_e8, rate_day))
            rates[row.pk] = rate_e8
        if not rates:
            return
        lines = ActivityLine.objects.filter(
            activity__converted__currency=self.programme.currency,
            activity__kind__in=kinds,
            **self._which("activity__"),
        )
        for activity_id, found in read_lines(lines).items():
            fact = self.by_id[activity_id]
            fact.lines = convert_lines(found, rate_e8=rates[activity_id], total_e4=fact.amount_e4)

    def _which(self, path: str = "") -> dict[str, Any]:
        """Return what narrows a query to what is wanted, by the way to the activities."""
        if self.only is None:
            return {f"{path}partner__in": self.root_by_id}
        return {f"{path}pk__in": self.only}

    def _keep(self, row: Any, *, reported: Reported = AS_IT_IS) -> None:
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
            is_converted=bool(reported.currency),
            reported=reported,
        )
        if hasattr(row, "attributes"):
            fact.attributes = row.attributes
            if reported.currency:
                fact.attributes = convert_attributes(
                    row.attributes, kind=row.kind, rate_e8=reported.rate_e8
                )
        if hasattr(row, "member_id"):
            _say_more(fact, row)
        self.facts[self.root_by_id[row.partner_id]].append(fact)
        if row.kind in NAMING:
            self.naming[row.pk] = row.refers_to_id

    def link_named(self) -> None:
        """Link what takes back to the order it names, also by way of that order's invoice."""
        if not self.naming:
            return
        orders_of = self._orders_of_invoices()
        waiting = self._waiting()
        for pk, refers_to_id in self.naming.items():
            fact = self.by_id[pk]
            named = self.by_id.get(refers_to_id) if refers_to_id else None
            if fact.kind in (Kind.PAYMENT, Kind.DISPUTE):
                fact.invoice = named
            elif fact.kind == Kind.INVOICE:
                fact.order = named
            else:
                self._link_taking_back(fact, refers_to_id, orders_of, waiting)

    def _link_taking_back(
        self,
        fact: ActivityFacts,
        refers_to_id: int | None,
        orders_of: Mapping[int, int | None],
        waiting: set[int],
    ) -> None:
        order_id = orders_of.get(refers_to_id, refers_to_id) if refers_to_id else None
        fact.order = self.by_id.get(order_id) if order_id else None
        is_of_invoice = refers_to_id in orders_of
        if refers_to_id and is_of_invoice and (order_id is None or fact.kind == Kind.CANCELLATION):
            fact.invoice = self.by_id.get(refers_to_id)
        # What names an order that does not count here takes nothing from others.
        fact.waits = fact.stored_id in waiting or (order_id is not None and fact.order is None)

    def _orders_of_invoices(self) -> dict[int, int | None]:
        """Return the order of each invoice that is named, whether the rules ask for it or not."""
        known = {pk: order_id for pk, order_id in self.naming.items() if self._is_invoice(pk)}
        named = {pk for pk in self.naming.values() if pk is not None and pk not in self.by_id}
        if not named:
            return known
        rows = Activity.objects.filter(pk__in=named, kind=Kind.INVOICE)
        return known | dict(rows.values_list("pk", "refers_to_id"))

    def _is_invoice(self, pk: int) -> bool:
        return self.by_id[pk].kind == Kind.INVOICE

    def _waiting(self) -> set[int]:
        rows = waiting_references()
        if not rows.exists():
            return set()
        mine = rows.filter(activity__partner__in=self.root_by_id, activity__kind__in=TAKING_BACK)
        return set(mine.values_list("activity_id", flat=True))


def _say_more(fact: ActivityFacts, row: Any) -> None:
    fact.member_id, fact.person_id = row.member_id, row.member__person_id
    fact.quantity_e4 = row.quantity_e4 or 0
    fact.country = row.country
    fact.due_on, fact.paid_on = row.due_on, row.paid_on
