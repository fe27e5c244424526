from datetime import UTC, datetime

import pytest

from ledger.models import Lot, Transfer
from ledger.posting import AmountOutOfBounds, ClawBack, IdempotencyKeyReused, InsufficientPoints
from tests.ledger.entries import Till, balance, lots, open_till, post_all, post_one

pytestmark = pytest.mark.django_db

MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def till() -> Till:
    return open_till()


def numbers_of(posted) -> tuple[int, int, int]:
    return posted.collected, posted.debt, posted.waived


def kinds_of(posted) -> list[str]:
    return [transfer.kind for transfer in posted.transfers]


class TestWhatComesBackExpired:
    """It would have been taken back had it been there: it is not lost and owed as well."""

    def test_repays_the_debt_as_a_claw_back_after_it_would_have_taken_it(self, till):
        award = post_one(till.earn(100, expires_at=MAY)).transfer
        spent = post_one(till.redeem(60)).transfer
        post_one(till.expire(40), at=MAY)
        back = post_one(till.claw_back(100, origin=award), at=MAY)

        refunded = post_one(till.refund(spent), at=JUNE)

        assert numbers_of(back) == (40, 60, 0)
        assert kinds_of(refunded) == ["refund", "repay_debt"]
        assert (balance(till.pool), balance(till.debt)) == (0, 0)

    def test_repays_it_out_of_a_hold_too(self, till):
        award = post_one(till.earn(100, expires_at=MAY)).transfer
        hold = post_one(till.reserve(60)).hold
        post_one(till.claw_back(100, origin=award), at=MAY)

        released = post_one(till.release(hold), at=JUNE)

        assert [(one.kind, one.amount) for one in released.transfers] == [("repay_debt", 60)]
        assert (balance(till.pool), balance(till.debt)) == (0, 0)


class TestCollecting:
    def test_takes_pending_before_the_pool(self, till):
        pended = post_all(till.earn(100), till.pend(30))[1]

        posted = post_one(till.claw_back(50, origin=pended.transfer))

        assert numbers_of(posted) == (50, 0, 0)
        assert kinds_of(posted) == ["cancel_pending", "claw_back"]
        assert (balance(till.pending), balance(till.pool)) == (0, 80)

    def test_takes_the_lots_of_the_award_before_other_lots(self, till):
        award = post_all(till.earn(100, expires_at=MAY), till.earn(40, expires_at=JUNE))[1]

        post_one(till.claw_back(60, origin=award.transfer))

        assert lots(till.pool) == [(80, MAY)]

    def test_finds_an_award_of_the_same_batch_by_its_key(self, till):
        award = till.earn(40, expires_at=JUNE)
        back = till.claw_back(10, origin_key=award.idempotency_key)

        post_all(till.earn(100, expires_at=MAY), award, back)

        assert lots(till.pool) == [(100, MAY), (30, JUNE)]

    def test_finds_an_earlier_award_by_its_key(self, till):
        award = till.earn(40, expires_at=JUNE)
        post_all(till.earn(100, expires_at=MAY), award)

        posted = post_one(till.claw_back(10, origin_key=award.idempotency_key))

        assert lots(till.pool) == [(100, MAY), (30, JUNE)]
        assert posted.transfers[0].reverses.idempotency_key == award.idempotency_key

    def test_takes_lots_past_their_expiry_that_no_night_has_retired_yet(self, till):
        award = post_one(till.earn(40, expires_at=MAY))

        posted = post_one(till.claw_back(40, origin=award.transfer), at=JUNE)

        assert numbers_of(posted) == (40, 0, 0)

    def test_leaves_wallets_alone(self, till):
        wallet = till.wallet()
        award = post_all(till.earn(40), till.share(30, to=wallet))[0]

        posted = post_one(till.claw_back(40, origin=award.transfer))

        assert numbers_of(posted) == (10, 30, 0)
        assert balance(wallet) == 30

    def test_leaves_what_is_held_alone(self, till):
        award = post_one(till.earn(40))
        type(till.pool).objects.filter(pk=till.pool.pk).update(held=15)
        Lot.objects.update(held=15)

        posted = post_one(till.claw_back(40, origin=award.transfer))

        assert numbers_of(posted) == (25, 15, 0)

    def test_counts_what_expired_of_the_award_as_collected_only_once(self, till):
        award = post_one(till.earn(40, expires_at=MAY))
        post_all(till.redeem(10), till.earn(100))
        post_one(till.expire(30), at=JUNE)

        first = post_one(till.claw_back(20, origin=award.transfer), at=JUNE)
        second = post_one(till.claw_back(20, origin=award.transfer), at=JUNE)

        assert (numbers_of(first), numbers_of(second)) == ((20, 0, 0), (20, 0, 0))
        assert [t.debit_account for t in first.transfers] == [till.expired]
        assert [(t.debit_account, t.amount) for t in second.transfers] == [
            (till.expired, 10),
            (till.pool, 10),
        ]
        assert balance(till.pool) == 90

    @pytest.mark.parametrize("due", [0, -5])
    def test_refuses_to_take_back_nothing(self, till, due):
        with pytest.raises(AmountOutOfBounds):
            post_one(till.claw_back(due))


class TestPolicies:
    def test_only_pending_waives_what_has_matured(self, till):
        pended = post_all(till.earn(100), till.pend(30))[1]

        posted = post_one(till.claw_back(50, origin=pended.transfer, policy="only_pending"))

        assert numbers_of(posted) == (30, 0, 20)
        assert balance(till.pool) == 100

    def test_within_balance_waives_what_is_no_longer_there(self, till):
        award = post_all(till.earn(100), till.redeem(80))[0]

        posted = post_one(till.claw_back(50, origin=award.transfer, policy="within_balance"))

        assert numbers_of(posted) == (20, 0, 30)
        assert (balance(till.pool), balance(till.debt)) == (0, 0)

    def test_allow_debt_books_what_is_no_longer_there(self, till):
        award = post_all(till.earn(100), till.redeem(80))[0]

        posted = post_one(till.claw_back(50, origin=award.transfer, policy="allow_debt"))

        assert numbers_of(posted) == (20, 30, 0)
        assert kinds_of(posted) == ["claw_back", "incur_debt"]
        assert (balance(till.pool), balance(till.debt)) == (0, 30)

    def test_waived_whole_leaves_no_transfer(self, till):
        posted = post_one(till.claw_back(50, policy="within_balance"))

        assert numbers_of(posted) == (0, 0, 50)
        assert not Transfer.objects.exists()

    def test_booking_debt_needs_a_debt_account(self, till):
        back = ClawBack(
            pool=till.pool,
            pending=None,
            debt=None,
            taken_back=till.taken_back,
            due=1,
            policy="allow_debt",
            idempotency_key="k",
            occurred_at=MAY,
        )

        with pytest.raises(ValueError, match="debt account"):
            post_one(back)


class TestDebt:
    @pytest.fixture
    def owing(self, till) -> Till:
        post_one(till.claw_back(30))
        return till

    def test_is_repaid_first_out_of_the_next_award(self, owing):
        posted = post_one(owing.earn(100))

        assert kinds_of(posted) == ["earn", "repay_debt"]
        assert (balance(owing.pool), balance(owing.debt)) == (70, 0)

    def test_takes_all_of_a_smaller_award(self, owing):
        posted = post_one(owing.earn(10))

        assert posted.transfers[1].amount == 10
        assert (balance(owing.pool), balance(owing.debt)) == (0, 20)

    @pytest.mark.parametrize("kind", ["maturing", "refund", "unshare"])
    def test_is_repaid_out_of_every_other_credit_to_the_pool(self, till, kind):
        wallet = till.wallet()
        earned, redeemed, _shared, _pended = post_all(
            till.earn(40), till.redeem(20), till.share(20, to=wallet), till.pend(20)
        )
        credit = {
            "maturing": lambda: till.mature(20),
            "refund": lambda: till.refund(redeemed.transfer),
            "unshare": lambda: till.entry("unshare", wallet, till.pool, 20),
        }[kind]()
        post_one(
            ClawBack(
                pool=till.pool,
                pending=None,
                debt=till.debt,
                taken_back=till.taken_back,
                due=15,
                policy="allow_debt",
                idempotency_key="back",
                occurred_at=MAY,
                origin_transfer_id=earned.transfer.pk,
            )
        )

        posted = post_one(credit)

        assert posted.transfers[1].kind == "repay_debt"
        assert (balance(till.pool), balance(till.debt)) == (5, 0)

    def test_incurred_in_a_batch_is_repaid_later_in_the_batch(self, till):
        post_all(till.claw_back(30), till.earn(20), till.earn(20))

        assert (balance(till.pool), balance(till.debt)) == (10, 0)

    def test_of_another_unit_is_not_repaid(self, owing):
        other = open_till(partner=owing.partner)

        post_one(other.earn(50))

        assert (balance(other.pool), balance(owing.debt)) == (50, 30)

    def test_leaves_nothing_to_redeem(self, owing):
        post_one(owing.earn(20))

        with pytest.raises(InsufficientPoints):
            post_one(owing.redeem(1))

    def test_is_repaid_even_out_of_what_had_expired_before_it_came(self, owing):
        posted = post_one(owing.earn(50, expires_at=MAY), at=JUNE)

        assert kinds_of(posted) == ["earn", "repay_debt"]
        assert (balance(owing.pool), balance(owing.debt)) == (20, 0)

    def test_cannot_be_repaid_past_what_is_owed(self, till):
        post_one(till.earn(50))

        with pytest.raises(AmountOutOfBounds):
            post_one(till.entry("repay_debt", till.pool, till.debt, 1))


class TestReplaying:
    def test_answers_with_what_the_first_time_collected_booked_and_waived(self, till):
        award = post_one(till.earn(20))
        back = till.claw_back(50, origin=award.transfer, policy="within_balance")
        first = post_one(back)
        post_one(till.earn(100))

        second = post_one(back)

        assert second.replayed
        assert numbers_of(second) == numbers_of(first) == (20, 0, 30)
        assert second.transfers == first.transfers
        assert balance(till.pool) == 100

    def test_answers_with_the_repayment_too(self, till):
        earn = till.earn(50)
        post_all(till.claw_back(30), earn)

        again = post_one(earn)

        assert again.replayed
        assert kinds_of(again) == ["earn", "repay_debt"]

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param({"due": 19}, id="less than was collected"),
            pytest.param({"due": 60}, id="more, under a policy that waives nothing"),
            pytest.param({"reference": "another"}, id="reference"),
        ],
    )
    def test_refuses_a_key_with_other_content(self, till, other):
        post_one(till.earn(20))
        post_one(till.claw_back(50, idempotency_key="same"))

        with pytest.raises(IdempotencyKeyReused):
            post_one(till.claw_back(**({"due": 50, "idempotency_key": "same"} | other)))
