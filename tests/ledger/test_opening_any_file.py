"""Opening balances that are interrupted, raced, or of any content at all."""

from collections import Counter
from functools import partial

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ledger import accounts
from ledger.auditing import audit
from ledger.models import Account, Transfer
from ledger.opening import BalanceMapping, open_balances
from partners.models import ImportRun
from tests.factories import NOON, PartnerFactory, UnitFactory
from tests.ledger.balances import HEADERS, ends, write_and_open
from tests.threads import run_at_once


@pytest.fixture
def opens(tmp_path):
    return partial(write_and_open, tmp_path)


def many_rows(count: int) -> list[str]:
    return [
        f"P{number % 40:02},points,{number + 1},2026-01-01,,,,r{number}" for number in range(count)
    ]


@pytest.fixture
def forty(own_database):
    unit = UnitFactory(code="points")
    partners = [PartnerFactory(erp_number=f"P{number:02}") for number in range(40)]
    accounts.of_partners(unit, "pool", [partner.pk for partner in partners])


@pytest.mark.transaction
@pytest.mark.usefixtures("forty")
class TestInterrupted:
    def test_a_run_that_is_killed_is_simply_run_again(self, opens, monkeypatch):
        monkeypatch.setattr("ledger.opening.file.CHUNK_ROWS", 50)
        rows = many_rows(200)

        def stop(step: str, done: int, _total: int) -> None:
            if step == "taking_in" and done >= 100:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            opens(*rows, progress=stop)
        assert Transfer.objects.count() == 100
        assert ImportRun.objects.get().status == "failed"

        assert ends(opens(*rows)) == (100, 100, 0)
        assert sum(Account.objects.pools().values_list("balance", flat=True)) == sum(range(201))
        assert audit(as_of=NOON).divergences == ()

    def test_two_runs_at_once_come_to_what_one_does(self, opens, monkeypatch):
        monkeypatch.setattr("ledger.opening.file.CHUNK_ROWS", 20)
        rows = many_rows(120)

        outcomes = run_at_once(3, lambda number: opens(*rows, name=f"{number}.csv"))

        assert [one.error for one in outcomes] == [None] * 3
        assert sum(one.answer.tally.rows_accepted for one in outcomes) == 120
        assert all(one.answer.tally.rows_refused == 0 for one in outcomes)
        assert sum(Account.objects.pools().values_list("balance", flat=True)) == sum(range(121))
        assert audit(as_of=NOON).divergences == ()


class AnyFile(TestCase):
    @hypothesis.settings(max_examples=hypothesis.settings.default.max_examples // 4, deadline=None)
    @hypothesis.given(
        rows=st.lists(
            st.tuples(
                st.sampled_from("ABX"),
                st.sampled_from(["1", "20", "-3", "1.5", "x"]),
                st.sampled_from(["pool", "debt", "pending"]),
                st.sampled_from(["", "r1", "r2"]),
            ),
            min_size=1,
            max_size=12,
        )
    )
    def test_every_row_has_one_outcome_and_the_books_agree(self, rows):
        unit = UnitFactory(code="points")
        for number in "AB":
            PartnerFactory(erp_number=number)
        written = [
            f"{who},points,{amount},2026-01-01,,{place},,{ref}" for who, amount, place, ref in rows
        ]
        path = self.path
        path.write_text("\n".join([HEADERS, *written]))
        noted = []

        first, again = (
            open_balances(
                path=path,
                source="old",
                mapping=BalanceMapping(),
                as_of=NOON,
                report_to=noted.extend if run == 0 else None,
            )
            for run in range(2)
        )

        numbers = Counter(one.number for one in noted)
        assert set(numbers.values()) <= {1}
        assert first.tally.rows_accepted + len(numbers) == len(rows) == first.tally.rows
        assert again.tally.rows_accepted == 0
        assert again.tally.rows_refused == first.tally.rows_refused
        for line in first.lines:
            assert line.in_file == line.posted_now + line.duplicate + line.refused
            assert line.ledger_after == line.ledger_before + line.posted_now - line.repaid
        assert all(
            line.posted_before == mine.posted_now
            for line, mine in zip(again.lines, first.lines, strict=True)
        )
        assert audit(as_of=NOON).divergences == ()
        assert unit.code == "points"

    @pytest.fixture(autouse=True)
    def _path(self, tmp_path):
        self.path = tmp_path / "balances.csv"
