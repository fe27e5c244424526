"""The command: what it prints, what it writes, how it exits, and what the partner then reads."""

import csv
import json
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client

from config.roles import load_roles
from ledger.models import Lot, Transfer
from partners.models import ImportRun, Member, Partner, Person
from partners.roles import Role
from tests.partners.importing.workbooks import write_workbook
from tests.rewards.cast import NOON, Shop, open_shop

pytestmark = pytest.mark.once("SQLite")

HEADERS = "partner,unit,amount,earned_on,expires_on,account,matures_on,reference\n"


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def balances(shop, tmp_path):
    number, unit = shop.partner.erp_number, shop.programme.main_unit.code
    path = tmp_path / "balances.csv"
    path.write_text(
        f"{HEADERS}{number},{unit},1200,2025-06-10,2099-06-30,,,crm-1\n"
        f"=cmd,{unit},5,2025-06-10,,,,\n"
    )
    return path


def run(path, *options: str) -> str:
    out = StringIO()
    command = ("import_balances", str(path), "--source", "old-crm", "--quiet")
    call_command(*command, *map(str, options), stdout=out)
    return out.getvalue()


def employ(name: str) -> Person:
    """Somebody of the seller's staff who may ask, and agree to what others ask."""
    person = Person.objects.create(email=f"{name}@seller.example", name=name, is_staff=True)
    person.groups.set(Group.objects.filter(name=Role.LOYALTY_MANAGER.value))
    return person


class TestImportBalances:
    def test_reads_a_workbook_alike(self, shop, tmp_path):
        row = [shop.partner.erp_number, shop.programme.main_unit.code, 1200, date(2025, 6, 10)]
        headers = ["partner", "unit", "amount", "earned_on"]
        told = json.loads(
            run(write_workbook(tmp_path / "a.xlsx", {"All": [headers, row]}), "--json")
        )

        assert (told["rows"], told["rows_accepted"]) == (1, 1)
        assert Lot.objects.get().amount == 1200

    def test_prints_one_document_with_the_reconciliation(self, shop, balances):
        told = json.loads(run(balances, "--json"))

        ends = ("rows_accepted", "rows_duplicate", "rows_refused")
        assert tuple(told[name] for name in ends) == (1, 0, 1)
        assert sum(told[name] for name in ends) == told["rows"] == 2
        assert told["refused_by_code"] == {"unknown_partner": 1}
        [line] = told["reconciliation"]
        assert (line["unit"], line["account"]) == (shop.programme.main_unit.code, "pool")
        assert (line["in_file"], line["posted_now"], line["difference"]) == (1205, 1200, 5)
        assert line["ledger_after"] - line["ledger_before"] == 1200

    def test_days_are_those_of_the_programme(self, balances):
        run(balances)

        # The tenth of June begins in London an hour before it does in UTC.
        lot = Lot.objects.get(opened_by__kind="open")
        assert lot.earned_at == datetime(2025, 6, 9, 23, tzinfo=UTC)

    def test_people_read_a_table(self, balances):
        out = StringIO()
        call_command("import_balances", str(balances), "--source", "old-crm", stdout=out)

        shown = out.getvalue()
        assert "posted now: 1" in shown
        assert "1205" in shown
        assert "unknown_partner" in shown

    def test_the_report_names_row_column_code_and_value(self, balances, tmp_path):
        run(balances, "--report", tmp_path / "report.csv")
        run(balances, "--report", tmp_path / "again.csv")

        with (tmp_path / "report.csv").open(newline="") as file:
            [row] = csv.DictReader(file)
        # A spreadsheet must not run it.
        assert (row["row"], row["outcome"], row["value"]) == ("3", "refused", "'=cmd")
        with (tmp_path / "again.csv").open(newline="") as file:
            assert [row["outcome"] for row in csv.DictReader(file)] == ["duplicate", "refused"]

    def test_a_dry_run_writes_nothing(self, balances):
        before = Transfer.objects.count()

        told = json.loads(run(balances, "--dry-run", "--json"))

        assert (told["dry_run"], told["rows_accepted"]) == (True, 1)
        assert (Transfer.objects.count(), ImportRun.objects.count()) == (before, 0)

    def test_fails_on_refused_rows_when_asked(self, balances):
        with pytest.raises(CommandError, match="1") as caught:
            run(balances, "--fail-on-refused")

        assert caught.value.returncode == 1
        assert Transfer.objects.filter(kind="open").count() == 1

    @pytest.mark.parametrize(
        ("options", "code"),
        [
            (("--source", "a:b"), 2),
            (("--source", " "), 2),
            (("--mapping", "nowhere.toml"), 2),
            (("--report", "/nowhere/report.csv"), 2),
        ],
    )
    def test_a_wrong_call_writes_nothing(self, balances, options, code):
        with pytest.raises(CommandError) as caught:
            run(balances, *options)

        assert caught.value.returncode == code
        assert not Transfer.objects.filter(kind="open").exists()

    def test_where_there_are_people_one_asks_and_another_agrees(self, shop, balances):
        load_roles()
        mary, paul, vera = (employ(name) for name in ("mary", "paul", "vera"))
        refused = {
            (): "name them with --asked-by",
            ("--asked-by", mary.email): "name them with",
            ("--asked-by", mary.email, "--agreed-by", "x@y.z"): "Nobody of the seller",
            ("--asked-by", mary.email, "--agreed-by", mary.email): "Somebody else",
            ("--asked-by", mary.email, "--agreed-by", shop.alice.person.email): "Nobody of",
        }
        for options, says in refused.items():
            with pytest.raises(CommandError, match=says) as caught:
                run(balances, *options)
            assert caught.value.returncode == 2
        assert json.loads(run(balances, "--dry-run", "--json"))["rows_accepted"] == 1
        Member.objects.create(partner=shop.partner, person=paul, role="buyer", joined_at=NOON)

        own = run(balances, "--json", "--asked-by", mary.email, "--agreed-by", paul.email)
        others = run(balances, "--json", "--asked-by", mary.email, "--agreed-by", vera.email)

        assert json.loads(own)["refused_by_code"] == {"own_partner": 1, "unknown_partner": 1}
        told = json.loads(others)
        assert (told["rows_accepted"], told["agreed_by"]) == (1, str(vera.public_id))
        assert ImportRun.objects.latest("pk").started_by == vera

    def test_a_file_that_is_not_there_or_no_table_is_said_plainly(self, shop, tmp_path):
        (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n")

        with pytest.raises(CommandError) as missing:
            run(tmp_path / "nowhere.csv")
        with pytest.raises(CommandError, match="Nothing was written") as unreadable:
            run(tmp_path / "picture.csv")

        assert (missing.value.returncode, unreadable.value.returncode) == (2, 1)

    def test_the_partner_reads_of_it_at_home(self, shop, balances):
        run(balances)

        client = Client()
        client.force_login(shop.alice.person, backend="django.contrib.auth.backends.ModelBackend")
        [item] = [each for each in client.get("/").context["home"].timeline if each.amount == 1200]
        assert item.title == "Opening balance"
        assert Partner.objects.get(pk=shop.partner.pk).event_sequence >= 1
