"""Many hands at one hold, and at a lot that expires: each point goes one way, and goes it once."""

import random
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import F, Sum

from ledger import expiring, posting, reading, retiring
from ledger.auditing import audit
from ledger.expiring import expire
from ledger.lapsing import lapse
from ledger.models import Hold, Lot, Transfer
from ledger.posting import ChangedMeanwhile, HoldEnded, InsufficientPoints, post
from tests.chaos.test_bank import assert_sound, door, errors
from tests.factories import NOON
from tests.ledger.entries import Till, balance, held, open_till, post_all
from tests.threads import run_at_once

pytestmark = [pytest.mark.chaos, pytest.mark.django_db]

MAY = datetime(2026, 5, 1, tzinfo=UTC)
LAST_MOMENT = MAY - timedelta(seconds=1)
PEOPLE = 32


def redeemed() -> int:
    return Transfer.objects.filter(kind="redeem").aggregate(sum=Sum("amount"))["sum"] or 0


class TestEndingOnce:
    def test_every_hold_is_captured_released_or_lapses_and_nothing_twice(self, request):
        till = open_till()
        count = 500 if request.config.getoption("long") else 20
        placed = post_all(till.earn(count * 10), *(till.reserve(10) for _ in range(count)))
        holds = [one.hold for one in placed[1:]]

        def end(number: int) -> Counter[int]:
            """Try each of them, in an order of one's own; return how often one did it."""
            chance = random.Random(number)
            done: Counter[int] = Counter()
            for hold in chance.sample(holds, len(holds)):
                instruction = chance.choice(
                    [
                        till.capture(hold, amount=chance.randint(1, 10)),
                        till.capture(hold),
                        till.release(hold),
                        till.release(hold, lapses=True),
                    ]
                )
                try:
                    with door(till):
                        [posted] = post([instruction], posted_at=NOON)
                except HoldEnded:
                    continue
                done[hold.pk] += not posted.replayed
            return done

        outcomes = run_at_once(PEOPLE, end)

        assert errors(outcomes) == []
        done = sum((outcome.answer for outcome in outcomes), Counter())
        assert done == dict.fromkeys((hold.pk for hold in holds), 1)
        assert not Hold.objects.open().exists()
        captured = Hold.objects.aggregate(sum=Sum("captured"))["sum"]
        assert redeemed() == captured
        assert (balance(till.pool), held(till.pool)) == (count * 10 - captured, 0)
        assert_sound()

    def test_the_night_and_a_decision_at_the_same_moment(self):
        till = open_till()
        placed = post_all(till.earn(120), *(till.reserve(10, lapses_at=MAY) for _ in range(12)))
        holds = [one.hold for one in placed[1:]]

        def decide_or_lapse(number: int) -> int:
            if number >= len(holds):
                with transaction.atomic():
                    return lapse(as_of=MAY).holds
            try:
                with door(till):
                    capture = till.capture(holds[number], occurred_at=LAST_MOMENT)
                    post([capture], posted_at=LAST_MOMENT)
            except HoldEnded:
                return 0
            return 1

        outcomes = run_at_once(len(holds) + 3, decide_or_lapse)

        assert errors(outcomes) == []
        assert sum(outcome.answer for outcome in outcomes) == len(holds)
        states = Counter(Hold.objects.values_list("state", flat=True))
        assert states["captured"] * 10 == redeemed()
        assert states["captured"] + states["lapsed"] == len(holds)
        assert_sound()


class TestExpiry:
    def test_each_point_of_a_lot_is_spent_or_expires_once(self, request):
        for _round in range(20 if request.config.getoption("long") else 2):
            till = open_till()
            lots = [till.earn(7, expires_at=MAY) for _ in range(20)]
            placed = post_all(*lots, till.reserve(30))
            before = redeemed()

            def spend_or_retire(number: int, till=till, hold=placed[-1].hold) -> int:
                if number % 5 == 0:
                    with transaction.atomic():
                        return expire(as_of=MAY, unit=till.unit).amount
                spend = till.redeem(9) if number != 1 else till.capture(hold)
                try:
                    with door(till):
                        [posted] = post([spend], posted_at=LAST_MOMENT)
                except InsufficientPoints:
                    return 0
                return posted.transfer.amount

            outcomes = run_at_once(16, spend_or_retire)

            assert errors(outcomes) == []
            assert sum(outcome.answer for outcome in outcomes) == 140
            expired = Transfer.objects.filter(debit_account=till.pool, kind="expire")
            retired = expired.aggregate(sum=Sum("amount"))["sum"] or 0
            assert retired + redeemed() - before == 140
            assert redeemed() - before >= 30, "what was held was captured"
            used = Lot.objects.filter(account=till.pool).annotate(used=Sum("uses__amount"))
            assert not used.exclude(used=F("amount")).exists()
        assert_sound()


class TestControls:
    """What the lock is for: the same capture without it."""

    PEOPLE = 8

    @pytest.fixture
    def till(self) -> Till:
        return open_till()

    @pytest.fixture
    def hold(self, till) -> Hold:
        return post_all(till.earn(10), till.reserve(10))[1].hold

    @pytest.fixture(autouse=True)
    def _unlocked(self, hold, monkeypatch) -> None:
        """Nobody locks, and only when everybody has read does anybody write."""
        everybody_has_read = threading.Barrier(self.PEOPLE)
        write = posting.write

        def write_after_all_have_read(book):
            everybody_has_read.wait(timeout=60)
            write(book)

        def read_without_transaction(batch):
            return reading.lock_and_read(
                accounts=[account for one in batch for account in one.accounts],
                keys=[key for one in batch for key in one.keys],
                lots_of={one.accounts[0].pk for one in batch},
            )

        monkeypatch.setattr(posting, "lock_and_read", read_without_transaction)
        monkeypatch.setattr(reading, "row_lock", lambda: "")
        monkeypatch.setattr(posting, "write", write_after_all_have_read)

    @pytest.mark.control
    def test_without_lock_and_transaction_everybody_captures_the_same_hold(self, till, hold):
        """On SQLite the transaction is the lock, so that both go."""
        outcomes = run_at_once(
            self.PEOPLE, lambda _number: post([till.capture(hold)], posted_at=NOON)
        )

        assert all(isinstance(error, ChangedMeanwhile) for error in errors(outcomes))
        assert Transfer.objects.filter(kind="redeem").count() == self.PEOPLE
        assert "balance_differs_from_journal" in {one.kind for one in audit(as_of=MAY).divergences}

    @pytest.mark.control
    @pytest.mark.pg
    def test_without_row_locks_the_last_guard_refuses_all_but_one(self, till, hold):
        def capture(_number: int) -> None:
            with transaction.atomic():
                post([till.capture(hold)], posted_at=NOON)

        outcomes = run_at_once(self.PEOPLE, capture)

        assert len(errors(outcomes)) == self.PEOPLE - 1
        assert {type(error) for error in errors(outcomes)} == {ChangedMeanwhile}
        assert (redeemed(), held(till.pool)) == (10, 0)
        assert_sound()


class TestExpiryControls:
    """The night and somebody who spends have both read the lot before either of them writes."""

    @pytest.fixture
    def till(self) -> Till:
        till = open_till()
        post_all(till.earn(10, expires_at=MAY))
        return till

    @pytest.fixture(autouse=True)
    def _unlocked(self, till, monkeypatch) -> None:
        both_have_read = threading.Barrier(2)

        def after_both_have_read(step):
            def wait(*given, **options):
                both_have_read.wait(timeout=60)
                return step(*given, **options)

            return wait

        for module in (reading, retiring):
            monkeypatch.setattr(module, "row_lock", lambda: "")
        monkeypatch.setattr(posting, "write", after_both_have_read(posting.write))
        monkeypatch.setattr(expiring, "retire", after_both_have_read(expiring.retire))

    @pytest.mark.control
    def test_without_lock_and_transaction_the_lot_is_spent_and_expires(self, till, monkeypatch):
        read_for_expiry = expiring.lock_and_read

        def read_in_a_transaction(**wanted):
            with transaction.atomic():
                return read_for_expiry(**wanted)

        def read_without_transaction(batch):
            return reading.lock_and_read(accounts=[till.pool], keys=[], lots_of={till.pool.pk})

        monkeypatch.setattr(expiring, "lock_and_read", read_in_a_transaction)
        monkeypatch.setattr(posting, "lock_and_read", read_without_transaction)

        outcomes = run_at_once(2, lambda number: self._spend_or_retire(till, number))

        assert all(isinstance(error, ChangedMeanwhile) for error in errors(outcomes))
        taken = Transfer.objects.filter(debit_account=till.pool).aggregate(sum=Sum("amount"))
        assert taken["sum"] == 20
        assert "balance_differs_from_journal" in {one.kind for one in audit(as_of=MAY).divergences}

    @pytest.mark.control
    @pytest.mark.pg
    def test_without_row_locks_the_last_guard_refuses_one_of_them(self, till):
        def in_transaction(number: int) -> None:
            with transaction.atomic():
                self._spend_or_retire(till, number)

        outcomes = run_at_once(2, in_transaction)

        assert [type(error) for error in errors(outcomes)] == [ChangedMeanwhile]
        assert balance(till.pool) == 0
        assert_sound()

    def _spend_or_retire(self, till: Till, number: int) -> None:
        if number:
            expire(as_of=MAY)
        else:
            post([till.redeem(10)], posted_at=LAST_MOMENT)
