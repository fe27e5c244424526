"""A file of adjustments: one outcome a row, the person's limit, and nothing twice."""

import csv
import gzip
import itertools
import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ledger.correcting import OwnRequest, agree
from ledger.models import Correction
from partners.models import ImportRow, ImportRun, Partner
from partners.roles import Role
from tests.factories import MemberFactory, PartnerFactory, PersonFactory
from tests.ledger.corrections import DECIDING, allow, make_staff
from tests.ledger.entries import Till, balance, lots, open_till, post_one
from tests.partners.importing.workbooks import write_workbook

# Rows and words are the same on both databases; limits and locks are tested on each.
pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]
HEADER = "partner,amount,reason,reference"


@pytest.fixture
def till() -> Till:
    till = open_till(partner=PartnerFactory(erp_number="12346"))
    allow(till.unit, once=100, day=250)
    return till


@pytest.fixture
def dana(till):
    return make_staff(email="dana@seller.example")


def write(folder: Path, *lines: str, header: str = HEADER, name: str = "file.csv") -> Path:
    path = folder / name
    text = "\n".join((header, *lines)) + "\n"
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


def run(path: Path, **options: Any) -> dict[str, Any]:
    options = {"source": "crm", "person": "dana@seller.example", "json": True} | options
    out = StringIO()
    call_command("import_adjustments", path, stdout=out, **options)
    return json.loads(out.getvalue())


def read_report(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TestImport:
    def test_reads_a_workbook_alike(self, tmp_path, till, dana):
        header, *rows = HEADER.split(","), ["12346", 100, "goodwill", "R1"]
        told = run(write_workbook(tmp_path / "a.xlsx", {"July": [header, *rows]}))

        assert (told["rows"], balance(till.pool)) == (1, 100)

    def test_gives_every_row_one_outcome(self, tmp_path, till, dana):
        path = write(
            tmp_path,
            "12346,100,goodwill,R1",
            "12346,101,goodwill,R2",
            "12346,-50,misuse,R3",
            "99999,10,goodwill,R4",
            "12346,10,because,R5",
            "12346,1.5,goodwill,R6",
            "12346,-60,misuse,R7",
            "12346,10",
            "",
            f"12346,10,goodwill,{'x' * 101}",
        )

        told = run(path, report=tmp_path / "report.csv")

        assert (told["rows"], told["posted"], told["waiting"], told["refused"]) == (9, 2, 1, 6)
        assert told["refused_by_code"] == {
            "insufficient_points": 1,
            "reason_not_allowed": 1,
            "unknown_partner": 1,
            "unreadable": 3,
        }
        assert told["units"] == {till.unit.code: {"credited": 100, "debited": 50}}
        assert balance(till.pool) == 50
        rows = read_report(tmp_path / "report.csv")
        assert [(r["row"], r["outcome"], r["column"], r["code"], r["value"]) for r in rows] == [
            ("2", "posted", "", "", ""),
            ("3", "waiting", "", "waiting", "101"),
            ("4", "posted", "", "", ""),
            ("5", "refused", "partner", "unknown_partner", "99999"),
            ("6", "refused", "reason", "reason_not_allowed", "because"),
            ("7", "refused", "amount", "unreadable", "1.5"),
            ("8", "refused", "amount", "insufficient_points", "'-60"),
            ("9", "refused", "", "unreadable", ""),
            ("11", "refused", "reference", "unreadable", "x" * 101),
        ]
        assert all(row["message"] for row in rows if row["outcome"] != "posted")

    def test_twice_changes_nothing_whoever_asks(self, tmp_path, till, dana):
        path = write(tmp_path, "12346,100,goodwill,R1", "12346,101,goodwill,R2")
        make_staff(Role.FINANCE, email="frank@seller.example")
        run(path)

        again, by_frank = run(path), run(path, person="frank@seller.example")

        assert (again["duplicate"], by_frank["duplicate"]) == (2, 2)
        assert (balance(till.pool), Correction.objects.count()) == (100, 2)

    def test_takes_equal_rows_without_a_reference_one_by_one(self, tmp_path, till, dana):
        path = write(tmp_path, "12346,20,goodwill", "12346,20,goodwill", header=HEADER[:21])

        first, again = run(path), run(path)

        assert (first["posted"], again["duplicate"]) == (2, 2)
        assert balance(till.pool) == 40

    def test_refuses_a_known_reference_with_other_content(self, tmp_path, till, dana):
        run(write(tmp_path, "12346,20,goodwill,R1"))

        told = run(write(tmp_path, "12346,21,goodwill,R1"))

        assert told["refused_by_code"] == {"conflict": 1}
        assert balance(till.pool) == 20

    def test_another_source_is_something_else(self, tmp_path, till, dana):
        path = write(tmp_path, "12346,20,goodwill,R1")

        run(path)
        run(path, source="shop")

        assert balance(till.pool) == 40

    def test_knows_wallets_debts_units_expiry_and_notes(self, tmp_path, till, dana):
        bob = MemberFactory(partner=till.partner, person=PersonFactory(email="bob@shop.example"))
        post_one(till.claw_back(30))
        header = "Partner;Unit;Account;Member;Amount;Reason;Expires on;Note"
        path = write(
            tmp_path,
            f"12346;{till.unit.code};;Bob@shop.example;40;goodwill;2099-07-31;For the help",
            "12346;;debt;;30;goodwill;;",
            "12346;;pool;;5;goodwill;2099-12-31;",
            "12346;nothing;pool;;5;goodwill;;",
            "12346;;wallet;;5;goodwill;;",
            "12346;;pool;eve@shop.example;5;goodwill;;",
            "12346;;;eve@shop.example;5;goodwill;;",
            "12346;;pending;;5;goodwill;;",
            header=header.replace("Expires on", "expires_on"),
            name="file.csv.gz",
        )

        told = run(path, time_zone="Europe/London", report=tmp_path / "r.csv")

        assert told["posted"] == 3
        # The end of a summer's day in London.
        assert lots(till.wallet(bob)) == [(40, datetime(2099, 7, 31, 23, tzinfo=UTC))]
        assert balance(till.debt) == 0
        assert lots(till.pool) == [(5, datetime(2100, 1, 1, tzinfo=UTC))]
        refused = [(r["column"], r["code"]) for r in read_report(tmp_path / "r.csv")[3:]]
        assert refused == [
            ("unit", "unknown_unit"),
            ("member", "unreadable"),
            ("member", "unreadable"),
            ("member", "unknown_member"),
            ("account", "unreadable"),
        ]
        assert Correction.objects.filter(note="For the help").count() == 1

    @pytest.mark.parametrize("day", ["9999-12-31", "2200-01-01", "0001-01-01"])
    def test_refuses_a_last_day_outside_of_the_calendar(self, tmp_path, till, dana, day):
        header = "partner,amount,reason,expires_on"
        path = write(tmp_path, f"12346,5,goodwill,{day}", "12346,5,goodwill,", header=header)

        told = run(path, report=tmp_path / "r.csv")

        assert (told["refused"], told["posted"]) == (1, 1)
        refused = read_report(tmp_path / "r.csv")[0]
        assert (refused["column"], refused["value"]) == ("expires_on", day)

    def test_a_dry_run_judges_all_and_writes_nothing(self, tmp_path, till, dana):
        path = write(tmp_path, *(f"12346,100,goodwill,R{n}" for n in range(4)))

        tried = run(path, dry_run=True)
        done = run(path)

        kept = ("posted", "waiting", "duplicate", "refused", "units")
        assert [tried[name] for name in kept] == [done[name] for name in kept]
        assert (tried["posted"], tried["waiting"], tried["run"]) == (2, 2, None)
        assert ImportRun.objects.get().pk == done["run"]

    def test_leaves_a_run_behind_with_what_was_refused(self, tmp_path, till, dana):
        header = f"{HEADER},note"
        run(write(tmp_path, "99999,10,goodwill,R4,Alice was angry", header=header))

        stored = ImportRun.objects.get()
        assert (stored.kind, stored.status, stored.started_by) == ("adjustment", "finished", dana)
        row = ImportRow.objects.get()
        assert (row.code, row.column, row.value) == ("unknown_partner", "partner", "99999")
        assert row.content["reference"] == "R4"
        assert "Alice" not in json.dumps(row.content)

    def test_tells_people_in_a_table(self, tmp_path, till, dana):
        path = write(tmp_path, "12346,20,goodwill,R1")

        said = []
        for more in (["--dry-run"], []):
            out = StringIO()
            options = ["--source=crm", "--as=dana@seller.example", *more]
            call_command("import_adjustments", path, *options, stdout=out)
            said.append(out.getvalue())

        assert ["dry run" in text for text in said] == [True, False]
        assert all(f"Credited, {till.unit.code}" in text for text in said)


class TestNoWayAroundTheSecondPerson:
    """T12: by import and by shell command."""

    def test_rows_count_together_over_files(self, tmp_path, till, dana):
        lines = [f"12346,50,goodwill,{n}" for n in range(10)]

        first = run(write(tmp_path, *lines[:4]))
        second = run(write(tmp_path, *lines[4:]))

        assert (first["posted"], second["posted"], second["waiting"]) == (4, 1, 5)
        assert balance(till.pool) == 250

    def test_is_asked_for_by_somebody(self, tmp_path, till):
        path = write(tmp_path, "12346,20,goodwill,R1")

        with pytest.raises(CommandError, match="--as"):
            call_command("import_adjustments", path, "--source=crm")

    @pytest.mark.parametrize("fields", [{"is_staff": False}, {"is_active": False}])
    def test_not_by_strangers_or_who_left(self, tmp_path, till, fields):
        PersonFactory(email="eve@seller.example", **({"is_staff": True} | fields))

        with pytest.raises(CommandError, match="Nobody"):
            run(write(tmp_path, "12346,20,goodwill,R1"), person="eve@seller.example")

    def test_not_without_the_permission_or_for_others_partners(self, tmp_path, till):
        make_staff(may=(), email="fay@seller.example")
        manager = make_staff(Role.ACCOUNT_MANAGER, may=DECIDING, email="gus@seller.example")
        path = write(tmp_path, "12346,20,goodwill,R1")

        told = [run(path, person=who) for who in ("fay@seller.example", manager.email)]

        assert [one["refused_by_code"] for one in told] == [{"correction_not_allowed": 1}] * 2
        Partner.objects.update(account_manager=manager)
        assert run(path, person=manager.email)["waiting"] == 1

    def test_the_one_it_is_asked_as_cannot_agree(self, tmp_path, till):
        """Whoever asks as somebody else leaves that one unable to decide."""
        erin = make_staff(Role.FINANCE, may=DECIDING, email="erin@seller.example")

        run(write(tmp_path, "12346,20,goodwill,R1"), person=erin.email)

        with pytest.raises(OwnRequest):
            agree(correction=Correction.objects.get(), by=erin, at=datetime.now(UTC))


class TestFileAsAWhole:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "empty"),
            ("partner,amount,reason\n", "no rows"),
            ("partner,amount\n12346,5\n", "reason"),
            ("partner,amount,amount,reason\n12346,5,5,x\n", "twice"),
            ("partner,amount,reason,expiry\n12346,5,goodwill,2030-01-01\n", "expiry"),
            ('partner,amount,reason\n"12346,5,goodwill\n', "quotes"),
        ],
    )
    def test_is_refused_before_anything_is_asked_for(self, tmp_path, till, dana, text, said):
        path = tmp_path / "file.csv"
        path.write_text(text, encoding="utf-8")

        with pytest.raises(CommandError, match=said):
            run(path)

        assert not ImportRun.objects.exists()

    def test_is_named(self, tmp_path, till, dana):
        with pytest.raises(CommandError) as refused:
            run(tmp_path / "nothing.csv")

        assert refused.value.returncode == 2

    def test_keeps_what_was_asked_for_when_it_is_stopped(self, tmp_path, till, dana):
        path = write(tmp_path, "12346,20,goodwill,R1", "12346,30,goodwill,R2")
        inserts = itertools.count(1)

        def press_ctrl_c(execute: Any, sql: str, *rest: Any) -> Any:
            if sql.startswith('INSERT INTO "ledger_correction"') and next(inserts) == 2:
                raise KeyboardInterrupt
            return execute(sql, *rest)

        with (
            connection.execute_wrapper(press_ctrl_c),
            pytest.raises(CommandError) as stopped,
        ):
            run(path)

        assert stopped.value.returncode == 130
        assert (ImportRun.objects.get().status, balance(till.pool)) == ("failed", 20)
        again = run(path)
        assert (again["duplicate"], again["posted"]) == (1, 1)

    def test_is_refused_where_it_is_too_long(self, tmp_path, till, dana, monkeypatch):
        monkeypatch.setattr("ledger.correcting.files.ROWS_MAX", 2)
        path = write(tmp_path, *(f"12346,1,goodwill,R{n}" for n in range(3)))

        with pytest.raises(CommandError, match="at most 2 rows"):
            run(path)

        assert not Correction.objects.exists()

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"source": " "}, "--source"),
            ({"source": "x" * 65}, "--source"),
            ({"time_zone": "Mars/Base"}, "time zone"),
            ({"report": "/no/such/folder/r.csv"}, "cannot be written"),
        ],
    )
    def test_names_what_is_wrong_with_the_call(self, tmp_path, till, dana, options, said):
        options = options | ({"report": Path(options["report"])} if "report" in options else {})

        with pytest.raises(CommandError, match=said):
            run(write(tmp_path, "12346,20,goodwill,R1"), **options)

    def test_can_fail_on_refusals(self, tmp_path, till, dana):
        with pytest.raises(CommandError, match="1 rows were refused"):
            run(write(tmp_path, "1,20,goodwill,R1"), fail_on_refused=True)
