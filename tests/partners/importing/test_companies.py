"""A file of partners: who is new, what differs, what is refused, and nothing the second time."""

import csv
import json
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from partners.importing.companies import parse_company_mapping
from partners.importing.enlisting import load_companies
from partners.models import ImportRow, ImportRun, Partner, PartnerNumber
from tests.factories import PersonFactory
from tests.partners.importing.workbooks import write_workbook

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HEADERS = ["erp_number", "legal_name", "country", "partner_since", "tags", "number", "language"]
SHOP = ["00123", "Corner Shop", "Poland", "2020-05-01", "north; fair", "S-1", "pl"]
CAFE = ["00124", "Café Łódź", "Poland", "", "", "", ""]


@pytest.fixture
def write(tmp_path):
    def write(*rows, headers=HEADERS):
        path = tmp_path / "partners.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([headers, *rows])
        return path

    return write


def load(path, **options):
    settings = {"source": "shop", "mapping": parse_company_mapping({}), "as_of": NOW}
    return load_companies(path=path, **(settings | options))


def counts(report) -> tuple[int, int, int, int]:
    found = (report.created, report.changed, report.same, report.refused)
    assert sum(found) == report.rows
    return found


class TestLoadCompanies:
    def test_enrols_edits_and_changes_nothing_the_second_time(self, write):
        dry = load(write(SHOP, CAFE), dry_run=True)
        assert counts(dry) == (2, 0, 0, 0)
        assert not Partner.objects.exists()
        assert not ImportRun.objects.exists()

        assert counts(load(write(SHOP, CAFE))) == (2, 0, 0, 0)
        shop = Partner.objects.get(erp_number="00123")
        assert (shop.legal_name, shop.partner_since) == ("Corner Shop", date(2020, 5, 1))
        assert set(shop.tags.values_list("name", flat=True)) == {"north", "fair"}
        assert PartnerNumber.objects.get(system="shop", number="S-1").partner == shop
        assert counts(load(write(SHOP, CAFE))) == (0, 0, 2, 0)

        report = load(write([*SHOP[:1], "Corner Shop Ltd", *SHOP[2:]], CAFE))
        assert counts(report) == (0, 1, 1, 0)
        (change,) = report.changes
        assert (change.number, change.changes) == (
            2,
            {"legal_name": ("Corner Shop", "Corner Shop Ltd")},
        )
        runs = ImportRun.objects.order_by("pk")
        assert [run.status for run in runs] == ["finished"] * 3
        assert runs[0].report["rows_created"] == runs[0].rows_done == runs[0].rows_total == 2

    def test_leaves_alone_what_an_empty_cell_does_not_say(self, write):
        load(write(SHOP))
        load(write(["00123", "", "", "", "", "", ""]))

        shop = Partner.objects.get()
        assert (shop.legal_name, shop.country, shop.language) == ("Corner Shop", "Poland", "pl")
        assert shop.tags.count() == 2

    def test_refuses_rows_one_by_one_each_with_its_column(self, write):
        load(write(SHOP))
        found = []
        report = load(
            write(
                CAFE,
                ["1.23E+15", *CAFE[1:]],
                ["00125", "", *CAFE[2:]],
                ["00126", "Other", "", "31.12.2020", "", "", ""],
                ["00127", "Other", "", "", "", "", "xx"],
                ["00128", "Other", "", "", "", "S-1", ""],
                ["00129", "One", "", "", "", "", ""],
                ["00129", "Two", "", "", "", "", ""],
                CAFE,
                ["00130", "Too", "many", "", "", "", "", "cells"],
            ),
            report_to=found.extend,
        )

        assert counts(report) == (1, 0, 1, 8)
        told = [(each.number, each.column, each.code, each.value) for each in found]
        assert told == [
            (3, "erp_number", "unreadable", "1.23E+15"),
            (4, "legal_name", "name_missing", "00125"),
            (5, "partner_since", "unreadable", "31.12.2020"),
            (6, "language", "unreadable", "xx"),
            (7, "number", "number_taken", "S-1"),
            (8, "erp_number", "stands_twice", "00129"),
            (9, "erp_number", "stands_twice", "00129"),
            (11, "", "unreadable", ""),
        ]
        assert all(each.message for each in found)
        assert ImportRow.objects.filter(run__status="finished").count() == 8

    def test_knows_people_of_the_seller_by_their_address(self, write):
        manager = PersonFactory(email="mia@seller.example", is_staff=True)
        PersonFactory(email="bob@shop.example")
        headers = ["erp_number", "legal_name", "account_manager"]
        report = load(
            write(
                ["1", "One", "Mia@seller.example"],
                ["2", "Two", "bob@shop.example"],
                headers=headers,
            )
        )

        assert counts(report) == (1, 0, 0, 1)
        assert report.refused_by_code == {"unknown_manager": 1}
        assert Partner.objects.get().account_manager == manager

    def test_reads_a_workbook_with_headers_of_its_own(self, tmp_path):
        path = write_workbook(tmp_path / "a.xlsx", {"Kunden": [["Nr", "Firma"], [17850, "Shop"]]})
        columns = {"columns": {"erp_number": "nr", "legal_name": "firma"}}
        report = load(path, mapping=parse_company_mapping(columns))

        assert counts(report) == (1, 0, 0, 0)
        assert Partner.objects.get().erp_number == "17850"


class TestTheCommand:
    def run(self, path, *options) -> str:
        out = StringIO()
        call_command("import_partners", str(path), "--quiet", *options, stdout=out)
        return out.getvalue()

    def test_tells_scripts_and_people_what_came_of_it(self, write):
        path = write(SHOP, CAFE)
        dry = StringIO()
        call_command("import_partners", str(path), "--dry-run", stdout=dry)
        assert "00123 created" in dry.getvalue()
        assert "nothing was written" in dry.getvalue()

        told = json.loads(self.run(path, "--json"))
        assert (told["rows"], told["rows_created"], told["rows_refused"]) == (2, 2, 0)

    def test_exits_with_1_where_the_file_is_no_table_of_partners(self, write):
        with pytest.raises(CommandError, match="Missing: erp_number") as caught:
            self.run(write(["1"], headers=["nr"]))

        assert caught.value.returncode == 1
        with pytest.raises(CommandError, match="1 rows were refused"):
            self.run(write(["1", *[""] * 6]), "--fail-on-refused")
