"""The real file: every figure of data/README.md, on the first run and on the second."""

import csv
import itertools
import random
from collections import defaultdict
from datetime import datetime
from decimal import Decimal

import pytest
from django.db.models import Count, Sum

from ledger.auditing import audit
from ledger.models import Account, Lot
from partners.importing.mapping import parse_mapping
from partners.models import Activity, ActivityLine, ImportRow, ImportRun, ParkedDocument, Partner
from rewards.models import Award, Standing
from rewards.programmes.presets import load_preset
from tests.api.conftest import Poster, make_token, with_key
from tests.databases.clones import stand_on_clone
from tests.factories import PartnerFactory
from tests.partners.importing.workbooks import write_workbook
from tests.real_orders import (
    BEFORE,
    EVENING,
    SAMPLED_PARTNERS,
    load_orders,
    tell_everything,
)


def pick(report, *names):
    return tuple(report[name] for name in names)


ENDS = ("rows", "rows_accepted", "rows_duplicate", "rows_parked", "rows_refused")


def points_of(erp_number: str) -> int:
    pools = Account.objects.pools().filter(partner__erp_number=erp_number)
    return pools.aggregate(points=Sum("balance", default=0))["points"]


@pytest.mark.slow
@pytest.mark.timeout(600)
class TestTheWholeFile:
    def test_ends_with_every_row_where_it_belongs(self, real_orders):
        first = real_orders.first

        assert pick(first, *ENDS) == (541_909, 406_789, 0, 135_080, 40)
        assert first["refused_by_code"] == {"zero_price": 40}
        assert first["parked_documents"] == ParkedDocument.objects.count() == 3_710
        assert first["activities"] == {"order": 18_532, "return": 3_654}
        assert first["partners_created"] == Partner.objects.count() == 4_371
        assert ActivityLine.objects.count() == 406_789

    def test_knows_everything_the_second_time(self, real_orders):
        second = real_orders.second

        assert pick(second, *ENDS) == (541_909, 0, 541_869, 0, 40)
        assert second["activities"] == {"order": 0, "return": 0}
        assert pick(second, "partners_created", "awards", "units_awarded") == (0, 0, 0)
        assert pick(second, "units_clawed_back", "compensated", "amount") == (0, 0, "0")
        first_run, second_run = ImportRun.objects.order_by("pk")
        assert first_run.rows.count() == 135_080 + 40
        assert second_run.rows.count() == 40

    def test_adds_up_to_the_last_tenth_of_a_penny(self, real_orders):
        totals = dict(Activity.objects.values_list("kind").annotate(total=Sum("amount")).order_by())

        assert totals["order"] == Decimal("8911407.904")
        assert totals["order"] - totals["return"] == Decimal("8300065.814")
        assert pick(real_orders.first, "amount", "currency") == ("8300065.814", "GBP")
        assert round(totals["order"] / 18_532, 3) == Decimal("480.866")

    def test_counts_partners_with_an_order_and_with_two(self, real_orders):
        orders = Activity.objects.orders().values("partner").annotate(orders=Count("pk"))

        assert orders.count() == 4_338
        assert orders.filter(orders__gte=2).count() == 2_845

    def test_keeps_the_lines_of_a_document_that_is_split_by_others(self, real_orders):
        document = Activity.objects.get(external_id="542806")

        assert document.lines.count() > 1
        assert list(document.lines.values_list("position", flat=True)) == list(
            range(1, document.lines.count() + 1)
        )

    def test_earns_a_point_for_every_whole_pound_of_every_order(self, real_orders):
        first = real_orders.first

        assert pick(first, "awards", "units_awarded") == (18_525, 8_902_670)
        assert Award.objects.filter(amount__gt=0).count() == 18_525
        assert first["compensated"] == 0

    def test_takes_back_what_was_returned(self, real_orders):
        first = real_orders.first
        left = first["units_awarded"] - first["units_clawed_back"]

        assert abs(left - 8_315_000) < 3_000
        assert first["return_without_purchase"] == {"lines": 434, "amount": "22616.44"}
        assert (points_of("12346"), points_of("16446")) == (0, 2)

    def test_leaves_a_ledger_that_adds_up(self, real_orders):
        held = Account.objects.filter(partner__isnull=False).values_list("kind")
        balances = dict(held.annotate(total=Sum("balance")).order_by())
        lots = Lot.objects.aggregate(total=Sum("remaining"))["total"]
        first = real_orders.first

        assert audit(as_of=EVENING).ok
        assert balances["pool"] == lots
        assert balances["pool"] - balances.get("debt", 0) == (
            first["units_awarded"] - first["units_clawed_back"]
        )

    def test_lifts_partners_by_what_they_bought_in_twelve_months(self, real_orders):
        tiers = dict(Standing.objects.values_list("tier_code").annotate(Count("pk")).order_by())

        assert (tiers["silver"] + tiers["gold"], tiers["gold"]) == (656, 92)

    def test_puts_a_partner_where_its_latest_document_says(self, real_orders):
        moved = Partner.objects.get(erp_number="12370")
        latest = moved.activities.newest_first().first()

        assert moved.activities.values("country").distinct().count() == 2
        assert moved.country == latest.country

    def test_keeps_every_row_that_waits(self, real_orders):
        waiting = ImportRow.objects.filter(outcome="parked")

        assert waiting.count() == 135_080
        assert waiting.filter(parked_document__isnull=True).count() == 0


@pytest.fixture
def load_rows(tmp_path):
    """Write rows in the form of the real file, in one dialect or another, and load them."""
    numbers = iter(range(99))

    def load_rows(rows, *, encoding="utf-8", **dialect):
        path = tmp_path / f"part-{next(numbers)}.csv"
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file, **dialect).writerows(rows)
        return path

    return load_rows


@pytest.mark.django_db
@pytest.mark.slow
class TestASample:
    """Whole documents of some partners, on both databases, each time into an empty database."""

    @pytest.fixture
    def outcome_of(self, database_template, django_db_blocker):
        def outcome_of(*loads, tell=tell_everything, before=lambda: None):
            with django_db_blocker.unblock(), stand_on_clone(database_template):
                load_preset("starter", as_of=BEFORE)
                before()
                for path, options in loads:
                    load_orders(path, **options)
                assert audit(as_of=EVENING).ok
                return tell()

        return outcome_of

    def test_leads_to_the_same_facts_and_balances_however_it_is_written(
        self, sampled_rows, load_rows, outcome_of
    ):
        header, *rows = sampled_rows
        expected = outcome_of((load_rows(sampled_rows), {}))
        shuffled = list(rows)
        random.Random(20_111_209).shuffle(shuffled)
        documents = defaultdict(list)
        for row in rows:
            documents[row[0]].append(row)
        numbers = sorted(documents, reverse=True)
        parts = [
            [header, *(row for number in numbers[n::10] for row in documents[number])]
            for n in range(10)
        ]
        continental = [[*row[:5], row[5].replace(".", ","), *row[6:]] for row in rows]

        assert len(expected[0]) > 3_000
        assert {number for number, _ in expected[2]} == SAMPLED_PARTNERS
        assert outcome_of((load_rows([header, *shuffled]), {})) == expected
        assert outcome_of(*((load_rows(part), {}) for part in parts)) == expected
        dialect = load_rows([header, *continental], encoding="cp1251", delimiter=";")
        assert outcome_of((dialect, {"mapping": continental_mapping()})) == expected
        whole = load_rows(sampled_rows)
        assert outcome_of((whole, {}), (whole, {})) == expected

    @pytest.mark.once("SQLite")
    def test_leads_to_the_same_as_a_workbook_and_through_the_api(
        self, sampled_rows, load_rows, outcome_of, tmp_path
    ):
        expected = outcome_of((load_rows(sampled_rows), {}))
        typed = [sampled_rows[0], *map(as_cells, sampled_rows[1:])]
        workbook = write_workbook(tmp_path / "orders.xlsx", {"Orders": typed})
        assert outcome_of((workbook, {})) == expected

        # The API takes what was accepted: it knows nothing of rows that wait for a partner.
        accepted = outcome_of((load_rows(sampled_rows), {}), tell=read_accepted)
        sent = outcome_of(before=lambda: send(accepted), tell=read_accepted)
        assert sent == accepted
        assert len(accepted[1]) > len(SAMPLED_PARTNERS) / 2


def as_cells(row):
    """Write a row as somebody's spreadsheet has it: with numbers and times of its own."""
    number, sku, description, quantity, at, price, partner, country = row
    return [
        int(number) if number.isdecimal() else number,
        sku,
        description,
        int(quantity),
        datetime.fromisoformat(at),
        float(price),
        int(partner) if partner else None,
        country,
    ]


def read_accepted():
    """Documents as the API takes them, and balances: what it and a file have in common."""
    documents = {}
    lines = ActivityLine.objects.select_related("activity__partner")
    for line in lines.order_by("activity__external_id", "position"):
        fact = line.activity
        document = documents.setdefault(
            fact.external_id,
            {
                "kind": fact.kind,
                "partner": f"erp:{fact.partner.erp_number}",
                "source": fact.source,
                "external_id": fact.external_id,
                "occurred_at": fact.occurred_at.isoformat(),
                "currency": fact.currency,
                "country": fact.country,
                "lines": [],
            },
        )
        told = {name: getattr(line, name) for name in ("sku", "description")}
        told |= {name: str(getattr(line, name)) for name in ("quantity", "amount")}
        document["lines"].append(told)
    return list(documents.values()), tell_everything()[1]


def send(accepted):
    """Send documents through the API, newest numbers first, a hundred at a time."""
    documents, _balances = accepted
    numbers = {document["partner"].removeprefix("erp:") for document in documents}
    for number in sorted(numbers):
        PartnerFactory(erp_number=number)
    erp = Poster(with_key(make_token()), itertools.count())
    backwards = documents[::-1]
    for start in range(0, len(backwards), 100):
        answer = erp.post("activities/batch", {"activities": backwards[start : start + 100]})
        assert {item["status"] for item in answer.json()["items"]} == {"recorded"}


def continental_mapping():
    return parse_mapping(
        {
            "columns": {
                "order": "invoice no",
                "sku": "stockcode",
                "description": "DESCRIPTION",
                "quantity": "Quantity",
                "occurred_at": "InvoiceDate",
                "unit_price": "UnitPrice",
                "partner": "CustomerID",
                "country": "Country",
            },
            "defaults": {"currency": "GBP", "timezone": "Europe/London"},
            "format": {"decimal": ",", "encoding": "cp1251"},
            "rules": {"return_prefix": "C", "create_partners": True},
        }
    )
