"""
What happens to an invoice after it went out: paid in parts, disputed, credited. Pure.

A dispute stops the clock: its days are not counted as late, nor against the day on which what is
not paid is lost. It never makes a payment an early one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from rewards.earning.facts import ActivityFacts
from rewards.earning.matching import OrderKept
from rewards.earning.situation import PaymentTiming


@dataclass(frozen=True, slots=True)
class Paid:
    """``counted_e4`` is what of a payment was still open of its invoice."""

    payment: ActivityFacts
    day: date
    counted_e4: int


@dataclass(slots=True)
class InvoiceKept:
    """
    An invoice on its way through the walk.

    ``order`` is what is kept of the order it is for, ``credited_e4`` what credit notes took off
    one that names no order. ``billed_e4`` is what had to be paid of it when it went out.
    """

    invoice: ActivityFacts
    disputed: Sequence[tuple[date, date | None]] = ()
    order: OrderKept | None = None
    credited_e4: int = 0
    is_called_off: bool = False
    billed_e4: int = field(init=False)
    paid: list[Paid] = field(default_factory=list)
    counted_e4: int = 0
    _reported_e4: int = 0
    _given_e4: int = 0

    def __post_init__(self) -> None:
        self.billed_e4 = self.owed_e4

    @property
    def stands(self) -> bool:
        """Say whether neither it nor its order as a whole was cancelled."""
        return not (self.is_called_off or (self.order is not None and self.order.is_called_off))

    @property
    def owed_e4(self) -> int:
        """What has to be paid of it: without what was returned of its order, or credited."""
        if not self.stands:
            return 0
        owed_e4 = self.invoice.amount_e4
        if self.order is not None:
            owed_e4 = self.order.part_owed(owed_e4)
        return max(owed_e4 - self.credited_e4, 0)

    def pay(self, payment: ActivityFacts) -> PaymentTiming:
        """Count a payment, and say how it met the invoice."""
        day = payment.paid_on or payment.local_date
        before_e4, owed_e4 = self.counted_e4, self.owed_e4
        counted_e4 = max(min(self._add_up(payment), owed_e4) - before_e4, 0)
        self.counted_e4 += counted_e4
        self.paid.append(Paid(payment, day, counted_e4))
        return PaymentTiming(
            days_late=self.days_late(day),
            counted_e4=counted_e4,
            invoice_e4=owed_e4,
            is_electronic=self.invoice.attributes.get("electronic"),
        )

    def _add_up(self, payment: ActivityFacts) -> int:
        """Return all that was paid so far; a payment in the invoice's own currency pays it whole."""
        invoice = self.invoice.reported
        if invoice.amount_e4 and payment.reported.currency == invoice.currency:
            self._reported_e4 += payment.reported.amount_e4
        else:
            self._given_e4 += payment.amount_e4
        return self._given_e4 + self._in_terms_of_invoice

    @property
    def _in_terms_of_invoice(self) -> int:
        """What was paid in the currency of the invoice comes to, whatever the rate of its day."""
        amount_e4 = self.invoice.reported.amount_e4
        return self._reported_e4 * self.invoice.amount_e4 // amount_e4 if amount_e4 else 0

    def days_late(self, day: date) -> int | None:
        """Return how late a day is, below zero where it is early; None without a due date."""
        if self.invoice.due_on is None:
            return None
        days = (day - self.invoice.due_on).days
        return min(days, max(days - self._days_disputed(day), 0))

    def last_day(self, days: int) -> date | None:
        """Return the last day that is no more than so many days late; None while none is."""
        if self.invoice.due_on is None:
            return None
        last = _days_after(self.invoice.due_on, days)
        for opened_on, closed_on in self.disputed:
            if opened_on > last:
                break
            if closed_on is None:
                return None
            last = _days_after(last, (closed_on - opened_on).days)
        return last

    def paid_until(self, last_day: date | None) -> int:
        """Return how much was paid in time, and is still owed."""
        in_time = sum(
            one.counted_e4 for one in self.paid if last_day is None or one.day <= last_day
        )
        return min(in_time, self.owed_e4)

    def _days_disputed(self, until: date) -> int:
        return sum(
            max((min(closed_on or until, until) - opened_on).days, 0)
            for opened_on, closed_on in self.disputed
        )


def _days_after(day: date, days: int) -> date:
    """Add days, to the end of the calendar at most: bills without a due day come with its last one."""
    return date.fromordinal(min(day.toordinal() + days, date.max.toordinal()))


def find_disputed(disputes: Iterable[ActivityFacts]) -> list[tuple[date, date | None]]:
    """Return the days from and to which an invoice was disputed; None while it is."""
    spans: list[tuple[date, date | None]] = []
    opened_on: date | None = None
    for fact in sorted(disputes, key=lambda each: each.canonical_place):
        is_open = fact.attributes.get("state") == "opened"
        if is_open and opened_on is None:
            opened_on = fact.local_date
        elif not is_open and opened_on is not None:
            spans.append((opened_on, fact.local_date))
            opened_on = None
    return [*spans, (opened_on, None)] if opened_on is not None else spans
