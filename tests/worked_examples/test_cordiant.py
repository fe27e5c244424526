"""The preset ``cordiant``: bonuses for tyres sold over the counter, and a shop of hobbies."""

import copy

import pytest

from partners.models.scope import Actor
from rewards.catalogue.codes import add_to_pool
from rewards.consenting import agree, name_approver
from rewards.models import ProgrammeVersion
from rewards.programmes.publishing import publish
from tests.worked_examples.customer import enrol
from tests.worked_examples.pages import page_of

pytestmark = pytest.mark.django_db


def let_earn(shop, member, *, on):
    """The shop names its owner as the approver, who agrees that the member earns for themselves."""
    owner = shop.hires("Olga", "head_buyer")
    at = shop.moment(on)
    name_approver(partner=shop.partner, member=owner, by=acting(owner), at=at)
    agrees(shop, owner, member, on=on)
    return owner


def agrees(shop, owner, member, *, on, terms=1):
    agree(
        programme=shop.programme,
        member=member,
        by=acting(owner),
        terms_version=terms,
        language="en",
        at=shop.moment(on),
    )


def acting(member):
    return Actor(partner_ids=frozenset({member.partner_id}), member=member, person=member.person)


def sells(shop, number, tyres, *, on, by):
    return shop.reports("sell_out", number, quantity=str(tyres), on=on, by=by, sku="P-205-55")


def test_the_bonuses_of_a_seller():
    """
    Before the owner has agreed, what Bob sells earns for the shop: four tyres, 40 bonuses in the
    pool. Then it earns for Bob: sixty tyres 600, a training passed 50, one failed nothing.

    500 of them buy a certificate for the swimming pool.
    """
    shop = enrol("cordiant")
    bob = shop.hires("Bob")
    add_to_pool(shop.programme.rewards.get(slug="sports-certificate"), ["SWIM-1"])

    sells(shop, "Claim 1", 4, on="2026-03-02", by=bob)
    let_earn(shop, bob, on="2026-03-05")
    sells(shop, "Claim 2", 60, on="2026-03-06", by=bob)
    shop.reports("training", "Course 1", on="2026-03-09", by=bob, course="Winter", passed=False)
    shop.reports("training", "Course 2", on="2026-03-10", by=bob, course="Winter", passed=True)
    assert shop.holds() == {"pool": "40", "Bob's wallet": "650"}

    wallet = shop.wallet(bob)
    taken = shop.redeems("sports-certificate", on="2026-03-20", by=bob, account=wallet)

    assert taken.delivery["code"] == "SWIM-1"
    assert shop.journal() == page_of("cordiant").lines(
        "issued > pool 40",
        "issued > Bob's wallet 600",
        "issued > Bob's wallet 50",
        "Bob's wallet > redeemed 500",
    )


def test_no_more_than_two_hundred_tyres_a_month():
    """
    Of 150 tyres and 100 more in one month 200 count; the next month has its own. Two trainings a
    month count, the third does not.
    """
    shop = enrol("cordiant")
    bob = shop.hires("Bob")

    sells(shop, "Claim 1", 150, on="2026-03-02", by=bob)
    sells(shop, "Claim 2", 100, on="2026-03-31", by=bob)
    sells(shop, "Claim 3", 10, on="2026-04-01", by=bob)
    for course in ("A", "B", "C"):
        shop.reports("training", course, on="2026-03-10", by=bob, course=course, passed=True)

    assert shop.earned("Claim 1") == {"tyres-sold": "1500"}
    assert shop.earned("Claim 2") == {"tyres-sold": "500"}
    assert shop.earned("Claim 3") == {"tyres-sold": "100"}
    assert [shop.earned(course) for course in ("A", "B", "C")] == [
        {"training-passed": "50"},
        {"training-passed": "50"},
        {},
    ]


def test_what_is_above_the_yearly_limit_is_the_companys():
    """
    A bonus is worth 5 cents, and a person may earn 500 euros a year: 10,000 bonuses. Five months of
    200 tyres reach that; what the sixth brings lies in the pool. In January Bob begins anew.
    """
    shop = enrol("cordiant")
    bob = shop.hires("Bob")
    let_earn(shop, bob, on="2026-01-01")
    for month in range(1, 6):
        sells(shop, f"Claim {month}", 200, on=f"2026-0{month}-15", by=bob)
    assert shop.holds() == {"Bob's wallet": "10000"}

    sells(shop, "Claim 6", 200, on="2026-06-15", by=bob)
    assert shop.holds() == {"pool": "2000", "Bob's wallet": "10000"}
    sells(shop, "Claim 7", 1, on="2027-01-01", by=bob)

    assert shop.holds() == {"pool": "2000", "Bob's wallet": "10010"}


def test_new_terms_ask_for_a_new_consent():
    """
    From April on there are new terms. What Bob sells then is the shop's, until Olga has agreed to
    them, too. What he sold in March is told in May: it is his by the terms of March.
    """
    shop = enrol("cordiant")
    bob = shop.hires("Bob")
    olga = let_earn(shop, bob, on="2026-03-01")
    first = shop.programme.versions.get()
    terms = {"terms": {"en": "Quite other terms."}, "terms_version": 2}
    definition = copy.deepcopy(first.definition)
    definition["settings"]["personal_earning"] |= terms
    second = ProgrammeVersion.objects.create(programme=shop.programme, definition=definition)
    published = {"published_at": shop.moment("2026-03-20"), "valid_from": shop.moment("2026-04-01")}
    publish(version=second, **published)

    sells(shop, "Claim 1", 1, on="2026-03-31", by=bob)
    sells(shop, "Claim 2", 10, on="2026-04-10", by=bob)
    assert shop.holds() == {"pool": "100", "Bob's wallet": "10"}
    agrees(shop, olga, bob, on="2026-04-20", terms=2)
    sells(shop, "Claim 3", 100, on="2026-04-21", by=bob)
    late = {"on": "2026-03-30", "told": "2026-05-02", "by": bob}
    shop.reports("sell_out", "Claim 4", quantity="2", sku="P-205-55", **late)

    assert shop.holds() == {"pool": "100", "Bob's wallet": "1030"}
    assert [shop.award(f"Claim {each}", "tyres-sold").personal for each in (1, 2, 3, 4)] == [
        10,
        0,
        1_000,
        20,
    ]


def test_what_is_told_late_stays_within_the_yearly_limit():
    """
    Five months of 200 tyres have filled the year. Those of January are told in July: they come
    first, so that June would lie in the pool. But Bob has what June brought, and keeps it.
    """
    shop = enrol("cordiant")
    bob = shop.hires("Bob")
    let_earn(shop, bob, on="2026-01-01")
    for month in range(2, 7):
        sells(shop, f"Claim {month}", 200, on=f"2026-0{month}-15", by=bob)

    late = {"on": "2026-01-15", "told": "2026-07-01", "by": bob}
    shop.reports("sell_out", "Claim 1", quantity="200", sku="P-205-55", **late)

    assert shop.holds() == {"pool": "2000", "Bob's wallet": "10000"}
    assert shop.award("Claim 6", "tyres-sold").personal == 2_000
    assert shop.award("Claim 1", "tyres-sold").personal == 0
