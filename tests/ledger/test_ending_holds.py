"""How holds end: once, by themselves when their time runs out, and by the door that placed them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ledger import holds
from ledger.lapsing import lapse
from ledger.models import Hold
from ledger.posting import (
    HoldEnded,
    InsufficientPoints,
)
from partners.models import Event
from tests.factories import NOON, UnitFactory
from tests.ledger.entries import Till, balance, held, open_till, post_all, post_one

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]


MAY = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def till() -> Till:
    return open_till()


class TestEndingOnce:
    ENDS = ("capture", "release", "lapse")

    def end(self, till: Till, hold: Hold, how: str):
        return {
            "capture": lambda: till.capture(hold, idempotency_key=f"end:{hold.pk}"),
            "release": lambda: till.release(hold),
            "lapse": lambda: till.release(hold, lapses=True),
        }[how]()

    @pytest.mark.parametrize("second", ENDS)
    @pytest.mark.parametrize("first", ENDS)
    def test_the_same_end_answers_the_same_and_another_is_refused(self, till, first, second):
        hold = post_all(till.earn(30), till.reserve(30))[1].hold
        states = {"capture": "captured", "release": "released", "lapse": "lapsed"}
        post_one(self.end(till, hold, first))
        before = (balance(till.pool), held(till.pool))

        if first == second:
            again = post_one(self.end(till, hold, second))
            assert (again.replayed, again.hold.state) == (True, states[first])
        else:
            with pytest.raises(HoldEnded) as caught:
                post_one(self.end(till, hold, second))
            assert caught.value.state == states[first]

        assert (balance(till.pool), held(till.pool)) == before

    def test_also_within_one_batch(self, till):
        hold = post_all(till.earn(30), till.reserve(30))[1].hold

        first, again = post_all(till.release(hold), till.release(hold))

        assert (first.replayed, again.replayed) == (False, True)
        with pytest.raises(HoldEnded):
            post_all(till.release(hold), till.capture(hold))

    def test_another_capture_is_another_end(self, till):
        hold = post_all(till.earn(30), till.reserve(30))[1].hold
        post_one(till.capture(hold))

        with pytest.raises(HoldEnded):
            post_one(till.capture(hold))


class TestDoor:
    def place(self, till: Till, **more) -> Hold:
        values = {"account": till.pool, "amount": 30, "request_key": "one", "placed_at": NOON}
        return holds.place(**(values | more))

    def test_records_what_happened_once(self, till):
        post_one(till.earn(100))
        for _ in range(2):
            hold = self.place(till)
            holds.capture(hold=hold, amount=10, request_key="one", captured_at=NOON)
            other = self.place(till, request_key="two")
            holds.release(hold=other, released_at=NOON)

        seen = Event.objects.order_by("sequence").values_list("kind", "payload")
        unit = till.unit.code
        assert list(seen) == [
            ("points_held", {"hold": str(hold.public_id), "amount": 30, "unit": unit}),
            ("hold_captured", {"hold": str(hold.public_id), "amount": 10, "unit": unit}),
            ("points_held", {"hold": str(other.public_id), "amount": 30, "unit": unit}),
            ("hold_released", {"hold": str(other.public_id), "amount": 30, "unit": unit}),
        ]

    def test_gives_each_partner_keys_of_their_own(self, till):
        other = open_till(unit=till.unit)
        post_all(till.earn(30), other.earn(30))

        assert self.place(till) != self.place(other)

    def test_names_the_member_whose_wallet_it_is(self, till):
        wallet = till.wallet()
        post_one(till.earn(30, into=wallet))

        self.place(till, account=wallet)

        assert Event.objects.get().member == wallet.member

    def test_writes_nothing_when_it_refuses(self, till):
        with pytest.raises(InsufficientPoints):
            self.place(till)

        assert not Hold.objects.exists()
        assert not Event.objects.exists()


class TestLapsing:
    def run(self, **options):
        with transaction.atomic():
            return lapse(**({"as_of": MAY} | options))

    def test_sets_free_what_nobody_decided_in_time(self, till):
        post_all(
            till.earn(100),
            till.reserve(10, lapses_at=MAY),
            till.reserve(20, lapses_at=MAY + timedelta(microseconds=1)),
            till.reserve(40),
        )

        counts = self.run()

        assert (counts.holds, counts.amount, counts.last_hold_id) == (1, 10, None)
        assert held(till.pool) == 60
        hold = Hold.objects.get(amount=10)
        assert (hold.state, hold.ended_at) == ("lapsed", MAY)
        event = Event.objects.get()
        assert (event.kind, event.payload["amount"]) == ("hold_lapsed", 10)

    def test_changes_nothing_the_second_time(self, till):
        post_all(till.earn(100), till.reserve(10, lapses_at=MAY))
        self.run()

        assert self.run().holds == 0
        assert Event.objects.count() == 1

    def test_goes_on_where_the_last_chunk_ended(self, till):
        post_all(till.earn(100), *(till.reserve(10, lapses_at=MAY) for _ in range(3)))

        first = self.run(holds_max=2)
        second = self.run(holds_max=2, after_hold_id=first.last_hold_id)

        assert (first.holds, second.holds, second.last_hold_id) == (2, 1, None)
        assert held(till.pool) == 0

    def test_leaves_other_units_alone(self, till):
        post_all(till.earn(100), till.reserve(10, lapses_at=MAY))

        assert self.run(unit=UnitFactory()).holds == 0
        assert self.run(unit=till.unit).holds == 1

    def test_costs_the_same_queries_for_one_hold_and_for_a_dozen(self, till):
        def count(holds: int) -> int:
            for _ in range(holds):
                other = open_till(unit=till.unit)
                post_all(
                    other.claw_back(3),
                    other.earn(13),
                    other.reserve(10, lapses_at=MAY),
                    other.claw_back(3),
                )
            with CaptureQueriesContext(connection) as queries:
                assert self.run().holds == holds
            return len(queries)

        assert count(1) == count(12)
