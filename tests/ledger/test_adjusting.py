"""Adjustments by hand, and what comes back after it expired."""

from datetime import timedelta

import pytest

from ledger import correcting
from ledger.auditing import audit
from ledger.correcting import (
    AccountNotAdjustable,
    AmountOutOfBounds,
    ExpiryNotAhead,
    InsufficientPoints,
    NothingLeftToReverse,
    NotReversible,
)
from ledger.models import Correction
from partners.models import Member
from partners.roles import Role
from tests.factories import NOON, MemberFactory
from tests.ledger.corrections import DECIDING, adjust, allow, make_staff, reinstate, reverse
from tests.ledger.entries import Till, balance, lots, open_till, post_all, post_one

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]


LATER = NOON + timedelta(days=90)
SOON = NOON + timedelta(days=30)


@pytest.fixture
def till() -> Till:
    till = open_till()
    allow(till.unit, once=10_000, day=10**9)
    return till


@pytest.fixture
def dana(till):
    return make_staff()


class TestAdjustment:
    def test_credits_a_pool_with_an_expiry(self, till, dana):
        correction = adjust(dana, till.pool, 500, expires_at=LATER, note="Called Alice")

        posted = correction.transfer
        assert (posted.kind, posted.debit_account.kind) == ("adjust", "adjusted")
        assert lots(till.pool) == [(500, LATER)]
        assert (correction.kind, correction.amount) == ("credit", 500)
        assert audit(as_of=LATER).ok

    def test_debits_a_wallet(self, till, dana):
        wallet = till.wallet()
        post_all(till.earn(100), till.share(60, to=wallet))

        correction = adjust(dana, wallet, -25)

        assert balance(wallet) == 35
        assert (correction.kind, correction.amount) == ("debit", 25)
        assert correction.transfer.credit_account.kind == "adjusted"

    def test_credit_repays_debt_first(self, till, dana):
        post_one(till.claw_back(30))

        adjust(dana, till.pool, 100)

        assert (balance(till.pool), balance(till.debt)) == (70, 0)

    def test_forgives_debt_up_to_what_is_owed(self, till, dana):
        post_one(till.claw_back(30))

        forgiven = adjust(dana, till.debt, 20)

        assert forgiven.transfer.kind == "forgive_debt"
        assert balance(till.debt) == 10
        with pytest.raises(AmountOutOfBounds) as refused:
            adjust(dana, till.debt, 11)
        assert refused.value.bound == 10

    def test_a_request_to_forgive_more_than_is_owed_does_not_wait(self, till, dana):
        with pytest.raises(AccountNotAdjustable, match="Nothing is owed"):
            adjust(dana, till.debt, 1)
        post_one(till.claw_back(30))
        with pytest.raises(AmountOutOfBounds):
            adjust(dana, till.debt, 1_000_000)

        assert not Correction.objects.exists()

    def test_debit_says_what_is_there(self, till, dana):
        post_one(till.earn(100))

        with pytest.raises(InsufficientPoints) as refused:
            adjust(dana, till.pool, -101)

        assert (refused.value.available, refused.value.needed) == (100, 101)

    @pytest.mark.parametrize("amount", [0, 10**12 + 1, -(10**12) - 1])
    def test_refuses_amounts_out_of_bounds(self, till, dana, amount):
        with pytest.raises(AmountOutOfBounds):
            adjust(dana, till.pool, amount)

    @pytest.mark.parametrize(
        ("account", "amount"),
        [("pending", 5), ("pending", -5), ("debt", -5), ("issued", 5), ("redeemed", -5)],
    )
    def test_refuses_accounts_that_nobody_adjusts(self, till, dana, account, amount):
        with pytest.raises(AccountNotAdjustable):
            adjust(dana, getattr(till, account), amount)

    def test_gives_nothing_to_who_has_left(self, till, dana):
        member = MemberFactory(partner=till.partner, status=Member.Status.LEFT, left_at=NOON)

        with pytest.raises(AccountNotAdjustable):
            adjust(dana, till.wallet(member), 5)

    @pytest.mark.parametrize(("amount", "expires_at"), [(5, NOON), (-5, LATER)])
    def test_has_an_expiry_only_ahead_and_only_as_a_credit(self, till, dana, amount, expires_at):
        with pytest.raises(ExpiryNotAhead):
            adjust(dana, till.pool, amount, expires_at=expires_at)


class TestReinstatement:
    @pytest.fixture
    def expiry(self, till):
        post_one(till.earn(100, expires_at=NOON))
        return post_one(till.expire(100)).transfer

    def test_brings_back_what_expired_with_a_new_expiry(self, till, dana, expiry):
        correction = reinstate(dana, expiry, 40)

        posted = correction.transfer
        assert (posted.kind, posted.reverses, posted.reason_code) == (
            "reinstate",
            expiry,
            "expiry-waived",
        )
        assert (correction.kind, correction.state) == ("reinstatement", "posted")
        assert lots(till.pool) == [(40, LATER)]

    def test_brings_back_no_more_than_expired(self, till, dana, expiry):
        reinstate(dana, expiry, 40)

        with pytest.raises(NothingLeftToReverse) as refused:
            reinstate(dana, expiry, 61)

        assert refused.value.left == 60
        assert reinstate(dana, expiry).amount == 60
        assert audit(as_of=LATER).ok

    def test_counts_what_waits(self, till, expiry):
        asker = make_staff(Role.FINANCE)
        reinstate(asker, expiry, 70)

        with pytest.raises(NothingLeftToReverse):
            reinstate(asker, expiry, 31)

    def test_that_waited_too_long_is_refused_and_goes_on_waiting(self, till, expiry):
        waiting = reinstate(make_staff(Role.FINANCE), expiry)
        erin = make_staff(may=DECIDING)

        with pytest.raises(ExpiryNotAhead):
            correcting.agree(correction=waiting, by=erin, at=LATER)

        agreed = correcting.agree(correction=waiting, by=erin, at=SOON)
        assert (agreed.state, balance(till.pool)) == ("posted", 100)

    def test_is_of_what_expired_and_until_a_day_ahead(self, till, dana, expiry):
        with pytest.raises(NotReversible):
            reinstate(dana, post_one(till.earn(5)).transfer)
        with pytest.raises(ExpiryNotAhead):
            reinstate(dana, expiry, until=NOON)

    def test_once_under_its_key(self, till, dana, expiry):
        first, again = (reinstate(dana, expiry, request_key="once") for _ in range(2))

        assert first == again
        assert balance(till.pool) == 100

    def test_is_itself_reversed(self, till, dana, expiry):
        back = reinstate(dana, expiry).transfer

        posted = reverse(dana, back, 30).transfer

        assert (posted.credit_account, balance(till.pool)) == (till.expired, 70)
