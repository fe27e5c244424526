from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ledger.expiring import expire, schedule
from ledger.maturing import mature
from ledger.models import Lot, Transfer
from partners.models import Event
from tests.factories import UnitFactory
from tests.ledger.entries import Till, balance, lots, open_till, post_all, post_one

pytestmark = pytest.mark.django_db

MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture
def till() -> Till:
    return open_till()


def run(step, **options):
    with transaction.atomic():
        return step(**options)


class TestExpire:
    def test_retires_what_is_past_its_expiry_in_one_transfer(self, till):
        post_all(
            till.earn(10, expires_at=MAY),
            till.earn(20, expires_at=JUNE),
            till.earn(40, expires_at=JULY),
            till.earn(80),
        )

        counts = run(expire, as_of=JUNE)

        transfer = Transfer.objects.get(kind=Transfer.Kind.EXPIRE)
        assert (counts.accounts, counts.lots, counts.amount) == (1, 2, 30)
        assert (transfer.amount, transfer.credit_account) == (30, till.expired)
        assert (transfer.occurred_at, transfer.posted_at) == (JUNE, JUNE)
        assert sorted(use.amount for use in transfer.lot_uses.all()) == [10, 20]
        assert lots(till.pool) == [(40, JULY), (80, None)]
        assert balance(till.pool) == 120

    def test_leaves_what_expires_a_moment_later(self, till):
        post_one(till.earn(10, expires_at=JUNE + timedelta(microseconds=1)))

        assert run(expire, as_of=JUNE).accounts == 0

    def test_retires_pools_wallets_and_pending(self, till):
        wallet = till.wallet()
        post_all(
            till.earn(10, expires_at=MAY),
            till.earn(20, into=wallet, expires_at=MAY),
            till.pend(40, expires_at=MAY),
        )

        assert run(expire, as_of=MAY).amount == 70
        assert [balance(one) for one in (till.pool, wallet, till.pending)] == [0, 0, 0]

    def test_changes_nothing_the_second_time(self, till):
        post_one(till.earn(10, expires_at=MAY))
        run(expire, as_of=MAY)

        assert run(expire, as_of=MAY).accounts == 0
        assert Transfer.objects.filter(kind=Transfer.Kind.EXPIRE).count() == 1

    def test_retires_on_the_same_day_what_arrived_too_late(self, till):
        post_one(till.earn(10, expires_at=MAY))
        run(expire, as_of=JUNE)
        post_one(till.earn(5, expires_at=MAY))

        assert run(expire, as_of=JUNE).amount == 5
        assert balance(till.pool) == 0

    def test_leaves_what_is_held(self, till):
        post_one(till.earn(10, expires_at=MAY))
        type(till.pool).objects.filter(pk=till.pool.pk).update(held=4)
        Lot.objects.update(held=4)

        assert run(expire, as_of=MAY).amount == 6
        assert run(expire, as_of=MAY).amount == 0

    def test_goes_on_where_the_last_chunk_ended(self, till):
        others = [open_till(unit=till.unit) for _ in range(3)]
        post_all(*(other.earn(10, expires_at=MAY) for other in others))

        first = run(expire, as_of=MAY, accounts_max=2)
        second = run(expire, as_of=MAY, accounts_max=2, after_account_id=first.last_account_id)

        assert (first.accounts, second.accounts) == (2, 1)
        assert second.last_account_id is None

    def test_leaves_other_units_alone(self, till):
        post_one(till.earn(10, expires_at=MAY))

        assert run(expire, as_of=MAY, unit=UnitFactory()).accounts == 0
        assert run(expire, as_of=MAY, unit=till.unit).accounts == 1

    def test_records_an_event_for_the_partner_and_the_member(self, till):
        wallet = till.wallet()
        post_all(till.earn(10, expires_at=MAY), till.earn(20, into=wallet, expires_at=MAY))

        run(expire, as_of=MAY)

        seen = Event.objects.order_by("sequence").values_list("kind", "member", "payload")
        assert list(seen) == [
            ("points_expired", None, {"amount": 10, "unit": till.unit.code}),
            ("points_expired", wallet.member_id, {"amount": 20, "unit": till.unit.code}),
        ]

    def test_costs_the_same_queries_for_one_account_and_for_fifty(self, till):
        def count(accounts: int) -> int:
            for _ in range(accounts):
                other = open_till(unit=till.unit)
                post_all(other.earn(10, expires_at=MAY), other.earn(5, expires_at=MAY))
            with CaptureQueriesContext(connection) as queries:
                run(expire, as_of=MAY)
            return len(queries)

        assert count(1) == count(50)


class TestSchedule:
    def test_sums_what_expires_at_the_same_moment_soonest_first(self, till):
        post_all(
            till.earn(10),
            till.earn(5, expires_at=JULY),
            till.earn(7, expires_at=JULY),
            till.earn(3, expires_at=JUNE),
            till.earn(9, expires_at=MAY),
        )

        assert schedule(till.pool, as_of=MAY) == [(JUNE, 3), (JULY, 12), (None, 10)]


class TestMature:
    def test_moves_what_has_waited_long_enough_and_keeps_its_expiry(self, till):
        post_all(till.pend(10, matures_at=MAY, expires_at=JULY), till.pend(20, matures_at=JUNE))

        counts = run(mature, as_of=MAY)

        assert (counts.accounts, counts.lots, counts.amount) == (1, 1, 10)
        assert lots(till.pool) == [(10, JULY)]
        assert balance(till.pending) == 20

    def test_changes_nothing_the_second_time(self, till):
        post_one(till.pend(10, matures_at=MAY))
        run(mature, as_of=MAY)

        assert run(mature, as_of=JUNE).accounts == 0
        assert balance(till.pool) == 10

    def test_repays_debt_first(self, till):
        post_all(till.claw_back(4), till.pend(10, matures_at=MAY))

        run(mature, as_of=MAY)

        assert (balance(till.pool), balance(till.debt)) == (6, 0)

    def test_records_an_event(self, till):
        post_one(till.pend(10, matures_at=MAY))

        run(mature, as_of=MAY)

        event = Event.objects.get()
        assert (event.kind, event.partner) == ("points_matured", till.partner)
        assert event.payload == {"amount": 10, "unit": till.unit.code}

    def test_opens_pools_that_are_missing(self, till):
        post_one(till.pend(10, matures_at=MAY))
        till.pool.delete()

        run(mature, as_of=MAY)

        assert Transfer.objects.get(kind=Transfer.Kind.MATURE).credit_account.kind == "pool"
