"""The command: what it prints, what it writes, and how it exits."""

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ledger.auditing import audit
from partners.models import Activity, ImportRow, ImportRun, ParkedDocument, Partner
from rewards.programmes.presets import load_preset
from tests.real_orders import BEFORE, DATA, EVENING, ORDERS, SOURCE, load_orders

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]
HEADERS = "order,occurred_at,partner,sku,quantity,unit_price,currency\n"
ORDER = "1,2011-01-04,A,mug,10,5.50,GBP\n"
NAMELESS = "2,2011-01-04,,mug,1,5.50,GBP\n"
FREE = "1,2011-01-04,A,gift,1,0,GBP\n"
KEYS = {
    "rows",
    "rows_accepted",
    "rows_duplicate",
    "rows_parked",
    "rows_refused",
    "activities",
    "partners_created",
    "amount",
    "currency",
    "awards",
    "units_awarded",
    "units_clawed_back",
    "units",
    "compensated",
}


@pytest.fixture
def orders(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(HEADERS + ORDER + NAMELESS + FREE)
    return path


@pytest.fixture(autouse=True)
def partner():
    load_preset("starter", as_of=BEFORE)
    return Partner.objects.create(erp_number="A", legal_name="Corner Shop")


def run(path, *options) -> str:
    out = StringIO()
    command = ("import_activities", str(path), "--kind", "order", "--source", "shop")
    call_command(*command, *map(str, options), stdout=out)
    return out.getvalue()


class TestImportActivities:
    def test_prints_one_document_with_the_keys_that_scripts_rely_on(self, orders):
        told = json.loads(run(orders, "--json"))

        assert told.keys() >= KEYS
        ends = ("rows_accepted", "rows_duplicate", "rows_parked", "rows_refused")
        assert tuple(told[name] for name in ends) == (1, 0, 1, 1)
        assert sum(told[name] for name in ends) == told["rows"] == 3
        assert told["units"] == {"starter-points": {"awarded": 55, "clawed_back": 0}}
        assert (told["amount"], told["currency"]) == ("55", "GBP")

    def test_prints_a_table_for_people_and_shows_how_far_it_is(self, orders, capsys):
        table = run(orders)

        assert "Rows read" in table
        assert "zero_price" in table
        assert "Reading" in capsys.readouterr().err

    def test_says_nothing_when_asked_to(self, orders, capsys):
        assert run(orders, "--quiet") == ""
        assert capsys.readouterr().err == ""

    def test_writes_nothing_in_a_dry_run(self, orders):
        assert "nothing was written" in run(orders, "--dry-run")
        for model in (Activity, ImportRun, ImportRow, ParkedDocument):
            assert not model.objects.exists()

    def test_reports_row_by_row_what_was_not_accepted(self, orders, tmp_path):
        orders.write_text(orders.read_text() + "3,2011-01-04,A,mug,=HYPERLINK(1),1,GBP\n")
        run(orders, "--report", tmp_path / "report.csv")

        with (tmp_path / "report.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [(row["row"], row["column"], row["code"], row["value"]) for row in rows] == [
            ("3", "partner", "no_partner", ""),
            ("4", "unit_price", "zero_price", "0"),
            # A spreadsheet must not run what somebody wrote into a cell.
            ("5", "quantity", "unreadable", "'=HYPERLINK(1)"),
        ]
        assert all(row["message"] for row in rows)

    def test_exits_with_1_after_refusals_only_when_asked_to(self, orders):
        run(orders)
        with pytest.raises(CommandError, match="1 rows were refused") as caught:
            run(orders, "--fail-on-refused")

        assert caught.value.returncode == 1
        assert Activity.objects.count() == 1

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            pytest.param(b"", "empty", id="empty"),
            pytest.param(HEADERS.encode(), "no rows", id="header only"),
            pytest.param(b"\x89PNG\r\n\x1a\n\0\0", "picture", id="not CSV"),
            pytest.param(b"once upon a time\nthere was\n", "Missing", id="prose"),
            pytest.param(HEADERS.replace("sku", "x").encode() + b"1\n", "sku", id="wrong headers"),
            pytest.param(
                (HEADERS + "Ж").encode("cp1251"),
                "name its encoding in the map",
                id="another encoding",
            ),
            pytest.param((HEADERS + "a\0b").encode(), "NUL", id="NUL"),
            pytest.param(gzip.compress(HEADERS.encode() * 99)[:-9], "gzip", id="gzip cut short"),
            pytest.param((HEADERS + ORDER + '"').encode(), "Line", id="a quote that never ends"),
        ],
    )
    def test_exits_with_1_and_writes_nothing_for_a_file_it_cannot_read(
        self, tmp_path, content, sentence
    ):
        path = tmp_path / "orders.csv"
        path.write_bytes(content)

        with pytest.raises(CommandError, match=sentence) as caught:
            run(path)

        assert caught.value.returncode == 1
        assert str(caught.value).endswith("Nothing was written.")
        assert not ImportRun.objects.exists()
        assert not Activity.objects.exists()

    @pytest.mark.parametrize(
        "options",
        [
            pytest.param(("--mapping", "missing.toml"), id="no such mapping"),
            pytest.param(("--mapping", ORDERS), id="a mapping that is none"),
            pytest.param(("--report", "missing/report.csv"), id="a report nowhere"),
            pytest.param(("--source", " "), id="an empty source"),
            pytest.param(("--source", "s" * 65), id="a source too long"),
        ],
    )
    def test_exits_with_2_when_it_is_called_wrongly(self, orders, options):
        with pytest.raises(CommandError) as caught:
            run(orders, *options)

        assert caught.value.returncode == 2
        assert not Activity.objects.exists()

    def test_exits_with_2_for_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(CommandError, match="No such file") as caught:
            run(tmp_path / "missing.csv")

        assert caught.value.returncode == 2


@pytest.mark.slow
@pytest.mark.chaos
class TestAKilledRun:
    """The command as its own process, on a database of its own, ended before it is through."""

    @pytest.fixture
    def sample(self, many_rows, tmp_path):
        path = tmp_path / "sample.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(many_rows)
        return path

    def start(self, clone, sample) -> subprocess.Popen[str]:
        command = ["manage.py", "import_activities", str(sample), "--kind=order"]
        command += [f"--source={SOURCE}", f"--mapping={DATA / 'online_retail.toml'}", "--quiet"]
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": clone.url, "TESSERA_MODE": "test"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
    def test_keeps_whole_chunks_and_is_simply_run_again(self, own_database, sample, how):
        process = self.start(own_database, sample)
        deadline = time.monotonic() + 60
        while not ParkedDocument.objects.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(how)
        _, err = process.communicate(timeout=60)

        assert "Traceback" not in err
        if how == signal.SIGINT:
            assert process.returncode == 130
            assert "Stopped. What was taken in stays." in err
            assert ImportRun.objects.get().status == "failed"
        waiting, taken = ParkedDocument.objects.count(), Activity.objects.count()
        again = load_orders(sample)
        assert again["rows"] == again["rows_accepted"] + again["rows_duplicate"] + (
            again["rows_parked"] + again["rows_refused"]
        )
        assert waiting + again["parked_documents"] == ParkedDocument.objects.count()
        assert taken + sum(again["activities"].values()) == Activity.objects.count()
        assert again["rows_accepted"] > 0
        assert again["compensated"] == 0
        assert load_orders(sample)["rows_accepted"] == 0
        assert audit(as_of=EVENING).ok
