"""
What of an award that waits for something to happen is available by now, or lost. Pure.

An award of an order may wait until its invoices are paid; one of anything until there are purchases
to set it against. ``net`` is what returns have left of the award. What is due follows from all
facts, so that the order of their arrival changes nothing; what became available once stays so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from rewards.earning.exact import Exact
from rewards.earning.facts import ActivityFacts
from rewards.earning.paying import InvoiceKept

Month = tuple[int, int]
"""A year and a month of it."""


@dataclass(frozen=True, slots=True)
class Lost:
    """What is lost of an award, the fact that it is lost by, and how that came."""

    cause: ActivityFacts
    amount: int
    step: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What of an award is available, what is lost, and what waits.

    ``decide_on`` is the local day whose end decides about more of it, if any does. ``since`` is the
    time of the last fact that made any of it available.
    """

    released: int
    waits: int = 0
    lost: Sequence[Lost] = ()
    decide_on: date | None = None
    since: datetime | None = None


def by_payment(
    net: int,
    invoices: Sequence[InvoiceKept],
    *,
    kept_e4: int,
    lost_after_days: int | None,
    today: date | None,
) -> Outcome:
    """
    Release in the proportion in which an order is paid.

    ``kept_e4`` is what has to be invoiced of it: what no invoice is for yet waits, and is not lost.
    Invoices of more, as with tax, are what has to be paid. What is not paid at the end of the last
    day is lost. ``invoices`` come in canonical order. Without ``today`` nothing is lost by time
    alone.
    """
    if not invoices:
        return Outcome(0, waits=net)
    owed_e4 = max(sum(each.owed_e4 for each in invoices), kept_e4)
    if owed_e4 == 0:
        return Outcome(net)
    paid_e4, lost_e4, taken = 0, 0, 0
    payments = [one.payment.occurred_at for each in invoices for one in each.paid]
    lost: list[Lost] = []
    coming: list[date] = []
    for each in invoices:
        last_day = None if lost_after_days is None else each.last_day(lost_after_days)
        in_time_e4 = each.paid_until(last_day)
        paid_e4 += in_time_e4
        if in_time_e4 == each.owed_e4 or last_day is None or lost_after_days is None:
            continue
        if today is None or today <= last_day:
            coming.append(last_day)
            continue
        lost_e4 += each.owed_e4 - in_time_e4
        # Cumulative: what is paid and what is lost add up to the whole, whatever was rounded.
        gone = net - _share(net, owed_e4 - lost_e4, owed_e4)
        step = _overdue(each, lost_after_days)
        if gone > taken:
            lost.append(Lost(each.invoice, gone - taken, step))
        taken = gone
    released = _share(net, paid_e4, owed_e4)
    waits = net - released - taken
    return Outcome(
        released,
        waits,
        lost,
        decide_on=min(coming) if coming and waits else None,
        since=max(payments, default=None),
    )


def _share(net: int, part_e4: int, whole_e4: int) -> int:
    return Exact(net * part_e4, whole_e4).__floor__()


def _overdue(each: InvoiceKept, days: int) -> dict[str, object]:
    due_on = each.invoice.due_on
    return {"code": "lost_overdue", "due_on": due_on.isoformat() if due_on else "", "days": days}


@dataclass(slots=True)
class Waiting:
    """An award that waits for purchases, given on ``day``, in steps of ``step`` minor units."""

    fact: ActivityFacts
    net: int
    step: int
    released: int = 0
    since: datetime | None = None

    @property
    def day(self) -> date:
        return self.fact.local_date

    @property
    def left(self) -> int:
        return self.net - self.released


@dataclass(slots=True)
class _Room:
    """What the purchases of one month allow, and what of it is taken."""

    purchases: int
    since: datetime
    taken: int = 0

    def take(self, one: Waiting) -> None:
        allowed = self.purchases // one.step * one.step - self.taken
        part = max(min(one.left, allowed), 0)
        if part:
            one.released += part
            one.since = max(self.since, one.fact.occurred_at)
            self.taken += part


def by_purchases(
    waiting: Iterable[Waiting],
    purchases: Mapping[Month, tuple[int, datetime]],
    *,
    today: date | None,
) -> list[Outcome]:
    """
    Release up to the purchases of each month, in whole steps, the oldest awards first.

    ``waiting`` comes in canonical order, ``purchases`` in minor units, with the time of the last of
    them. What a month leaves unused is not carried over; what waits when the year ends is lost.
    """
    awards = list(waiting)
    for month in sorted(purchases):
        room = _Room(*purchases[month])
        for one in awards:
            if one.left and one.day.year == month[0] and one.day.month <= month[1]:
                room.take(one)
    return [_outcome(one, today) for one in awards]


def _outcome(one: Waiting, today: date | None) -> Outcome:
    last_day = date(one.day.year, 12, 31)
    if one.left == 0:
        return Outcome(one.released, since=one.since)
    if today is None or today <= last_day:
        return Outcome(one.released, one.left, decide_on=last_day, since=one.since)
    lost = Lost(one.fact, one.left, {"code": "lost_at_year_end", "year": one.day.year})
    return Outcome(one.released, lost=[lost], since=one.since)


@dataclass(slots=True)
class MonthlyPurchases:
    """Orders less returns by month, as they come, and the time of the last of each month."""

    e4: dict[Month, int] = field(default_factory=dict)
    latest: dict[Month, datetime] = field(default_factory=dict)

    def add(self, fact: ActivityFacts, amount_e4: int) -> None:
        month = (fact.local_date.year, fact.local_date.month)
        self.e4[month] = self.e4.get(month, 0) + amount_e4
        self.latest[month] = fact.occurred_at

    def in_minor_units(self, decimals: int) -> dict[Month, tuple[int, datetime]]:
        return {
            month: (e4 * 10**decimals // 10_000, self.latest[month])
            for month, e4 in self.e4.items()
        }
