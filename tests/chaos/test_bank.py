"""Many people at one balance: nothing is lost, nothing is made, nothing is below zero."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from ledger import posting, reading, writing
from ledger.auditing import audit
from ledger.models import Account, Lot, Transfer
from ledger.posting import ChangedMeanwhile, ClawBack, Entry, InsufficientPoints, post
from partners.models import Partner
from tests.factories import NOON
from tests.ledger.entries import Till, balance, open_till, post_all, post_one
from tests.threads import Outcome, run_at_once

pytestmark = [pytest.mark.chaos, pytest.mark.django_db]

MAY = datetime(2026, 5, 1, tzinfo=UTC)
WORKERS = 64


@contextmanager
def door(*tills: Till) -> Iterator[None]:
    """A door's transaction: first the partners' rows, as every moving door does."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            # What is tested is who gets what, not how long a busy machine lets one wait.
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
        Partner.objects.lock([till.partner.pk for till in tills])
        yield


def try_to_post(entry: Entry | ClawBack) -> str:
    try:
        post([entry], posted_at=NOON)
    except InsufficientPoints:
        return "refused"
    return "done"


def errors(outcomes: list[Outcome]) -> list[Exception]:
    return [outcome.error for outcome in outcomes if outcome.error is not None]


def assert_sound() -> None:
    report = audit(as_of=datetime(2030, 1, 1, tzinfo=UTC))
    assert report.divergences == ()


class TestOneBalance:
    def test_sixty_four_people_redeem_no_more_than_there_is(self, request):
        till = open_till()
        post_all(*(till.earn(50) for _ in range(20)))
        rounds = 40 if request.config.getoption("long") else 8

        def redeem(number: int) -> int:
            amounts = random.Random(number)
            taken = 0
            for attempt in range(rounds):
                amount = amounts.randint(1, 9)
                key = f"redeem:{number}:{attempt}"
                with door(till):
                    done = try_to_post(till.redeem(amount, idempotency_key=key))
                taken += amount if done == "done" else 0
            return taken

        outcomes = run_at_once(WORKERS, redeem)

        assert errors(outcomes) == []
        taken = sum(outcome.answer for outcome in outcomes)
        left = balance(till.pool)
        assert left == 1000 - taken
        assert 0 <= left < 9, "more was asked for than there was"
        redeemed = Transfer.objects.filter(kind=Transfer.Kind.REDEEM).aggregate(Sum("amount"))
        assert redeemed["amount__sum"] == taken
        assert Lot.objects.aggregate(Sum("remaining"))["remaining__sum"] == left
        assert_sound()

    def test_five_people_asking_with_one_key_move_once(self):
        till = open_till()
        post_one(till.earn(1000))

        def redeem(number: int) -> bool:
            entry = till.redeem(10, idempotency_key=f"key:{number % 8}")
            with door(till):
                return post([entry], posted_at=NOON)[0].replayed

        outcomes = run_at_once(40, redeem)

        assert errors(outcomes) == []
        assert sum(not outcome.answer for outcome in outcomes) == 8
        assert balance(till.pool) == 920
        assert_sound()

    def test_one_key_used_by_two_partners_at_once_is_kept_by_one(self):
        tills = [open_till() for _ in range(2)]

        def earn(number: int) -> None:
            till = tills[number % 2]
            with door(till):
                post([till.earn(10, idempotency_key="one")], posted_at=NOON)

        outcomes = run_at_once(8, earn)

        assert {type(error) for error in errors(outcomes)} == {posting.IdempotencyKeyReused}
        assert len(errors(outcomes)) == 4
        assert sorted(balance(till.pool) for till in tills) == [0, 10]
        assert_sound()


class TestSharing:
    def test_every_snapshot_of_a_reader_sums(self):
        till = open_till()
        wallets = [till.wallet() for _ in range(7)]
        post_one(till.earn(700))
        held = [till.pool.pk, *(wallet.pk for wallet in wallets)]
        stop = threading.Event()

        def share(number: int) -> int:
            wallet = wallets[number % 7]
            try:
                for _ in range(8):
                    with door(till):
                        post([till.share(5, to=wallet)], posted_at=NOON)
                    with door(till):
                        back = till.entry("unshare", wallet, till.pool, 5)
                        post([back], posted_at=NOON)
            finally:
                if number == 0:
                    stop.set()
            return 0

        def read(_number: int) -> int:
            reads = 0
            while not stop.is_set() or reads == 0:
                rows = Account.objects.filter(pk__in=held).values_list("balance", flat=True)
                total = sum(rows)
                assert total == 700
                assert min(rows) >= 0
                reads += 1
            return reads

        outcomes = run_at_once(12, lambda number: share(number) if number < 8 else read(number))

        assert errors(outcomes) == []
        assert sum(outcome.answer for outcome in outcomes) >= 4
        assert_sound()


class TestControls:
    """What the locks are for: the same moves without them."""

    PEOPLE = 8

    @pytest.fixture
    def till(self) -> Till:
        """Ten points, which each of them will want to redeem."""
        till = open_till()
        post_one(till.earn(10))
        return till

    @pytest.fixture(autouse=True)
    def _unlocked(self, till, monkeypatch) -> None:
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
                lots_of={one.debit.pk for one in batch},
            )

        monkeypatch.setattr(posting, "lock_and_read", read_without_transaction)
        monkeypatch.setattr(reading, "row_lock", lambda: "")
        monkeypatch.setattr(posting, "write", write_after_all_have_read)

    @pytest.mark.control
    def test_without_lock_and_transaction_everybody_takes_the_same_points(self, till):
        """On SQLite the transaction is the lock, so that both go."""
        outcomes = run_at_once(self.PEOPLE, lambda _number: post([till.redeem(10)], posted_at=NOON))

        kinds = {one.kind for one in audit(as_of=MAY).divergences}
        assert {"balance_differs_from_journal", "balance_was_below_zero"} <= kinds
        assert Transfer.objects.filter(kind=Transfer.Kind.REDEEM).count() == self.PEOPLE
        assert all(isinstance(error, ChangedMeanwhile) for error in errors(outcomes))

    @pytest.mark.control
    @pytest.mark.pg
    def test_without_row_locks_the_last_guard_refuses_all_but_one(self, till):
        def redeem(_number: int) -> None:
            with transaction.atomic():
                post([till.redeem(10)], posted_at=NOON)

        outcomes = run_at_once(self.PEOPLE, redeem)

        assert len(errors(outcomes)) == self.PEOPLE - 1
        assert {type(error) for error in errors(outcomes)} == {ChangedMeanwhile}
        assert_sound()

    @pytest.mark.control
    @pytest.mark.pg
    def test_without_row_locks_and_guard_points_are_spent_twice(self, till, monkeypatch):
        def write_what_was_worked_out(_sending, table, rows):
            model = {"ledger_lot": Lot, "ledger_account": Account}.get(table.name)
            field = list(table.columns)[1]
            for pk, _was, value, *_others in rows:
                model.objects.filter(pk=pk).update(**{field: value})

        monkeypatch.setattr(writing.Sending, "update", write_what_was_worked_out)

        def redeem(_number: int) -> None:
            with transaction.atomic():
                post([till.redeem(10)], posted_at=NOON)

        outcomes = run_at_once(self.PEOPLE, redeem)

        assert errors(outcomes) == []
        assert balance(till.pool) == 0
        assert Transfer.objects.filter(kind=Transfer.Kind.REDEEM).count() == self.PEOPLE
        assert "balance_was_below_zero" in {one.kind for one in audit(as_of=MAY).divergences}
