"""The last one in stock, the last code, the same form pressed by ten hands: given once."""

import threading
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from ledger.auditing import audit
from partners.models import Member
from rewards.models import Redemption, Reward, RewardCode, Share
from rewards.redeeming import (
    IllegalMove,
    LimitReached,
    OutOfStock,
    RequestIdReused,
    approve,
    cancel,
    reject,
    requesting,
    withdraw,
)
from rewards.redeeming.lapsing import lapse
from rewards.sharing import InsufficientPoints, NothingLeftToUndo, undo
from tests.rewards.cast import (
    NOON,
    Shop,
    available,
    balance,
    earn,
    join,
    make_partner,
    offer,
    open_shop,
    take,
)
from tests.rewards.portal import open_shop_today, redeem_form, sign_in
from tests.rewards.test_share_page import give, share_form
from tests.threads import Outcome, run_at_once

pytestmark = [pytest.mark.chaos, pytest.mark.django_db]

PEOPLE = 16
CERTIFICATE = {"amount": "25.00", "shop": "Book shop", "valid_days": 730}


def rounds(request, *, at_full_size: int) -> int:
    return at_full_size if request.config.getoption("long") else 3


def open_rivals(count: int) -> list[Shop]:
    """So many partners in one programme, each with its head buyer and a full pool."""
    first = open_shop(points=1_000_000)
    rivals = [first]
    for number in range(1, count):
        partner = make_partner(first.programme, f"9{number:04}")
        alice = join(partner, "Alice", Member.Role.HEAD_BUYER)
        rivals.append(Shop(first.programme, partner, alice, alice, alice))
        earn(rivals[-1].pool, 1_000_000)
    return rivals


def try_to_take(shop: Shop, reward: Reward, **given) -> str:
    try:
        with transaction.atomic():
            take(shop.alice, shop.pool, reward, **given)
    except (OutOfStock, LimitReached, InsufficientPoints) as refusal:
        return refusal.code
    return "taken"


def errors(outcomes: list[Outcome]) -> list[Exception]:
    return [outcome.error for outcome in outcomes if outcome.error is not None]


def count_answers(outcomes: list[Outcome]) -> Counter:
    assert errors(outcomes) == []
    return Counter(outcome.answer for outcome in outcomes)


def assert_sound() -> None:
    assert audit(as_of=datetime(2030, 1, 1, tzinfo=UTC)).divergences == ()


class TestTheLastOne:
    def test_in_stock_is_given_once_in_every_round(self, request):
        rivals = open_rivals(PEOPLE)
        reward = offer(rivals[0].programme, price=10)

        for round_number in range(1, rounds(request, at_full_size=200) + 1):
            Reward.objects.update(stock=1)
            outcomes = run_at_once(PEOPLE, lambda place: try_to_take(rivals[place], reward))

            assert count_answers(outcomes) == {"taken": 1, "out_of_stock": PEOPLE - 1}
            spent = sum(1_000_000 - balance(rival.pool) for rival in rivals)
            assert spent == round_number * 10
            assert Reward.objects.get().stock == 0
        assert_sound()

    def test_code_is_given_once_and_no_code_twice(self):
        rivals = open_rivals(PEOPLE)
        reward = offer(rivals[0].programme, price=10, kind="gift_certificate", terms=CERTIFICATE)
        RewardCode.objects.bulk_create(
            RewardCode(reward=reward, code=f"BOOK-{number}") for number in range(5)
        )

        outcomes = run_at_once(PEOPLE, lambda place: try_to_take(rivals[place], reward))

        assert count_answers(outcomes) == {"taken": 5, "out_of_stock": PEOPLE - 5}
        given = [redemption.delivery["code"] for redemption in Redemption.objects.all()]
        assert sorted(given) == [f"BOOK-{number}" for number in range(5)]
        assert_sound()

    def test_of_a_partners_limit_is_given_once(self):
        shop = open_shop(points=10_000)
        reward = offer(shop.programme, price=10, limit_per_partner=3)

        outcomes = run_at_once(PEOPLE, lambda _place: try_to_take(shop, reward))

        assert count_answers(outcomes) == {"taken": 3, "limit_reached": PEOPLE - 3}
        assert balance(shop.pool) == 10_000 - 30

    @pytest.mark.control
    @pytest.mark.pg
    def test_would_be_given_to_two_if_stock_were_read_and_then_written(self, monkeypatch):
        """SQLite has one writer at a time, so there the transaction itself is the guard."""
        rivals = open_rivals(2)
        reward = offer(rivals[0].programme, price=10, stock=1)
        both_have_read = threading.Barrier(2)

        def read_and_then_write(seen: Reward) -> None:
            if not seen.stock:
                raise OutOfStock
            both_have_read.wait(timeout=30)
            Reward.objects.filter(pk=seen.pk).update(stock=seen.stock - 1)

        monkeypatch.setattr(requesting, "_take_stock", read_and_then_write)

        outcomes = run_at_once(2, lambda place: try_to_take(rivals[place], reward))

        assert count_answers(outcomes) == {"taken": 2}


class TestTheSameForm:
    def test_redeems_once_however_often_it_is_posted(self):
        shop = open_shop_today(points=500)
        reward = offer(shop.programme, price=120, stock=50)
        address, form = reverse("rewards:reward", args=[reward.slug]), redeem_form(reward)
        clients = [sign_in(shop.alice) for _ in range(10)]

        outcomes = run_at_once(10, lambda place: clients[place].post(address, form).url)

        taken = Redemption.objects.get()
        receipt = reverse("rewards:redemption", args=[taken.public_id])
        assert count_answers(outcomes) == {receipt: 10}
        assert balance(shop.pool) == 380
        assert Reward.objects.get().stock == 49

    def test_shares_once_however_often_it_is_posted(self):
        shop = open_shop_today(points=500)
        form = share_form(shop, {shop.bob: 100, shop.alice: 20})
        clients = [sign_in(shop.alice) for _ in range(10)]

        outcomes = run_at_once(
            10, lambda place: clients[place].post(reverse("rewards:share"), form).url
        )

        receipt = reverse("rewards:share-receipt", args=[Share.objects.get().public_id])
        assert count_answers(outcomes) == {receipt: 10}
        assert (balance(shop.pool), balance(shop.wallet(shop.bob))) == (380, 100)

    def test_with_one_id_for_two_rewards_gives_one_of_them(self):
        shop = open_shop(points=500)
        rewards = [offer(shop.programme, price=10) for _ in range(2)]
        request_id = uuid.uuid4()

        def ask(place: int) -> str:
            try:
                return try_to_take(shop, rewards[place], request_id=request_id)
            except RequestIdReused as refusal:
                return refusal.code

        assert count_answers(run_at_once(2, ask)) == {"taken": 1, "request_id_reused": 1}
        assert balance(shop.pool) == 490


class TestOnePool:
    def test_is_redeemed_and_shared_at_once_and_never_below_zero(self):
        shop = open_shop(points=100)
        reward = offer(shop.programme, price=15)

        def spend(place: int) -> str:
            if place % 2:
                return try_to_take(shop, reward)
            try:
                with transaction.atomic():
                    give(shop, {shop.bob: 15}, at=timezone.now())
            except InsufficientPoints as refusal:
                return refusal.code
            return "shared"

        outcomes = count_answers(run_at_once(PEOPLE, spend))

        assert outcomes["taken"] + outcomes["shared"] == 6
        assert outcomes["insufficient_points"] == PEOPLE - 6
        assert balance(shop.pool) == 10
        assert_sound()

    def test_undoing_a_share_while_its_points_are_spent_loses_and_makes_nothing(self):
        shop = open_shop(points=100)
        made = give(shop, {shop.bob: 100}, at=timezone.now())
        reward = offer(shop.programme, price=15, audience="person")
        later = timezone.now() + timedelta(hours=1)

        def act(place: int) -> str:
            try:
                with transaction.atomic():
                    if place == 0:
                        undo(share=made, by=shop.alice, at=later)
                        return "undone"
                    take(shop.bob, shop.wallet(shop.bob), reward, redeemed_at=later)
            except (InsufficientPoints, NothingLeftToUndo) as refusal:
                return refusal.code
            return "taken"

        outcomes = count_answers(run_at_once(6, act))

        assert outcomes["undone"] == 1
        spent = outcomes["taken"] * 15
        assert balance(shop.pool) == 100 - spent
        assert balance(shop.wallet(shop.bob)) == 0
        assert_sound()


class TestARequestThatWaits:
    """A hold ends once: whoever comes first decides, and everybody else is told."""

    def decide(self, waiting: Redemption, at: datetime, place: int) -> str:
        moves = (approve, reject, cancel, withdraw)
        try:
            with transaction.atomic():
                if place == len(moves):
                    return "lapsed" if lapse_all(waiting, at) else "left"
                move = moves[place % len(moves)]
                by = (
                    {"by": waiting.member.person}
                    if move is withdraw
                    else {"by": None, "reason": ""}
                )
                return move(redemption=waiting, at=at, **by).state
        except IllegalMove as refusal:
            return refusal.code

    @pytest.mark.parametrize("when", ["in time", "too late"])
    def test_ends_once_whoever_decides(self, request, when):
        shop = open_shop(points=100_000)
        reward = offer(shop.programme, price=100, approval_required=True, stock=1_000)
        ended: Counter = Counter()
        for round_number in range(1, rounds(request, at_full_size=100) + 1):
            waiting = take(shop.alice, shop.pool, reward)
            late = timedelta(days=31 if when == "too late" else 1)

            outcomes = run_at_once(
                5, lambda place, one=waiting, at=NOON + late: self.decide(one, at, place)
            )

            answers = count_answers(outcomes)
            [over] = answers.keys() - {"illegal_move", "left"}
            assert answers[over] == 1
            ended[over] += 1
            stored = Redemption.objects.select_related("hold").get(pk=waiting.pk)
            assert stored.hold.state != "open"
            spent = ended["approved"] + ended["fulfilled"]
            assert balance(shop.pool) == available(shop.pool) == 100_000 - 100 * spent
            assert Reward.objects.get().stock == 1_000 - spent
            assert round_number == sum(ended.values())
        assert_sound()

    def test_is_captured_by_one_of_many_approvals(self):
        shop = open_shop(points=1_000)
        waiting = take(shop.alice, shop.pool, offer(shop.programme, approval_required=True))

        outcomes = run_at_once(
            PEOPLE, lambda _place: self.decide(waiting, NOON + timedelta(days=1), 0)
        )

        assert count_answers(outcomes) == {"fulfilled": 1, "illegal_move": PEOPLE - 1}
        assert balance(shop.pool) == 880
        assert_sound()


def lapse_all(waiting: Redemption, at: datetime) -> int:
    return lapse(programme=waiting.reward.programme, as_of=at).redemptions
