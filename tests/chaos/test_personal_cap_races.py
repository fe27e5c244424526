"""One person earns in many companies at once: their year gives its cap once, to the last point."""

import threading

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from ledger.auditing import audit
from partners.intake import ActivityReport
from partners.models import Member
from rewards import crediting, own_parts
from rewards.models import Award
from tests.rewards.cast import NOON, make_partner
from tests.threads import run_at_once
from tests.worked_examples.customer import Customer, enrol
from tests.worked_examples.test_cordiant import let_earn

pytestmark = [pytest.mark.chaos, pytest.mark.django_db]

COMPANIES = 6
TYRES = 200
CAP = 10_000
BONUSES = 10 * TYRES * 2


def sell_everywhere_at_once() -> Customer:
    """Two claims of 200 tyres in each of six companies: 24,000 bonuses, of which 10,000 are Bob's."""
    shop = enrol("cordiant")
    bob = shop.hires("Bob")
    let_earn(shop, bob, on="2026-02-01")
    members = [bob]
    for place in range(1, COMPANIES):
        other = Customer(shop.programme, make_partner(shop.programme, f"7{place}"))
        members.append(
            Member.objects.create(
                partner=other.partner, person=bob.person, role="buyer", joined_at=NOON
            )
        )
        let_earn(other, members[-1], on="2026-02-01")

    def sell(place: int) -> None:
        for month in (3, 4):
            report = ActivityReport(
                kind="sell_out",
                partner_id=members[place].partner_id,
                source="erp",
                external_id=f"{place}-{month}",
                occurred_at=shop.moment(f"2026-0{month}-10"),
                currency="",
                quantity_e4=TYRES * 10_000,
                member_id=members[place].pk,
                attributes={"sku": "P-205-55"},
            )
            with transaction.atomic():
                if connection.vendor == "postgresql":
                    with connection.cursor() as cursor:
                        cursor.execute(
                            "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0"
                        )
                crediting.take_in([report], as_of=shop.moment("2026-05-01"))

    outcomes = run_at_once(COMPANIES, sell)
    assert [outcome.error for outcome in outcomes if outcome.error] == []
    return shop


def test_a_year_is_never_given_twice():
    shop = sell_everywhere_at_once()

    given = Award.objects.aggregate(amount=Sum("amount"), personal=Sum("personal"))
    assert given == {"amount": COMPANIES * BONUSES, "personal": CAP}
    assert audit(as_of=shop.moment("2026-05-01")).ok


@pytest.mark.control
@pytest.mark.pg
def test_without_the_lock_of_consents_it_is(monkeypatch):
    """Everybody reads what the others have before anybody writes."""
    ask, count_others = own_parts._ask_members, own_parts._Years.count_others
    all_have_read = threading.Barrier(COMPANIES)
    has_waited = threading.local()

    def ask_without_lock(people, *, programme, lock):
        assert lock
        return ask(people, programme=programme, lock=False)

    def count_and_wait(years, *given):
        count_others(years, *given)
        if not getattr(has_waited, "once", False):
            has_waited.once = True
            all_have_read.wait(timeout=60)

    monkeypatch.setattr(own_parts, "_ask_members", ask_without_lock)
    monkeypatch.setattr(own_parts._Years, "count_others", count_and_wait)

    sell_everywhere_at_once()

    assert Award.objects.aggregate(given=Sum("personal"))["given"] > CAP
