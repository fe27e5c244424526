"""Shares sum exactly, keep the life of points, and come back while nobody has spent them."""

import itertools
import uuid
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.models import Lot
from partners.models import Event, Member
from rewards.models import Share
from rewards.sharing import (
    DebtOutstanding,
    InsufficientPoints,
    LimitsTooTight,
    NothingLeftToUndo,
    NothingToSplitBy,
    NotOnTheTeam,
    OnlyHeadBuyerShares,
    PartDraft,
    ProgrammeNotLive,
    ReasonMissing,
    RequestIdReused,
    SelfShareNotAllowed,
    SharesDoNotSum,
    UndoTooLate,
    propose,
    share,
    undo,
)
from tests.rewards.cast import NOON, balance, earn, join, make_partner, offer, open_shop, owe, take

LATER = NOON + timedelta(days=3)
amounts = st.integers(0, 10**12)
weight_lists = st.lists(st.integers(0, 10**6), min_size=1, max_size=30).filter(any)


class TestPropose:
    @given(amount=amounts, weights=weight_lists)
    def test_sums_exactly(self, amount, weights):
        assert sum(propose(amount=amount, method="weights", weights=weights)) == amount

    @given(amount=amounts, weights=weight_lists)
    def test_is_less_than_one_unit_from_the_exact_part(self, amount, weights):
        shares = propose(amount=amount, method="weights", weights=weights)

        whole = sum(weights)
        # |share - amount * weight / whole| < 1, without a division.
        assert all(
            abs(share * whole - amount * weight) < whole
            for share, weight in zip(shares, weights, strict=True)
        )

    @given(amount=amounts, weights=weight_lists)
    def test_never_gives_less_for_a_greater_weight(self, amount, weights):
        shares = propose(amount=amount, method="weights", weights=weights)

        by_weight = sorted(zip(weights, shares, strict=True))
        assert all(
            lighter[1] <= heavier[1]
            for lighter, heavier in itertools.pairwise(by_weight)
            if lighter[0] < heavier[0]
        )

    @given(amount=amounts, weights=weight_lists, factor=st.integers(1, 1000))
    def test_depends_on_proportions_alone_and_is_the_same_each_time(self, amount, weights, factor):
        first = propose(amount=amount, method="weights", weights=weights)
        again = propose(
            amount=amount, method="weights", weights=[weight * factor for weight in weights]
        )

        assert first == again

    @given(amount=amounts, people=st.integers(1, 40))
    def test_equal_parts_differ_by_at_most_one_and_the_first_get_it(self, amount, people):
        shares = propose(amount=amount, method="equal", weights=[0] * people)

        assert sum(shares) == amount
        assert shares == sorted(shares, reverse=True)
        assert max(shares) - min(shares) <= 1

    @given(data=st.data(), amount=st.integers(0, 10**6), weights=weight_lists)
    def test_keeps_limits_and_still_sums(self, data, amount, weights):
        limits = data.draw(
            st.lists(
                st.none() | st.integers(0, 10**6), min_size=len(weights), max_size=len(weights)
            )
        )
        given_to = [place for place, weight in enumerate(weights) if weight]
        room = sum(limits[place] or 0 for place in given_to)
        is_enough = any(limits[place] is None for place in given_to) or room >= amount

        if not is_enough:
            with pytest.raises(LimitsTooTight) as caught:
                propose(amount=amount, method="weights", weights=weights, limits=limits)
            assert caught.value.missing == amount - room
            return
        shares = propose(amount=amount, method="weights", weights=weights, limits=limits)
        assert sum(shares) == amount
        assert all(
            limit is None or part <= limit for part, limit in zip(shares, limits, strict=True)
        )

    def test_gives_nothing_to_a_weight_of_zero(self):
        assert propose(amount=10, method="weights", weights=[1, 0, 1]) == [5, 0, 5]

    def test_splits_three_thousand_by_the_weights_of_the_design(self):
        weights = [98, 87, 46, 76, 84, 58, 70, 94]

        assert propose(amount=3000, method="weights", weights=weights) == [
            480,
            426,
            225,
            372,
            411,
            284,
            342,
            460,
        ]

    def test_proposes_nothing_by_hand(self):
        assert propose(amount=10, method="by_hand", weights=[1, 2]) == [0, 0]

    def test_refuses_an_amount_below_zero(self):
        with pytest.raises(ValueError, match="never takes back"):
            propose(amount=-1, method="equal", weights=[1])

    def test_refuses_weights_that_are_all_zero(self):
        with pytest.raises(NothingToSplitBy):
            propose(amount=10, method="weights", weights=[0, 0])


def give(shop, parts, **given_fields):
    """Share by hand: ``parts`` maps members to amounts, or lists drafts."""
    drafts = parts
    if isinstance(parts, dict):
        drafts = [PartDraft(member_id=member.pk, amount=amount) for member, amount in parts.items()]
    return share(
        **{
            "head_buyer": shop.alice,
            "programme": shop.programme,
            "amount": sum(draft.amount for draft in drafts),
            "method": "by_hand",
            "parts": drafts,
            "reason": "Early Christmas orders",
            "request_id": uuid.uuid4(),
            "shared_at": NOON,
            **given_fields,
        }
    )


@pytest.mark.django_db
class TestShare:
    def test_moves_the_parts_from_the_pool_into_wallets(self):
        shop = open_shop(points=500)

        made = give(shop, {shop.bob: 120, shop.alice: 30})

        assert balance(shop.pool) == 350
        assert (balance(shop.wallet(shop.bob)), balance(shop.wallet(shop.alice))) == (120, 30)
        assert sum(part.amount for part in made.parts.all()) == made.amount == 150

    def test_keeps_the_expiry_and_origin_of_points(self):
        shop = open_shop()
        expires_at = NOON + timedelta(days=30)
        earned = earn(shop.pool, 100, expires_at=expires_at)

        give(shop, {shop.bob: 40})

        lot = Lot.objects.get(account=shop.wallet(shop.bob))
        assert (lot.remaining, lot.expires_at, lot.origin) == (40, expires_at, earned)

    def test_moves_nothing_the_second_time_for_the_same_request(self):
        shop = open_shop(points=500)
        request_id = uuid.uuid4()

        first = give(shop, {shop.bob: 120}, request_id=request_id)
        second = give(shop, {shop.bob: 120}, request_id=request_id)

        assert first == second
        assert balance(shop.pool) == 380

    def test_refuses_a_request_id_that_stands_for_another_amount(self):
        shop = open_shop(points=500)
        request_id = uuid.uuid4()
        give(shop, {shop.bob: 120}, request_id=request_id)

        with pytest.raises(RequestIdReused):
            give(shop, {shop.bob: 121}, request_id=request_id)

    @pytest.mark.parametrize(("amount", "missing"), [(151, 1), (149, -1), (0, -150)])
    def test_refuses_parts_that_do_not_sum_and_says_the_difference(self, amount, missing):
        shop = open_shop(points=500)

        with pytest.raises(SharesDoNotSum) as caught:
            give(shop, {shop.bob: 150}, amount=amount)

        assert caught.value.missing == missing
        assert balance(shop.pool) == 500

    def test_refuses_a_part_below_zero_even_if_the_sum_is_right(self):
        shop = open_shop(points=500)

        with pytest.raises(SharesDoNotSum):
            give(shop, {shop.bob: 150, shop.alice: -50})

        assert balance(shop.pool) == 500

    def test_refuses_more_than_the_pool_holds(self):
        shop = open_shop(points=100)

        with pytest.raises(InsufficientPoints) as caught:
            give(shop, {shop.bob: 60, shop.alice: 41})

        assert caught.value.needed - caught.value.available == 1
        assert balance(shop.pool) == 100
        assert not Share.objects.exists()

    @pytest.mark.parametrize("who", ["bob", "vera"])
    def test_only_the_head_buyer_shares(self, who):
        shop = open_shop(points=500)

        with pytest.raises(OnlyHeadBuyerShares):
            give(shop, {shop.bob: 10}, head_buyer=getattr(shop, who))

    def test_refuses_who_is_not_an_active_buyer_of_this_partner(self):
        shop = open_shop(points=500)
        gone = join(shop.partner, "Gone", status="left", left_at=NOON)
        stranger = join(make_partner(shop.programme, "99999"), "Charlie", "head_buyer")

        for outsider in (gone, stranger, shop.vera):
            with pytest.raises(NotOnTheTeam) as caught:
                give(shop, {shop.bob: 10, outsider: 10})
            assert caught.value.member_ids == [outsider.pk]

        assert balance(shop.pool) == 500

    def test_counts_each_member_once(self):
        shop = open_shop(points=500)
        twice = [PartDraft(member_id=shop.bob.pk, amount=5)] * 2

        with pytest.raises(NotOnTheTeam):
            give(shop, twice, amount=10)

    def test_needs_a_reason(self):
        shop = open_shop(points=500)

        with pytest.raises(ReasonMissing):
            give(shop, {shop.bob: 10}, reason="  ")

    def test_does_not_share_while_points_are_owed(self):
        shop = open_shop()
        owe(shop, 40)

        with pytest.raises(DebtOutstanding) as caught:
            give(shop, {shop.bob: 10})

        assert caught.value.owed == 40

    def test_needs_a_running_programme(self):
        shop = open_shop(points=500)
        shop.programme.status = "closed"

        with pytest.raises(ProgrammeNotLive):
            give(shop, {shop.bob: 10})

    def test_needs_a_programme_that_has_not_ended(self):
        shop = open_shop(points=500)
        shop.programme.ends_on = NOON.date()

        with pytest.raises(ProgrammeNotLive):
            give(shop, {shop.bob: 10})

    def test_to_oneself_is_refused_where_the_programme_says_so(self):
        shop = open_shop(points=500, share_to_self=False)

        with pytest.raises(SelfShareNotAllowed):
            give(shop, {shop.bob: 10, shop.alice: 10})

        assert give(shop, {shop.bob: 10, shop.alice: 0}).amount == 10

    def test_tells_the_company_once_and_each_member_their_part(self):
        shop = open_shop(points=500)

        made = give(shop, {shop.bob: 120, shop.alice: 30})

        told = Event.objects.filter(kind__in=("points_shared", "share_received"))
        company = told.get(kind="points_shared")
        assert company.payload == {
            "share": str(made.public_id),
            "unit": shop.unit.code,
            "amount": 150,
            "people": 2,
        }
        personal = {event.member_id: event.payload["amount"] for event in told if event.member_id}
        assert personal == {shop.alice.pk: 30, shop.bob.pk: 120}


@pytest.mark.django_db
class TestUndo:
    def test_brings_everything_back_while_nothing_is_spent(self):
        shop = open_shop(points=500)
        made = give(shop, {shop.bob: 120, shop.alice: 30})

        undone = undo(share=made, by=shop.alice, at=LATER)

        assert (undone.returned, undone.kept) == (150, {})
        assert (balance(shop.pool), balance(shop.wallet(shop.bob))) == (500, 0)
        assert undone.share.state == "undone"

    def test_says_what_was_spent_and_stays(self):
        shop = open_shop(points=500)
        made = give(shop, {shop.bob: 150, shop.alice: 30})
        take(shop.bob, shop.wallet(shop.bob), offer(shop.programme, audience="person"))

        undone = undo(share=made, by=shop.alice, at=LATER)

        assert (undone.returned, undone.kept) == (60, {shop.bob.pk: 120})
        assert balance(shop.pool) == 380

    def test_takes_only_the_points_of_this_share(self):
        shop = open_shop()
        soon = earn(shop.pool, 100, expires_at=NOON + timedelta(days=30))
        earlier = give(shop, {shop.bob: 100})
        earn(shop.pool, 50, expires_at=NOON + timedelta(days=300))
        made = give(shop, {shop.bob: 50})

        undo(share=made, by=shop.alice, at=LATER)

        left = Lot.objects.open().get(account=shop.wallet(shop.bob))
        assert (left.remaining, left.origin, left.opened_by) == (
            100,
            soon,
            earlier.parts.get().transfer,
        )

    def test_twice_moves_nothing_more(self):
        shop = open_shop(points=500)
        made = give(shop, {shop.bob: 120})
        first = undo(share=made, by=shop.alice, at=LATER)

        second = undo(share=made, by=shop.alice, at=LATER)

        assert (second.returned, second.kept) == (first.returned, first.kept)
        assert balance(shop.pool) == 500

    @pytest.mark.parametrize(("seconds", "is_open"), [(-1, True), (0, False)])
    def test_is_open_until_the_very_moment(self, seconds, is_open):
        shop = open_shop(points=500)
        made = give(shop, {shop.bob: 120})
        at = made.undo_until + timedelta(seconds=seconds)

        if is_open:
            assert undo(share=made, by=shop.alice, at=at).returned == 120
        else:
            with pytest.raises(UndoTooLate) as caught:
                undo(share=made, by=shop.alice, at=at)
            assert caught.value.undo_until == made.undo_until

    def test_has_nothing_to_bring_back_when_all_is_spent(self):
        shop = open_shop(points=120)
        made = give(shop, {shop.bob: 120})
        take(shop.bob, shop.wallet(shop.bob), offer(shop.programme, audience="person"))

        with pytest.raises(NothingLeftToUndo):
            undo(share=made, by=shop.alice, at=LATER)

    @pytest.mark.parametrize("who", ["bob", "vera", "charlie"])
    def test_only_this_partners_head_buyer_undoes(self, who):
        shop = open_shop(points=500)
        charlie = join(make_partner(shop.programme, "99999"), "Charlie", Member.Role.HEAD_BUYER)
        made = give(shop, {shop.bob: 120})

        with pytest.raises(OnlyHeadBuyerShares):
            undo(share=made, by=charlie if who == "charlie" else getattr(shop, who), at=LATER)

        assert balance(shop.wallet(shop.bob)) == 120
