"""The preset ``virto``: every action that saves work earns, and the head buyer shares."""

import uuid

import pytest

from rewards import sharing
from rewards.sharing import PartDraft
from tests.worked_examples.customer import enrol
from tests.worked_examples.pages import page_of

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]


def test_the_first_month_of_a_customer():
    """
    Letters by e-mail: 50 points, once. Automatic orders: 100, once; switching them off and on
    again earns nothing. An order of 1,250 dollars: 10 points, and 1 % of it, 12.5: 12. Its invoice
    goes out without paper: 5. It is paid three days before it is due: 20.
    """
    firm = enrol("virto")

    firm.reports("e_correspondence", "Letters", on="2026-03-02", state="on")
    firm.reports("auto_order", "On", on="2026-03-03", state="on")
    firm.reports("auto_order", "Off", on="2026-03-04", state="off")
    firm.reports("auto_order", "On again", on="2026-03-05", state="on")
    firm.orders("Order 1", "1250.00", on="2026-03-06")
    firm.is_invoiced(
        "Invoice 1", "1250.00", on="2026-03-06", due="2026-03-20", of="Order 1", electronic=True
    )
    firm.pays("Payment 1", "1250.00", on="2026-03-17", of="Invoice 1")

    assert firm.journal() == page_of("virto").lines(
        "issued > pool 50",
        "issued > pool 100",
        "issued > pool 10",
        "issued > pool 12",
        "issued > pool 5",
        "issued > pool 20",
    )
    assert firm.holds() == {"pool": "197"}


@pytest.mark.parametrize(
    ("paid_on", "points"),
    [
        # On the last day, and within three days of grace.
        ("2026-03-20", {"paid-in-time": "20"}),
        ("2026-03-23", {"paid-in-time": "20"}),
        # A day more is late.
        ("2026-03-24", {}),
        # Five days early is half as much again, ten days early double.
        ("2026-03-16", {"paid-in-time": "20"}),
        ("2026-03-15", {"paid-in-time": "30"}),
        ("2026-03-11", {"paid-in-time": "30"}),
        ("2026-03-10", {"paid-in-time": "40"}),
    ],
)
def test_an_invoice_due_on_20_march(paid_on, points):
    firm = enrol("virto")
    firm.is_invoiced("Invoice 1", "1000.00", on="2026-03-01", due="2026-03-20")

    firm.pays("Payment 1", "1000.00", on=paid_on, of="Invoice 1")

    assert firm.earned("Payment 1") == points


def test_an_invoice_paid_in_parts():
    """
    600 of 1,000 are paid ten days early: 12 of the 20 points, doubled. 400 are paid in time: 8.
    Another 100, paid by mistake, earn nothing: nothing is paid twice.
    """
    firm = enrol("virto")
    firm.is_invoiced("Invoice 1", "1000.00", on="2026-03-01", due="2026-03-20")

    firm.pays("Payment 1", "600.00", on="2026-03-10", of="Invoice 1")
    firm.pays("Payment 2", "400.00", on="2026-03-20", of="Invoice 1")
    firm.pays("Payment 3", "100.00", on="2026-03-20 15:00", of="Invoice 1")

    assert firm.earned("Payment 1") == {"paid-in-time": "24"}
    assert firm.earned("Payment 2") == {"paid-in-time": "8"}
    assert firm.earned("Payment 3") == {}


def test_the_head_buyer_shares_with_the_team():
    """
    An order of 5,000 earns 60 points for the firm, not for whoever placed it. The head buyer gives
    Bob 40 of them; the other 20 stay in the pool.
    """
    firm = enrol("virto")
    alice, bob = firm.hires("Alice", "head_buyer"), firm.hires("Bob")
    firm.orders("Order 1", "5000.00", on="2026-03-06", by=bob)
    assert firm.holds() == {"pool": "60"}

    sharing.share(
        head_buyer=alice,
        programme=firm.programme,
        amount=40,
        method="by_hand",
        parts=[PartDraft(member_id=bob.pk, amount=40, proposed=40)],
        reason="All invoices paid in time this month",
        request_id=uuid.uuid4(),
        shared_at=firm.moment("2026-03-31"),
    )

    assert firm.holds() == {"pool": "20", "Bob's wallet": "40"}
