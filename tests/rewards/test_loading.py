"""From a file to facts and points: which row ends where, and that a second run changes nothing."""

import csv
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ledger.auditing import audit
from ledger.models import Account
from partners.importing.files import FileNotReadable
from partners.importing.mapping import parse_mapping
from partners.models import (
    Activity,
    ActivityLine,
    ImportRow,
    ImportRun,
    ParkedDocument,
    Partner,
)
from partners.rates import RateRow, store_rates
from rewards.loading import load_file, loader
from rewards.models import Award, Standing
from rewards.programmes.presets import load_preset
from tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2011, 12, 9, 20, tzinfo=UTC)
HEADERS = ("order", "occurred_at", "partner", "sku", "quantity", "unit_price", "country")
SETTINGS = {"defaults": {"currency": "GBP", "timezone": "Europe/London"}}
RULES = {"return_prefix": "C", "create_partners": True}

ORDER = ("1", "2011-01-04 10:00", "A", "mug", "10", "5.50", "France")
RETURN = ("C2", "2011-01-05 10:00", "A", "mug", "-4", "5.50", "France")
NAMELESS = ("3", "2011-01-06 10:00", "", "mug", "2", "3", "France")


@pytest.fixture(autouse=True)
def programme():
    return load_preset("starter", as_of=datetime(2010, 1, 1, tzinfo=UTC))


@pytest.fixture
def load(tmp_path):
    """Write rows to a file and load it; answers with the report as scripts see it."""
    numbers = iter(range(99))

    def load(*rows, rules=RULES, **options):
        path = tmp_path / f"orders-{next(numbers)}.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([HEADERS, *rows])
        mapping = parse_mapping({**SETTINGS, "rules": rules})
        settings = {"kind": "order", "source": "shop", "mapping": mapping, "as_of": NOW}
        return load_file(path=path, **(settings | options)).as_dict()

    return load


def ends(report) -> tuple[int, int, int, int]:
    names = ("rows_accepted", "rows_duplicate", "rows_parked", "rows_refused")
    found = tuple(report[name] for name in names)
    assert sum(found) == report["rows"]
    return found


def balance(erp_number: str) -> int:
    pools = Account.objects.pools().filter(partner__erp_number=erp_number)
    return sum(pools.values_list("balance", flat=True))


def everything() -> dict[str, list]:
    """Facts and balances, told without the ids that a database happened to give."""
    facts = Activity.objects.order_by("source", "external_id").values_list(
        "source", "external_id", "kind", "partner__erp_number", "occurred_at", "amount", "country"
    )
    lines = ActivityLine.objects.order_by("activity__external_id", "position").values_list(
        "activity__external_id", "position", "sku", "description", "quantity", "amount"
    )
    accounts = Account.objects.filter(partner__isnull=False, balance__gt=0).order_by(
        "partner__erp_number", "kind"
    )
    partners = Partner.objects.order_by("erp_number")
    return {
        "facts": list(facts),
        "lines": list(lines),
        "balances": list(accounts.values_list("partner__erp_number", "kind", "balance")),
        "partners": list(partners.values_list("erp_number", "country", "currency")),
        "parked": sorted(ParkedDocument.objects.values_list("external_id", "content_hash")),
    }


class TestAnAcceptedDocument:
    def test_becomes_a_fact_of_its_partner_and_earns(self, load):
        report = load(ORDER, ("1", "2011-01-04 10:01", "A", "bowl", "1", "0.999", "France"))

        fact = Activity.objects.get()
        assert (fact.kind, fact.external_id, fact.partner.erp_number) == ("order", "1", "A")
        assert fact.occurred_at == datetime(2011, 1, 4, 10, tzinfo=UTC)
        assert fact.amount == Decimal("55.999")
        assert (ends(report), report["activities"]) == ((2, 0, 0, 0), {"order": 1, "return": 0})
        assert (report["amount"], report["currency"]) == ("55.999", "GBP")
        assert (report["awards"], report["units_awarded"], balance("A")) == (1, 55, 55)

    def test_creates_its_partner_from_what_the_file_says(self, load):
        later = (*ORDER[:1], "2011-02-04 10:00", *ORDER[2:6], "Malta")
        report = load(("9", *later[1:]), ORDER)

        partner = Partner.objects.get()
        assert report["partners_created"] == 1
        assert (partner.erp_number, partner.legal_name) == ("A", "Customer A")
        assert (partner.country, partner.currency) == ("Malta", "GBP")
        assert str(partner.partner_since) == "2011-01-04"

    def test_gives_back_what_is_returned(self, load):
        report = load(RETURN, ORDER)

        assert (report["units_awarded"], report["units_clawed_back"]) == (55, 22)
        assert (report["amount"], balance("A")) == ("33", 33)
        assert report["compensated"] == 0

    def test_tells_of_returns_that_match_no_purchase(self, load):
        report = load(RETURN)

        assert report["return_without_purchase"] == {"lines": 1, "amount": "22"}
        assert report["units_clawed_back"] == 0

    def test_decides_the_tier_once_the_file_is_in(self, load):
        load(("1", "2011-12-01 10:00", "A", "mug", "500", "5.50", "France"))

        assert Standing.objects.get().tier_code == "silver"

    def test_moves_the_partner_only_with_its_latest_document(self, load):
        load(ORDER)
        load(("8", "2010-06-01 10:00", *ORDER[2:6], "Spain"))
        assert Partner.objects.get().country == "France"

        load(("9", "2011-06-01 10:00", *ORDER[2:6], "Malta"))
        assert Partner.objects.get().country == "Malta"


class TestAnotherRun:
    def test_knows_taken_and_parked_rows_alike(self, load):
        bad = ("1", "2011-01-04 10:00", "A", "gift", "1", "0", "France")
        first = load(ORDER, bad, RETURN, NAMELESS)
        before = everything()

        second = load(NAMELESS, RETURN, bad, ORDER)

        assert (ends(first), ends(second)) == ((2, 0, 1, 1), (0, 3, 0, 1))
        assert everything() == before
        assert (second["amount"], second["awards"], second["partners_created"]) == ("0", 0, 0)

    def test_goes_on_where_a_killed_run_stopped(self, load):
        load(ORDER)

        report = load(ORDER, RETURN, NAMELESS)

        assert ends(report) == (1, 1, 1, 0)

    def test_refuses_a_known_document_with_other_content(self, load):
        load(ORDER, NAMELESS)
        before = everything()

        report = load((*ORDER[:4], "11", *ORDER[5:]), (*NAMELESS[:4], "9", *NAMELESS[5:]))

        assert ends(report) == (0, 0, 0, 2)
        assert report["refused_by_code"] == {"conflict": 2}
        assert everything() == before

    def test_tells_the_same_numbers_of_two_sources_apart(self, load):
        load(ORDER)

        assert ends(load(ORDER, source="branch")) == (1, 0, 0, 0)

    def test_takes_a_parked_document_when_it_comes_with_a_partner(self, load):
        load(NAMELESS)
        named = (*NAMELESS[:2], "A", *NAMELESS[3:])

        report = load(named)

        assert (ends(report), report["matched_documents"]) == ((1, 0, 0, 0), 1)
        assert ParkedDocument.objects.get().matched_at == NOW
        assert balance("A") == 6
        assert ends(load(named)) == ends(load(NAMELESS)) == (0, 1, 0, 0)


class TestADocumentThatWaits:
    def test_keeps_its_rows_as_they_came(self, load):
        free = ("3", "2011-01-06 10:00", "", "gift", "-1", "0", "France")
        report = load(NAMELESS, free)

        document = ParkedDocument.objects.get()
        assert ends(report) == (0, 0, 2, 0)
        assert (document.external_id, document.reason) == ("3", "no_partner")
        contents = [row.content for row in document.rows.order_by("row_number")]
        assert [content["quantity"] for content in contents] == ["2", "-1"]
        assert contents[0] == {
            "occurred_at": "2011-01-06T10:00:00+00:00",
            "sku": "mug",
            "quantity": "2",
            "unit_price": "3",
            "amount": "6",
            "country": "France",
            "currency": "GBP",
        }
        assert not Activity.objects.exists()

    def test_waits_whole_where_only_some_rows_name_a_partner(self, load):
        report = load(NAMELESS, (*NAMELESS[:2], "A", *NAMELESS[3:]))

        assert ends(report) == (0, 0, 2, 0)
        assert not Partner.objects.exists()

    def test_waits_for_a_partner_that_is_not_known_yet(self, load):
        strict = {"return_prefix": "C"}
        free = ("1", "2011-01-04 10:00", "A", "gift", "1", "0", "France")

        first = load(ORDER, free, rules=strict)
        again = load(ORDER, free, rules=strict)
        PartnerFactory(erp_number="A")
        third = load(ORDER, free, rules=strict)

        assert (ends(first), ends(again)) == ((0, 0, 1, 1), (0, 1, 0, 1))
        assert (ends(third), third["matched_documents"]) == ((1, 0, 0, 1), 1)
        assert ParkedDocument.objects.get().reason == "unknown_partner"

    def test_waits_for_a_rate_of_its_day(self, load):
        in_euros = parse_mapping(
            {"defaults": {"currency": "EUR", "timezone": "Europe/London"}, "rules": RULES}
        )
        first = load(ORDER, mapping=in_euros)
        again = load(ORDER, mapping=in_euros)
        parked = ParkedDocument.objects.get()

        rate = RateRow("EUR", "GBP", date(2011, 1, 3), 80_000_000)
        store_rates([rate], source="bank", by=None, at=NOW)
        taken = load(ORDER, mapping=in_euros)

        assert (ends(first), ends(again), ends(taken)) == (
            (0, 0, 1, 0),
            (0, 1, 0, 0),
            (1, 0, 0, 0),
        )
        assert (parked.reason, parked.currency) == ("no_rate", "EUR")
        assert not ParkedDocument.objects.waiting().exists()
        assert balance("A") == 44


class TestARefusedRow:
    @pytest.mark.parametrize(
        ("change", "code"),
        [({"unit_price": "0"}, "zero_price"), ({"quantity": "-1"}, "not_positive")],
    )
    def test_is_dropped_alone(self, load, change, code):
        bad = tuple((dict(zip(HEADERS, ORDER, strict=True)) | change).values())
        report = load(ORDER, bad)

        row = ImportRow.objects.get()
        assert (ends(report), report["refused_by_code"]) == ((1, 0, 0, 1), {code: 1})
        assert (row.row_number, row.document, row.outcome, row.code) == (3, "1", "refused", code)
        assert {row.column: row.value} == change
        assert Activity.objects.get().lines.count() == 1

    def test_takes_its_document_along_when_it_cannot_be_read(self, load):
        report = load(ORDER, (*ORDER[:4], "ten", *ORDER[5:]), RETURN)

        rows = ImportRow.objects.order_by("row_number")
        assert (ends(report), report["refused_by_code"]) == ((1, 0, 0, 2), {"unreadable": 2})
        assert [(row.row_number, row.column, row.value) for row in rows] == [
            (2, "", ""),
            (3, "quantity", "ten"),
        ]
        assert Activity.objects.get().external_id == "C2"

    def test_leaves_no_activity_and_no_partner_where_nothing_is_left(self, load):
        report = load((*ORDER[:5], "0", "France"))

        assert ends(report) == (0, 0, 0, 1)
        assert not Activity.objects.exists()
        assert not Partner.objects.exists()

    def test_says_when_a_document_names_two_partners(self, load):
        report = load(ORDER, (*ORDER[:2], "B", *ORDER[3:]), RETURN)

        assert (ends(report), report["refused_by_code"]) == ((1, 0, 0, 2), {"two_partners": 2})

    def test_survives_an_amount_that_is_too_large(self, load):
        huge = ("7", "2011-01-04 10:00", "B", "mug", "1", "9999999999999", "France")
        most = ("8", "2011-01-04 10:00", "B", "mug", "1", "1000000000000", "France")
        report = load(ORDER, huge, most, most)

        assert ends(report) == (1, 0, 0, 3)
        assert report["refused_by_code"] == {"too_large": 2, "unreadable": 1}


class TestTheOrderOfRows:
    # At 7.77 each: A buys 21 and 240 (163 + 1,864 points) and returns 9, which leaves 12 of the
    # first 21 (93 points: 70 less). B buys 27 (209 points) and returns more than that.
    AWARDED, TAKEN_BACK = 163 + 1_864 + 209, 70 + 209
    BALANCES = (163 + 1_864 - 70, 0)
    ROWS = tuple(
        (
            number,
            f"2011-01-{day:02} 10:0{n % 3}",
            partner,
            f"sku {n % 4}",
            quantity,
            "7.77",
            "Malta",
        )
        for n in range(6)
        for number, day, partner, quantity in (
            ("1", 3, "A", n + 1),
            ("2", 4, "B", n + 2),
            ("C3", 5, "A", -1 - n % 2),
            ("C4", 4, "B", -9),
            ("5", 2, "", 1),
            ("6", 6, "A", 40),
        )
    )

    @pytest.mark.parametrize("seed", range(4))
    def test_changes_nothing(self, load, seed):
        shuffled = list(self.ROWS)
        random.Random(seed).shuffle(shuffled)

        report = load(*shuffled)

        assert ends(report) == (30, 0, 6, 0)
        assert (report["units_awarded"], report["units_clawed_back"]) == (
            self.AWARDED,
            self.TAKEN_BACK,
        )
        assert (balance("A"), balance("B")) == self.BALANCES
        assert audit(as_of=NOW).ok

    def test_leads_to_the_same_balances_in_several_files(self, load):
        documents = {}
        for row in self.ROWS:
            documents.setdefault(row[0], []).append(row)
        for number in ("C4", "6", "5", "C3", "2", "1"):
            load(*documents[number])

        assert (balance("A"), balance("B")) == self.BALANCES
        assert audit(as_of=NOW).ok


class TestADryRun:
    def test_judges_everything_and_writes_nothing(self, load):
        rows = (ORDER, RETURN, NAMELESS, (*ORDER[:5], "0", "France"))
        before = everything()

        rehearsed = load(*rows, dry_run=True)
        assert everything() == before
        assert not ImportRun.objects.exists()
        assert not ImportRow.objects.exists()

        told = {"dry_run", "seconds"}
        performed = load(*rows)
        assert {k: v for k, v in rehearsed.items() if k not in told} == {
            k: v for k, v in performed.items() if k not in told
        }


class TestTheRun:
    def test_is_kept_with_its_report(self, load):
        report = load(ORDER, NAMELESS)

        run = ImportRun.objects.get()
        assert (run.status, run.kind, run.source) == ("finished", "order", "shop")
        assert run.report == report
        assert run.started_at == NOW <= run.finished_at

    def test_is_marked_when_it_is_interrupted_and_keeps_what_it_took(self, load, monkeypatch):
        monkeypatch.setattr(loader, "CHUNK_ROWS", 1)
        other = ("9", "2011-01-04 10:00", "B", "mug", "1", "5", "France")

        def interrupt(step, done, _total):
            if step == "taking_in" and done:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            load(ORDER, other, progress=interrupt)

        assert ImportRun.objects.get().status == "failed"
        assert Activity.objects.count() == 1
        # The same run goes on, and tells of the whole file.
        assert ends(load(ORDER, other)) == (2, 0, 0, 0)
        assert ImportRun.objects.get().status == "finished"

    def test_tells_how_far_it_is(self, load):
        told = []
        load(ORDER, RETURN, progress=lambda *step: told.append(step))

        steps = {step for step, _, _ in told}
        assert steps == {"reading", "taking_in"}
        assert told[-1] == ("taking_in", 2, 2)
        assert all(done <= total for _, done, total in told)

    def test_writes_nothing_for_a_file_that_breaks_in_the_middle(self, tmp_path):
        path = tmp_path / "orders.csv"
        lines = [",".join(row) for row in (HEADERS, ORDER, RETURN)]
        path.write_text("\n".join([*lines, 'a,"b']))

        with pytest.raises(FileNotReadable):
            load_file(
                path=path,
                kind="order",
                source="shop",
                mapping=parse_mapping({**SETTINGS, "rules": RULES}),
                as_of=NOW,
            )

        assert not ImportRun.objects.exists()
        assert not Activity.objects.exists()

    def test_takes_each_partner_whole_into_one_chunk(self, load, monkeypatch):
        monkeypatch.setattr(loader, "CHUNK_ROWS", 1)
        late = ("9", "2011-01-03 10:00", "A", "mug", "1", "5", "France")

        report = load(RETURN, ORDER, late)

        # The return came before its order in the file, and nothing had to be corrected.
        assert (report["units_awarded"], report["units_clawed_back"]) == (60, 22)
        assert report["compensated"] == 0

    def test_keeps_only_the_largest_partners_when_asked(self, load):
        large = ("9", "2011-01-04 10:00", "B", "mug", "100", "5", "France")
        unreal = ("10", "2011-01-04 10:00", "C", "mug", "900", "5", "France")
        undone = ("C11", "2011-01-05 10:00", "C", "mug", "-900", "5", "France")

        report = load(ORDER, large, unreal, undone, NAMELESS, partners_max=1)

        assert (ends(report), report["rows"]) == ((1, 0, 0, 0), 1)
        assert Partner.objects.get().erp_number == "B"

    def test_shifts_whole_days_and_posts_when_it_happened_for_the_demo(self, load):
        load(ORDER, shift_days=7, post_when_occurred=True)

        fact = Activity.objects.get()
        assert fact.occurred_at == datetime(2011, 1, 11, 10, tzinfo=UTC)
        assert Account.objects.pools().get().last_posted_at == fact.occurred_at

    def test_posts_now_otherwise(self, load):
        load(ORDER)

        assert Account.objects.pools().get().last_posted_at == NOW
        assert Award.objects.get().activity.occurred_at < NOW - timedelta(days=300)
