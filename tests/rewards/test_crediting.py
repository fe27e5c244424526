from datetime import UTC, datetime, timedelta

import pytest

from ledger import accounts
from ledger.models import Account, Transfer
from ledger.posting import Entry, post
from partners.intake import ActivityConflict, ActivityReport, LineReport
from partners.models import Event
from rewards import crediting
from rewards.earning.facts import LineFacts
from rewards.models import Award, ClawBack, Standing
from rewards.programmes.presets import load_preset
from rewards.supposing import Supposed, suppose
from tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)


@pytest.fixture
def programme():
    return load_preset("starter", as_of=NOW)


@pytest.fixture
def partner():
    return PartnerFactory()


def report(partner, number, *lines, day, kind="order"):
    """Lines are (sku, quantity, pounds)."""
    return ActivityReport(
        kind=kind,
        partner_id=partner.pk,
        source="erp",
        external_id=number,
        occurred_at=datetime(2026, 3, day, 10, tzinfo=UTC),
        currency="GBP",
        lines=[
            LineReport(sku, quantity * 10_000, pounds * 10_000) for sku, quantity, pounds in lines
        ],
    )


def take_in(*reports, as_of=NOW):
    return crediting.take_in(reports, as_of=as_of)


def balance(partner, kind=Account.Kind.POOL):
    return sum(partner.accounts.filter(kind=kind).values_list("balance", flat=True))


class TestAnOrder:
    def test_credits_the_pool_once(self, programme, partner):
        order = report(partner, "A1", ("mug", 2, 30), day=3)

        first, second = take_in(order), take_in(order)

        assert balance(partner) == 30
        assert first.results[0].is_new
        assert not second.results[0].is_new
        assert second.awards == []

    def test_with_other_content_is_a_conflict_and_moves_nothing(self, programme, partner):
        take_in(report(partner, "A1", ("mug", 2, 30), day=3))

        taken = take_in(report(partner, "A1", ("mug", 2, 31), day=3))

        assert isinstance(taken.results[0], ActivityConflict)
        assert balance(partner) == 30

    def test_expires_at_the_end_of_its_day_two_years_later_in_local_time(self, programme, partner):
        take_in(report(partner, "A1", ("mug", 2, 30), day=29))

        lot = partner.accounts.get().lots.get()

        # 29 March 2028 is summer time in London: its day ends at 23:00 UTC.
        assert lot.expires_at == datetime(2028, 3, 29, 23, tzinfo=UTC)

    def test_is_told_with_its_award(self, programme, partner):
        take_in(report(partner, "A1", ("mug", 2, 30), day=3))

        earned = Event.objects.get(kind="points_earned")
        award = Award.objects.get()
        assert earned.payload == {
            "activity": str(award.activity.public_id),
            "kind": "order",
            "document": "A1",
            "award": str(award.public_id),
            "amount": 30,
            "unit": "starter-points",
        }

    def test_enrols_the_partner_and_lifts_its_tier_at_once(self, programme, partner):
        take_in(report(partner, "A1", ("mug", 2, 2_500), day=3))

        standing = Standing.objects.get(partner=partner)
        assert standing.tier_code == "silver"
        assert Event.objects.filter(kind="tier_changed").count() == 1


class TestAReturn:
    def test_takes_points_back_from_the_pool(self, programme, partner):
        take_in(report(partner, "A1", ("mug", 3, 30), day=3))

        taken = take_in(report(partner, "C1", ("mug", 1, 10), day=5, kind="return"))

        claw_back = ClawBack.objects.get()
        assert balance(partner) == 20
        assert (claw_back.due, claw_back.collected, claw_back.debt) == (10, 10, 0)
        assert taken.units_clawed_back == {"starter-points": 10}

    def test_books_what_was_spent_meanwhile_as_debt_that_later_awards_repay(
        self, programme, partner, spend
    ):
        take_in(report(partner, "A1", ("mug", 1, 30), day=3))
        spend(partner, 25)

        take_in(report(partner, "C1", ("mug", 1, 30), day=5, kind="return"))

        assert (balance(partner), balance(partner, Account.Kind.DEBT)) == (0, 25)
        take_in(report(partner, "A2", ("jug", 1, 40), day=6))
        assert (balance(partner), balance(partner, Account.Kind.DEBT)) == (15, 0)

    def test_that_arrives_before_its_order_is_resolved_by_it(self, programme, partner):
        early = take_in(report(partner, "C1", ("mug", 1, 10), day=5, kind="return"))

        take_in(report(partner, "A1", ("mug", 3, 30), day=3))

        assert early.unmatched_lines == 1
        assert balance(partner) == 20

    def test_gives_points_back_when_a_late_order_explains_it_better(self, programme, partner):
        take_in(
            report(partner, "A1", ("mug", 1, 10), day=3),
            report(partner, "C1", ("mug", 1, 10), day=9, kind="return"),
        )
        assert balance(partner) == 0

        taken = take_in(report(partner, "A2", ("mug", 1, 20), day=6))

        # The return now belongs to the newer order: A1 is whole again, A2 keeps 10 of its 20.
        assert balance(partner) == 20
        assert taken.compensated == {"starter-points": 10}


class TestSettlingAgain:
    def test_moves_nothing(self, programme, partner):
        reports = [
            report(partner, "A1", ("mug", 3, 30), day=3),
            report(partner, "C1", ("mug", 1, 10), day=5, kind="return"),
        ]
        take_in(*reports)
        before = Transfer.objects.count(), Event.objects.count()

        take_in(*reports, as_of=NOW + timedelta(days=1))

        assert (Transfer.objects.count(), Event.objects.count()) == before


class TestTheOrderOfArrival:
    @pytest.mark.parametrize("order_of_arrival", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
    def test_changes_no_balance(self, programme, partner, order_of_arrival):
        facts = [
            report(partner, "A1", ("mug", 2, 21), day=3),
            report(partner, "A2", ("mug", 1, 13), ("jug", 1, 7), day=4),
            report(partner, "C1", ("mug", 2, 22), day=5, kind="return"),
            report(partner, "C2", ("voucher", 1, 5), day=6, kind="return"),
        ]

        for place in order_of_arrival:
            take_in(facts[place])

        assert balance(partner) == 21 + 20 - 22 - 5


class TestPreview:
    def test_says_what_an_order_would_earn_and_writes_nothing(self, programme, partner):
        supposed = Supposed(occurred_at=NOW, lines=[LineFacts(None, "mug", "", 10_000, 125_000)])

        found = suppose(partner=partner, programme=programme, supposed=supposed, as_of=NOW)

        assert [one.amount for one in found.promised] == [12]
        assert not Transfer.objects.exists()


@pytest.fixture
def spend(programme):
    def spend_points(partner, points):
        pool = accounts.pool(programme.main_unit, partner)
        house = accounts.house(programme.main_unit, Account.Kind.REDEEMED)
        post(
            [
                Entry(
                    kind=Transfer.Kind.REDEEM,
                    debit=pool,
                    credit=house,
                    amount=points,
                    idempotency_key=f"test:{partner.pk}:{points}",
                    occurred_at=NOW,
                )
            ],
            posted_at=NOW,
        )

    return spend_points
