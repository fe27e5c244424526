"""Every kind of movement at once, sessions killed under it, readers that check each snapshot."""

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from ledger import holds, reading
from ledger.auditing import audit
from ledger.expiring import expire
from ledger.models import Account, Hold, Transfer
from ledger.owing import DebtOutstanding
from ledger.posting import (
    AmountOutOfBounds,
    ChangedMeanwhile,
    Entry,
    HoldEnded,
    InsufficientPoints,
    post,
)
from partners.models import Partner
from partners.retrying import in_transaction
from tests.factories import NOON, UnitFactory
from tests.ledger.entries import Till, balance, open_till, post_all
from tests.threads import Outcome, run_at_once

pytestmark = [pytest.mark.chaos, pytest.mark.django_db]

MAY = datetime(2026, 5, 1, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)
WORKERS = 64
TILLS = 4

# One statement, one snapshot: what came in from the house and did not go back is what is held,
# the lots are the balances, the holds are what is held back, and nothing is below zero.
SNAPSHOT = """
    SELECT (SELECT COALESCE(SUM(CASE WHEN d.partner_id IS NULL THEN t.amount ELSE 0 END), 0)
                 - COALESCE(SUM(CASE WHEN c.partner_id IS NULL THEN t.amount ELSE 0 END), 0)
              FROM ledger_transfer t
              JOIN ledger_account d ON d.id = t.debit_account_id
              JOIN ledger_account c ON c.id = t.credit_account_id),
           (SELECT SUM(CASE WHEN kind = 'debt' THEN -balance ELSE balance END)
              FROM ledger_account),
           (SELECT SUM(balance) FROM ledger_account WHERE kind <> 'debt'),
           (SELECT COALESCE(SUM(remaining), 0) FROM ledger_lot),
           (SELECT SUM(held) FROM ledger_account),
           (SELECT COALESCE(SUM(s.amount), 0) FROM ledger_holdslice s
              JOIN ledger_hold h ON h.id = s.hold_id WHERE h.state = 'open'),
           (SELECT MIN(balance) FROM ledger_account)
"""


def check_a_snapshot() -> None:
    with connection.cursor() as cursor:
        cursor.execute(SNAPSHOT)
        issued, owned, in_accounts, in_lots, held, in_holds, lowest = cursor.fetchone()
    assert issued == owned, "points were made or lost"
    assert in_accounts == in_lots, "balances are not their lots"
    assert held == in_holds, "what is held is not the open holds"
    assert lowest >= 0


def errors(outcomes: list[Outcome]) -> list[Exception]:
    return [outcome.error for outcome in outcomes if outcome.error is not None]


def assert_sound() -> None:
    assert audit(as_of=LATER).divergences == ()


def wait_as_long_as_it_takes() -> None:
    """What is tested is who gets what, not how long a busy machine lets one wait."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")


class Bank:
    """Partners whose points move in every way there is, each move once by its key."""

    def __init__(self, seed: int) -> None:
        print(f"seed {seed}")  # noqa: T201 - shown with a failure
        self.seed = seed
        unit = UnitFactory()
        self.tills = [open_till(unit=unit) for _ in range(TILLS)]
        self.wallets = [till.wallet() for till in self.tills]
        for till in self.tills:
            post_all(till.earn(500), till.earn(100, expires_at=MAY), till.pend(50))

    def move_at_random(self, number: int, moves: int) -> Counter[str]:
        chance = random.Random(f"{self.seed}:{number}")
        seen: Counter[str] = Counter()
        for count in range(moves):
            seen[self.move(chance, f"{number}:{count}")] += 1
        return seen

    def move(self, chance: random.Random, key: str) -> str:
        place, amount = chance.randrange(TILLS), chance.randint(1, 40)
        till, wallet = self.tills[place], self.wallets[place]
        kind = chance.choice(
            ["earn", "redeem", "spend", "share", "unshare", "claw_back", "undo", "hold", "expire"]
        )
        try:
            if kind == "hold":
                return self.hold_and_end(
                    till, amount, key, end=chance.choice(["capture", "release"])
                )
            in_transaction(lambda: self.post(kind, till, wallet, amount, key))
        except (InsufficientPoints, AmountOutOfBounds):
            return "refused"
        return kind

    def post(self, kind: str, till: Till, wallet: Account, amount: int, key: str) -> None:
        wait_as_long_as_it_takes()
        if kind == "expire":
            expire(as_of=MAY)
            return
        Partner.objects.lock([till.partner.pk])
        key = f"bank:{key}"
        makes = {
            "earn": lambda: till.earn(amount, idempotency_key=key),
            "redeem": lambda: till.redeem(amount, idempotency_key=key),
            "spend": lambda: till.redeem(amount, from_=wallet, idempotency_key=key),
            "share": lambda: till.share(amount, to=wallet, idempotency_key=key),
            "unshare": lambda: till.entry(
                "unshare", wallet, till.pool, amount, idempotency_key=key
            ),
            "claw_back": lambda: till.claw_back(amount, idempotency_key=key),
            "undo": lambda: self.undo(till, key),
        }
        post([makes[kind]()], posted_at=NOON)

    def undo(self, till: Till, key: str) -> Entry:
        """Give the latest redemption back; the second time that is more than was taken."""
        done = Transfer.objects.filter(idempotency_key=key).first()
        latest = Transfer.objects.filter(kind="redeem", debit_account=till.pool).last()
        refunded = done.reverses if done else latest
        if refunded is None:
            raise AmountOutOfBounds(amount=0, bound=0)
        return till.refund(refunded, idempotency_key=key)

    def hold_and_end(self, till: Till, amount: int, key: str, *, end: str) -> str:
        def place() -> Hold:
            wait_as_long_as_it_takes()
            return holds.place(
                account=till.pool, amount=amount, request_key=f"hold:{key}", placed_at=NOON
            )

        def finish() -> Hold:
            wait_as_long_as_it_takes()
            if end == "release":
                return holds.release(hold=hold, released_at=NOON)
            return holds.capture(hold=hold, request_key=f"end:{key}", captured_at=NOON)

        try:
            hold = in_transaction(place)
        except DebtOutstanding:
            return "refused"
        in_transaction(finish)
        return end


@contextlib.contextmanager
def others_at_work(*works) -> Iterator[list[Exception]]:
    """Let each work be done again and again beside the block; yield what went wrong in them."""
    stop, wrong = threading.Event(), []

    def repeat(work) -> None:
        try:
            while not stop.is_set():
                work()
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=repeat, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield wrong
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def read_now_and_then() -> None:
    with contextlib.suppress(OperationalError):
        check_a_snapshot()
    connection.close_if_unusable_or_obsolete()
    time.sleep(0.05)


class Killer:
    """Ends one session of this database after another, from a session of its own."""

    def __init__(self, seed: int, url: str) -> None:
        self.chance = random.Random(seed)
        self.session = psycopg.connect(url, autocommit=True)
        self.killed = 0

    def kill_one(self) -> None:
        rows = self.session.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND state <> 'idle' AND pid <> pg_backend_pid() ORDER BY pid"
        ).fetchall()
        if rows:
            (pid,) = self.chance.choice(rows)
            self.session.execute("SELECT pg_terminate_backend(%s)", [pid])
            self.killed += 1
        # By what the others have worked meanwhile: on a busy machine nobody would get anything done.
        rested, at_latest = time.process_time() + 0.1, time.monotonic() + 1
        while time.process_time() < rested and time.monotonic() < at_latest:
            time.sleep(0.02)


class TestBank:
    def test_holds_through_every_kind_of_movement_and_killed_sessions(self, request, own_database):
        long = request.config.getoption("long")
        bank = Bank(seed=random.randrange(10**6))
        disturbers = [read_now_and_then, read_now_and_then]
        killer = None
        if connection.vendor == "postgresql":
            killer = Killer(bank.seed, own_database.url)
            disturbers.append(killer.kill_one)

        with others_at_work(*disturbers) as wrong:
            moves = 160 if long else 5
            outcomes = run_at_once(WORKERS, lambda number: bank.move_at_random(number, moves))

        assert errors(outcomes) == []
        assert wrong == []
        seen = sum((outcome.answer for outcome in outcomes), Counter())
        assert seen.total() == WORKERS * moves
        assert all(seen[kind] for kind in ("earn", "share", "claw_back", "capture", "expire"))
        assert not Hold.objects.open().exists()
        check_a_snapshot()
        assert_sound()
        if killer:
            assert killer.killed > 3
            killer.session.close()

    @pytest.mark.control
    @pytest.mark.pg
    def test_without_locks_the_same_moves_collide(self, monkeypatch):
        """The guards refuse what the locks would have put in order: the moves do race."""
        bank = Bank(seed=1)
        monkeypatch.setattr(reading, "row_lock", lambda: "")
        monkeypatch.setattr(type(Partner.objects), "lock", lambda _self, _ids: {})

        def move(number: int) -> None:
            for count in range(20):
                with contextlib.suppress(InsufficientPoints), transaction.atomic():
                    post(
                        [bank.tills[0].redeem(1, idempotency_key=f"{number}:{count}")],
                        posted_at=NOON,
                    )

        outcomes = run_at_once(16, move)

        assert ChangedMeanwhile in {type(error) for error in errors(outcomes)}
        assert_sound()


class TestDeadlocks:
    def test_opposite_shares_of_thirty_two_never_deadlock(self, request):
        """Without the partners' locks, which would hide it: only the order of accounts protects."""
        rounds = 300 if request.config.getoption("long") else 3
        unit = UnitFactory()
        first, second = open_till(unit=unit), open_till(unit=unit)
        wallets = [first.wallet(), second.wallet()]
        for till, wallet in zip((first, second), wallets, strict=True):
            # Not more: each share cuts a slice off a lot, and slices are what a posting reads.
            post_all(till.earn(200), till.share(100, to=wallet))

        def move(number: int) -> None:
            for _ in range(rounds):
                batch = [
                    first.share(3, to=wallets[0]),
                    second.entry("unshare", wallets[1], second.pool, 3),
                    first.entry("unshare", wallets[0], first.pool, 3),
                    second.share(3, to=wallets[1]),
                ]
                with transaction.atomic():
                    wait_as_long_as_it_takes()
                    post(batch if number % 2 else batch[::-1], posted_at=NOON)

        outcomes = run_at_once(32, move)

        assert errors(outcomes) == []
        assert balance(first.pool) == balance(second.pool) == 100
        assert_sound()

    @pytest.mark.control
    @pytest.mark.pg
    def test_locks_in_the_order_of_the_batch_would(self):
        tills = [open_till() for _ in range(2)]
        both_hold_one = threading.Barrier(2)

        def lock_in_turn(number: int) -> None:
            with transaction.atomic():
                wait_as_long_as_it_takes()
                Partner.objects.lock([tills[number].partner.pk])
                both_hold_one.wait(timeout=30)
                Partner.objects.lock([tills[1 - number].partner.pk])

        outcomes = run_at_once(2, lock_in_turn)

        assert [str(error).partition("\n")[0] for error in errors(outcomes)] == [
            "deadlock detected"
        ]

    @pytest.mark.pg
    def test_are_done_again_by_whoever_asked(self):
        tills = [open_till() for _ in range(2)]
        both_hold_one = threading.Barrier(2)
        attempts: Counter[int] = Counter()

        def earn_from_both(number: int) -> None:
            def work() -> None:
                wait_as_long_as_it_takes()
                attempts[number] += 1
                Partner.objects.lock([tills[number].partner.pk])
                if attempts[number] == 1:
                    both_hold_one.wait(timeout=30)
                Partner.objects.lock([tills[1 - number].partner.pk])
                post([tills[0].earn(10, idempotency_key=f"earn:{number}")], posted_at=NOON)

            in_transaction(work)

        outcomes = run_at_once(2, earn_from_both)

        assert errors(outcomes) == []
        assert attempts.total() == 3
        assert balance(tills[0].pool) == 20


class TestKeys:
    def test_thirty_two_times_the_same_key_is_one_effect(self, request):
        keys = 500 if request.config.getoption("long") else 25
        till = open_till()

        def earn(number: int) -> int:
            moved = 0
            for key in range(keys):

                def work(key: int = key) -> bool:
                    wait_as_long_as_it_takes()
                    Partner.objects.lock([till.partner.pk])
                    entry = till.earn(10, idempotency_key=f"key:{key}")
                    return post([entry], posted_at=NOON)[0].replayed

                moved += not in_transaction(work)
            return moved

        outcomes = run_at_once(32, earn)

        assert errors(outcomes) == []
        assert sum(outcome.answer for outcome in outcomes) == keys
        assert balance(till.pool) == 10 * keys
        assert_sound()


class TestHolds:
    def test_end_once_however_many_want_to_end_them(self, request):
        rounds = 500 if request.config.getoption("long") else 8
        people = 32 if request.config.getoption("long") else 8
        till = open_till()
        post_all(till.earn(10 * rounds))
        placed = [
            holds.place(account=till.pool, amount=10, request_key=f"hold:{number}", placed_at=NOON)
            for number in range(rounds)
        ]

        def end(number: int) -> Counter[str]:
            seen: Counter[str] = Counter()
            for hold in placed:
                try:
                    if number % 2:
                        holds.release(hold=hold, released_at=NOON)
                    else:
                        holds.capture(hold=hold, request_key=f"end:{hold.pk}", captured_at=NOON)
                except HoldEnded:
                    seen["too late"] += 1
                else:
                    seen["ended"] += 1
            return seen

        outcomes = run_at_once(people, end)

        assert errors(outcomes) == []
        assert not Hold.objects.open().exists()
        captured = Hold.objects.filter(state=Hold.State.CAPTURED).count()
        assert balance(till.pool) == 10 * (rounds - captured)
        # The half that wanted this end is told that it happened; the other half, that it is late.
        seen = sum((outcome.answer for outcome in outcomes), Counter())
        assert seen == {"ended": rounds * people // 2, "too late": rounds * people // 2}
        assert_sound()
