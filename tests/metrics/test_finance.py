"""Liability and postings in money: exact, rounded once, and the sums agree to the cent."""

import csv
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from django.core.management import CommandError, call_command
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ledger.models import AccountCode
from metrics.finance.liability import read_liability
from metrics.finance.postings import read_postings
from metrics.finance.values import Running, read_books, round_cents, show_cents
from metrics.kpis import METRICS
from metrics.measuring import Cut, measure
from metrics.periods import Length, between
from rewards.models import Programme
from rewards.programmes.presets import load_preset
from tests.factories import NOON, ProgrammeFactory, UnitFactory
from tests.ledger.entries import Till, open_till, post_one

pytestmark = pytest.mark.once("SQLite")

DAY = timedelta(days=1)
LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def programme(db) -> Programme:
    load_preset("starter", as_of=NOON - 900 * DAY)
    return Programme.objects.select_related("main_unit").get()


@pytest.fixture
def till(programme) -> Till:
    return open_till(unit=programme.main_unit)


def publish(programme: Programme, value: str, valid_from: datetime | None) -> None:
    latest = programme.versions.published().order_by("-number").first()
    settings = {**latest.definition["settings"], "unit_value": value}
    programme.versions.create(
        number=latest.number + 1,
        definition={**latest.definition, "settings": settings},
        valid_from=valid_from,
        published_at=NOON,
    )


def run(command: str, *options: str) -> str:
    out = StringIO()
    call_command(command, *options, stdout=out)
    return out.getvalue()


class TestRounding:
    @pytest.mark.parametrize(
        ("amount", "decimals", "value", "cents"),
        [
            (1, 0, "0.005", 1),
            (1, 0, "0.0049", 0),
            (3, 0, "0.0150", 5),
            (1, 4, "1", 0),
            (50, 4, "1", 1),
            (1250, 2, "1", 1250),
            (10**15, 0, "9999.9999", 999_999_990_000_000_000_000),
        ],
    )
    def test_half_a_cent_is_rounded_up_and_nothing_else_is_lost(
        self, amount, decimals, value, cents
    ):
        assert Running(decimals).add(amount, Decimal(value)) == cents

    @hypothesis.given(
        amounts=st.lists(st.integers(0, 10**9), max_size=30),
        value_e4=st.integers(0, 30_000),
        decimals=st.integers(0, 4),
    )
    def test_parts_sum_to_the_rounded_whole_and_each_is_within_a_cent(
        self, amounts, value_e4, decimals
    ):
        value, running = Decimal(value_e4) / 10_000, Running(decimals)
        parts = [running.add(amount, value) for amount in amounts]

        assert sum(parts) == round_cents(sum(amounts) * value_e4, decimals)
        for amount, part in zip(amounts, parts, strict=True):
            assert abs(part - round_cents(amount * value_e4, decimals)) <= 1


class TestValues:
    def test_the_value_is_that_of_the_version_in_force_then(self, programme, till):
        publish(programme, "0.0200", NOON)
        post_one(till.earn(150), at=NOON - 2 * DAY)

        before, now = (read_liability(as_of=at, units=[till.unit])[0] for at in (NOON - DAY, NOON))

        assert (before.value, before.money) == (Decimal("0.01"), Decimal("1.50"))
        assert (now.value, now.money) == (Decimal("0.02"), Decimal("3.00"))

    def test_what_has_no_value_stays_in_units(self, programme, till):
        publish(programme, "0", None)
        loose = open_till(unit=UnitFactory(code="loose"))
        for each in (till, loose):
            post_one(each.earn(150))

        for found in read_liability(as_of=NOON):
            assert (found.outstanding.amount, found.value, found.money) == (150, None, None)
            assert found.breakage_money is None

    def test_money_is_worth_itself(self, db):
        till = open_till(unit=UnitFactory(money=True))
        post_one(till.earn(1250))

        [found] = read_liability(as_of=NOON)

        assert (found.money, found.books.currency) == (Decimal("12.50"), "GBP")

    def test_a_day_ends_at_midnight_where_the_programme_is(self, programme, till):
        # An hour before midnight in UTC is past midnight in London's summer.
        post_one(till.earn(5), at=datetime(2026, 6, 10, 22, 59, tzinfo=UTC))
        post_one(till.earn(7), at=datetime(2026, 6, 10, 23, 0, tzinfo=UTC))

        [found] = read_liability(as_of=date(2026, 6, 10))

        assert found.outstanding.amount == 5

    def test_a_unit_without_a_programme_lives_in_utc(self, db):
        UnitFactory(code="loose")
        ProgrammeFactory(time_zone="Europe/Kyiv", main_unit=UnitFactory(code="bound"))

        assert [(books.unit.code, str(books.zone)) for books in read_books()] == [
            ("bound", "Europe/Kyiv"),
            ("loose", "UTC"),
        ]


class TestExportLiability:
    def test_the_document_sums_up_to_the_cent(self, programme, till):
        publish(programme, "0.0149", None)
        for age in (0, 100, 200, 400, 800):
            post_one(till.earn(age + 33, occurred_at=NOON - age * DAY))
        post_one(till.pend(1))
        post_one(till.share(77, to=till.wallet()))
        post_one(till.redeem(5))

        told = json.loads(run("export_liability", "--as-of", "2026-03-01", "--json"))

        [unit] = told["units"]
        assert unit["outstanding"] == sum(part["amount"] for part in unit["parts"]) == 1661
        assert Decimal(unit["money"]) == sum(Decimal(part["money"]) for part in unit["parts"])
        assert unit["money"] == "24.75"
        assert told["totals"] == {"GBP": "24.75"}
        assert unit["breakage"]["enough_history"] is False
        assert unit["breakage"]["expected"] is None

    def test_the_file_has_a_row_for_each_place_and_age_and_one_for_debt(self, till, tmp_path):
        post_one(till.earn(100))
        post_one(till.claw_back(130))
        path = tmp_path / "liability.csv"

        run("export_liability", "--as-of", "2026-03-01", "--csv", str(path))

        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 4 * 5 + 1
        assert rows[-1]["place"] == "debt"
        assert (rows[-1]["units"], rows[-1]["money"]) == ("30", "0.30")
        assert {row["as_of"] for row in rows} == {"2026-03-01T23:59:59.999999+00:00"}

    def test_people_read_bands_places_and_why_there_is_no_estimate(self, till):
        post_one(till.earn(1234))

        shown = run("export_liability", "--as-of", "2026-03-01T12:00:00+00:00")

        assert "one is worth 0.01 GBP" in shown
        assert "12.34" in shown
        assert "Expected breakage: not enough history" in shown

    @pytest.mark.parametrize(
        "options",
        [
            ("--as-of", "2026-02-30"),
            ("--as-of", "yesterday"),
            ("--as-of", "2026-03-01T12:00:00"),
            ("--as-of", "0001-01-01"),
            ("--unit", "miles"),
            ("--csv", "/nowhere/at/all.csv"),
        ],
    )
    def test_what_makes_no_sense_is_a_wrong_call(self, programme, options):
        with pytest.raises(CommandError) as caught:
            run("export_liability", *options)

        assert caught.value.returncode == 2


class TestExportPostings:
    def test_a_day_gives_debit_and_credit_lines_with_the_codes_of_the_seller(self, till, tmp_path):
        AccountCode.objects.create(account_kind="pool", code="2300", name="Deferred income")
        post_one(till.earn(1250))
        post_one(till.redeem(1000))
        path = tmp_path / "postings.csv"

        run("export_postings", "--from", "2026-03-01", "--to", "2026-03-01", "--csv", str(path))

        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        columns = ("kind", "account", "debit_units", "credit_units", "debit_money", "credit_money")
        assert [tuple(row[name] for name in columns) for row in rows] == [
            ("earn", "issued", "1250", "", "12.50", ""),
            ("earn", "2300", "", "1250", "", "12.50"),
            ("redeem", "2300", "1000", "", "10.00", ""),
            ("redeem", "redeemed", "", "1000", "", "10.00"),
        ]
        assert {row["currency"] for row in rows} == {"GBP"}

    def test_the_document_says_in_which_zone_its_days_are(self, till):
        UnitFactory(code="loose")

        told = json.loads(
            run("export_postings", "--from", "2026-03-01", "--to", "2026-03-31", "--json")
        )

        assert told["units"] == [
            {"unit": "loose", "time_zone": "UTC"},
            {"unit": till.unit.code, "time_zone": "Europe/London"},
        ]
        assert told["postings"] == []

    def test_people_read_a_line_for_each_side(self, till):
        post_one(till.earn(1250))

        shown = run("export_postings", "--from", "2026-03-01", "--to", "2026-03-01").splitlines()

        assert len(shown) == 3
        assert "12.50" in shown[1]

    @pytest.mark.parametrize(
        ("first", "last"),
        [("2026-03-02", "2026-03-01"), ("today", "2026-03-01"), ("2026-03-01", "2026-02-30")],
    )
    def test_days_that_make_no_sense_are_a_wrong_call(self, programme, first, last):
        with pytest.raises(CommandError) as caught:
            run("export_postings", "--from", first, "--to", last)

        assert caught.value.returncode == 2


class AnySplit(TestCase):
    @hypothesis.settings(max_examples=hypothesis.settings.default.max_examples // 5, deadline=None)
    @hypothesis.given(
        earned=st.lists(st.tuples(st.integers(1, 400), st.integers(0, 3)), min_size=1, max_size=12),
        value=st.sampled_from(["0.0049", "0.0150", "0.3333", "1"]),
        changes=st.booleans(),
        cut=st.integers(0, 12),
    )
    def test_two_periods_say_what_one_says_and_debits_are_credits(
        self, earned, value, changes, cut
    ):
        load_preset("starter", as_of=NOON - 900 * DAY)
        programme = Programme.objects.select_related("main_unit").get()
        publish(programme, value, None)
        if changes:
            publish(programme, "0.0075", NOON + 5 * DAY)
        till = open_till(unit=programme.main_unit)
        at = NOON
        for amount, days in earned:
            at += days * DAY
            post_one(till.earn(amount), at=at)
        first, last = NOON.date(), NOON.date() + 40 * DAY
        middle = first + cut * DAY

        whole = list(read_postings(first=first, last=last))
        parts = [
            *read_postings(first=first, last=middle),
            *read_postings(first=middle + DAY, last=last),
        ]

        assert [(one.booking, one.money) for one in whole] == [
            (one.booking, one.money) for one in parts
        ]
        assert sum(one.booking.amount for one in whole) == sum(amount for amount, _days in earned)
        if not changes:
            value_e4 = int(Decimal(value) * 10_000)
            total = round_cents(sum(amount for amount, _days in earned) * value_e4, 0)
            assert sum(one.money for one in whole) == show_cents(total)


class TestKeyFigures:
    ARGUMENTS = ("--period", "month", "--from", "2026-03", "--to", "2026-04", "--json")

    def test_liability_is_what_is_outstanding_at_the_end_of_the_period(self, till):
        post_one(till.earn(1250), at=NOON)
        post_one(till.pend(50), at=NOON + DAY)
        post_one(till.share(200, to=till.wallet()), at=NOON + DAY)
        post_one(till.redeem(100), at=NOON + 31 * DAY)

        shown = json.loads(run("show_metrics", "--metric", "liability", *self.ARGUMENTS))

        assert [(row["value"], row["numerator"], row["denominator"]) for row in shown] == [
            ("13.0000", "13.00", 1),
            ("12.0000", "12.00", 1),
        ]
        [told] = read_liability(as_of=date(2026, 4, 30))
        assert told.money == Decimal("12.00")

    def test_breakage_is_what_expired_of_what_ended(self, till):
        lives = {"expires_at": NOON + 10 * DAY}
        post_one(till.earn(400, **lives), at=NOON)
        post_one(till.redeem(300), at=NOON + DAY)
        post_one(till.expire(100), at=NOON + 10 * DAY)

        shown = json.loads(run("show_metrics", "--metric", "breakage", *self.ARGUMENTS))

        assert [(row["value"], row["numerator"], row["denominator"]) for row in shown] == [
            ("0.250000", 100, 400),
            (None, 0, 0),
        ]

    @pytest.mark.parametrize("metric", ["liability", "breakage"])
    def test_they_can_be_split_and_name_the_partners_behind(self, programme, till, metric):
        from_other = open_till(unit=till.unit)
        type(till.partner).objects.filter(pk=till.partner.pk).update(country="Norway")
        post_one(till.earn(400), at=NOON)
        post_one(from_other.earn(10), at=NOON)
        post_one(till.redeem(300), at=NOON)

        shown = json.loads(
            run("show_metrics", "--metric", metric, "--by", "country", *self.ARGUMENTS)
        )

        values = {(row["period"], row["country"]): row["value"] for row in shown}
        expected = {"liability": "1.0000", "breakage": "0.000000"}
        assert values["2026-03", "Norway"] == expected[metric]
        [march] = between(NOON.date(), NOON.date(), length=Length.MONTH, zone=LONDON)
        behind = METRICS[metric].behind(march, Cut(programme=programme))
        holders = {till.partner, from_other.partner}
        assert [set(behind.numerator), set(behind.denominator)] == {
            "liability": [holders, holders],
            "breakage": [set(), {till.partner}],
        }[metric]

    # The liability also reads what the unit is worth.
    @pytest.mark.parametrize(("metric", "queries"), [("breakage", 1), ("liability", 3)])
    def test_they_cost_the_same_queries_for_any_number_of_partners(
        self, programme, till, metric, queries, django_assert_num_queries
    ):
        for _number in range(3):
            post_one(open_till(unit=till.unit).earn(10), at=NOON)
        [march] = between(NOON.date(), NOON.date(), length=Length.MONTH, zone=LONDON)

        with django_assert_num_queries(queries):
            measure(METRICS[metric], period=march, cut=Cut(programme=programme))

    @pytest.mark.django_db
    def test_without_a_programme_there_is_no_figure(self):
        shown = json.loads(
            run("show_metrics", "--metric", "liability", "--metric", "breakage", *self.ARGUMENTS)
        )

        assert {row["value"] for row in shown} == {None}
