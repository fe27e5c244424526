"""
What the seller's other systems report of the story's companies: invoices, payments, courses.

The orders are real, these facts are made up: one invoice an order, paid as a company pays that is
sometimes early, sometimes in parts and sometimes too late.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction

from config.demo.programme import read_grown
from partners.models import Activity, Member, Partner
from partners.reports import ActivityReport
from rewards.crediting import take_in
from rewards.models import Programme
from rewards.programmes.calendar import local_date, local_midnight

ACCOUNTING, ACADEMY, SHOP = "accounting", "academy", "shop-system"
DAYS_TO_PAY = 30
ISSUED_AFTER = timedelta(hours=2)
# How an invoice is paid: percent of it, and how many days after it was issued. One after the other.
HABITS: tuple[tuple[tuple[int, int], ...], ...] = (
    ((50, 28), (50, 50)),
    ((100, 7),),
    ((45, 11),),
    ((100, 30),),
    ((100, 3),),
)
ON_PAPER_EVERY = 4
# Real day, who of the buyers, course, score in percent.
COURSES = (
    (date(2011, 11, 14), 0, "Tables that sell", 92),
    (date(2011, 11, 14), 1, "Tables that sell", 88),
    (date(2011, 11, 30), 0, "Windows in winter", 81),
    (date(2011, 12, 1), 2, "Windows in winter", 54),
)
PASSED_FROM = 60
AUTOMATIC_SINCE = date(2011, 11, 3)


def report_all(
    partners: Sequence[Partner],
    *,
    buyers: Sequence[Member],
    programme: Programme,
    as_of: datetime,
) -> None:
    """Take in what happened up to ``as_of`` beside the orders; what is known changes nothing."""
    reports = [
        report
        for report in (
            *_bill(partners, programme=programme),
            *_teach(buyers, shift=timedelta(days=programme.shifted_days)),
            *_order_by_itself(buyers[:1], shift=timedelta(days=programme.shifted_days)),
        )
        if report.occurred_at < as_of
    ]
    with transaction.atomic():
        take_in(reports, as_of=as_of, post_when_occurred=True)


def _bill(partners: Sequence[Partner], *, programme: Programme) -> Iterator[ActivityReport]:
    since = read_grown()["valid_from"] + timedelta(days=programme.shifted_days)
    orders = Activity.objects.orders().filter(
        partner__in=partners, occurred_at__gte=local_midnight(since, programme.time_zone)
    )
    by_partner: dict[int, list[Activity]] = defaultdict(list)
    for order in orders.order_by("occurred_at", "external_id"):
        by_partner[order.partner_id].append(order)
    for each in by_partner.values():
        for place, order in enumerate(each):
            invoice = _invoice(order, place, time_zone=programme.time_zone)
            yield invoice
            yield from _payments(invoice, HABITS[place % len(HABITS)])


def _invoice(order: Activity, place: int, *, time_zone: str) -> ActivityReport:
    issued_at = order.occurred_at + ISSUED_AFTER
    return ActivityReport(
        kind=Activity.Kind.INVOICE,
        partner_id=order.partner_id,
        source=ACCOUNTING,
        external_id=f"INV-{order.external_id}",
        occurred_at=issued_at,
        currency=order.currency,
        amount_e4=int(order.amount * 10_000),
        refers_to=(order.source, order.external_id),
        due_on=local_date(issued_at, time_zone) + timedelta(days=DAYS_TO_PAY),
        attributes={"electronic": place % ON_PAPER_EVERY != ON_PAPER_EVERY - 1},
    )


def _payments(
    invoice: ActivityReport, habit: Sequence[tuple[int, int]]
) -> Iterator[ActivityReport]:
    """Pay in whole pence; what two halves leave over comes with the last."""
    paid_e4 = percents = 0
    for number, (percent, days) in enumerate(habit, start=1):
        percents += percent
        whole = percents == 100
        part_e4 = invoice.net_amount_e4 * percent // 100 // 100 * 100
        amount_e4 = invoice.net_amount_e4 - paid_e4 if whole else part_e4
        paid_e4 += amount_e4
        yield ActivityReport(
            kind=Activity.Kind.PAYMENT,
            partner_id=invoice.partner_id,
            source=ACCOUNTING,
            external_id=f"{invoice.external_id.replace('INV', 'PAY')}-{number}",
            occurred_at=invoice.occurred_at + timedelta(days=days),
            currency=invoice.currency,
            amount_e4=amount_e4,
            refers_to=invoice.natural_key,
            attributes={"method": "transfer"},
        )


def _teach(buyers: Sequence[Member], *, shift: timedelta) -> Iterator[ActivityReport]:
    for number, (day, place, course, score) in enumerate(COURSES, start=1):
        yield ActivityReport(
            kind="training",
            partner_id=buyers[place].partner_id,
            member_id=buyers[place].pk,
            source=ACADEMY,
            external_id=f"C-{300 + number}",
            occurred_at=_at(day, shift),
            currency="",
            attributes={"course": course, "score": score, "passed": score >= PASSED_FROM},
        )


def _order_by_itself(buyers: Sequence[Member], *, shift: timedelta) -> Iterator[ActivityReport]:
    for buyer in buyers:
        yield ActivityReport(
            kind="auto_order",
            partner_id=buyer.partner_id,
            source=SHOP,
            external_id="AUTO-17",
            occurred_at=_at(AUTOMATIC_SINCE, shift),
            currency="",
            attributes={"state": "on"},
        )


def _at(day: date, shift: timedelta) -> datetime:
    return datetime.combine(day, time(11), tzinfo=UTC) + shift
