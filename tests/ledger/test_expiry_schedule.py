"""What expires when: every day of it, what is reserved apart, and the page that shows it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from ledger import accounts, holds
from ledger.expiry_schedule import ExpiryDay, Waiting, read_expiry_schedule, read_waiting
from ledger.models import Account
from partners.models import Member
from tests.ledger.entries import open_till, post_all, post_one
from tests.rewards.cast import NOON, Shop, earn, join, make_partner, open_shop, owe

pytestmark = pytest.mark.once("PostgreSQL")

KYIV = ZoneInfo("Europe/Kyiv")
PAGE = "/statement/expiry/"
TODAY = NOON + timedelta(days=10)


def midnight(month: int, day: int) -> datetime:
    return datetime(2026, month, day, tzinfo=KYIV)


@pytest.mark.django_db
class TestSchedule:
    def test_lists_every_last_day_by_month_and_what_never_expires(self):
        till = open_till()
        post_all(
            till.earn(3, expires_at=midnight(5, 1)),
            till.earn(4, expires_at=midnight(5, 1)),
            till.earn(5, expires_at=midnight(6, 16)),
            till.earn(6, expires_at=midnight(7, 1)),
            till.earn(9),
        )

        schedule = read_expiry_schedule(account=till.pool, zone=KYIV, as_of=NOON)

        assert [(month.first_day, month.days) for month in schedule.months] == [
            (date(2026, 4, 1), (ExpiryDay(date(2026, 4, 30), 7, 0),)),
            (
                date(2026, 6, 1),
                (ExpiryDay(date(2026, 6, 15), 5, 0), ExpiryDay(date(2026, 6, 30), 6, 0)),
            ),
        ]
        assert schedule.never == ExpiryDay(None, 9, 0)
        assert schedule.total == schedule.free == 27

    def test_shows_what_is_past_its_last_day_apart_until_the_night_takes_it(self):
        till = open_till()
        post_all(till.earn(3, expires_at=midnight(3, 20)), till.earn(5, expires_at=midnight(5, 1)))

        schedule = read_expiry_schedule(account=till.pool, zone=KYIV, as_of=midnight(3, 20))

        assert schedule.overdue.free == 3
        assert (schedule.free, schedule.total) == (5, 8)

    def test_tells_when_pending_becomes_available(self):
        till = open_till()
        post_all(
            till.pend(3, matures_at=midnight(4, 2)),
            till.pend(4, matures_at=midnight(4, 2)),
            till.pend(5, matures_at=midnight(4, 1)),
        )

        assert read_waiting(account=till.pending, zone=KYIV) == [
            Waiting(date(2026, 4, 1), 5),
            Waiting(date(2026, 4, 2), 7),
        ]

    def test_adds_up_to_the_balance_whatever_is_held(self):
        till = open_till()
        post_one(till.earn(30, expires_at=midnight(5, 1)), at=NOON)
        post_one(till.earn(10), at=NOON)
        holds.place(account=till.pool, amount=34, request_key="h1", placed_at=NOON)

        schedule = read_expiry_schedule(account=till.pool, zone=KYIV, as_of=NOON)

        assert (schedule.free, schedule.held, schedule.total) == (6, 34, 40)
        assert schedule.months[0].days == (ExpiryDay(date(2026, 4, 30), 0, 30),)
        assert schedule.never == ExpiryDay(None, 6, 4)


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(TODAY, tick=False):
        yield


def look(member: Member, **query: str):
    client = Client()
    client.force_login(member.person, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(PAGE, query)


class TestPage:
    def test_shows_a_viewer_the_pool_with_what_is_reserved(self, shop):
        earn(shop.pool, 100, expires_at=datetime(2026, 5, 1, tzinfo=UTC))
        holds.place(account=shop.pool, amount=30, request_key="h2", placed_at=NOON)

        page = look(shop.vera)

        assert (page.context["schedule"].free, page.context["schedule"].held) == (70, 30)
        assert [hold.amount for hold, _reference in page.context["holds"]] == [30]
        assert "Reserved by the seller" in page.content.decode()

    def test_shows_a_buyer_their_own_wallet_and_nothing_else(self, shop):
        earn(shop.pool, 100)
        earn(accounts.wallet(shop.unit, shop.bob), 5)

        for asked in ({}, {"account": "pool"}, {"account": "\x00"}):
            page = look(shop.bob, **asked)
            assert page.context["account"].kind == Account.Kind.WALLET
            assert page.context["schedule"].total == 5

    def test_lets_a_head_buyer_switch_between_pool_and_own_wallet(self, shop):
        earn(shop.pool, 100)
        earn(accounts.wallet(shop.unit, shop.alice), 5)

        assert look(shop.alice).context["schedule"].total == 100
        assert look(shop.alice, account="wallet").context["schedule"].total == 5

    def test_says_what_is_owed_and_how_it_is_paid_back(self, shop):
        assert shop.pool.balance == 0
        owe(shop, 70)

        told = look(shop.alice).content.decode().replace("\N{NO-BREAK SPACE}", " ")

        assert "Your company owes 70 points now." in told

    def test_tells_another_partner_that_there_is_nothing_yet(self, shop):
        earn(shop.pool, 100)
        charlie = join(make_partner(shop.programme, "99001"), "Charlie", "head_buyer")

        page = look(charlie)

        assert page.context["account"] is None
        assert "Nothing here yet" in page.content.decode()

    def test_costs_the_same_queries_for_one_lot_and_for_forty(
        self, shop, django_assert_num_queries
    ):
        client = Client()
        client.force_login(shop.alice.person, backend="django.contrib.auth.backends.ModelBackend")
        earn(shop.pool, 100)
        accounts.pending(shop.unit, shop.partner)
        self.hold(shop, "first")
        client.get(PAGE)
        # session, person, memberships, frame (standing, versions), accounts, holds, what they
        # wait for, pending, lots
        expected = 10

        with django_assert_num_queries(expected):
            client.get(PAGE)
        for day in range(1, 40):
            earn(shop.pool, day, expires_at=TODAY + timedelta(days=day))
        for key in ("second", "third"):
            self.hold(shop, key)
        with django_assert_num_queries(expected):
            client.get(PAGE)

    def hold(self, shop: Shop, key: str) -> None:
        holds.place(account=shop.pool, amount=5, request_key=key, placed_at=TODAY)
