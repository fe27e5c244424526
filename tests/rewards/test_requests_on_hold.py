"""What needs approval reserves its price: nothing is spent until somebody decides, or time is up."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from ledger import accounts
from ledger.auditing import audit
from ledger.expiring import expire
from ledger.models import Account, Hold, Lot, Transfer
from ledger.posting import Entry, post
from partners.models import Event, Member, Partner
from rewards.models import ProgrammeVersion, Redemption, RewardCode
from rewards.redeeming import (
    DebtOutstanding,
    IllegalMove,
    InsufficientPoints,
    OwnRequest,
    RequestIdReused,
    RequestLapsed,
    approve,
    cancel,
    fulfil,
    reject,
    ship,
    take_back,
    withdraw,
)
from rewards.redeeming.lapsing import lapse
from tests.rewards.cast import NOON, available, balance, earn, offer, open_shop, owe, take

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]

LATER = NOON + timedelta(days=3)
# Requested on 2 March, 30 days: 1 April is the last day, and summer time has begun in London.
LAPSES_AT = datetime(2026, 4, 1, 23, tzinfo=UTC)
CERTIFICATE = {"amount": "25.00", "shop": "Book shop", "valid_days": 730}
ADDRESS = {
    "recipient": "Alice Marsh",
    "street": "14 Market Square",
    "postcode": "CB2 1AA",
    "city": "Cambridge",
    "country": "United Kingdom",
}


def request(shop, **fields):
    reward = offer(shop.programme, approval_required=True, **fields)
    return take(shop.alice, shop.pool, reward)


def run_lapse(shop, *, as_of):
    with transaction.atomic():
        return lapse(programme=shop.programme, as_of=as_of)


def spent_before_there_were_holds(shop):
    """A request as it was stored until now: it has spent, and holds nothing."""
    waiting = request(shop, stock=None)
    Redemption.objects.filter(pk=waiting.pk).update(hold=None)
    hold = waiting.hold
    Lot.objects.filter(hold_slices__hold=hold).update(held=0)
    Account.objects.filter(pk=shop.pool.pk).update(held=0)
    hold.slices.all().delete()
    hold.delete()
    entry = Entry(
        kind=Transfer.Kind.REDEEM,
        debit=shop.pool,
        credit=accounts.house(shop.unit, Account.Kind.REDEEMED),
        amount=waiting.price,
        idempotency_key=f"redeem:{waiting.partner_id}:{waiting.request_id}",
        occurred_at=NOON,
        reference=str(waiting.public_id),
    )
    [posted] = post([entry], posted_at=NOON)
    Redemption.objects.filter(pk=waiting.pk).update(transfer=posted.transfer)
    return Redemption.objects.get(pk=waiting.pk)


class TestARequest:
    def test_reserves_its_price_and_spends_nothing(self):
        shop = open_shop(points=500)

        waiting = request(shop, price=120)

        assert (balance(shop.pool), available(shop.pool)) == (500, 380)
        assert (waiting.state, waiting.transfer) == ("requested", None)
        assert (waiting.hold.amount, waiting.hold.lapses_at) == (120, LAPSES_AT)
        assert waiting.hold.reference == str(waiting.public_id)
        assert not Transfer.objects.filter(kind=Transfer.Kind.REDEEM).exists()

    def test_is_refused_what_another_request_has_reserved(self):
        shop = open_shop(points=200)
        request(shop, price=120)

        with pytest.raises(InsufficientPoints) as caught:
            request(shop, price=120)

        assert (caught.value.available, caught.value.held) == (80, 120)

    def test_is_refused_while_the_pool_owes(self):
        shop = open_shop()
        owe(shop, 5)

        with pytest.raises(DebtOutstanding):
            request(shop)

    def test_waits_as_long_as_the_version_says(self):
        shop = open_shop(points=500, request_lapses_days=7)

        assert request(shop).hold.lapses_at == datetime(2026, 3, 10, tzinfo=UTC)

    def test_may_wait_past_the_expiry_of_what_it_reserved(self):
        shop = open_shop()
        earn(shop.pool, 120, expires_at=NOON + timedelta(days=1))
        waiting = request(shop, price=120)
        with transaction.atomic():
            expire(as_of=LATER)

        approve(redemption=waiting, by=None, reason="", at=LATER)

        assert balance(shop.pool) == 0
        assert not Transfer.objects.filter(kind=Transfer.Kind.EXPIRE).exists()
        assert audit(as_of=LATER).ok


class TestDeciding:
    def test_approval_spends_what_was_reserved(self):
        shop = open_shop(points=500)
        waiting = request(shop, price=120)

        approved = approve(redemption=waiting, by=None, reason="", at=LATER)

        stored = Redemption.objects.get()
        assert (approved.state, balance(shop.pool), available(shop.pool)) == ("fulfilled", 380, 380)
        assert (stored.hold.state, stored.hold.capture) == ("captured", stored.transfer)
        assert stored.transfer.reference == str(stored.public_id)
        assert audit(as_of=LATER).ok

    def test_approved_and_cancelled_gives_back_what_was_captured(self):
        shop = open_shop(points=500)
        reward = offer(
            shop.programme, kind="physical_gift", terms={}, price=120, approval_required=True
        )
        waiting = take(shop.alice, shop.pool, reward, details=ADDRESS)
        approve(redemption=waiting, by=None, reason="", at=NOON)

        over = cancel(redemption=waiting, by=None, reason="", at=LATER)

        assert (over.refund.amount, balance(shop.pool)) == (120, 500)
        assert audit(as_of=LATER).ok

    def test_what_is_set_free_repays_a_debt_first(self):
        shop = open_shop(points=120)
        waiting = request(shop, price=120)
        owe(shop, 50)

        reject(redemption=waiting, by=None, reason="", at=LATER)

        assert (balance(shop.pool), balance(accounts.debt(shop.unit, shop.partner))) == (70, 0)
        assert audit(as_of=LATER).ok

    @pytest.mark.parametrize("act", [approve, reject, cancel, fulfil])
    def test_is_not_for_the_team_of_the_partner(self, act):
        shop = open_shop(points=500)
        waiting = request(shop)

        with pytest.raises(OwnRequest):
            act(redemption=waiting, by=shop.bob.person, reason="", at=LATER)

        assert Redemption.objects.get().state == "requested"

    def test_nor_are_shipping_and_taking_back(self):
        shop = open_shop(points=500)
        waiting = request(shop)
        by = shop.vera.person

        with pytest.raises(OwnRequest):
            ship(redemption=waiting, by=by, tracking_number="", at=LATER)
        with pytest.raises(OwnRequest):
            take_back(redemption=waiting, by=by, reason="", restocks=False, at=LATER)

    def test_is_for_somebody_who_has_left_the_team(self):
        shop = open_shop(points=500)
        waiting = request(shop)
        Member.objects.filter(pk=shop.bob.pk).update(status="left", left_at=NOON)

        assert (
            reject(redemption=waiting, by=shop.bob.person, reason="", at=LATER).state == "rejected"
        )

    def test_a_member_who_left_leaves_what_was_reserved_to_the_company(self):
        shop = open_shop()
        earn(shop.wallet(shop.bob), 200)
        reward = offer(shop.programme, audience="person", approval_required=True)
        waiting = take(shop.bob, shop.wallet(shop.bob), reward)
        Member.objects.filter(pk=shop.bob.pk).update(status="left", left_at=NOON)

        reject(redemption=waiting, by=None, reason="", at=LATER)

        assert (balance(shop.wallet(shop.bob)), balance(shop.pool)) == (80, 120)
        assert Transfer.objects.get(kind="unshare").reference == str(waiting.public_id)


class TestLapsing:
    def test_sets_points_stock_and_codes_free_once_and_is_told(self):
        shop = open_shop(points=500)
        reward = offer(
            shop.programme,
            kind="gift_certificate",
            terms=CERTIFICATE,
            approval_required=True,
            stock=1,
        )
        RewardCode.objects.create(reward=reward, code="A")
        waiting = take(shop.alice, shop.pool, reward)

        first, second = run_lapse(shop, as_of=LAPSES_AT), run_lapse(shop, as_of=LAPSES_AT)

        waiting.refresh_from_db()
        reward.refresh_from_db()
        assert (first.redemptions, second.redemptions) == (1, 0)
        assert (waiting.state, waiting.hold.state) == ("lapsed", "lapsed")
        assert (available(shop.pool), reward.stock) == (500, 1)
        assert RewardCode.objects.get().redemption is None
        told = Event.objects.filter(kind="redemption_moved").order_by("sequence").last()
        assert (told.payload["from"], told.payload["to"]) == ("requested", "lapsed")
        assert audit(as_of=LAPSES_AT).ok

    def test_comes_at_its_midnight_and_not_before(self):
        shop = open_shop(points=500)
        request(shop)

        assert run_lapse(shop, as_of=LAPSES_AT - timedelta(microseconds=1)).redemptions == 0
        assert run_lapse(shop, as_of=LAPSES_AT).redemptions == 1

    def test_leaves_what_was_decided(self):
        shop = open_shop(points=500)
        for act in (approve, reject):
            act(redemption=request(shop), by=None, reason="", at=LATER)

        assert run_lapse(shop, as_of=LAPSES_AT).redemptions == 0

    def test_goes_on_by_id(self):
        shop = open_shop(points=500)
        waiting = [request(shop, price=10) for _ in range(3)]

        with transaction.atomic():
            first = lapse(programme=shop.programme, as_of=LAPSES_AT, redemptions_max=2)
            second = lapse(
                programme=shop.programme,
                as_of=LAPSES_AT,
                after_redemption_id=first.last_redemption_id,
                redemptions_max=2,
            )

        assert (first.redemptions, first.last_redemption_id) == (2, waiting[1].pk)
        assert (second.redemptions, second.last_redemption_id) == (1, None)

    def test_is_too_late_to_approve_from_then_on_even_before_the_night(self):
        shop = open_shop(points=500)
        waiting = request(shop)

        with pytest.raises(RequestLapsed):
            approve(redemption=waiting, by=None, reason="", at=LAPSES_AT)

        assert (balance(shop.pool), Hold.objects.get().state) == (500, "open")
        assert reject(redemption=waiting, by=None, reason="", at=LAPSES_AT).state == "rejected"

    def test_ends_what_the_taker_could_have_withdrawn(self):
        shop = open_shop(points=500)
        waiting = request(shop)
        run_lapse(shop, as_of=LAPSES_AT)

        with pytest.raises(IllegalMove):
            withdraw(redemption=waiting, by=shop.alice.person, at=LAPSES_AT)

    def test_frees_one_of_the_partners_limit(self):
        shop = open_shop(points=500)
        reward = offer(shop.programme, limit_per_partner=1, approval_required=True)
        take(shop.alice, shop.pool, reward)
        run_lapse(shop, as_of=LAPSES_AT)

        assert take(shop.alice, shop.pool, reward).state == "requested"


class TestARequestOfBeforeThereWereHolds:
    def test_is_approved_without_spending_again(self):
        shop = open_shop(points=500)
        waiting = spent_before_there_were_holds(shop)

        approved = approve(redemption=waiting, by=None, reason="", at=LATER)

        assert (approved.state, balance(shop.pool)) == ("fulfilled", 380)

    @pytest.mark.parametrize("act", [reject, cancel])
    def test_is_refunded(self, act):
        shop = open_shop(points=500)
        waiting = spent_before_there_were_holds(shop)

        over = act(redemption=waiting, by=None, reason="", at=LATER)

        assert (over.refund.amount, balance(shop.pool)) == (120, 500)
        assert audit(as_of=LATER).ok

    def test_does_not_lapse(self):
        shop = open_shop(points=500)
        spent_before_there_were_holds(shop)

        assert run_lapse(shop, as_of=LAPSES_AT + timedelta(days=365)).redemptions == 0


class TestARefundOfWhatHasExpired:
    def cancelled_after_expiry(self, **settings):
        """A gift taken the day before its points expire, called off four days later."""
        shop = open_shop(**settings)
        earn(shop.pool, 120, expires_at=NOON + timedelta(days=1))
        gift = offer(shop.programme, price=120, kind="physical_gift", terms={})
        approved = take(shop.alice, shop.pool, gift, details=ADDRESS)
        cancel(redemption=approved, by=None, reason="", at=NOON + timedelta(days=4))
        return shop

    def test_comes_back_expired_without_a_window(self):
        shop = self.cancelled_after_expiry()

        assert balance(shop.pool) == 120
        with transaction.atomic():
            Partner.objects.lock([shop.partner.pk])
            expire(as_of=NOON + timedelta(days=5))
        assert balance(shop.pool) == 0

    def test_lives_again_for_the_window_of_the_programme(self):
        window = {"rule": "after_months", "months": 12, "reinstatement_days": 30}
        shop = self.cancelled_after_expiry(expiry=window)

        lot = Lot.objects.open().get(account=shop.pool)

        # The refund is on 6 March; 30 days on is 5 April, when London is an hour ahead.
        assert lot.expires_at == datetime(2026, 4, 5, 23, tzinfo=UTC)

    def test_after_the_programme_has_ended_goes_by_its_last_version(self):
        shop = open_shop(points=500)
        gift = offer(shop.programme, price=120, kind="physical_gift", terms={})
        approved = take(shop.alice, shop.pool, gift, details=ADDRESS)
        ProgrammeVersion.objects.update(valid_from=NOON)
        shop.programme.ends_on = NOON.date() + timedelta(days=1)
        shop.programme.save()

        cancel(redemption=approved, by=None, reason="", at=LATER)

        assert balance(shop.pool) == 500


class TestTheSameRequestAgain:
    def test_with_the_same_details_is_the_same(self):
        shop = open_shop(points=500)
        gift = offer(shop.programme, kind="physical_gift", terms={})
        request_id = uuid.uuid4()

        first, second = (
            take(shop.alice, shop.pool, gift, details=ADDRESS, request_id=request_id)
            for _ in range(2)
        )

        assert first == second

    def test_with_another_address_is_another_request_under_a_used_id(self):
        shop = open_shop(points=500)
        gift = offer(shop.programme, kind="physical_gift", terms={})
        request_id = uuid.uuid4()
        take(shop.alice, shop.pool, gift, details=ADDRESS, request_id=request_id)
        moved = ADDRESS | {"city": "Oxford"}

        with pytest.raises(RequestIdReused):
            take(shop.alice, shop.pool, gift, details=moved, request_id=request_id)

        assert balance(shop.pool) == 380
