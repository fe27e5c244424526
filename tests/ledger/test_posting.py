from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ledger.models import ACCOUNT_BALANCE_MAX, TRANSFER_AMOUNT_MAX, Account, Lot, LotUse, Transfer
from ledger.posting import AmountOutOfBounds, IdempotencyKeyReused, InsufficientPoints, post
from tests.factories import NOON, PartnerFactory, UnitFactory
from tests.ledger.entries import Till, balance, lots, open_till, post_all, post_one

pytestmark = pytest.mark.django_db

APRIL = datetime(2026, 4, 1, tzinfo=UTC)
MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def till() -> Till:
    return open_till()


class TestEarning:
    def test_credits_the_pool_and_opens_one_lot(self, till):
        earned = post_one(till.earn(120, expires_at=MAY, occurred_at=APRIL), at=JUNE)

        lot = Lot.objects.get()
        assert balance(till.pool) == 120
        assert (lot.amount, lot.remaining, lot.expires_at) == (120, 120, MAY)
        assert lot.earned_at == APRIL
        assert lot.origin == lot.opened_by == earned.transfer

    def test_writes_a_transfer_as_it_was_asked_for(self, till):
        entry = till.earn(7, reason_code="order", reference="activity:1", occurred_at=APRIL)

        post_one(entry, at=JUNE)

        stored = Transfer.objects.get()
        assert (stored.kind, stored.amount) == (Transfer.Kind.EARN, 7)
        assert (stored.debit_account, stored.credit_account) == (till.issued, till.pool)
        assert (stored.occurred_at, stored.posted_at) == (APRIL, JUNE)
        assert (stored.reason_code, stored.reference) == ("order", "activity:1")
        assert stored.partner == till.partner

    def test_stores_nothing_on_the_house_account(self, till):
        post_one(till.earn(120))

        assert balance(till.issued) == 0
        assert Account.objects.get(pk=till.issued.pk).last_posted_at is None

    @pytest.mark.parametrize("amount", [0, -1, TRANSFER_AMOUNT_MAX + 1])
    def test_refuses_an_amount_that_no_transfer_may_have(self, till, amount):
        with pytest.raises(AmountOutOfBounds) as caught:
            post_one(till.earn(amount))

        assert caught.value.amount == amount
        assert not Transfer.objects.exists()

    def test_takes_the_largest_amount_there_is(self, till):
        post_one(till.earn(TRANSFER_AMOUNT_MAX))

        assert balance(till.pool) == TRANSFER_AMOUNT_MAX

    def test_refuses_to_grow_an_account_past_its_bound(self, till):
        Account.objects.filter(pk=till.pool.pk).update(balance=ACCOUNT_BALANCE_MAX)

        with pytest.raises(AmountOutOfBounds):
            post_one(till.earn(1))

    def test_refuses_two_sides_in_different_units(self, till):
        other = open_till(unit=UnitFactory(), partner=till.partner)

        with pytest.raises(ValueError, match="one unit"):
            post_one(till.earn(1, into=other.pool))

    def test_refuses_two_sides_of_the_house(self, till):
        with pytest.raises(ValueError, match="one side"):
            post_one(till.entry("adjust", till.issued, till.expired, 1))

    @pytest.mark.transaction
    def test_refuses_to_post_outside_a_transaction_of_the_caller(self, till):
        with pytest.raises(transaction.TransactionManagementError):
            post([till.earn(1)], posted_at=NOON)

    def test_does_nothing_for_an_empty_batch(self):
        assert post([], posted_at=NOON) == []


class TestSpending:
    def test_takes_the_last_point(self, till):
        post_all(till.earn(100), till.redeem(100))

        assert balance(till.pool) == 0
        assert lots(till.pool) == []

    def test_refuses_one_point_too_few_and_says_how_many_there_are(self, till):
        post_one(till.earn(99))

        with pytest.raises(InsufficientPoints) as caught:
            post_one(till.redeem(100))

        assert (caught.value.available, caught.value.needed) == (99, 100)
        assert balance(till.pool) == 99

    def test_takes_the_earliest_expiry_first_and_what_never_expires_last(self, till):
        post_all(
            till.earn(10),
            till.earn(10, expires_at=JUNE),
            till.earn(10, expires_at=MAY),
            till.redeem(25),
        )

        assert lots(till.pool) == [(5, None)]

    def test_takes_the_oldest_of_the_same_expiry_first(self, till):
        post_all(
            till.earn(10, expires_at=JUNE, occurred_at=NOON),
            till.earn(20, expires_at=JUNE, occurred_at=NOON - timedelta(days=1)),
        )

        post_one(till.redeem(5))

        assert lots(till.pool) == [(15, JUNE), (10, JUNE)]

    def test_remembers_what_it_took_from_each_lot(self, till):
        post_all(till.earn(10, expires_at=MAY), till.earn(10, expires_at=JUNE))

        redeemed = post_one(till.redeem(15))

        uses = LotUse.objects.filter(transfer=redeemed.transfer).order_by("pk")
        assert [(use.amount, use.lot.expires_at) for use in uses] == [(10, MAY), (5, JUNE)]

    def test_never_takes_lots_at_or_past_their_expiry(self, till):
        post_all(till.earn(10, expires_at=APRIL), till.earn(10, expires_at=MAY))

        with pytest.raises(InsufficientPoints) as caught:
            post_one(till.redeem(11), at=APRIL)

        assert caught.value.available == 10

    def test_never_takes_what_is_held(self, till):
        post_one(till.earn(10))
        Account.objects.filter(pk=till.pool.pk).update(held=4)
        Lot.objects.update(held=4)

        with pytest.raises(InsufficientPoints) as caught:
            post_one(till.redeem(7))

        assert (caught.value.available, caught.value.held) == (6, 4)

    def test_takes_the_slices_of_a_preferred_origin_first(self, till):
        wanted = post_all(till.earn(10, expires_at=MAY), till.earn(10, expires_at=JUNE))[1]

        post_one(till.redeem(4, prefer_origin_id=wanted.transfer.pk))

        assert lots(till.pool) == [(10, MAY), (6, JUNE)]


class TestBatch:
    def test_may_spend_what_an_earlier_entry_credited(self, till):
        post_all(till.earn(100), till.redeem(30), till.earn(5), till.redeem(75))

        assert balance(till.pool) == 0

    def test_refuses_what_only_a_later_entry_would_cover(self, till):
        with pytest.raises(InsufficientPoints):
            post_all(till.redeem(30), till.earn(100))

        assert not Transfer.objects.exists()

    def test_leaves_the_transaction_usable_after_a_refusal(self, till):
        with transaction.atomic():
            with pytest.raises(InsufficientPoints):
                post([till.earn(5), till.redeem(30)], posted_at=NOON)
            post([till.earn(7)], posted_at=NOON)

        assert balance(till.pool) == 7

    def test_gives_ids_in_the_order_of_the_batch(self, till):
        posted = post_all(*(till.earn(amount) for amount in (3, 1, 2)))

        assert [one.transfer.amount for one in posted] == [3, 1, 2]
        assert list(Transfer.objects.order_by("pk").values_list("amount", flat=True)) == [3, 1, 2]

    @pytest.mark.parametrize("kind", ["earn", "redeem", "share", "claw back"])
    def test_costs_the_same_queries_for_one_and_for_forty(self, till, kind):
        def make(number: int):
            other = open_till(unit=till.unit)
            post_all(other.earn(10), other.earn(10))
            if kind == "earn":
                return other.earn(10)
            if kind == "redeem":
                return other.redeem(15)
            if kind == "share":
                return other.share(15, to=other.wallet())
            return other.claw_back(25)

        def count(size: int) -> int:
            batch = [make(number) for number in range(size)]
            with CaptureQueriesContext(
                connection,
            ) as queries:
                post(batch, posted_at=NOON)
            return len(queries)

        few = count(1)

        assert count(40) == few <= 9


class TestTimes:
    def test_never_posts_before_the_latest_transfer_of_either_account(self, till):
        post_one(till.earn(10), at=JUNE)

        late = post_one(till.redeem(1), at=MAY)

        assert late.transfer.posted_at == JUNE
        assert Account.objects.get(pk=till.pool.pk).last_posted_at == JUNE

    def test_lets_an_entry_name_its_own_time(self, till):
        posted = post_one(till.earn(10, posted_at=APRIL), at=JUNE)

        assert posted.transfer.posted_at == APRIL


class TestKeys:
    def test_answers_a_repeated_key_with_the_first_transfer_and_moves_nothing(self, till):
        entry = till.earn(10)

        first, second = post_one(entry, at=MAY), post_one(entry, at=JUNE)

        assert second.transfer == first.transfer
        assert (first.replayed, second.replayed) == (False, True)
        assert balance(till.pool) == 10

    def test_counts_a_key_once_inside_one_batch(self, till):
        entry = till.earn(10)

        first, second = post_all(entry, entry)

        assert second.replayed
        assert second.transfer == first.transfer
        assert balance(till.pool) == 10

    def test_answers_a_repeated_spending_although_nothing_is_left(self, till):
        post_one(till.earn(10))
        entry = till.redeem(10)

        post_one(entry)

        assert post_one(entry).replayed

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param({"amount": 11}, id="amount"),
            pytest.param({"reference": "another"}, id="reference"),
            pytest.param({"reason_code": "another"}, id="reason"),
        ],
    )
    def test_refuses_a_key_with_other_content(self, till, other):
        post_one(till.earn(10, idempotency_key="same"))
        amount = other.pop("amount", 10)

        with pytest.raises(IdempotencyKeyReused) as caught:
            post_one(till.earn(amount, idempotency_key="same", **other))

        assert caught.value.key == "same"

    def test_refuses_a_key_of_another_partner(self, till):
        post_one(till.earn(10, idempotency_key="same"))
        other = open_till(unit=till.unit, partner=PartnerFactory())

        with pytest.raises(IdempotencyKeyReused):
            post_one(other.earn(10, idempotency_key="same"))

    @pytest.mark.parametrize("key", ["", "x" * 141])
    def test_refuses_a_key_that_does_not_fit(self, till, key):
        with pytest.raises(ValueError, match="idempotency key"):
            post_one(till.earn(10, idempotency_key=key))


class TestSharing:
    def test_moves_slices_that_keep_their_origin_age_and_expiry(self, till):
        first, second = post_all(
            till.earn(10, expires_at=MAY, occurred_at=APRIL),
            till.earn(10, expires_at=JUNE, occurred_at=APRIL),
        )
        wallet = till.wallet()

        shared = post_one(till.share(15, to=wallet))

        rows = Lot.objects.filter(account=wallet).in_spending_order()
        assert [(lot.amount, lot.expires_at, lot.origin) for lot in rows] == [
            (10, MAY, first.transfer),
            (5, JUNE, second.transfer),
        ]
        assert {lot.earned_at for lot in rows} == {APRIL}
        assert {lot.opened_by for lot in rows} == {shared.transfer}
        assert (balance(till.pool), balance(wallet)) == (5, 15)

    def test_takes_back_the_very_slices_that_were_shared(self, till):
        wallet = till.wallet()
        post_all(till.earn(10, expires_at=MAY), till.earn(10, into=wallet, expires_at=APRIL))
        shared = post_one(till.share(10, to=wallet))

        post_one(till.entry("unshare", wallet, till.pool, 10, reverses=shared.transfer))

        assert lots(till.pool) == [(10, MAY)]
        assert lots(wallet) == [(10, APRIL)]


class TestMaturing:
    def test_moves_what_matures_first_and_keeps_its_expiry(self, till):
        post_all(
            till.pend(10, matures_at=MAY, expires_at=JUNE),
            till.pend(20, matures_at=APRIL, expires_at=None),
        )

        post_one(till.mature(20), at=APRIL)

        assert lots(till.pool) == [(20, None)]
        assert lots(till.pending) == [(10, JUNE)]


class TestRefunding:
    def test_brings_the_same_slices_back(self, till):
        post_all(till.earn(10, expires_at=MAY), till.earn(10, expires_at=JUNE))
        redeemed = post_one(till.redeem(15))

        refunded = post_one(till.refund(redeemed.transfer))

        assert lots(till.pool) == [(10, MAY), (5, JUNE), (5, JUNE)]
        assert refunded.transfer.reverses == redeemed.transfer

    def test_brings_back_what_lives_longest_first_when_only_a_part_comes_back(self, till):
        post_all(till.earn(10, expires_at=MAY), till.earn(10, expires_at=JUNE))
        redeemed = post_one(till.redeem(20))

        post_one(till.refund(redeemed.transfer, 12))
        assert lots(till.pool) == [(2, MAY), (10, JUNE)]

        post_one(till.refund(redeemed.transfer, 8))
        assert lots(till.pool) == [(2, MAY), (8, MAY), (10, JUNE)]

    def test_never_brings_back_more_than_was_taken(self, till):
        post_one(till.earn(10))
        redeemed = post_one(till.redeem(10))
        post_one(till.refund(redeemed.transfer, 6))

        with pytest.raises(AmountOutOfBounds) as caught:
            post_one(till.refund(redeemed.transfer, 5))

        assert caught.value.bound == 4
