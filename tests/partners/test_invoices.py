"""Invoices: what is owed, paid and disputed, by facts that refer to them."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from partners.invoices import InvoiceState, states_of
from partners.models import Activity, Partner
from partners.reports import ActivityReport
from rewards import crediting
from tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db

WARSAW = ZoneInfo("Europe/Warsaw")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def shop() -> Partner:
    return PartnerFactory()


def invoice(partner, **changes) -> ActivityReport:
    plain = ActivityReport(
        kind="invoice",
        partner_id=partner.pk,
        source="erp",
        external_id="INV-1",
        occurred_at=NOON,
        currency="GBP",
        amount_e4=100 * 10_000,
        due_on=date(2026, 4, 1),
        attributes={"electronic": True},
    )
    return dataclasses.replace(plain, **changes)


def about_it(partner, kind, number, *, day, pounds=0, **attributes) -> ActivityReport:
    return ActivityReport(
        kind=kind,
        partner_id=partner.pk,
        source="erp",
        external_id=number,
        occurred_at=NOON + timedelta(days=day),
        currency="GBP" if pounds else "",
        amount_e4=pounds * 10_000,
        refers_to=("erp", "INV-1"),
        attributes=attributes,
    )


def take_in(*reports):
    with transaction.atomic():
        return crediting.take_in(reports, as_of=LATER).results


def state() -> InvoiceState:
    stored = Activity.objects.get(external_id="INV-1")
    return states_of([stored], zone=WARSAW)[stored.pk]


class TestAnInvoice:
    def test_is_open_until_it_is_paid_whole(self, shop):
        take_in(about_it(shop, "payment", "P2", day=40, pounds=70), invoice(shop))
        partly = state()
        take_in(about_it(shop, "payment", "P1", day=20, pounds=30))
        whole = state()

        assert (partly.paid, partly.open, partly.paid_on) == (Decimal(70), Decimal(30), None)
        assert partly.overdue_days(date(2026, 4, 4)) == 3
        assert (whole.open, whole.paid_on) == (0, date(2026, 4, 11))
        assert whole.overdue_days(LATER.date()) == 10
        assert whole.is_electronic is True

    def test_is_disputed_while_the_last_word_is_that_it_is(self, shop):
        take_in(invoice(shop), about_it(shop, "dispute", "D1", day=1, state="opened"))
        opened = state().is_disputed
        take_in(about_it(shop, "dispute", "D2", day=2, state="closed"))

        assert (opened, state().is_disputed) == (True, False)

    def test_that_says_it_is_paid_becomes_two_facts(self, shop):
        [first] = take_in(invoice(shop))
        take_in(about_it(shop, "payment", "P1", day=20, pounds=30))
        paid = invoice(
            shop,
            paid_on=date(2026, 4, 3),
            attributes={"electronic": True, "disputed": True},
        )

        [again] = take_in(paid)
        [once_more] = take_in(paid)

        assert first.is_new
        assert (again.is_new, once_more.is_new) == (False, False)
        numbers = Activity.objects.order_by("pk").values_list("external_id", "kind", "amount")
        assert list(numbers) == [
            ("INV-1", "invoice", 100),
            ("P1", "payment", 30),
            ("INV-1/paid", "payment", 70),
            ("INV-1/disputed", "dispute", 0),
        ]
        assert state() == InvoiceState(
            amount=Decimal(100),
            paid=Decimal(100),
            due_on=date(2026, 4, 1),
            paid_on=date(2026, 4, 3),
            is_disputed=True,
            is_electronic=True,
        )

    def test_that_says_it_is_disputed_no_more_closes_what_is_open_once(self, shop):
        agreed = invoice(shop, attributes={"electronic": True, "disputed": False})
        take_in(agreed)
        untouched = Activity.objects.filter(kind="dispute").exists()
        take_in(about_it(shop, "dispute", "D1", day=30, state="opened"))
        opened = state().is_disputed

        take_in(agreed)
        take_in(agreed)

        assert (untouched, opened, state().is_disputed) == (False, True, False)
        numbers = Activity.objects.filter(kind="dispute").values_list("external_id", flat=True)
        assert sorted(numbers) == ["D1", "INV-1/undisputed"]

    def test_with_a_very_long_number_keeps_its_payment_apart(self, shop):
        numbers = ["N" * 99 + "1", "N" * 99 + "2"]
        take_in(*(invoice(shop, external_id=n, paid_on=date(2026, 4, 3)) for n in numbers))

        payments = Activity.objects.filter(kind="payment")
        assert payments.count() == 2
        assert {len(row.external_id) for row in payments} == {100}
        assert {row.refers_to.external_id for row in payments} == set(numbers)

    def test_of_other_content_says_nothing_about_payments(self, shop):
        take_in(invoice(shop))

        take_in(invoice(shop, amount_e4=99 * 10_000, paid_on=date(2026, 4, 3)))

        assert Activity.objects.count() == 1
