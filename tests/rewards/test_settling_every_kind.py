"""Awards that wait for something to happen, budgets, lists and tiers of today, in the ledger."""

import random

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ledger.auditing import audit
from ledger.models import Transfer
from partners.enrolling import change
from partners.models import Partner
from rewards import crediting, waiting
from rewards.asking import explain_activity
from rewards.deciding import decide
from rewards.hearing import hear
from rewards.models import Award, CampaignBudget, ClawBack, Segment
from rewards.segments import AlreadyOn, NotOn
from rewards.settling import settle
from rewards.supposing import Supposed, suppose
from tests.factories import JANUARY, MemberFactory
from tests.rewards.cast import join, make_partner
from tests.rewards.dealings import open_programmes, report, tell
from tests.rewards.merging.world import join_up
from tests.worked_examples.customer import Customer, enrol, rule

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

A_POINT_A_POUND = {"kind": "per_money", "units": 1, "per": "1.00"}
UNTIL_PAID = {"pending": {"until": "paid", "lost_after_days": 30}}


def buy_for_later(pounds="100.00", **settings):
    """An order that is invoiced: its points wait until it is paid, by 30 April at the latest."""
    shop = enrol("starter", settings=UNTIL_PAID | settings)
    shop.orders("Order 1", pounds, on="2026-03-02")
    shop.is_invoiced("Invoice 1", pounds, on="2026-03-02", due="2026-03-31", of="Order 1")
    return shop


def award_of(number="Order 1", rule_code="points-on-purchases"):
    return Award.objects.get(activity__external_id=number, rule_code=rule_code)


def check(shop, on):
    assert audit(as_of=shop.moment(on)).ok


class TestWhatWaitsForItsPayment:
    def test_says_which_day_decides_and_is_decided_once(self):
        shop = buy_for_later()
        assert award_of().decide_on.isoformat() == "2026-04-30"

        for night, left in (("2026-04-30", 1), ("2026-05-01", 0)):
            # At noon of 30 April the day is not over; on 1 May it is.
            before = Transfer.objects.count()
            with transaction.atomic():
                decided = decide(programme=shop.programme, as_of=shop.moment(night))
            assert decided.partners == 1 - left
            assert (Transfer.objects.count() > before) == (not left)
        assert award_of().decide_on is None
        [lost] = ClawBack.objects.all()
        assert (lost.cause.external_id, lost.due, lost.collected) == ("Invoice 1", 100, 100)
        assert [step["code"] for step in lost.explanation["steps"]] == [
            "awarded_before",
            "lost_overdue",
        ]
        with transaction.atomic():
            again = decide(programme=shop.programme, as_of=shop.moment("2026-06-01"))
        assert again.partners == 0
        check(shop, "2026-06-01")

    def test_was_lost_is_not_given_back_by_a_night_that_is_made_up_for(self):
        """An order told on 5 May finds it lost; the night of 20 April comes after that."""
        shop = buy_for_later()
        shop.orders("Order 2", "30.00", on="2026-05-05")
        assert shop.holds() == {"pending": "30"}
        before = Transfer.objects.count()

        with transaction.atomic():
            settle([shop.partner.pk], programme=shop.programme, as_of=shop.moment("2026-04-21"))

        assert Transfer.objects.count() == before
        assert shop.holds() == {"pending": "30"}

    def test_is_decided_in_chunks_that_go_on_where_they_stopped(self):
        shop = buy_for_later()
        other = Customer(
            shop.programme, Partner.objects.create(erp_number="12347", legal_name="Shop 12347")
        )
        other.orders("Order 2", "30.00", on="2026-03-02")
        other.is_invoiced("Invoice 2", "30.00", on="2026-03-02", due="2026-03-31", of="Order 2")
        at, reached, seen = shop.moment("2026-05-01"), 0, []

        while True:
            with transaction.atomic():
                decided = decide(
                    programme=shop.programme, as_of=at, after_partner_id=reached, partners_max=1
                )
            seen.append(decided.partners)
            if decided.last_partner_id is None:
                break
            reached = decided.last_partner_id

        assert seen == [1, 1, 0]
        assert (shop.holds(), other.holds()) == ({}, {})

    def test_two_invoices_release_and_lose_their_parts(self):
        """60 and 40 pounds; the second is paid, the first is not: 100 points are 40 and 60 lost."""
        shop = enrol("starter", settings=UNTIL_PAID)
        shop.orders("Order 1", "100.00", on="2026-03-02")
        shop.is_invoiced("Invoice 1", "60.00", on="2026-03-02", due="2026-03-10", of="Order 1")
        shop.is_invoiced("Invoice 2", "40.00", on="2026-03-02", due="2026-03-31", of="Order 1")

        shop.pays("Payment 1", "45.00", on="2026-03-20", of="Invoice 2")
        assert shop.holds() == {"pending": "60", "pool": "40"}
        assert award_of().released == 40
        shop.night_after("2026-04-09")

        assert shop.holds() == {"pool": "40"}
        check(shop, "2026-05-01")

    def test_released_by_hand_is_not_released_again(self):
        shop = buy_for_later()
        waiting.release(award=award_of(), reason="goodwill", by=None, at=shop.moment("2026-03-05"))
        assert shop.holds() == {"pool": "100"}

        shop.pays("Payment 1", "100.00", on="2026-03-31", of="Invoice 1")

        assert shop.holds() == {"pool": "100"}
        check(shop, "2026-04-01")

    @pytest.mark.parametrize(
        ("policy", "holds"), [("allow_debt", {"pool": "50"}), ("within_balance", {"pool": "100"})]
    )
    def test_what_was_available_too_early_is_lost_only_where_debt_is_booked(self, policy, holds):
        """
        The only invoice known is paid: all 100 points are available. Another one of as much, as a
        source may send with tax and charges, is told when it is long overdue: half the points were
        never to be had.
        """
        shop = enrol("starter", settings=UNTIL_PAID | {"claw_back_policy": policy})
        shop.orders("Order 1", "100.00", on="2026-03-02")
        shop.is_invoiced("Invoice 1", "100.00", on="2026-03-02", due="2026-03-31", of="Order 1")
        shop.pays("Payment 1", "100.00", on="2026-03-20", of="Invoice 1")
        assert shop.holds() == {"pool": "100"}

        shop.is_invoiced(
            "Invoice 2",
            "100.00",
            on="2026-03-02",
            due="2026-03-31",
            of="Order 1",
            told="2026-06-01",
        )

        assert shop.holds() == holds
        [lost] = ClawBack.objects.all()
        assert (lost.due, lost.collected + lost.waived) == (50, 50)
        check(shop, "2026-06-02")

    def test_a_return_told_late_comes_back_where_it_belongs(self):
        """
        All is paid and available. A return without an order takes 40; then the order it belongs to
        is told, which explains it: the 40 come back, available as the payment made them.
        """
        shop = buy_for_later()
        shop.pays("Payment 1", "100.00", on="2026-03-20", of="Invoice 1")
        shop.returns("Return 1", "40.00", on="2026-03-25")
        assert shop.holds() == {"pool": "60"}

        shop.orders("Order 2", "40.00", on="2026-03-24", told="2026-03-26")

        assert shop.holds() == {"pool": "100"}
        check(shop, "2026-04-01")


class TestReading:
    def test_asks_as_often_for_many_partners_as_for_one(self):
        chance = random.Random(7)
        programmes = open_programmes()
        partners = [make_partner(programmes[0], f"9{place}", tier="") for place in range(4)]
        for partner in partners:
            reports = [
                report(fact, partner_id=partner.pk, prefix=partner.erp_number)
                for fact in tell(chance, 16)
            ]
            with transaction.atomic():
                crediting.take_in(reports, as_of=JANUARY)
        ids = [partner.pk for partner in partners]

        def count(root_ids):
            with CaptureQueriesContext(connection) as queries:
                hear(root_ids, programme=programmes[0], as_of=JANUARY)
            return len(queries)

        assert count(ids[:1]) == count(ids) <= 14


class TestABudget:
    def test_what_it_withheld_is_taken_back_first(self):
        """
        200 points would be given, 120 are left. Half the goods come back: 100 are due then, so
        that only 20 of the 120 are taken.
        """
        shop = enrol(
            "starter",
            rules=[],
            campaigns=[
                {
                    "code": "spring",
                    "names": {"en": "Spring"},
                    "starts_on": "2026-03-01",
                    "ends_on": "2026-04-01",
                    "budget": {"units": 120},
                    "rules": [rule("order", A_POINT_A_POUND, code="bonus")],
                }
            ],
        )
        shop.orders("Order 1", "200.00", on="2026-03-02")
        award = award_of(rule_code="bonus")
        assert (award.amount, award.withheld) == (120, 80)
        assert award.explanation["total"] == 120

        shop.returns("Return 1", "100.00", on="2026-03-05", of="Order 1")

        assert shop.holds() == {"pool": "100"}
        assert ClawBack.objects.get().due == 20
        assert CampaignBudget.objects.get().given == 120
        check(shop, "2026-04-01")


class TestALaterTier:
    RULES = (rule("order", A_POINT_A_POUND, code="points", tier_multiplier=True),)
    TIERS = (
        {"code": "plain", "names": {"en": "Plain"}, "threshold": "0"},
        {"code": "high", "names": {"en": "High"}, "threshold": "100", "multiplier_percent": 200},
    )

    def test_of_today_is_kept_with_the_award(self):
        shop = enrol(
            "starter", settings={"tier_of": "today"}, rules=[*self.RULES], tiers=[*self.TIERS]
        )
        shop.orders("Order 1", "100.00", on="2026-03-02")
        assert award_of(rule_code="points").explanation["tier"] == ""
        # An earlier order, told when the partner stands high, is judged by where it stands today.
        shop.orders("Order 2", "10.00", on="2026-03-01", told="2026-03-05")

        assert shop.earned("Order 1") == {"points": "100"}
        assert shop.earned("Order 2") == {"points": "20"}
        assert award_of("Order 2", "points").explanation["tier"] == "high"

    def test_counts_the_order_itself_where_the_programme_says_so(self):
        shop = enrol(
            "starter",
            settings={"current_order_counts_for_tier": True},
            rules=[*self.RULES],
            tiers=[*self.TIERS],
        )
        shop.orders("Order 1", "100.00", on="2026-03-02")

        assert shop.earned("Order 1") == {"points": "200"}


class TestTheCountryOfAPartner:
    def test_is_that_of_the_time_when_a_fact_was_told(self):
        """
        The Polish shop moves to Spain, and back. What was told in Poland stays, what was told in
        Spain earns nothing; what states its own country is of there.
        """
        in_poland = {"kind": "country", "in": ["PL"]}
        shop = enrol("starter", rules=[rule("order", A_POINT_A_POUND, code="p", when=in_poland)])

        def move(country, on):
            change(partner=shop.partner, changes={"country": country}, by=None, at=shop.moment(on))

        move("PL", "2026-03-01")
        shop.orders("Order 1", "100.00", on="2026-03-02")
        move("ES", "2026-03-03")
        shop.orders("Order 2", "30.00", on="2026-03-04")
        assert shop.holds() == {"pool": "100"}
        shop.returns("Return 1", "10.00", on="2026-03-05", of="Order 1")
        assert shop.holds() == {"pool": "90"}
        assert award_of(rule_code="p").explanation["country"] == "PL"

        move("PL", "2026-03-06")
        shop.orders("Order 3", "5.00", on="2026-03-07")

        assert shop.holds() == {"pool": "95"}
        check(shop, "2026-03-08")


class TestALimitForEachPerson:
    def test_is_one_for_who_is_a_member_of_two_companies_that_become_one(self):
        limit = {"per": "member", "period": "year", "units": 150}
        rules = [rule("order", A_POINT_A_POUND, code="points", caps=[limit])]
        shop = enrol("starter", rules=rules)
        other = Customer(shop.programme, make_partner(shop.programme, "12347", tier=""))
        here = join(shop.partner, "Alice", "head_buyer")
        there = MemberFactory(partner=other.partner, person=here.person)
        shop.orders("Order 1", "100.00", on="2026-03-02", by=here)
        other.orders("Order 2", "100.00", on="2026-03-03", by=there)
        assert (shop.holds(), other.holds()) == ({"pool": "100"}, {"pool": "100"})

        join_up(shop.partner, other.partner, at=shop.moment("2026-03-04"))

        assert shop.holds() == {"pool": "150"}
        check(shop, "2026-03-05")


class TestALists:
    def test_places_decide_from_their_day_on(self):
        on_list = {"kind": "segment", "in": ["growers"]}
        shop = enrol("starter", rules=[rule("order", A_POINT_A_POUND, when=on_list)])
        growers = Segment.objects.create(code="growers", name="Growers")
        for day in ("2026-03-04", "2026-03-05", "2026-03-09", "2026-03-10"):
            shop.orders(day, "10.00", on=day)
        assert shop.holds() == {}

        first, last = (shop.moment(day) for day in ("2026-03-05", "2026-03-10"))
        with transaction.atomic():
            put = crediting.put_on_segment(
                growers, shop.partner, since=first.date(), as_of=shop.moment("2026-03-11")
            )
            with pytest.raises(AlreadyOn):
                crediting.put_on_segment(growers, shop.partner, since=last.date(), as_of=last)
        assert shop.holds() == {"pool": "30"}
        with transaction.atomic():
            crediting.take_off_segment(
                growers, shop.partner, until=last.date(), as_of=shop.moment("2026-03-11")
            )
            with pytest.raises(NotOn):
                crediting.take_off_segment(growers, shop.partner, until=last.date(), as_of=last)

        assert shop.holds() == {"pool": "20"}
        put.refresh_from_db()
        assert put.until == last.date()


class TestAsking:
    def test_a_payment_that_might_come_and_why_an_order_earned(self):
        shop = enrol(
            "starter",
            rules=[
                rule("order", A_POINT_A_POUND, code="points"),
                rule(
                    "order",
                    {"kind": "fixed", "units": 500},
                    code="large",
                    when={"kind": "amount", "at_least": "1000"},
                ),
                rule(
                    "payment",
                    A_POINT_A_POUND,
                    code="early",
                    early=[{"days": 10, "percent": 300}],
                    when={"kind": "payment", "early_days_at_least": 1},
                ),
            ],
        )
        shop.orders("Order 1", "100.00", on="2026-03-02")
        shop.is_invoiced("Invoice 1", "100.00", on="2026-03-02", due="2026-03-31", of="Order 1")
        invoice = shop.partner.activities.get(kind="invoice")
        order = shop.partner.activities.get(kind="order")
        before = Transfer.objects.count()

        def would_pay(on, e4):
            supposed = Supposed(
                kind="payment",
                occurred_at=shop.moment(on),
                amount_e4=e4,
                names_id=invoice.pk,
            )
            supposition = suppose(
                partner=shop.partner,
                programme=shop.programme,
                supposed=supposed,
                as_of=shop.moment("2026-03-03"),
            )
            return supposition.judged.evaluation

        assert would_pay("2026-03-20", 400_000).amounts == {"early": 120}
        assert would_pay("2026-03-30", 5_000_000).amounts == {"early": 100}
        late = would_pay("2026-04-01", 400_000)
        assert (late.amounts, [each.rule_code for each in late.passed_over]) == ({}, ["early"])

        explained = explain_activity(
            order, programme=shop.programme, as_of=shop.moment("2026-03-03")
        )
        assert explained is not None
        assert explained.evaluation.amounts == {"points": 100}
        assert [each.rule_code for each in explained.evaluation.passed_over] == ["large"]
        assert Transfer.objects.count() == before
