"""A reward costs its price once, is given once, and every refusal changes nothing."""

import itertools
import uuid
from datetime import timedelta

import pytest

from ledger import accounts
from ledger.models import Lot, Transfer
from partners.models import Event, Member, Partner, Person
from rewards.models import Entitlement, Programme, Redemption, RewardCode
from rewards.redeeming import (
    LEGAL_MOVES,
    CannotBeTakenBack,
    DebtOutstanding,
    FieldsNotValid,
    IllegalMove,
    InsufficientPoints,
    LimitReached,
    NotEligible,
    OutOfStock,
    PriceChanged,
    RequestIdReused,
    RewardUnavailable,
    approve,
    cancel,
    fulfil,
    reject,
    ship,
    take_back,
    withdraw,
)
from tests.rewards.cast import (
    NOON,
    available,
    balance,
    earn,
    join,
    make_partner,
    make_programme,
    offer,
    open_shop,
    owe,
    take,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]

ADDRESS = {
    "recipient": "Alice Marsh",
    "street": "14 Market Square",
    "postcode": "CB2 1AA",
    "city": "Cambridge",
    "country": "United Kingdom",
}
CERTIFICATE = {"amount": "25.00", "shop": "Book shop", "valid_days": 730}
LATER = NOON + timedelta(days=3)


def moves_of(redemption):
    return list(redemption.moves.order_by("pk").values_list("from_state", "to_state"))


class TestRedeem:
    def test_takes_the_price_from_the_pool_and_one_from_stock(self):
        shop = open_shop(points=500)
        reward = offer(shop.programme, price=120, stock=3)

        redemption = take(shop.alice, shop.pool, reward)

        reward.refresh_from_db()
        assert balance(shop.pool) == 380
        assert reward.stock == 2
        assert (redemption.price, redemption.transfer.amount) == (120, 120)
        assert redemption.transfer.kind == Transfer.Kind.REDEEM

    def test_spends_the_last_point(self):
        shop = open_shop(points=120)

        take(shop.alice, shop.pool, offer(shop.programme, price=120))

        assert balance(shop.pool) == 0

    def test_refuses_one_point_too_few_and_gives_the_unit_back(self):
        shop = open_shop(points=119)
        reward = offer(shop.programme, price=120, stock=1)

        with pytest.raises(InsufficientPoints) as caught:
            take(shop.alice, shop.pool, reward)

        reward.refresh_from_db()
        assert (caught.value.available, caught.value.needed) == (119, 120)
        assert reward.stock == 1
        assert not Redemption.objects.exists()

    def test_moves_nothing_the_second_time_for_the_same_request(self):
        shop = open_shop(points=500)
        reward = offer(shop.programme, price=120, stock=5)
        request_id = uuid.uuid4()

        first = take(shop.alice, shop.pool, reward, request_id=request_id)
        second = take(shop.alice, shop.pool, reward, request_id=request_id)

        reward.refresh_from_db()
        assert first == second
        assert balance(shop.pool) == 380
        assert reward.stock == 4

    def test_answers_the_first_one_even_after_the_reward_is_gone(self):
        shop = open_shop(points=500)
        reward = offer(shop.programme, stock=1)
        request_id = uuid.uuid4()
        first = take(shop.alice, shop.pool, reward, request_id=request_id)

        assert take(shop.alice, shop.pool, reward, request_id=request_id) == first

    def test_refuses_a_request_id_that_stands_for_another_reward(self):
        shop = open_shop(points=500)
        request_id = uuid.uuid4()
        take(shop.alice, shop.pool, offer(shop.programme), request_id=request_id)

        with pytest.raises(RequestIdReused):
            take(shop.alice, shop.pool, offer(shop.programme), request_id=request_id)

    def test_fixes_the_price_at_request(self):
        shop = open_shop(points=500)
        reward = offer(shop.programme, price=120, approval_required=True)
        redemption = take(shop.alice, shop.pool, reward)
        reward.price = 400
        reward.save()

        cancel(redemption=redemption, by=None, reason="", at=LATER)

        assert balance(shop.pool) == 500

    def test_refuses_a_price_that_is_not_the_one_seen(self):
        shop = open_shop(points=500)
        reward = offer(shop.programme, price=130)

        with pytest.raises(PriceChanged) as caught:
            take(shop.alice, shop.pool, reward, price_seen=120)

        assert (caught.value.seen, caught.value.now) == (120, 130)
        assert balance(shop.pool) == 500

    @pytest.mark.parametrize(
        "fields",
        [
            pytest.param({"is_active": False}, id="withdrawn"),
            pytest.param({"offered_from": NOON + timedelta(seconds=1)}, id="not offered yet"),
            pytest.param({"offered_until": NOON}, id="offer ended this instant"),
        ],
    )
    def test_refuses_what_is_not_on_offer(self, fields):
        shop = open_shop(points=500)

        with pytest.raises(RewardUnavailable):
            take(shop.alice, shop.pool, offer(shop.programme, **fields))

        assert balance(shop.pool) == 500

    def test_refuses_in_a_closed_programme(self):
        shop = open_shop(points=500)
        reward = offer(shop.programme)
        Programme.objects.update(status=Programme.Status.CLOSED)

        with pytest.raises(RewardUnavailable):
            take(shop.alice, shop.pool, reward)

    def test_refuses_when_the_programme_has_ended(self):
        shop = open_shop(points=500)
        reward = offer(shop.programme)
        Programme.objects.update(ends_on=NOON.date())

        with pytest.raises(RewardUnavailable):
            take(shop.alice, shop.pool, reward)

    def test_refuses_points_of_another_programme(self):
        shop = open_shop(points=500)
        elsewhere = offer(make_programme("other"))

        with pytest.raises(NotEligible) as caught:
            take(shop.alice, shop.pool, elsewhere)

        assert caught.value.obstacle == "account"

    def test_refuses_a_partner_that_is_paused(self):
        shop = open_shop(points=500)
        Partner.objects.update(status=Partner.Status.PAUSED)

        with pytest.raises(RewardUnavailable):
            take(shop.alice, shop.pool, offer(shop.programme))

    def test_refuses_when_the_last_one_is_gone(self):
        shop = open_shop(points=500)
        reward = offer(shop.programme, stock=1)
        take(shop.alice, shop.pool, reward)

        with pytest.raises(OutOfStock):
            take(shop.alice, shop.pool, reward)

        assert balance(shop.pool) == 380

    def test_stops_at_the_limit_of_the_partner(self):
        shop = open_shop(points=500)
        reward = offer(shop.programme, limit_per_partner=1, approval_required=True)
        first = take(shop.alice, shop.pool, reward)

        with pytest.raises(LimitReached) as caught:
            take(shop.alice, shop.pool, reward)

        assert caught.value.limit == 1
        cancel(redemption=first, by=None, reason="", at=NOON)
        assert take(shop.alice, shop.pool, reward).state == "requested"

    @pytest.mark.parametrize(
        ("tier", "opens"), [("", False), ("bronze", False), ("silver", True), ("gold", True)]
    )
    def test_opens_at_its_tier(self, tier, opens):
        shop = open_shop(points=500)
        shop.partner.standings.update(tier_code=tier)
        reward = offer(shop.programme, min_tier="silver")

        if opens:
            assert take(shop.alice, shop.pool, reward).state == "fulfilled"
        else:
            with pytest.raises(NotEligible) as caught:
                take(shop.alice, shop.pool, reward)
            assert caught.value.obstacle == "tier_too_low"

    def test_refuses_a_company_that_is_not_in_the_programme(self):
        shop = open_shop(points=500)
        shop.partner.standings.all().delete()

        with pytest.raises(NotEligible) as caught:
            take(shop.alice, shop.pool, offer(shop.programme))

        assert caught.value.obstacle == "not_enrolled"


class TestWhoRedeems:
    @pytest.mark.parametrize(
        ("audience", "account", "is_open"),
        [
            ("company", "pool", True),
            ("company", "wallet", False),
            ("person", "pool", False),
            ("person", "wallet", True),
            ("both", "pool", True),
            ("both", "wallet", True),
        ],
    )
    def test_the_audience_says_which_points_pay(self, audience, account, is_open):
        shop = open_shop(points=500)
        earn(shop.wallet(shop.alice), 500)
        reward = offer(shop.programme, audience=audience)
        paying = shop.pool if account == "pool" else shop.wallet(shop.alice)

        if is_open:
            take(shop.alice, paying, reward)
            assert balance(paying) == 380
        else:
            with pytest.raises(NotEligible):
                take(shop.alice, paying, reward)
            assert balance(paying) == 500

    def test_a_buyer_spends_their_own_wallet(self):
        shop = open_shop()
        earn(shop.wallet(shop.bob), 500)

        take(shop.bob, shop.wallet(shop.bob), offer(shop.programme, audience="person"))

        assert balance(shop.wallet(shop.bob)) == 380

    @pytest.mark.parametrize(
        ("who", "whose"),
        [("bob", "pool"), ("bob", "alice"), ("vera", "pool"), ("vera", "vera"), ("alice", "bob")],
    )
    def test_nobody_spends_what_is_not_theirs(self, who, whose):
        shop = open_shop(points=500)
        for member in (shop.alice, shop.bob, shop.vera):
            earn(shop.wallet(member), 500)
        paying = shop.pool if whose == "pool" else shop.wallet(getattr(shop, whose))
        before = balance(paying)

        with pytest.raises(NotEligible):
            take(getattr(shop, who), paying, offer(shop.programme, audience="both"))

        assert balance(paying) == before

    def test_the_head_buyer_of_another_partner_cannot_spend_this_pool(self):
        shop = open_shop(points=500)
        charlie = join(make_partner(shop.programme, "99999"), "Charlie", "head_buyer")

        with pytest.raises(NotEligible):
            take(charlie, shop.pool, offer(shop.programme))

        assert balance(shop.pool) == 500

    def test_a_member_who_left_spends_nothing(self):
        shop = open_shop(points=500)
        shop.alice.status, shop.alice.left_at = Member.Status.LEFT, NOON

        with pytest.raises(NotEligible):
            take(shop.alice, shop.pool, offer(shop.programme))


class TestDebt:
    def test_blocks_the_pool_and_says_how_much(self):
        shop = open_shop()
        owe(shop, 40)

        with pytest.raises(DebtOutstanding) as caught:
            take(shop.alice, shop.pool, offer(shop.programme))

        assert caught.value.owed == 40

    def test_does_not_block_wallets(self):
        shop = open_shop()
        earn(shop.wallet(shop.bob), 200)
        owe(shop, 40)

        redemption = take(shop.bob, shop.wallet(shop.bob), offer(shop.programme, audience="person"))

        assert redemption.state == "fulfilled"


class TestStates:
    def test_what_needs_no_approval_is_delivered_at_once(self):
        shop = open_shop(points=500)

        redemption = take(shop.alice, shop.pool, offer(shop.programme))

        assert redemption.state == "fulfilled"
        assert moves_of(redemption) == [
            ("", "requested"),
            ("requested", "approved"),
            ("approved", "fulfilled"),
        ]

    def test_what_needs_approval_waits_and_delivers_nothing(self):
        shop = open_shop(points=500)

        redemption = take(shop.alice, shop.pool, offer(shop.programme, approval_required=True))

        assert (redemption.state, redemption.delivery) == ("requested", {})
        assert not Entitlement.objects.exists()

    def test_approval_delivers_and_names_who_approved(self):
        shop = open_shop(points=500)
        dana = Person.objects.create(email="dana@seller.example", name="Dana", is_staff=True)
        waiting = take(shop.alice, shop.pool, offer(shop.programme, approval_required=True))

        approved = approve(redemption=waiting, by=dana, reason="fine", at=LATER)

        assert approved.state == "fulfilled"
        move = approved.moves.get(to_state="approved")
        assert (move.by, move.reason, move.moved_at) == (dana, "fine", LATER)

    @pytest.mark.parametrize(("act", "state"), [(reject, "rejected"), (cancel, "cancelled")])
    def test_a_refused_request_sets_points_and_stock_free(self, act, state):
        shop = open_shop(points=500)
        reward = offer(shop.programme, approval_required=True, stock=1)
        waiting = take(shop.alice, shop.pool, reward)

        over = act(redemption=waiting, by=None, reason="out of season", at=LATER)

        reward.refresh_from_db()
        assert (over.state, over.hold.state) == (state, "released")
        assert (over.transfer, over.refund) == (None, None)
        assert available(shop.pool) == 500
        assert reward.stock == 1

    def test_a_refund_gives_the_same_expiry_back(self):
        shop = open_shop()
        soon, late = NOON + timedelta(days=30), NOON + timedelta(days=300)
        earn(shop.pool, 100, expires_at=soon)
        earn(shop.pool, 100, expires_at=late)
        gift = offer(shop.programme, price=120, kind="physical_gift", terms={})
        approved = take(shop.alice, shop.pool, gift, details=ADDRESS)

        cancel(redemption=approved, by=None, reason="", at=LATER)

        left = Lot.objects.open().filter(account=shop.pool)
        by_expiry = {
            expiry: sum(lot.remaining for lot in left if lot.expires_at == expiry)
            for expiry in (soon, late)
        }
        assert by_expiry == {soon: 100, late: 100}

    def test_a_member_who_left_is_refunded_to_the_pool(self):
        shop = open_shop()
        earn(shop.wallet(shop.bob), 200)
        reward = offer(shop.programme, audience="person", approval_required=True)
        waiting = take(shop.bob, shop.wallet(shop.bob), reward)
        Member.objects.filter(pk=shop.bob.pk).update(status="left", left_at=NOON)

        reject(redemption=waiting, by=None, reason="", at=LATER)

        assert (balance(shop.wallet(shop.bob)), balance(shop.pool)) == (80, 120)

    def test_a_return_takes_the_credit_back_and_refunds(self):
        shop = open_shop(points=500)
        redemption = take(shop.alice, shop.pool, offer(shop.programme))

        take_back(redemption=redemption, by=None, reason="", restocks=False, at=LATER)

        assert Entitlement.objects.get().state == "cancelled"
        assert balance(shop.pool) == 500

    def test_what_the_seller_used_cannot_be_returned(self):
        shop = open_shop(points=500)
        redemption = take(shop.alice, shop.pool, offer(shop.programme))
        Entitlement.objects.update(state="used", used_at=NOON)

        with pytest.raises(CannotBeTakenBack):
            take_back(redemption=redemption, by=None, reason="", restocks=True, at=LATER)

        redemption.refresh_from_db()
        assert (redemption.state, balance(shop.pool)) == ("fulfilled", 380)

    def test_every_move_is_an_event_of_the_member(self):
        shop = open_shop(points=500)
        redemption = take(shop.alice, shop.pool, offer(shop.programme))

        told = Event.objects.filter(kind="redemption_moved").order_by("sequence")

        assert [event.payload["to"] for event in told] == ["requested", "approved", "fulfilled"]
        assert {event.member_id for event in told} == {shop.alice.pk}
        assert told[0].payload["redemption"] == str(redemption.public_id)


STATES = [state for state in LEGAL_MOVES if state]
ACTS = {
    "approved": approve,
    "fulfilled": fulfil,
    "rejected": reject,
    "cancelled": cancel,
    "returned": lambda **given: take_back(restocks=False, **given),
}


@pytest.mark.parametrize(
    ("from_state", "to_state"),
    [pair for pair in itertools.product(STATES, ACTS) if pair[1] not in LEGAL_MOVES[pair[0]]],
)
def test_every_move_outside_the_table_is_refused(from_state, to_state):
    shop = open_shop(points=500)
    redemption = take(shop.alice, shop.pool, offer(shop.programme, approval_required=True))
    Redemption.objects.update(state=from_state)

    with pytest.raises(IllegalMove):
        ACTS[to_state](redemption=redemption, by=None, reason="", at=LATER)

    redemption.refresh_from_db()
    assert redemption.state == from_state
    assert (balance(shop.pool), available(shop.pool)) == (500, 380)


class TestWithdraw:
    def test_calls_a_request_off_as_its_taker(self):
        shop = open_shop(points=500)
        waiting = take(shop.alice, shop.pool, offer(shop.programme, approval_required=True))

        over = withdraw(redemption=waiting, by=shop.alice.person, at=LATER)

        assert (over.state, available(shop.pool)) == ("cancelled", 500)

    def test_is_over_once_somebody_approved(self):
        shop = open_shop(points=500)
        reward = offer(shop.programme, kind="physical_gift", terms={}, approval_required=True)
        waiting = take(shop.alice, shop.pool, reward, details=ADDRESS)
        approve(redemption=waiting, by=None, reason="", at=NOON)

        with pytest.raises(IllegalMove):
            withdraw(redemption=waiting, by=shop.alice.person, at=LATER)

        assert balance(shop.pool) == 380


class TestParcels:
    def gift(self, shop, **fields):
        return offer(shop.programme, kind="physical_gift", terms={}, **fields)

    def test_a_gift_is_approved_shipped_and_delivered(self):
        shop = open_shop(points=500)
        redemption = take(shop.alice, shop.pool, self.gift(shop), details=ADDRESS)
        assert redemption.state == "approved"

        shipped = ship(redemption=redemption, by=None, tracking_number="GB123", at=NOON)
        delivered = fulfil(redemption=redemption, by=None, reason="", at=LATER)

        assert (shipped.state, shipped.delivery["parcel"]) == ("approved", "shipped")
        assert (delivered.state, delivered.delivery["parcel"]) == ("fulfilled", "delivered")
        assert delivered.delivery["tracking"] == "GB123"

    def test_a_parcel_on_its_way_is_not_cancelled(self):
        shop = open_shop(points=500)
        redemption = take(shop.alice, shop.pool, self.gift(shop), details=ADDRESS)
        ship(redemption=redemption, by=None, tracking_number="GB123", at=NOON)

        with pytest.raises(CannotBeTakenBack):
            cancel(redemption=redemption, by=None, reason="", at=LATER)

        assert balance(shop.pool) == 380

    def test_a_returned_parcel_goes_back_to_stock_only_if_it_came_back(self):
        shop = open_shop(points=500)
        reward = self.gift(shop, stock=2)
        kept, back = (
            take(shop.alice, shop.pool, reward, details=ADDRESS),
            take(shop.alice, shop.pool, reward, details=ADDRESS),
        )
        for redemption, restocks in ((kept, False), (back, True)):
            fulfil(redemption=redemption, by=None, reason="", at=LATER)
            take_back(redemption=redemption, by=None, reason="", restocks=restocks, at=LATER)

        reward.refresh_from_db()
        assert reward.stock == 1

    def test_a_gift_without_an_address_is_refused_field_by_field(self):
        shop = open_shop(points=500)
        incomplete = {**ADDRESS, "city": " "}

        with pytest.raises(FieldsNotValid) as caught:
            take(shop.alice, shop.pool, self.gift(shop), details=incomplete)

        assert list(caught.value.errors) == ["city"]
        assert balance(shop.pool) == 500

    def test_only_what_is_sent_as_a_parcel_is_shipped(self):
        shop = open_shop(points=500)
        waiting = take(shop.alice, shop.pool, offer(shop.programme, approval_required=True))

        with pytest.raises(IllegalMove):
            ship(redemption=waiting, by=None, tracking_number="GB123", at=LATER)


class TestCodePools:
    def certificate(self, shop, codes, **fields):
        reward = offer(shop.programme, kind="gift_certificate", terms=CERTIFICATE, **fields)
        RewardCode.objects.bulk_create(RewardCode(reward=reward, code=code) for code in codes)
        return reward

    def test_each_redemption_gets_a_code_of_its_own(self):
        shop = open_shop(points=500)
        reward = self.certificate(shop, ["A", "B"])

        given = {take(shop.alice, shop.pool, reward).delivery["code"] for _ in range(2)}

        assert given == {"A", "B"}

    def test_refuses_when_no_code_is_left_and_moves_nothing(self):
        shop = open_shop(points=500)
        reward = self.certificate(shop, ["A"], stock=7)
        take(shop.alice, shop.pool, reward)

        with pytest.raises(OutOfStock):
            take(shop.alice, shop.pool, reward)

        reward.refresh_from_db()
        assert (balance(shop.pool), reward.stock) == (380, 6)
        assert Redemption.objects.count() == 1

    def test_a_code_set_aside_and_never_shown_goes_back_to_the_pool(self):
        shop = open_shop(points=500)
        reward = self.certificate(shop, ["A"], approval_required=True)
        waiting = take(shop.alice, shop.pool, reward)
        assert not RewardCode.objects.filter(redemption__isnull=True).exists()

        reject(redemption=waiting, by=None, reason="", at=LATER)

        assert RewardCode.objects.get().redemption is None

    def test_a_code_once_shown_is_never_taken_back(self):
        shop = open_shop(points=500)
        redemption = take(shop.alice, shop.pool, self.certificate(shop, ["A"]))

        with pytest.raises(CannotBeTakenBack):
            take_back(redemption=redemption, by=None, reason="", restocks=True, at=LATER)

        assert RewardCode.objects.get().redemption == redemption


def test_the_books_balance_after_everything_that_can_happen():
    shop = open_shop(points=1000)
    reward = offer(shop.programme, price=120, approval_required=True)
    for act in (approve, reject, cancel):
        act(redemption=take(shop.alice, shop.pool, reward), by=None, reason="", at=LATER)

    redeemed = accounts.house(shop.unit, "redeemed")
    spent = sum(Transfer.objects.filter(credit_account=redeemed).values_list("amount", flat=True))
    back = sum(Transfer.objects.filter(debit_account=redeemed).values_list("amount", flat=True))
    assert (spent, back, available(shop.pool)) == (120, 0, 880)
