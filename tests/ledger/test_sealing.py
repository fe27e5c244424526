import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from config.nightly import STEPS, run_night
from ledger.auditing import audit
from ledger.digests import FIRST_LINK
from ledger.models import Seal, SealedAccount, Transfer
from ledger.posting import post
from ledger.sealing import JournalBusy, seal
from tests.factories import ProgrammeFactory
from tests.ledger.entries import NOON, open_till, post_all
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db

NIGHT = datetime(2026, 3, 2, tzinfo=UTC)


class TestSeal:
    def test_chains_what_is_new(self):
        till = open_till()
        post_all(till.earn(100), till.redeem(30))

        first = seal(as_of=NIGHT)

        assert (first.number, first.transfers, first.accounts) == (1, 2, 3)
        assert first.previous == FIRST_LINK
        assert first.last_transfer_id == Transfer.objects.latest("pk").pk
        post_all(till.earn(5))

        second = seal(as_of=NIGHT)

        assert second.previous == first.digest
        assert second.first_transfer_id == first.last_transfer_id + 1
        assert list(Seal.objects.order_by("pk")) == [first, second]

    def test_keeps_what_each_account_then_had(self):
        till = open_till()
        post_all(till.earn(100), till.redeem(30))
        seal(as_of=NIGHT)
        post_all(till.claw_back(90))

        made = seal(as_of=NIGHT)

        sides = {
            one.account_id: (one.transfers, one.balance)
            for one in SealedAccount.objects.filter(seal=made)
        }
        assert sides == {
            till.pool.pk: (3, 0),
            till.debt.pk: (1, 20),
            till.taken_back.pk: (2, 90),
        }

    def test_makes_nothing_of_nothing(self):
        assert seal(as_of=NIGHT) is None
        post_all(open_till().earn(1))
        assert seal(as_of=NIGHT) is not None
        assert seal(as_of=NIGHT) is None

    def test_makes_more_blocks_of_a_long_journal(self):
        till = open_till()
        post_all(*(till.earn(1) for _each in range(7)))

        sizes = []
        while made := seal(as_of=NIGHT, transfers_max=3):
            sizes.append(made.transfers)

        assert sizes == [3, 3, 1]
        assert audit(as_of=NIGHT).ok

    def test_never_goes_back_in_time(self):
        till = open_till()
        post_all(till.earn(1))
        first = seal(as_of=NIGHT)
        post_all(till.earn(1))

        assert seal(as_of=NIGHT - timedelta(days=1)).sealed_at == first.sealed_at

    def test_asks_as_often_for_many_transfers_as_for_few(self, django_assert_max_num_queries):
        till = open_till()
        post_all(*(till.earn(1) for _each in range(200)))

        # head, anything new, savepoint, lock, last id, back, end of the block, rows, names, known
        # accounts, then seal and accounts between two savepoints
        with django_assert_max_num_queries(16):
            seal(as_of=NIGHT)

    def test_is_a_step_of_the_night_that_may_run_twice(self):
        names = [step.name for step in STEPS]
        assert names.index("seal") == names.index("audit") - 1
        till = open_till()
        post_all(till.earn(1))
        programme = ProgrammeFactory(main_unit=till.unit)
        night = {"programme": programme, "day": NOON.date(), "step_name": "seal"}

        [first] = run_night(**night, clock=lambda: NIGHT)
        [again] = run_night(**night, clock=lambda: NIGHT, again=True)

        assert (first.changed, again.changed) == (1, 0)
        assert Seal.objects.count() == 1


@pytest.mark.transaction
class TestAtOnce:
    def test_many_sealers_make_one_chain(self):
        till = open_till()
        post_all(*(till.earn(1) for _each in range(40)))

        def seal_some(_number):
            made = 0
            while seal(as_of=NIGHT, transfers_max=5):
                made += 1
            return made

        outcomes = run_at_once(4, seal_some)

        assert [one.error for one in outcomes] == [None] * 4
        assert sum(one.answer for one in outcomes) == Seal.objects.count() == 8
        assert audit(as_of=NIGHT).divergences == ()

    def test_sealing_while_others_post_leaves_nothing_out(self):
        tills = [open_till()]
        tills += [open_till(unit=tills[0].unit) for _each in range(3)]

        def take_part(number):
            if number == 0:
                for _each in range(10):
                    seal(as_of=NIGHT)
                return
            for _each in range(15):
                post_all(tills[number].earn(2), tills[number].redeem(1))

        outcomes = run_at_once(4, take_part)
        while seal(as_of=NIGHT):
            pass

        assert [one.error for one in outcomes] == [None] * 4
        assert sum(Seal.objects.values_list("transfers", flat=True)) == 90
        assert audit(as_of=NIGHT).divergences == ()

    @pytest.mark.pg
    def test_waits_for_whoever_has_an_id_and_has_not_committed(self):
        """Their transfer has a lower id than one that is committed already."""
        slow, quick = open_till(), open_till()
        written, commit = threading.Event(), threading.Event()

        def take_part(number):
            if number == 0:
                with transaction.atomic():
                    post([slow.earn(1)], posted_at=NOON)
                    written.set()
                    commit.wait(timeout=30)
                return None
            written.wait(timeout=30)
            if number == 1:
                post_all(quick.earn(1))
                # By now the sealer waits, or will find the lower id committed: both are right.
                threading.Timer(0.3, commit.set).start()
                return None
            while not Transfer.objects.exists():
                pass
            return seal(as_of=NIGHT)

        outcomes = run_at_once(3, take_part)

        assert [one.error for one in outcomes] == [None] * 3
        assert outcomes[2].answer.transfers == 2

    @pytest.mark.pg
    def test_lets_others_post_even_inside_a_longer_transaction(self):
        till = open_till()
        post_all(till.earn(1))
        sealed, posted = threading.Event(), threading.Event()

        def take_part(number):
            if number == 0:
                with transaction.atomic():
                    seal(as_of=NIGHT)
                    sealed.set()
                    return posted.wait(timeout=30)
            sealed.wait(timeout=30)
            post_all(till.earn(1))
            posted.set()
            return True

        outcomes = run_at_once(2, take_part)

        assert [one.answer for one in outcomes] == [True, True]

    @pytest.mark.pg
    def test_gives_up_when_somebody_keeps_writing(self):
        till = open_till()
        post_all(till.earn(1))
        written, tried = threading.Event(), threading.Event()

        def take_part(number):
            if number == 0:
                with transaction.atomic():
                    post([till.earn(1)], posted_at=NOON)
                    written.set()
                    tried.wait(timeout=60)
                return
            written.wait(timeout=30)
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = 20")
            try:
                seal(as_of=NIGHT)
            finally:
                tried.set()

        outcomes = run_at_once(2, take_part)

        assert isinstance(outcomes[1].error, JournalBusy)
        assert not Seal.objects.exists()
        assert seal(as_of=NIGHT).transfers == 2
