"""Opening balances: each row one outcome, each balance once, file and ledger reconciled."""

import gzip
from datetime import UTC, datetime
from functools import partial

import pytest

from ledger.auditing import audit
from ledger.models import Account, Lot, LotExtension, Transfer
from ledger.opening.mapping import parse
from partners.importing.mapping import MappingInvalid
from partners.models import Event, ImportRow, ImportRun, Partner
from tests.factories import NOON, PartnerFactory, UnitFactory
from tests.ledger.balances import HEADERS, ends, write_and_open
from tests.ledger.entries import lots, open_till, post_one


@pytest.fixture
def opens(tmp_path):
    return partial(write_and_open, tmp_path)


@pytest.fixture
def alder():
    UnitFactory(code="points")
    UnitFactory(code="cash", money=True)
    return PartnerFactory(erp_number="A")


@pytest.fixture
def birch(alder):
    return PartnerFactory(erp_number="B")


def held(partner: Partner, unit: str, kind: str = "pool") -> int:
    return Account.objects.get(partner=partner, unit__code=unit, kind=kind).balance


@pytest.mark.django_db
class TestPosting:
    def test_a_balance_keeps_its_age_and_its_last_day(self, opens, alder):
        report = opens("A,points,120,2025-06-10,2026-06-30,,,x1")

        assert ends(report) == (1, 0, 0)
        lot = Lot.objects.get()
        # Both days are days of summer time in London.
        assert lot.earned_at == datetime(2025, 6, 9, 23, tzinfo=UTC)
        assert lot.expires_at == datetime(2026, 6, 30, 23, tzinfo=UTC)
        transfer = lot.opened_by
        assert (transfer.kind, transfer.reference) == ("open", "x1")
        assert (transfer.debit_account.kind, transfer.credit_account.kind) == ("adjusted", "pool")
        assert (transfer.posted_at, transfer.amount) == (NOON, 120)

    def test_pending_matures_and_debt_is_owed(self, opens, alder, birch):
        opens(
            "A,points,30,2026-02-01,,pending,2026-04-01,",
            "B,points,8,2026-02-01,,debt,,",
        )

        pending = Lot.objects.get()
        assert pending.account.kind == "pending"
        assert pending.matures_at == datetime(2026, 3, 31, 23, tzinfo=UTC)
        assert held(birch, "points", "debt") == 8
        assert audit(as_of=NOON).divergences == ()

    def test_amounts_are_written_in_whole_units_with_the_decimals_of_the_unit(self, opens, alder):
        opens("A,cash,12.50,2026-01-05,,,,")

        assert held(alder, "cash") == 1250

    def test_a_partner_may_be_named_by_our_own_id(self, opens, alder):
        report = opens(f"{alder.public_id},points,5,2026-01-05,,,,", "A,points,5,2026-01-05,,,,")

        assert ends(report) == (1, 1, 0)

    @pytest.mark.parametrize("first", ["debt", "pool"])
    def test_debt_is_repaid_first_in_whatever_order_the_rows_stand(self, opens, alder, first):
        rows = {"debt": "A,points,40,2026-01-05,,debt,,", "pool": "A,points,100,2026-01-06,,,,"}
        other = "pool" if first == "debt" else "debt"

        report = opens(rows[first], rows[other])

        assert (held(alder, "points"), held(alder, "points", "debt")) == (60, 0)
        assert {line.account: (line.posted_now, line.repaid) for line in report.lines} == {
            "debt": (40, 40),
            "pool": (100, 40),
        }
        assert audit(as_of=NOON).divergences == ()

    def test_what_a_pool_has_already_repays_an_opened_debt(self, opens, alder):
        opens("A,points,100,2026-01-06,,,,")

        report = opens("A,points,140,2026-01-05,,debt,,")

        assert (held(alder, "points"), held(alder, "points", "debt")) == (0, 40)
        after = {line.account: line.ledger_after for line in report.lines}
        assert after == {"debt": 40, "pool": 0}
        assert audit(as_of=NOON).divergences == ()

    def test_the_partner_is_told_once_for_each_account(self, opens, alder):
        opens(
            "A,points,1,2026-01-05,,,,a",
            "A,points,2,2026-01-05,,,,b",
            "A,points,4,2026-01-05,,debt,,",
        )

        told = Event.objects.filter(partner=alder, kind="balance_opened").values_list(
            "payload", flat=True
        )
        assert list(told) == [
            {"amount": 4, "unit": "points", "account": "debt"},
            {"amount": 3, "unit": "points", "account": "pool"},
        ]


@pytest.mark.django_db
class TestTwice:
    ROWS = (
        "A,points,120,2025-06-10,2026-06-30,,,x1",
        "A,points,30,2026-02-01,,pending,2026-04-01,",
        "B,cash,7.25,2026-02-01,,,,",
    )

    def test_a_second_run_changes_nothing(self, opens, alder, birch):
        opens(*self.ROWS)
        before = list(Transfer.objects.values()), list(Account.objects.values())

        report = opens(*self.ROWS, as_of=NOON.replace(year=2029))

        assert ends(report) == (0, 3, 0)
        assert (list(Transfer.objects.values()), list(Account.objects.values())) == before
        assert [line.difference for line in report.lines] == [0, 0, 0]

    def test_the_same_row_twice_in_a_file_counts_once(self, opens, alder, birch):
        noted = []
        report = opens(*self.ROWS, self.ROWS[0], report_to=noted.extend)

        assert ends(report) == (3, 1, 0)
        assert [(one.number, one.outcome) for one in noted] == [(5, "duplicate")]
        [line] = [line for line in report.lines if (line.unit, line.account) == ("points", "pool")]
        assert (line.in_file, line.posted_now, line.duplicate, line.difference) == (
            240,
            120,
            120,
            120,
        )

    @pytest.mark.parametrize(
        ("changed", "column", "values"),
        [
            ("A,points,121,2025-06-10,2026-06-30,,,x1", "amount", ("120", "121")),
            ("A,points,120,2025-06-11,2026-06-30,,,x1", "earned_on", ("2025-06-10", "2025-06-11")),
            ("A,points,120,2025-06-10,2026-07-31,,,x1", "expires_on", ("2026-06-30", "2026-07-31")),
            ("A,points,120,2025-06-10,,,,x1", "expires_on", ("2026-06-30", "nothing")),
            ("A,points,120,2025-06-10,2026-06-30,pending,,x1", "account", ("pool", "pending")),
        ],
    )
    def test_other_content_under_the_same_key_is_refused_with_both_values(
        self, opens, alder, changed, column, values
    ):
        opens(self.ROWS[0])
        noted = []

        report = opens(changed, report_to=noted.extend)

        assert ends(report) == (0, 0, 1)
        [outcome] = noted
        assert (outcome.code, outcome.column) == ("conflict", column)
        assert all(value in outcome.message for value in values)
        assert held(alder, "points") == 120

    def test_without_a_reference_the_days_are_the_key(self, opens, alder):
        opens("A,points,30,2026-02-01,,,,")

        noted = []
        assert ends(opens("A,points,31,2026-02-01,,,,", report_to=noted.extend)) == (0, 0, 1)
        assert noted[0].code == "conflict"
        assert ends(opens("A,points,31,2026-02-02,,,,")) == (1, 0, 0)

    def test_another_source_is_another_balance(self, opens, alder):
        opens("A,points,30,2026-02-01,,,,")

        report = opens("A,points,30,2026-02-01,,,,", source="Old")

        assert ends(report) == (1, 0, 0)
        assert [line.posted_before for line in report.lines] == [0]

    def test_an_expiry_that_was_extended_since_is_no_conflict(self, opens, alder):
        opens(self.ROWS[0])
        lot = Lot.objects.get()
        later = lot.expires_at.replace(year=2028)
        LotExtension.objects.create(
            lot=lot, expired_before=lot.expires_at, expires_at=later, extended_at=NOON
        )
        Lot.objects.filter(pk=lot.pk).update(expires_at=later)

        assert ends(opens(self.ROWS[0])) == (0, 1, 0)

    def test_rows_of_one_key_find_each_other_across_chunks(self, opens, alder, monkeypatch):
        monkeypatch.setattr("ledger.opening.file.CHUNK_ROWS", 1)
        row = "A,points,30,2026-02-01,,,,r"

        for dry_run in (True, False):
            report = opens(row, row, row.replace("30", "31"), dry_run=dry_run)
            assert ends(report) == (1, 1, 1)


@pytest.mark.django_db
class TestReconciliation:
    def test_file_and_ledger_stand_side_by_side(self, opens, alder, birch):
        opens("A,points,100,2026-01-01,,,,r1")
        stranger = open_till(unit=Account.objects.filter(unit__code="points").first().unit)
        post_one(stranger.earn(7))

        report = opens(
            "A,points,100,2026-01-01,,,,r1",
            "A,points,101,2026-01-01,,,,r1",
            "B,points,50,2026-01-01,,,,r2",
            "X,points,25,2026-01-01,,,,r3",
            "B,points,9,2026-09-01,,,,r4",
        )

        assert ends(report) == (1, 1, 3)
        [line] = report.lines
        assert (line.rows, line.in_file) == (5, 285)
        assert (line.posted_now, line.duplicate, line.refused) == (50, 100, 135)
        assert (line.posted_before, line.difference) == (100, 135)
        assert (line.ledger_before, line.ledger_after) == (107, 157)
        [unnamed] = report.unnamed
        assert (unnamed.partners, unnamed.balance) == (1, 7)
        assert unnamed.erp_numbers == [stranger.partner.erp_number]

    def test_a_dry_run_says_the_same_and_writes_nothing(self, opens, alder, birch):
        rows = (
            "A,points,100,2026-01-01,,,,r1",
            "B,points,1.5,2026-01-01,,,,",
            "A,points,30,2026-01-01,,debt,,",
        )

        dry = opens(*rows, dry_run=True)

        assert not Transfer.objects.exists()
        assert not ImportRun.objects.exists()
        assert not Event.objects.exists()
        real = opens(*rows)
        left_out = {"dry_run", "seconds"}
        told, done = dry.as_dict(), real.as_dict()
        assert {k: v for k, v in told.items() if k not in left_out} == {
            k: v for k, v in done.items() if k not in left_out
        }

    def test_the_run_and_its_refused_rows_are_kept(self, opens, alder):
        opens("A,points,1.5,2026-01-01,,,,", "X,points,5,2026-01-01,,,,")

        run = ImportRun.objects.get()
        assert (run.kind, run.source, run.status) == ("balances", "old", "finished")
        assert run.report["rows_refused"] == 2
        kept = ImportRow.objects.order_by("row_number").values_list("row_number", "code", "value")
        assert list(kept) == [(2, "too_precise", "1.5"), (3, "unknown_partner", "X")]

    def test_gzip_is_read_too(self, opens, alder):
        content = gzip.compress(f"{HEADERS}\nA,points,5,2026-01-01,,,,\n".encode())

        assert ends(opens(content=content, name="balances.csv.gz")) == (1, 0, 0)

    def test_headers_and_values_may_be_mapped(self, opens, alder):
        mapping = parse(
            {
                "columns": {"partner": "Kunde", "amount": "Punkte", "earned_on": "Datum"},
                "defaults": {"unit": "points", "timezone": "Europe/Warsaw"},
                "format": {"dates": "%d.%m.%Y", "decimal": ",", "thousands": "."},
            }
        )

        opens("A;1.200;05.01.2026;x", headers="Kunde;Punkte;Datum;Bemerkung", mapping=mapping)

        assert lots(Account.objects.pools().get(partner=alder)) == [(1200, None)]
        assert Lot.objects.get().earned_at == datetime(2026, 1, 4, 23, tzinfo=UTC)

    def test_a_mapping_of_something_else_is_refused(self):
        with pytest.raises(MappingInvalid, match="rules"):
            parse({"rules": {"return_prefix": "C"}})
