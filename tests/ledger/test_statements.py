import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.documents import paper
from ledger.statements import balance_as_of, read_statement
from tests.ledger.entries import Till, open_till, post_one

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

APRIL = datetime(2026, 4, 1, tzinfo=UTC)
MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def till() -> Till:
    """100 in March, then +50, -30 and +7 in May, and 1 more at the first instant of June."""
    till = open_till()
    post_one(till.earn(100))
    post_one(till.earn(50, occurred_at=APRIL, reference="order:7"), at=MAY)
    post_one(till.redeem(30), at=MAY)
    post_one(till.earn(7), at=JUNE - INSTANT)
    post_one(till.earn(1), at=JUNE)
    return till


def of_may(till: Till, **options):
    return read_statement(account=till.pool, from_at=MAY, until_at=JUNE, **options)


class TestStatement:
    def test_goes_from_opening_by_its_movements_to_closing(self, till):
        statement = of_may(till)

        assert (statement.opening, statement.closing) == (100, 127)
        assert (statement.credited, statement.debited) == (57, 30)
        assert [(one.amount, one.balance) for one in statement.movements] == [
            (50, 150),
            (-30, 120),
            (7, 127),
        ]

    def test_shows_when_it_happened_beside_when_it_was_posted(self, till):
        first = of_may(till).movements[0]

        assert (first.occurred_at, first.posted_at) == (APRIL, MAY)
        assert (first.kind, first.label, first.reference) == ("earn", "Earned", "order:7")

    def test_pages_on_with_the_running_balance(self, till):
        first = of_may(till, page_size=2)
        second = of_may(till, page_size=2, after=first.next_after)

        assert [one.balance for one in first.movements] == [150, 120]
        assert [one.balance for one in second.movements] == [127]
        assert second.next_after is None
        assert (second.opening, second.closing) == (100, 127)

    def test_pages_from_the_newest_too(self, till):
        first = of_may(till, page_size=2, newest_first=True)
        second = of_may(till, page_size=2, newest_first=True, after=first.next_after)

        assert [one.balance for one in first.movements] == [127, 120]
        assert [one.balance for one in second.movements] == [150]
        assert second.next_after is None

    def test_ends_on_a_full_page_without_promising_another(self, till):
        assert of_may(till, page_size=3).next_after is None

    def test_is_empty_for_a_period_in_which_nothing_moved(self, till):
        statement = read_statement(account=till.pool, from_at=APRIL, until_at=MAY)

        assert (statement.opening, statement.closing, statement.movements) == (100, 100, ())

    def test_of_debt_counts_what_is_owed(self, till):
        post_one(till.claw_back(200), at=JUNE)
        post_one(till.earn(10), at=JUNE)

        statement = read_statement(
            account=till.debt, from_at=JUNE, until_at=JUNE + timedelta(days=1)
        )

        assert [(one.amount, one.balance) for one in statement.movements] == [(72, 72), (-10, 62)]
        assert (statement.opening, statement.closing) == (0, 62)

    def test_of_the_house_counts_every_partner(self, till):
        post_one(open_till(unit=till.unit).earn(5), at=MAY)

        statement = read_statement(account=till.issued, from_at=MAY, until_at=JUNE)

        assert (statement.opening, statement.closing) == (-100, -162)

    def test_refuses_a_period_that_ends_before_it_begins(self, till):
        with pytest.raises(ValueError, match="period"):
            read_statement(account=till.pool, from_at=JUNE, until_at=JUNE)

    def test_pages_back_to_where_it_came_from(self, till):
        first = of_may(till, page_size=2)
        second = of_may(till, page_size=2, after=first.next_after)

        back = of_may(till, page_size=2, before=second.previous_before)

        assert back.movements == first.movements
        assert (first.previous_before, back.previous_before) == (None, None)
        assert back.next_after == first.next_after

    @pytest.mark.parametrize("newest_first", [False, True])
    def test_pages_forth_and_back_over_every_line_once(self, till, newest_first):
        whole = of_may(till, newest_first=newest_first).movements
        ahead, options = [], {"page_size": 1, "newest_first": newest_first}
        page = of_may(till, **options)
        ahead += page.movements
        while page.next_after is not None:
            page = of_may(till, after=page.next_after, **options)
            ahead += page.movements
        back = [*page.movements]
        while page.previous_before is not None:
            page = of_may(till, before=page.previous_before, **options)
            back += page.movements

        assert tuple(ahead) == whole
        assert tuple(back) == whole[::-1]

    def test_sums_up_each_kind(self, till):
        assert [
            (one.kind, one.movements, one.credited, one.debited) for one in of_may(till).by_kind
        ] == [
            ("earn", 2, 57, 0),
            ("redeem", 1, 0, 30),
        ]

    def test_costs_six_queries_at_most(self, till):
        with CaptureQueriesContext(connection) as queries:
            first = of_may(till, page_size=1)
        # seals, figures, movements of either side; the first page begins at the opening
        assert len(queries) == 4

        with CaptureQueriesContext(connection) as queries:
            of_may(till, page_size=1, after=first.next_after)
        # the same, the latest seal before the page, what came between
        assert len(queries) == 6


class TestBalanceAsOf:
    def test_includes_what_was_posted_at_that_very_moment(self, till):
        assert balance_as_of(till.pool, MAY) == 120
        assert balance_as_of(till.pool, MAY - INSTANT) == 100
        assert balance_as_of(till.pool, APRIL - timedelta(days=365)) == 0


class TestShowStatement:
    def call(self, *arguments: str) -> str:
        output = StringIO()
        call_command("show_statement", *arguments, "--time-zone", "UTC", stdout=output)
        return output.getvalue()

    def test_answers_in_json_with_both_days_included(self, till):
        answer = json.loads(
            self.call(
                till.partner.erp_number, "--from", "2026-05-01", "--to", "2026-05-31", "--json"
            )
        )

        assert (answer["opening"], answer["closing"]) == (100, 127)
        assert answer["unit"] == till.unit.code
        assert [one["amount"] for one in answer["movements"]] == [50, -30, 7]

    def test_finds_a_partner_by_its_public_id(self, till):
        said = self.call(str(till.partner.public_id), "--from", "2026-05-01", "--to", "2026-05-31")

        assert said.splitlines()[0].split() == ["Opening", "100"]
        assert said.splitlines()[-1].split() == ["Closing", "127"]

    @pytest.mark.parametrize(
        ("arguments", "because"),
        [
            pytest.param(
                ["nobody", "--from", "2026-05-01", "--to", "2026-05-02"], "no partner", id="partner"
            ),
            pytest.param(["{erp}", "--from", "May", "--to", "2026-05-02"], "not a day", id="day"),
            pytest.param(
                ["{erp}", "--from", "2026-05-02", "--to", "2026-05-01"], "before", id="order"
            ),
            pytest.param(
                ["{erp}", "--from", "2026-05-02", "--to", "2026-05-03", "--unit", "none"],
                "no pool",
                id="unit",
            ),
        ],
    )
    def test_says_what_it_cannot_do(self, till, arguments, because):
        with pytest.raises(CommandError, match=because) as caught:
            self.call(*(one.format(erp=till.partner.erp_number) for one in arguments))

        assert caught.value.returncode == 2

    def test_refuses_a_time_zone_that_is_none(self, till):
        days = ["--from", "2026-05-01", "--to", "2026-05-02"]

        with pytest.raises(CommandError, match="time zone"):
            call_command(
                "show_statement", till.partner.erp_number, *days, "--time-zone", "Europe/Nowhere"
            )

    def test_asks_which_unit_is_meant(self, till):
        open_till(partner=till.partner)

        with pytest.raises(CommandError, match="--unit"):
            self.call(till.partner.erp_number, "--from", "2026-05-01", "--to", "2026-05-02")

    def write(self, till: Till, *arguments: str) -> str:
        days = ["--from", "2026-05-01", "--to", "2026-05-31"]
        return self.call(till.partner.erp_number, *days, *arguments)

    @pytest.mark.parametrize("kind", ["text", "csv", "xlsx", "pdf", "json-copy"])
    def test_writes_every_format_to_a_file(self, till, tmp_path, kind):
        path = tmp_path / "statement"

        said = self.write(till, "--format", kind, "--out", str(path))

        assert said == ""
        assert path.stat().st_size > 100

    @pytest.mark.parametrize(("kind", "words"), [("csv", "Closing balance"), ("json-copy", "{")])
    def test_prints_what_is_text(self, till, kind, words):
        assert words in self.write(till, "--format", kind)

    def test_speaks_the_language_asked_for(self, till):
        assert "Кінцевий залишок" in self.write(till, "--format", "csv", "--language", "uk")

    def test_wants_a_file_for_what_no_terminal_shows(self, till):
        with pytest.raises(CommandError, match="--out"):
            self.write(till, "--format", "pdf")

    def test_leaves_the_file_as_it_was_if_it_would_be_too_long(self, till, tmp_path, monkeypatch):
        monkeypatch.setitem(paper.ROWS_MAX, "pdf", 1)
        path = tmp_path / "statement.pdf"
        path.write_text("of last month")

        with pytest.raises(CommandError, match="3 movements, and a pdf holds 1"):
            self.write(till, "--format", "pdf", "--out", str(path))

        assert path.read_text() == "of last month"

    def test_says_that_a_file_cannot_be_written(self, till, tmp_path):
        with pytest.raises(CommandError, match="cannot be written"):
            self.write(till, "--format", "csv", "--out", str(tmp_path / "missing" / "file"))

    def test_reads_other_accounts_too(self, till):
        answer = json.loads(self.write(till, "--account", "debt", "--json"))

        assert (answer["account"], answer["closing"], answer["movements"]) == ("debt", 0, [])

    def test_asks_whose_wallet_is_meant(self, till):
        first, second = till.wallet(), till.wallet()
        post_one(till.earn(5, into=second), at=MAY)

        with pytest.raises(CommandError, match="--member") as caught:
            self.write(till, "--account", "wallet")
        email = second.member.person.email
        answer = json.loads(self.write(till, "--account", "wallet", "--member", email, "--json"))

        assert first.member.person.email in str(caught.value)
        assert answer["closing"] == 5
