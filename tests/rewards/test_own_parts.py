"""What people earn for themselves in a year, whatever companies they work for."""

import random
from collections.abc import Sequence
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ledger.auditing import audit
from partners.intake import ActivityReport
from partners.models import Actor, Member
from rewards import crediting
from rewards.earners import Earner, read_team
from rewards.explaining.naming import read_teller
from rewards.gift_register import Question, read_register, sum_up
from rewards.leaving import deactivate
from rewards.merging import undo_merge
from rewards.models import Award
from rewards.programmes.live import definition_of, settings_at
from rewards.supposing import Supposed, suppose
from tests.rewards.cast import NOON, make_partner
from tests.rewards.merging.world import join_up
from tests.worked_examples.customer import Customer, enrol
from tests.worked_examples.test_cordiant import acting, let_earn, sells

pytestmark = pytest.mark.django_db

CAP = 10_000
"""Bonuses of 5 cents that 500 euros are."""


def works_for(shop: Customer, number: str, person_of: Member) -> tuple[Customer, Member]:
    """Another company, where the same person may earn for themselves, too."""
    other = Customer(shop.programme, make_partner(shop.programme, number))
    member = Member.objects.create(
        partner=other.partner, person=person_of.person, role="buyer", joined_at=NOON
    )
    let_earn(other, member, on="2026-02-01")
    return other, member


@pytest.fixture
def both() -> tuple[Customer, Member, Customer, Member]:
    shop = enrol("cordiant")
    bob = shop.hires("Bob")
    let_earn(shop, bob, on="2026-02-01")
    return (shop, bob, *works_for(shop, "99999", bob))


def own(number: str) -> int:
    return Award.objects.get(activity__external_id=number).personal


def personal_step(number: str) -> dict:
    steps = Award.objects.get(activity__external_id=number).explanation["steps"]
    return next(step for step in steps if step["code"] == "personal")


def read_earners(where: Customer, member: Member) -> Sequence[Earner]:
    at = where.moment("2026-12-01")
    return read_team(
        partner=where.partner,
        programme=where.programme,
        policy=settings_at(where.programme, at).personal_earning,
        members=[member],
        actor=acting(member),
        at=at,
    ).earners


def fill_most(shop: Customer, bob: Member, other: Customer, there: Member) -> None:
    """8,000 bonuses of the one company and 1,500 of the other: 500 are left of the year."""
    for month in (3, 4, 5):
        sells(shop, f"A{month}", 200, on=f"2026-0{month}-10", by=bob)
    sells(other, "B6", 150, on="2026-06-10", by=there)
    sells(shop, "A7", 200, on="2026-07-10", by=bob)


def test_the_limit_is_that_of_a_person_over_all_companies(both):
    shop, bob, other, there = both
    fill_most(*both)

    sells(other, "B8", 100, on="2026-08-20", by=there)
    sells(shop, "A9", 10, on="2026-09-10", by=bob)
    late = {"on": "2026-02-10", "told": "2026-09-11", "quantity": "200", "sku": "P-205-55"}
    other.reports("sell_out", "B2", by=there, **late)

    # What was given is never dealt again, neither by what is told late.
    assert shop.holds() == {"pool": "100", "Bob's wallet": "8000"}
    assert other.holds() == {"pool": "2500", "Bob's wallet": "2000"}
    assert personal_step("B6") == {
        "code": "personal",
        "amount": 1_500,
        "cap": "500",
        "currency": "EUR",
    }
    assert personal_step("B8") == {**personal_step("B6"), "amount": 500, "year_is_shared": True}
    assert personal_step("A9") == {**personal_step("B8"), "amount": 0}
    award = Award.objects.get(activity__external_id="B8")
    definition = definition_of(award.version)
    told = read_teller(definition, programme=other.programme, language="en").tell(award.explanation)
    words = "For the person who earned it: what was left of €500 a year over all companies"
    assert (words, "500") in told.rows
    # They are told what is left of a year over all companies; a company only what it gave itself.
    [earner] = read_earners(other, there)
    assert (earner.earned, earner.in_all, earner.left) == (100, 500, 0)
    question = Question.of_year(2026, programme=shop.programme, actor=Actor(partner_ids=None))
    totals = sum_up(read_register(question))
    assert [(each.earned, each.left_of(Decimal(500))) for each in totals] == [(400, 0), (100, 0)]
    # The next year is one of its own.
    sells(shop, "A13", 10, on="2027-01-01", by=bob)
    assert own("A13") == 100
    assert audit(as_of=shop.moment("2027-01-02")).ok


def test_a_preview_says_what_would_be_theirs_by_now(both):
    _shop, _bob, other, there = both
    fill_most(*both)

    sold = Supposed(
        kind="sell_out",
        occurred_at=other.moment("2026-08-20"),
        quantity_e4=100 * 10_000,
        member_id=there.pk,
        attributes={"sku": "P-205-55"},
    )
    found = suppose(
        partner=other.partner,
        programme=other.programme,
        supposed=sold,
        as_of=other.moment("2026-08-20"),
    )
    [promised] = found.promised
    sells(other, "B8", 100, on="2026-08-20", by=there)

    award = Award.objects.get(activity__external_id="B8")
    assert (promised.amount, promised.personal) == (award.amount, award.personal) == (1_000, 500)
    assert promised.explanation["steps"] == award.explanation["steps"]


def test_two_companies_in_one_batch_share_the_year(both):
    shop, bob, other, there = both
    reports = [
        ActivityReport(
            kind="sell_out",
            partner_id=where.partner.pk,
            source="erp",
            external_id=f"{where.partner.erp_number}-{month}",
            occurred_at=shop.moment(f"2026-0{month}-{day}"),
            currency="",
            quantity_e4=200 * 10_000,
            member_id=who.pk,
            attributes={"sku": "P-205-55"},
        )
        for where, who, day in ((other, there, 20), (shop, bob, 10))
        for month in (3, 4, 5)
    ]

    with transaction.atomic():
        crediting.take_in(reports, as_of=shop.moment("2026-06-01"))

    # Whoever sold first has it: three months of the one, the first two of the other.
    assert shop.holds() == {"Bob's wallet": "6000"}
    assert other.holds() == {"pool": "2000", "Bob's wallet": "4000"}


def test_in_any_order_of_arrival_all_is_given_and_a_year_never_more_than_its_cap(both):
    shop, bob, other, there = both
    sales = [(shop, bob, "A", month) for month in range(3, 9)]
    sales += [(other, there, "B", month) for month in range(3, 9)]
    chance = random.Random(5)
    for where, who, letter, month in chance.sample(sales, len(sales)):
        told = {"on": f"2026-0{month}-10", "told": "2026-09-01", "by": who}
        where.reports("sell_out", f"{letter}{month}", quantity="200", sku="P-205-55", **told)

        in_wallets = sum(int(each.holds().get("Bob's wallet", 0)) for each in (shop, other))
        assert in_wallets <= CAP

    held = [each.holds() for each in (shop, other)]
    assert [sum(map(int, each.values())) for each in held] == [12_000, 12_000]
    assert in_wallets == CAP
    with transaction.atomic():
        crediting.settle_again([shop.partner.pk, other.partner.pk], as_of=shop.moment("2026-09-02"))
    assert [each.holds() for each in (shop, other)] == held


def test_a_merge_counts_a_person_once_and_nothing_is_dealt_again(both):
    shop, bob, other, there = both
    fill_most(*both)
    sells(other, "B8", 100, on="2026-08-20", by=there)

    made = join_up(shop.partner, other.partner, at=shop.moment("2026-08-25"))
    sells(shop, "A9", 10, on="2026-09-10", by=bob)
    assert shop.holds() == {"pool": "600", "Bob's wallet": "10000"}

    undo_merge(merge=made, by=None, at=shop.moment("2026-09-20"))
    sells(shop, "A10", 10, on="2026-10-10", by=bob)

    assert own("A9") == own("A10") == 0
    assert Award.objects.filter(personal__gt=0).count() == 6


def test_who_has_left_one_company_has_no_second_year_with_the_other(both):
    shop, bob, other, there = both
    fill_most(*both)
    olga = shop.partner.members.get(person__name="Olga")

    deactivate(member=bob, by=acting(olga), at=shop.moment("2026-08-15"))
    sells(other, "B8", 100, on="2026-08-20", by=there)
    sells(shop, "A9", 10, on="2026-09-10", by=bob)

    assert (own("B8"), own("A9")) == (500, 0)
    assert shop.holds() == {"pool": "8100"}


def test_asks_the_same_few_questions_for_any_number_of_companies():
    shop = enrol("cordiant")
    bob = shop.hires("Bob")
    let_earn(shop, bob, on="2026-02-01")

    def ask(day: int) -> tuple[int, int]:
        with CaptureQueriesContext(connection) as asked:
            sells(shop, f"A{day}", 10, on=f"2026-03-{day}", by=bob)
        # What goes past the ORM is told without its words.
        asked = [each["sql"] for each in asked if (each["sql"] or "").startswith("SELECT")]
        elsewhere = [each for each in asked if '"personal" > ' in each]
        return len([each for each in asked if "rewards_earningconsent" in each]), len(elsewhere)

    # What was agreed to, and who shares the year: with somebody, or with nobody.
    alone = ask(10)
    works_for(shop, "99999", bob)
    with_one = ask(11)
    for number in ("88888", "77777"):
        works_for(shop, number, bob)

    assert [alone, with_one, ask(12)] == [(2, 0), (2, 1), (2, 1)]
