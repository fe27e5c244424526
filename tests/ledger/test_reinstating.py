"""What has expired comes back, and no point is ever counted twice."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from ledger.auditing import audit
from ledger.expiring import expire
from ledger.models import Transfer
from ledger.posting import AmountOutOfBounds, IdempotencyKeyReused
from ledger.reinstating import find_reinstatable, reinstate
from partners.models import Event
from tests.ledger.entries import Till, balance, lots, open_till, post_all, post_one

pytestmark = pytest.mark.django_db

APRIL = datetime(2026, 4, 1, tzinfo=UTC)
MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture
def till() -> Till:
    return open_till()


def retire(at: datetime) -> Transfer:
    with transaction.atomic():
        expire(as_of=at)
    Event.objects.all().delete()
    return Transfer.objects.filter(kind="expire").latest("pk")


def ask(expiry: Transfer, **more):
    values = {
        "until": JULY,
        "reason_code": "goodwill",
        "reference": "c:1",
        "key": "one",
        "as_of": JUNE,
    }
    return reinstate(expiry=expiry, **(values | more))


class TestReinstating:
    def test_gives_back_the_latest_slices_first_with_a_new_expiry(self, till):
        post_all(till.earn(10, expires_at=APRIL), till.earn(20, expires_at=MAY, occurred_at=APRIL))
        expiry = retire(JUNE)

        transfer = ask(expiry, amount=25).transfer

        assert (transfer.kind, transfer.amount, transfer.reverses) == ("reinstate", 25, expiry)
        assert (transfer.debit_account, transfer.credit_account) == (till.expired, till.pool)
        assert (transfer.reason_code, transfer.reference) == ("goodwill", "c:1")
        opened = transfer.opened_lots.order_by("pk")
        assert [(lot.amount, lot.expires_at) for lot in opened] == [(20, JULY), (5, JULY)]
        assert opened[0].earned_at == APRIL
        assert find_reinstatable(expiry) == 5
        assert audit(as_of=JUNE).divergences == ()

    def test_goes_back_to_the_wallet_it_came_from(self, till):
        wallet = till.wallet()
        post_one(till.earn(10, into=wallet, expires_at=MAY))

        ask(retire(MAY))

        assert lots(wallet) == [(10, JULY)]
        event = Event.objects.get()
        assert (event.kind, event.member) == ("points_reinstated", wallet.member)
        assert event.payload == {
            "amount": 10,
            "unit": till.unit.code,
            "expires_at": JULY.isoformat(),
        }

    def test_leaves_a_pending_award_its_time_to_mature(self, till):
        post_one(till.pend(10, expires_at=MAY, matures_at=JULY))

        transfer = ask(retire(MAY)).transfer

        assert [lot.matures_at for lot in transfer.opened_lots.all()] == [JULY]

    def test_repays_debt_first(self, till):
        post_one(till.earn(10, expires_at=MAY))
        expiry = retire(MAY)
        post_one(till.claw_back(4), at=MAY)

        ask(expiry)

        assert (balance(till.pool), balance(till.debt)) == (6, 0)

    @pytest.mark.parametrize("amount", [None, 6])
    def test_counts_once_per_key(self, till, amount):
        post_one(till.earn(10, expires_at=MAY))
        expiry = retire(MAY)
        first = ask(expiry, amount=amount)

        again = ask(expiry, amount=amount)

        assert (again.replayed, again.transfers) == (True, first.transfers)
        assert Event.objects.count() == 1
        with pytest.raises(IdempotencyKeyReused):
            ask(expiry, amount=1)

    @pytest.mark.parametrize(("before", "asked", "bound"), [(0, 11, 10), (6, 5, 4), (10, None, 0)])
    def test_refuses_more_than_is_left_of_it(self, till, before, asked, bound):
        post_one(till.earn(10, expires_at=MAY))
        expiry = retire(MAY)
        if before:
            ask(expiry, amount=before, key="before")

        with pytest.raises(AmountOutOfBounds) as caught:
            ask(expiry, amount=asked)

        assert (caught.value.amount, caught.value.bound) == (asked or 0, bound)
        assert balance(till.pool) == before

    def test_may_expire_and_come_back_again(self, till):
        post_one(till.earn(10, expires_at=MAY))
        ask(retire(MAY))
        second = retire(JULY)

        ask(second, key="two", until=JULY.replace(month=8), as_of=JULY)

        assert balance(till.pool) == 10

    def test_refuses_another_kind_and_an_expiry_that_is_over(self, till):
        earned = post_one(till.earn(10, expires_at=MAY)).transfer

        with pytest.raises(ValueError, match="has expired"):
            ask(earned)
        with pytest.raises(ValueError, match="lies ahead"):
            ask(retire(MAY), until=JUNE)


class TestBesideClawBacks:
    """Expired = came back + counted by claw-backs + still gone, for each award."""

    def test_what_a_claw_back_counted_does_not_come_back(self, till):
        award = post_one(till.earn(10, expires_at=MAY)).transfer
        expiry = retire(MAY)
        post_one(till.claw_back(7, origin=award), at=JUNE)

        assert find_reinstatable(expiry) == 3
        with pytest.raises(AmountOutOfBounds) as caught:
            ask(expiry, amount=4)
        assert caught.value.bound == 3
        ask(expiry)
        assert balance(till.pool) == 3

    def test_what_came_back_is_not_counted_by_a_claw_back(self, till):
        award = post_one(till.earn(10, expires_at=MAY)).transfer
        ask(retire(MAY), amount=6)
        post_one(till.redeem(6), at=JUNE)

        back = post_one(till.claw_back(10, origin=award), at=JUNE)

        assert [(t.kind, t.amount) for t in back.transfers] == [("claw_back", 4), ("incur_debt", 6)]

    def test_what_came_back_is_collected_where_it_is(self, till):
        award = post_one(till.earn(10, expires_at=MAY)).transfer
        ask(retire(MAY), amount=6)

        back = post_one(till.claw_back(10, origin=award), at=JUNE)

        assert (back.collected, back.debt, balance(till.pool)) == (10, 0, 0)

    def test_a_raise_of_the_award_counts_as_the_same_award(self, till):
        award, _raise = post_all(
            till.earn(10, expires_at=MAY, reference="award"),
            till.earn(5, expires_at=MAY, reference="award"),
        )
        expiry = retire(MAY)
        claw_back = till.claw_back(12, origin=award.transfer, reference="award")
        post_one(claw_back, at=JUNE)

        assert find_reinstatable(expiry) == 3
        ask(expiry)
        back = post_one(till.claw_back(3, origin=award.transfer, reference="award"), at=JUNE)
        assert (back.collected, balance(till.pool)) == (3, 0)

    def test_other_awards_of_the_same_night_are_not_touched(self, till):
        mine, _other = post_all(till.earn(10, expires_at=MAY), till.earn(20, expires_at=APRIL))
        expiry = retire(MAY)
        post_one(till.claw_back(10, origin=mine.transfer), at=JUNE)

        transfer = ask(expiry).transfer

        assert transfer.amount == 20
        assert find_reinstatable(expiry) == 0

    def test_a_part_that_came_back_keeps_its_place_when_another_part_is_counted(self, till):
        early, late = post_all(till.earn(10, expires_at=APRIL), till.earn(10, expires_at=MAY))
        expiry = retire(MAY)
        post_one(till.claw_back(10, origin=late.transfer), at=JUNE)
        ask(expiry, amount=4)

        transfer = ask(expiry, key="two").transfer

        assert transfer.amount == 6
        assert {lot.origin_id for lot in transfer.opened_lots.all()} == {early.transfer.pk}

    def test_within_one_batch_both_look_at_the_same_rest(self, till):
        award = post_one(till.earn(10, expires_at=MAY)).transfer
        expiry = retire(MAY)
        back = till.entry(
            "reinstate", till.expired, till.pool, 6, gives_back=expiry, revive_until=JULY
        )

        reinstated, clawed = post_all(back, till.claw_back(10, origin=award), at=JUNE)

        assert reinstated.transfer.amount == 6
        assert (clawed.collected, clawed.debt) == (10, 0)
        assert (balance(till.pool), balance(till.debt)) == (0, 0)

    def test_what_was_reinstated_and_taken_out_again_has_expired(self, till):
        award = post_one(till.earn(10, expires_at=MAY)).transfer
        back = ask(retire(MAY)).transfer
        undone = till.entry("reverse", till.pool, till.expired, 10, reverses=back)
        post_one(undone, at=JUNE)

        clawed = post_one(till.claw_back(10, origin=award), at=JUNE)

        assert (clawed.collected, clawed.debt) == (10, 0)


class TestReviving:
    """A refund of what has expired meanwhile follows the programme's reinstatement window."""

    def test_without_a_window_it_comes_back_expired(self, till):
        spent = post_all(till.earn(10, expires_at=MAY), till.redeem(10))[1].transfer

        post_one(till.refund(spent), at=JUNE)

        assert lots(till.pool) == [(10, MAY)]
        assert retire(JUNE).amount == 10

    def test_with_a_window_it_lives_that_long(self, till):
        spent = post_all(till.earn(10, expires_at=MAY), till.redeem(10))[1].transfer

        post_one(till.refund(spent, revive_until=JULY), at=JUNE)

        assert lots(till.pool) == [(10, JULY)]

    def test_what_has_not_expired_keeps_its_expiry(self, till):
        spent = post_all(
            till.earn(10, expires_at=MAY), till.earn(10, expires_at=JULY), till.redeem(20)
        )[2].transfer

        post_one(till.refund(spent, revive_until=JUNE.replace(day=20)), at=JUNE)

        assert lots(till.pool) == [(10, JUNE.replace(day=20)), (10, JULY)]
