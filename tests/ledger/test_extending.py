"""Rolling expiry: lots live longer, never shorter, and each step stands in a row of its own."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ledger.expiring import expire
from ledger.extending import extend, extend_each
from ledger.models import Lot, LotExtension
from tests.factories import UnitFactory
from tests.ledger.entries import Till, lots, open_till, post_all, post_one

pytestmark = pytest.mark.django_db

MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)
AUGUST = datetime(2026, 8, 1, tzinfo=UTC)


@pytest.fixture
def till() -> Till:
    return open_till()


def run(*tills: Till, **more) -> int:
    values = {
        "unit": tills[0].unit,
        "partner_ids": [till.partner.pk for till in tills],
        "until": JULY,
        "as_of": MAY,
    }
    with transaction.atomic():
        return extend(**(values | more))


class TestExtend:
    def test_lets_lots_live_until_then_and_says_so_in_a_row(self, till):
        post_one(till.earn(10, expires_at=JUNE))

        assert run(till, reference="activity:7") == 1

        assert lots(till.pool) == [(10, JULY)]
        row = LotExtension.objects.get()
        assert (row.lot, row.expired_before, row.expires_at) == (Lot.objects.get(), JUNE, JULY)
        assert (row.extended_at, row.reference) == (MAY, "activity:7")

    def test_reaches_wallets_and_what_is_pending(self, till):
        wallet = till.wallet()
        post_all(till.earn(10, into=wallet, expires_at=JUNE), till.pend(10, expires_at=JUNE))

        assert run(till) == 2
        assert lots(wallet) == lots(till.pending) == [(10, JULY)]

    @pytest.mark.parametrize(
        "expires_at", [None, MAY - timedelta(days=1), MAY, JULY, AUGUST], ids=str
    )
    def test_neither_revives_nor_shortens(self, till, expires_at):
        post_one(till.earn(10, expires_at=expires_at))

        assert run(till) == 0
        assert lots(till.pool) == [(10, expires_at)]

    def test_leaves_lots_that_are_used_up_other_partners_and_units(self, till):
        other = open_till(unit=till.unit)
        foreign = open_till(unit=UnitFactory(), partner=till.partner)
        post_all(till.earn(5, expires_at=JUNE), till.redeem(5))
        post_one(other.earn(10, expires_at=JUNE))
        post_one(foreign.earn(10, expires_at=JUNE))

        assert run(till) == 0

    def test_changes_nothing_the_second_time(self, till):
        post_one(till.earn(10, expires_at=JUNE))
        run(till)

        assert run(till) == 0
        assert LotExtension.objects.count() == 1

    def test_keeps_what_is_held_alive_too(self, till):
        post_all(till.earn(10, expires_at=JUNE), till.reserve(4))
        run(till)

        with transaction.atomic():
            assert expire(as_of=JUNE).amount == 0

    def test_each_partner_may_have_a_moment_of_its_own(self, till):
        other = open_till(unit=till.unit)
        post_all(till.earn(10, expires_at=JUNE), other.earn(10, expires_at=JUNE))
        until = {till.partner.pk: JULY, other.partner.pk: AUGUST}

        with transaction.atomic():
            assert extend_each(unit=till.unit, until=until, as_of=MAY) == 2

        assert (lots(till.pool), lots(other.pool)) == ([(10, JULY)], [(10, AUGUST)])

    def test_of_nobody_is_nothing(self, till):
        with transaction.atomic():
            assert extend_each(unit=till.unit, until={}, as_of=MAY) == 0

    def test_costs_the_same_queries_for_one_partner_and_for_twenty(self, till):
        def count(partners: int) -> int:
            tills = [open_till(unit=till.unit) for _ in range(partners)]
            for one in tills:
                post_all(one.earn(10, expires_at=JUNE), one.earn(10, expires_at=JUNE))
            with CaptureQueriesContext(connection) as queries:
                assert run(*tills) == 2 * partners
            return len(queries)

        assert count(1) == count(20)
