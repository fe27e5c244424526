"""Holds, through the writer and through the door: slices are set aside and every hold ends once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ledger import holds
from ledger.expiring import expire
from ledger.models import TRANSFER_AMOUNT_MAX, Account, Hold, HoldSlice, Lot, Transfer
from ledger.owing import DebtOutstanding
from ledger.posting import (
    AmountOutOfBounds,
    HoldEnded,
    IdempotencyKeyReused,
    InsufficientPoints,
)
from tests.factories import NOON
from tests.ledger.entries import Till, balance, held, lots, open_till, post_all, post_one

pytestmark = pytest.mark.django_db


MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def till() -> Till:
    return open_till()


def slices(hold: Hold) -> list[int]:
    return list(HoldSlice.objects.filter(hold=hold).order_by("pk").values_list("amount", flat=True))


def held_lots() -> list[int]:
    return list(Lot.objects.open().in_spending_order().values_list("held", flat=True))


class TestReserving:
    def test_names_slices_in_spending_order_and_leaves_the_balance(self, till):
        post_all(till.earn(50, expires_at=JUNE), till.earn(30, expires_at=MAY), till.earn(20))

        hold = post_one(till.reserve(40, reason_code="order", reference="r:1")).hold

        stored = Hold.objects.get()
        assert stored == hold
        assert (stored.state, stored.amount, stored.captured) == ("open", 40, 0)
        assert (stored.reason_code, stored.reference) == ("order", "r:1")
        assert (stored.account, stored.partner, stored.placed_at) == (till.pool, till.partner, NOON)
        assert slices(stored) == [30, 10]
        assert (balance(till.pool), held(till.pool), held_lots()) == (100, 40, [30, 10, 0])
        assert not Transfer.objects.exclude(kind="earn").exists()

    def test_of_a_wallet_touches_nothing_else(self, till):
        wallet = till.wallet()
        post_all(till.earn(50), till.earn(20, into=wallet))

        post_one(till.reserve(15, of=wallet))

        assert (held(wallet), held(till.pool)) == (15, 0)

    def test_can_take_what_the_same_batch_has_credited(self, till):
        _earned, reserved = post_all(till.earn(10), till.reserve(6))

        assert slices(reserved.hold) == [6]
        assert (held(till.pool), held_lots()) == (6, [6])

    def test_is_done_once_per_key(self, till):
        post_one(till.earn(50))
        first = post_one(till.reserve(20, idempotency_key="one"))

        again = post_one(till.reserve(20, idempotency_key="one", occurred_at=JUNE))
        twice = post_all(
            till.reserve(5, idempotency_key="two"), till.reserve(5, idempotency_key="two")
        )

        assert (first.replayed, again.replayed, again.hold) == (False, True, first.hold)
        assert twice[0].hold == twice[1].hold
        assert held(till.pool) == 25

    @pytest.mark.parametrize(
        "change",
        [{"amount": 21}, {"reason_code": "other"}, {"reference": "other"}, {"of": "wallet"}],
    )
    def test_refuses_a_key_that_stands_for_something_else(self, till, change):
        post_one(till.earn(50))
        post_one(till.reserve(20, idempotency_key="one"))
        change = {"amount": 20} | change
        if "of" in change:
            change["of"] = till.wallet()

        with pytest.raises(IdempotencyKeyReused):
            post_one(till.reserve(change.pop("amount"), idempotency_key="one", **change))

    @pytest.mark.parametrize("amount", [0, -1, TRANSFER_AMOUNT_MAX + 1])
    def test_refuses_an_amount_out_of_bounds(self, till, amount):
        with pytest.raises(AmountOutOfBounds) as caught:
            post_one(till.reserve(amount))

        assert (caught.value.amount, caught.value.bound) == (amount, TRANSFER_AMOUNT_MAX)

    def test_refuses_an_account_that_is_neither_pool_nor_wallet(self, till):
        with pytest.raises(ValueError, match="pool or wallet"):
            post_one(till.reserve(1, of=till.pending))


class TestWhatIsHeld:
    """Nothing but its own capture takes it: every refusal says what is there."""

    @pytest.mark.parametrize("ask", ["redeem", "share", "reserve", "adjust"])
    def test_cannot_be_taken(self, till, ask):
        wallet = till.wallet()
        post_all(till.earn(100), till.reserve(30), till.earn(40, expires_at=MAY))
        instruction = {
            "redeem": lambda: till.redeem(71),
            "share": lambda: till.share(71, to=wallet),
            "reserve": lambda: till.reserve(71),
            "adjust": lambda: till.entry("adjust", till.pool, till.adjusted, 71),
        }[ask]()

        with pytest.raises(InsufficientPoints) as caught:
            post_one(instruction, at=MAY)

        refusal = caught.value
        assert (refusal.available, refusal.held, refusal.needed) == (70, 30, 71)

    def test_is_not_clawed_back(self, till):
        earned, _hold = post_all(till.earn(100), till.reserve(60))

        back = post_one(till.claw_back(100, origin=earned.transfer, policy="within_balance"))

        assert (back.collected, back.waived) == (40, 60)
        assert (balance(till.pool), held(till.pool)) == (60, 60)

    def test_is_not_retired(self, till):
        post_all(till.earn(100, expires_at=MAY), till.reserve(60))

        with transaction.atomic():
            assert expire(as_of=MAY).amount == 40

        assert (balance(till.pool), held(till.pool)) == (60, 60)


class TestCapturing:
    def test_takes_exactly_the_held_slices(self, till):
        post_all(till.earn(50, expires_at=JUNE), till.earn(30, expires_at=MAY))
        hold = post_one(till.reserve(40)).hold
        post_one(till.earn(9, expires_at=MAY - timedelta(days=9)))

        done = post_one(till.capture(hold, reason_code="gift", reference="r:1"))

        transfer = Transfer.objects.get(kind="redeem")
        assert done.transfer == transfer
        assert (transfer.amount, transfer.debit_account, transfer.credit_account) == (
            40,
            till.pool,
            till.redeemed,
        )
        assert (transfer.reason_code, transfer.reference) == ("gift", "r:1")
        assert [use.amount for use in transfer.lot_uses.order_by("pk")] == [30, 10]
        stored = Hold.objects.get()
        assert (stored.state, stored.captured, stored.capture) == ("captured", 40, transfer)
        assert stored.ended_at == NOON
        assert (balance(till.pool), held(till.pool), held_lots()) == (49, 0, [0, 0])

    def test_of_a_part_sets_the_rest_free(self, till):
        post_all(till.earn(50, expires_at=JUNE), till.earn(30, expires_at=MAY))
        hold = post_one(till.reserve(40)).hold

        done = post_one(till.capture(hold, amount=10))

        assert (done.hold.amount, done.hold.captured) == (40, 10)
        assert lots(till.pool) == [(20, MAY), (50, JUNE)]
        assert (balance(till.pool), held(till.pool), held_lots()) == (70, 0, [0, 0])

    def test_takes_what_has_expired_since(self, till):
        hold = post_all(till.earn(30, expires_at=MAY), till.reserve(30))[1].hold

        post_one(till.capture(hold), at=JUNE)

        assert (balance(till.pool), held(till.pool)) == (0, 0)

    def test_of_a_part_leaves_the_expired_rest_to_the_night(self, till):
        hold = post_all(till.earn(30, expires_at=MAY), till.reserve(30))[1].hold
        post_one(till.capture(hold, amount=10), at=JUNE)

        with transaction.atomic():
            assert expire(as_of=JUNE).amount == 20

    def test_again_answers_the_same(self, till):
        hold = post_all(till.earn(30), till.reserve(30))[1].hold
        first = post_one(till.capture(hold, amount=10, idempotency_key="one"))

        again = post_one(till.capture(hold, amount=10, idempotency_key="one"))

        assert again.replayed
        assert (again.transfer, again.hold.captured) == (first.transfer, 10)
        assert balance(till.pool) == 20

    @pytest.mark.parametrize("change", [{"amount": 11}, {"reference": "other"}, {"kind": "share"}])
    def test_refuses_a_key_that_stands_for_something_else(self, till, change):
        hold = post_all(till.earn(30), till.reserve(30))[1].hold
        post_one(till.capture(hold, amount=10, idempotency_key="one"))

        with pytest.raises(IdempotencyKeyReused):
            post_one(till.capture(hold, **({"amount": 10, "idempotency_key": "one"} | change)))

    def test_refuses_the_key_of_another_holds_capture(self, till):
        _earned, one, other = post_all(till.earn(30), till.reserve(10), till.reserve(10))
        post_one(till.capture(one.hold, idempotency_key="one"))

        with pytest.raises(IdempotencyKeyReused):
            post_one(till.capture(other.hold, idempotency_key="one"))

    @pytest.mark.parametrize("amount", [0, -1, 31])
    def test_refuses_nothing_and_more_than_is_held(self, till, amount):
        hold = post_all(till.earn(90), till.reserve(30))[1].hold

        with pytest.raises(AmountOutOfBounds) as caught:
            post_one(till.capture(hold, amount=amount))

        assert (caught.value.amount, caught.value.bound) == (amount, 30)

    @pytest.mark.parametrize(("seconds", "done"), [(-1, True), (0, False), (1, False)])
    def test_is_refused_from_the_moment_it_lapses(self, till, seconds, done):
        hold = post_all(till.earn(30), till.reserve(30, lapses_at=MAY))[1].hold
        capture = till.capture(hold, occurred_at=MAY + timedelta(seconds=seconds))

        if done:
            assert post_one(capture, at=MAY).hold.state == "captured"
        else:
            with pytest.raises(HoldEnded) as caught:
                post_one(capture, at=MAY)
            assert caught.value.state == "lapsed"


class TestDebt:
    @pytest.fixture
    def hold(self, till) -> Hold:
        """Sixty are held, forty are free and go into a debt of ten with them."""
        earned, reserved = post_all(
            till.earn(100), till.reserve(60), till.earn(7, expires_at=MAY - timedelta(days=90))
        )[:2]
        post_one(till.claw_back(57, origin=earned.transfer))
        assert (balance(till.pool), balance(till.debt)) == (60, 10)
        return reserved.hold

    def test_is_repaid_out_of_a_release(self, till, hold):
        done = post_one(till.release(hold))

        assert [transfer.kind for transfer in done.transfers] == ["repay_debt"]
        assert (balance(till.pool), balance(till.debt), held(till.pool)) == (50, 0, 0)
        again = post_one(till.release(hold))
        assert (again.replayed, again.transfers) == (True, done.transfers)

    def test_is_repaid_out_of_the_rest_of_a_capture(self, till, hold):
        done = post_one(till.capture(hold, amount=55, idempotency_key="one"))

        assert [(t.kind, t.amount) for t in done.transfers] == [("redeem", 55), ("repay_debt", 5)]
        assert (balance(till.pool), balance(till.debt)) == (0, 5)
        again = post_one(till.capture(hold, amount=55, idempotency_key="one"))
        assert again.transfers == done.transfers

    def test_is_repaid_even_out_of_what_has_expired(self, till):
        earned, reserved = post_all(till.earn(60, expires_at=MAY), till.reserve(60))
        post_one(till.claw_back(10, origin=earned.transfer))

        post_one(till.release(reserved.hold), at=MAY)

        assert (balance(till.pool), balance(till.debt)) == (50, 0)

    def test_blocks_a_new_hold_on_the_pool_and_not_on_a_wallet(self, till, hold):
        wallet = till.wallet()
        post_one(till.earn(5, into=wallet))

        with pytest.raises(DebtOutstanding) as caught:
            holds.place(account=till.pool, amount=1, request_key="a", placed_at=NOON)

        assert caught.value.owed == 10
        placed = holds.place(account=wallet, amount=5, request_key="a", placed_at=NOON)
        assert placed.state == "open"


class TestQueries:
    def test_do_not_grow_with_the_batch(self, till):
        post_one(till.earn(1000))

        def count(number: int) -> list[int]:
            counts = []
            for batch in (
                lambda: [till.reserve(1) for _ in range(3 * number)],
                lambda: [
                    end(hold)
                    for end, hold in zip(
                        (till.capture, till.release, lambda one: till.release(one, lapses=True))
                        * number,
                        Hold.objects.open().order_by("pk"),
                        strict=True,
                    )
                ],
            ):
                instructions = batch()
                with CaptureQueriesContext(connection) as queries:
                    post_all(*instructions)
                counts.append(len(queries))
            return counts

        assert count(1) == count(30)
        assert Account.objects.get(pk=till.pool.pk).held == 0
