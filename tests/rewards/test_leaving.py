"""Leaving a team: the wallet goes back to the pool, slice by slice, and nothing is left behind."""

import uuid
from datetime import timedelta

import pytest
from django.db import transaction

from ledger import holds
from ledger.auditing import audit
from ledger.correcting import AccountNotAdjustable, agree
from ledger.models import Account, Lot, Transfer
from partners.models import Actor, Event, Member, Partner
from partners.team import LastHeadBuyer, OnlyHeadBuyerDecides, StaleRevision, take_on
from rewards import sharing
from rewards.leaving import StillPending, deactivate, find_obstacles
from rewards.models import Redemption
from rewards.redeeming import reject
from tests.ledger.corrections import DECIDING, adjust, make_staff
from tests.rewards.cast import NOON, Shop, available, balance, earn, offer, open_shop, owe, take

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(days=1)


@pytest.fixture
def shop() -> Shop:
    return open_shop(points=500)


def as_head(shop: Shop) -> Actor:
    return Actor(person=shop.alice.person, member=shop.alice)


def let_go(shop: Shop, member: Member | None = None, **given):
    return deactivate(member=member or shop.bob, **{"by": as_head(shop), "at": LATER, **given})


def share_with_bob(shop: Shop, amount: int) -> None:
    sharing.share(
        head_buyer=shop.alice,
        programme=shop.programme,
        amount=amount,
        method="equal",
        parts=[sharing.PartDraft(member_id=shop.bob.pk, amount=amount)],
        reason="Thank you",
        request_id=uuid.uuid4(),
        shared_at=NOON,
    )


class TestTheWallet:
    def test_goes_back_with_origin_and_expiry_and_the_books_agree(self, shop):
        soon = NOON + timedelta(days=9)
        first = earn(shop.wallet(shop.bob), 30, expires_at=soon)
        earn(shop.wallet(shop.bob), 12)

        left = let_go(shop)

        assert left.returned == {shop.unit.code: 42}
        assert balance(shop.wallet(shop.bob)) == 0
        assert balance(shop.pool) == 542
        came = Lot.objects.get(account=shop.pool, origin=first)
        assert (came.remaining, came.expires_at) == (30, soon)
        moved = Transfer.objects.get(kind="leave")
        assert (moved.amount, moved.reference) == (42, str(shop.bob.public_id))
        returned = Event.objects.get(kind="wallet_returned")
        assert (returned.payload["amount"], returned.member) == (42, shop.bob)
        assert audit(as_of=LATER).divergences == ()

    def test_leaves_nothing_behind_not_even_what_has_expired(self, shop):
        earn(shop.wallet(shop.bob), 30, expires_at=NOON + timedelta(hours=1))

        let_go(shop)

        assert balance(shop.wallet(shop.bob)) == 0

    def test_repays_a_debt_first(self, shop):
        take(shop.alice, shop.pool, offer(shop.programme, price=500))
        owe(shop, 10)
        earn(shop.wallet(shop.bob), 42)

        let_go(shop)

        assert balance(shop.pool) == 32
        assert audit(as_of=LATER).divergences == ()

    def test_goes_back_once(self, shop):
        earn(shop.wallet(shop.bob), 42)
        first = let_go(shop)

        again = let_go(shop, at=LATER + timedelta(hours=1))

        assert again.returned == first.returned
        assert again.member.left_at == LATER
        assert Event.objects.filter(kind="member_left").count() == 1

    def test_who_comes_back_may_leave_again(self, shop):
        earn(shop.wallet(shop.bob), 42)
        let_go(shop)
        with transaction.atomic():
            Partner.objects.lock([shop.partner.pk])
            take_on(
                partner=shop.partner,
                person=shop.bob.person,
                role="buyer",
                job_title="",
                by=Actor(),
                at=LATER,
            )
        share_with_bob(shop, 7)

        assert let_go(shop, at=LATER + timedelta(days=1)).returned == {shop.unit.code: 7}
        assert balance(shop.wallet(shop.bob)) == 0


class TestWhatStandsInTheWay:
    @pytest.fixture
    def requested(self, shop) -> Redemption:
        earn(shop.wallet(shop.bob), 200)
        reward = offer(shop.programme, audience="person", price=120, approval_required=True)
        return take(shop.bob, shop.wallet(shop.bob), reward)

    def test_is_named_and_nothing_moves(self, shop, requested):
        held = holds.place(
            account=shop.wallet(shop.bob), amount=5, request_key="till", placed_at=NOON
        )

        with pytest.raises(StillPending) as refusal:
            let_go(shop)

        assert refusal.value.redemptions == [str(requested.public_id)]
        assert refusal.value.holds == [str(held.public_id)]
        assert Member.objects.get(pk=shop.bob.pk).status == "active"
        assert available(shop.wallet(shop.bob)) == 75

    def test_is_withdrawn_where_that_is_said(self, shop, requested):
        holds.place(account=shop.wallet(shop.bob), amount=5, request_key="till", placed_at=NOON)

        left = let_go(shop, withdraws_pending=True)

        requested.refresh_from_db()
        assert requested.state == "cancelled"
        assert left.returned == {shop.unit.code: 200}
        assert not find_obstacles(shop.bob).count
        assert Account.objects.get(pk=shop.wallet(shop.bob).pk).held == 0
        assert audit(as_of=LATER).divergences == ()

    def test_is_no_longer_there_once_it_is_decided(self, shop, requested):
        reject(redemption=requested, by=None, reason="", at=NOON)

        assert let_go(shop).returned == {shop.unit.code: 200}

    def test_what_is_delivered_stays_and_its_refund_goes_to_the_pool(self, shop):
        earn(shop.wallet(shop.bob), 10)
        taken = take(
            shop.bob, shop.wallet(shop.bob), offer(shop.programme, audience="person", price=10)
        )

        let_go(shop)

        assert Redemption.objects.get(pk=taken.pk).state == "fulfilled"


class TestAfterwards:
    def test_nothing_is_put_into_the_wallet_any_more(self, shop):
        dana = make_staff()
        waiting = adjust(dana, shop.wallet(shop.bob), 7)
        left = let_go(shop)
        second = make_staff(may=DECIDING)

        with pytest.raises(AccountNotAdjustable):
            agree(correction=waiting, by=second, at=LATER)
        with pytest.raises(AccountNotAdjustable):
            adjust(dana, shop.wallet(left.member), 7)
        assert balance(shop.wallet(shop.bob)) == 0


class TestWho:
    def test_the_only_head_buyer_stays_and_nothing_moves(self, shop):
        earn(shop.wallet(shop.alice), 42)

        with pytest.raises(LastHeadBuyer):
            let_go(shop, shop.alice)

        assert balance(shop.wallet(shop.alice)) == 42

    def test_a_buyer_takes_nobody_off_the_team(self, shop):
        with pytest.raises(OnlyHeadBuyerDecides):
            let_go(shop, shop.vera, by=Actor(person=shop.bob.person, member=shop.bob))

    def test_a_stale_page_takes_nobody_off_the_team(self, shop):
        Member.objects.filter(pk=shop.bob.pk).update(revision=2)

        with pytest.raises(StaleRevision):
            let_go(shop, revision=1)
