"""
Invoices as facts: what is owed, what was paid of it, and whether the partner disputes it.

The invoice itself never changes: payments and disputes are facts of their own that refer to it.
Where a source writes them on the invoice, they are made out of it, so that the same invoice
exported again as paid is a duplicate and a new payment, and no conflict.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, ExpressionWrapper, F, QuerySet, Sum

from partners.intake import find_content_hashes, find_recorded
from partners.models import Activity
from partners.reports import ActivityReport

PAID_SUFFIX = "/paid"
DISPUTED_SUFFIX = "/disputed"
SETTLED_SUFFIX = "/undisputed"
EXTERNAL_ID_MAX = 100


@dataclass(frozen=True, slots=True)
class InvoiceState:
    """
    Where an invoice stands by the facts that refer to it. ``paid_on`` is the day it was paid whole.

    Days are those of the zone the state was asked for.
    """

    amount: Decimal
    paid: Decimal
    due_on: date | None
    paid_on: date | None
    is_disputed: bool
    is_electronic: bool | None

    @property
    def open(self) -> Decimal:
        return max(self.amount - self.paid, Decimal(0))

    def overdue_days(self, on: date) -> int:
        """Return by how many days it is, or was, paid too late; never below zero."""
        if self.due_on is None:
            return 0
        return max(((self.paid_on or on) - self.due_on).days, 0)


def state_of(invoice: Activity, facts: Iterable[Activity], *, zone: ZoneInfo) -> InvoiceState:
    """Return where an invoice stands by the payments and disputes among ``facts``. Pure."""
    mine = sorted(
        (fact for fact in facts if fact.refers_to_id == invoice.pk),
        key=lambda fact: (fact.occurred_at, fact.source, fact.external_id),
    )
    paid, paid_on, is_disputed = Decimal(0), None, False
    for fact in mine:
        if fact.kind == Activity.Kind.PAYMENT and fact.currency == invoice.currency:
            paid += fact.amount
            if paid_on is None and paid >= invoice.amount:
                paid_on = fact.paid_on or fact.occurred_at.astimezone(zone).date()
        elif fact.kind == Activity.Kind.DISPUTE:
            is_disputed = fact.attributes.get("state") == "opened"
    return InvoiceState(
        amount=invoice.amount,
        paid=paid,
        due_on=invoice.due_on,
        paid_on=paid_on,
        is_disputed=is_disputed,
        is_electronic=invoice.attributes.get("electronic"),
    )


def states_of(invoices: Collection[Activity], *, zone: ZoneInfo) -> dict[int, InvoiceState]:
    """Return where each of these invoices stands, by id: one query for all."""
    facts = facts_about([invoice.pk for invoice in invoices])
    by_invoice: dict[int | None, list[Activity]] = {}
    for fact in facts:
        by_invoice.setdefault(fact.refers_to_id, []).append(fact)
    return {
        invoice.pk: state_of(invoice, by_invoice.get(invoice.pk, ()), zone=zone)
        for invoice in invoices
    }


def facts_about(invoice_ids: Collection[int]) -> QuerySet[Activity]:
    """Return the payments and disputes that refer to these invoices."""
    kinds = (Activity.Kind.PAYMENT, Activity.Kind.DISPUTE)
    return Activity.objects.filter(refers_to__in=invoice_ids, kind__in=kinds)


# ------------------------------------------- what a source writes on the invoice


def take_apart(reports: Sequence[ActivityReport]) -> list[ActivityReport]:
    """Return the reports as they are stored: an invoice says nothing of what came after it."""
    return [_bare(report) if says_more(report) else report for report in reports]


def says_more(report: ActivityReport) -> bool:
    """Say whether an invoice says that it is paid or disputed."""
    return report.kind == Activity.Kind.INVOICE and (
        report.paid_on is not None or "disputed" in report.attributes
    )


def make_facts(reports: Iterable[ActivityReport]) -> list[ActivityReport]:
    """
    Return the payments and disputes that stored invoices say of themselves and nobody reported.

    A payment made so is of what was open of the invoice; that it is not disputed closes a dispute
    that is open. Each is said once: whoever disputes again reports that as a fact of its own. The
    caller has locked the partners.
    """
    stated = {report.natural_key: report for report in reports if says_more(report)}
    if not stated:
        return []
    invoices = find_recorded(stated)
    paid = _paid_so_far([invoice.pk for invoice in invoices.values()])
    agreed = [key for key, each in stated.items() if each.attributes.get("disputed") is False]
    open_since = _open_disputes([invoices[key].pk for key in agreed])
    made: list[ActivityReport] = []
    for key, report in stated.items():
        rest_e4 = report.net_amount_e4 - paid.get(invoices[key].pk, 0)
        if report.paid_on is not None and rest_e4 > 0:
            made.append(_payment(report, report.paid_on, rest_e4))
        if report.attributes.get("disputed") is True:
            made.append(_dispute(report, "opened", DISPUTED_SUFFIX, report.occurred_at))
        if since := open_since.get(invoices[key].pk):
            # After whatever opened it, so that it is the last word whoever said the first.
            at = max(report.occurred_at, since + timedelta(seconds=1))
            made.append(_dispute(report, "closed", SETTLED_SUFFIX, at))
    known = find_content_hashes(fact.natural_key for fact in made)
    return [fact for fact in made if fact.natural_key not in known]


def _bare(report: ActivityReport) -> ActivityReport:
    kept = {name: value for name, value in report.attributes.items() if name != "disputed"}
    return replace(report, paid_on=None, attributes=kept)


def _payment(report: ActivityReport, paid_on: date, amount_e4: int) -> ActivityReport:
    return ActivityReport(
        kind=Activity.Kind.PAYMENT.value,
        partner_id=report.partner_id,
        source=report.source,
        external_id=_named_after(report.external_id, PAID_SUFFIX),
        # A day has no hour: at noon in UTC it is the same day from the Azores to Japan.
        occurred_at=datetime.combine(paid_on, time(12), UTC),
        currency=report.currency,
        amount_e4=amount_e4,
        refers_to=report.natural_key,
        paid_on=paid_on,
    )


def _dispute(report: ActivityReport, state: str, suffix: str, at: datetime) -> ActivityReport:
    return ActivityReport(
        kind=Activity.Kind.DISPUTE.value,
        partner_id=report.partner_id,
        source=report.source,
        external_id=_named_after(report.external_id, suffix),
        occurred_at=at,
        currency="",
        refers_to=report.natural_key,
        attributes={"state": state},
    )


def _open_disputes(invoice_ids: Collection[int]) -> dict[int, datetime]:
    """Return since when each of these invoices is disputed; those that are not are left out."""
    if not invoice_ids:
        return {}
    disputes = Activity.objects.filter(
        refers_to__in=invoice_ids, kind=Activity.Kind.DISPUTE
    ).order_by("occurred_at", "source", "external_id")
    last = {fact.refers_to_id: fact for fact in disputes if fact.refers_to_id is not None}
    return {
        pk: fact.occurred_at
        for pk, fact in last.items()
        if fact.attributes.get("state") == "opened"
    }


def _named_after(number: str, suffix: str) -> str:
    """Return the number of a fact made out of an invoice; a very long one is cut and stays apart."""
    if len(number) + len(suffix) <= EXTERNAL_ID_MAX:
        return number + suffix
    digest = hashlib.sha256(number.encode()).hexdigest()[:16]
    return number[: EXTERNAL_ID_MAX - len(suffix) - 17] + "#" + digest + suffix


def _paid_so_far(invoice_ids: Collection[int]) -> dict[int, int]:
    stored = ExpressionWrapper(F("amount"), output_field=BigIntegerField())
    rows = (
        Activity.objects.filter(refers_to__in=invoice_ids, kind=Activity.Kind.PAYMENT)
        .values_list("refers_to_id")
        .annotate(paid_e4=Sum(stored))
    )
    return {invoice_id: int(paid_e4) for invoice_id, paid_e4 in rows}
