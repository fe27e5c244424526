"""Pending awards are released or cancelled one by one, by hand or by an event."""

from datetime import UTC, datetime

import pytest

from ledger.maturing import cancel_pending, find_pending, mature, release_pending
from ledger.models import Lot, Transfer
from ledger.posting import IdempotencyKeyReused, InsufficientPoints
from partners.models import Event
from tests.ledger.entries import Till, balance, lots, open_till, post_all, post_one

pytestmark = pytest.mark.django_db

APRIL = datetime(2026, 4, 1, tzinfo=UTC)
MAY = datetime(2026, 5, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)

BOTH = pytest.mark.parametrize("settle", [release_pending, cancel_pending])


@pytest.fixture
def till() -> Till:
    return open_till()


@pytest.fixture
def awards(till) -> list[Transfer]:
    """Two awards wait; the other one would be taken first."""
    pended = post_all(
        till.pend(10, matures_at=MAY, expires_at=APRIL.replace(day=30)),
        till.pend(20, matures_at=JULY, expires_at=JULY, reference="award:2"),
    )
    return [one.transfer for one in pended]


def ask(settle, award: Transfer, **more):
    values = {"reason_code": "paid", "request_key": "one", "as_of": APRIL}
    return settle(award=award, **(values | more))


class TestReleasing:
    def test_moves_only_slices_of_this_award_with_their_expiry(self, till, awards):
        posted = ask(release_pending, awards[1], amount=15)

        transfer = posted.transfer
        assert (transfer.kind, transfer.amount, transfer.posted_at) == ("mature", 15, APRIL)
        assert (transfer.reason_code, transfer.reference) == ("paid", "award:2")
        assert lots(till.pool) == [(15, JULY)]
        assert find_pending(awards[1]) == 5
        assert Lot.objects.get(account=till.pool).matures_at is None

    def test_of_all_leaves_nothing_for_the_night(self, till, awards):
        ask(release_pending, awards[1])

        assert find_pending(awards[1]) == 0
        assert mature(as_of=JULY).amount == 10

    def test_repays_debt_first(self, till, awards):
        post_one(till.claw_back(34))
        assert (balance(till.pending), balance(till.debt)) == (0, 4)
        fresh = post_one(till.pend(10, matures_at=JULY)).transfer

        ask(release_pending, fresh)

        assert (balance(till.pool), balance(till.debt)) == (6, 0)

    def test_records_an_event(self, till, awards):
        ask(release_pending, awards[1])

        event = Event.objects.get()
        assert event.kind == "points_matured"
        assert event.payload == {"amount": 20, "unit": till.unit.code}


class TestCancelling:
    def test_takes_back_only_slices_of_this_award(self, till, awards):
        transfer = ask(cancel_pending, awards[1], amount=15).transfer

        assert (transfer.kind, transfer.credit_account) == ("cancel_pending", till.taken_back)
        assert transfer.reverses == awards[1]
        assert find_pending(awards[0]) == 10
        assert find_pending(awards[1]) == 5
        assert Event.objects.get().kind == "pending_cancelled"


class TestBoth:
    @BOTH
    @pytest.mark.parametrize("amount", [None, 15])
    def test_count_once_per_key(self, till, awards, settle, amount):
        first = ask(settle, awards[1], amount=amount)

        again = ask(settle, awards[1], amount=amount, as_of=MAY)

        assert (again.replayed, again.transfers) == (True, first.transfers)
        assert Event.objects.count() == 1

    @BOTH
    def test_refuse_a_key_that_stands_for_something_else(self, till, awards, settle):
        ask(settle, awards[1], amount=5)

        with pytest.raises(IdempotencyKeyReused):
            ask(settle, awards[1], amount=6)

    @BOTH
    @pytest.mark.parametrize(("settled", "asked", "available"), [(0, 21, 20), (20, None, 0)])
    def test_refuse_more_of_an_award_than_waits(
        self, till, awards, settle, settled, asked, available
    ):
        if settled:
            ask(release_pending, awards[1], amount=settled, request_key="before")

        with pytest.raises(InsufficientPoints) as caught:
            ask(settle, awards[1], amount=asked)

        refusal = caught.value
        assert (refusal.available, refusal.held, refusal.needed) == (available, 0, asked or 1)

    @BOTH
    def test_refuse_an_award_that_never_waited(self, till, settle):
        earned = post_one(till.earn(10)).transfer

        with pytest.raises(ValueError, match="was pending"):
            ask(settle, earned)
