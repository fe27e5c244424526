"""However time is cut into periods: each closes where the next opens, sealed or not."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ledger.figures import read_figures
from ledger.models import Seal, SealedAccount, Transfer
from ledger.sealing import seal
from ledger.statements import balance_as_of, read_statement, stream_movements
from tests.ledger.entries import Till, open_till, post_one

START = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = 40
EXAMPLES = settings.default.max_examples // 8
HOUR = timedelta(hours=1)
END = START + HOURS * HOUR

moves = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["earn", "redeem", "claw back", "seal"]),
        st.integers(1, 60),
    ),
    min_size=1,
    max_size=12,
)
cuts = st.sets(st.integers(1, HOURS - 1), max_size=6)


def play(till: Till, steps: list[tuple[int, str, int]]) -> None:
    at = START
    for hours, act, amount in steps:
        at += hours * HOUR
        if act == "earn":
            post_one(till.earn(amount), at=at)
        elif act == "claw back":
            # More than there is goes into debt, which the next credit repays.
            post_one(till.claw_back(amount), at=at)
        elif act == "seal":
            seal(as_of=at)
        elif free := min(amount, balance_as_of(till.pool, END)):
            post_one(till.redeem(free), at=at)


def sum_of_journal(till: Till, account) -> int:
    rows = Transfer.objects.of_account(account).values_list("credit_account", "amount")
    total = sum(amount if credit == account.pk else -amount for credit, amount in rows)
    return -total if account == till.debt else total


class Chains(TestCase):
    @settings(max_examples=EXAMPLES)
    @given(steps=moves, cuts=cuts)
    def test_each_period_closes_where_the_next_opens_and_the_last_at_the_sum(self, steps, cuts):
        till = open_till()
        play(till, steps)
        hours = [0, *sorted(cuts), HOURS]
        for account in (till.pool, till.debt):
            periods = [
                read_figures(
                    account=account, from_at=START + first * HOUR, until_at=START + last * HOUR
                )
                for first, last in pairwise(hours)
            ]
            assert periods[0].opening == 0
            for earlier, later in pairwise(periods):
                assert earlier.closing == later.opening
                assert balance_as_of(account, later.from_at - timedelta.resolution) == later.opening
            assert periods[-1].closing == sum_of_journal(till, account)
            moved = [
                one.amount for each in periods for chunk in stream_movements(each) for one in chunk
            ]
            assert sum(moved) == periods[-1].closing

    @settings(max_examples=EXAMPLES)
    @given(steps=moves, cuts=cuts, size=st.integers(1, 4))
    def test_reads_the_same_before_and_after_sealing(self, steps, cuts, size):
        till = open_till()
        play(till, [step for step in steps if step[1] != "seal"])
        hours = [0, *sorted(cuts), HOURS]
        for account in (till.pool, till.debt):
            asked = [
                {"account": account, "from_at": START + first * HOUR, "until_at": END}
                for first in hours[:-1][:3]
            ]
            before = [self.page_through(size, one) for one in asked]
            seal(as_of=END, transfers_max=2)
            seal(as_of=END, transfers_max=3)
            assert [self.page_through(size, one) for one in asked] == before

    def page_through(self, size: int, asked: dict) -> list:
        page = read_statement(page_size=size, **asked)
        read = [page]
        while page.next_after is not None:
            page = read_statement(page_size=size, after=page.next_after, **asked)
            read.append(page)
        return read


@pytest.mark.django_db
class TestBeginningAtASeal:
    def test_believes_the_seal_and_reads_nothing_before_it(self):
        """A wrong seal shows in the opening: so the rows before it were not added up."""
        till = open_till()
        first = post_one(till.earn(100), at=START).transfer
        post_one(till.earn(7), at=START + HOUR)
        wrong = Seal.objects.create(
            number=1,
            first_transfer_id=first.pk,
            last_transfer_id=first.pk,
            transfers=1,
            accounts=1,
            root="r",
            previous="p",
            digest="d",
            sealed_at=START,
        )
        SealedAccount.objects.create(
            seal=wrong,
            account=till.pool,
            transfers=1,
            balance=1_000,
            last_transfer_id=first.pk,
            last_posted_at=START,
            leaf="l",
        )

        figures = read_figures(account=till.pool, from_at=START + HOUR, until_at=END)

        assert (figures.opening, figures.closing) == (1_000, 1_007)
