"""The command: what it prints, what it writes, and how it exits."""

import csv
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from ledger.auditing import audit
from partners.importing.runs import SILENT_AFTER, is_interrupted
from partners.models import (
    Activity,
    ActivityLine,
    ImportRow,
    ImportRun,
    ParkedDocument,
    Partner,
)
from rewards.programmes.presets import load_preset
from tests.databases.clones import stand_on_clone
from tests.real_orders import (
    BEFORE,
    DATA,
    EVENING,
    ORDERS,
    SOURCE,
    load_orders,
    tell_everything,
)

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


class TestSeveralFiles:
    def test_are_runs_of_their_own_and_one_spoils_no_other(self, orders, tmp_path):
        broken, other = tmp_path / "broken.csv", tmp_path / "other.csv"
        broken.write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
        other.write_text(HEADERS + ORDER.replace("1,", "7,", 1))
        out = StringIO()
        files = [str(path) for path in (orders, broken, other)]
        named = ("--kind", "order", "--source", "shop")

        with pytest.raises(CommandError, match=r"broken\.csv: .* picture") as caught:
            call_command("import_activities", *files, *named, "--json", stdout=out)
        with pytest.raises(CommandError, match="for one file"):
            call_command("import_activities", *files, *named, "--report", tmp_path / "r.csv")

        assert caught.value.returncode == 1
        told = [(each["file"], each["rows_accepted"]) for each in json.loads(out.getvalue())]
        assert told == [(files[0], 1), (files[2], 1)]
        names = ImportRun.objects.order_by("pk").values_list("file_name", flat=True)
        assert list(names) == ["orders.csv", "other.csv"]


class TestARunThatWasBrokenOff:
    def test_is_gone_on_with_by_the_same_content(self, orders, tmp_path):
        run(orders, "--quiet")
        first = ImportRun.objects.get()
        so_far = {"rows_accepted": 1, "activities": {"order": 1}, "awards": 1}
        ImportRun.objects.update(
            status="running",
            finished_at=None,
            beat_at=timezone.now() - 2 * SILENT_AFTER,
            report={"so_far": so_far},
        )
        run(orders, "--dry-run", "--quiet")
        copy = tmp_path / "copy.csv"
        copy.write_bytes(orders.read_bytes())
        told = json.loads(run(copy, "--json"))

        again = ImportRun.objects.get()
        assert (again.pk, again.status) == (first.pk, "finished")
        # The report tells of the whole file, and nothing stands there twice.
        assert told["activities"]["order"] == 1
        assert ImportRow.objects.filter(outcome="refused").count() == 1
        # One that is through is another run, and so is other content.
        run(orders, "--quiet")
        assert ImportRun.objects.count() == 2


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

    @pytest.fixture
    def undisturbed(self, sample, database_template, django_db_blocker):
        with django_db_blocker.unblock(), stand_on_clone(database_template):
            load_preset("starter", as_of=BEFORE)
            Partner.objects.create(erp_number="A", legal_name="Corner Shop")
            load_orders(sample)
            return tell_everything()

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

    def wait_for(self, process, is_so) -> None:
        deadline = time.monotonic() + 60
        while not is_so() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)

    @pytest.mark.once("SQLite")
    def test_stopped_by_a_key_keeps_whole_chunks_and_says_so(self, own_database, sample):
        process = self.start(own_database, sample)
        self.wait_for(process, ParkedDocument.objects.exists)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)

        assert "Traceback" not in err
        assert process.returncode == 130
        assert "Stopped. What was taken in stays." in err
        assert ImportRun.objects.get().status == "failed"

    @pytest.mark.once("SQLite")
    def test_killed_at_any_point_and_run_again_leads_to_the_same(
        self, own_database, sample, undisturbed, request
    ):
        kills = 20 if request.config.getoption("long") else 2
        chance = random.Random(20_261_122)
        for number in range(1, kills + 1):
            process = self.start(own_database, sample)
            self.wait_for(process, lambda count=number: ImportRun.objects.count() >= count)
            time.sleep(chance.uniform(0, 3))
            process.kill()
            process.communicate(timeout=60)
        for run in ImportRun.objects.exclude(status="finished"):
            # Nobody was left to say how it ended; its silence tells.
            assert is_interrupted(run, at=timezone.now() + SILENT_AFTER)
        again = load_orders(sample)

        assert again["rows"] == again["rows_accepted"] + again["rows_duplicate"] + (
            again["rows_parked"] + again["rows_refused"]
        )
        assert tell_everything() == undisturbed
        assert load_orders(sample)["rows_accepted"] == 0
        assert audit(as_of=EVENING).ok

    @pytest.mark.once("PostgreSQL")
    def test_two_at_once_have_one_effect(self, own_database, sample, undisturbed):
        both = [self.start(own_database, sample) for _ in range(2)]
        for process in both:
            _, err = process.communicate(timeout=120)
            assert (process.returncode, err) == (0, "")

        assert tell_everything() == undisturbed
        reports = [run.report for run in ImportRun.objects.all()]
        accepted = [report["rows_accepted"] for report in reports]
        assert sum(accepted) == ActivityLine.objects.count()
        assert all(run["rows_refused"] == reports[0]["rows_refused"] for run in reports)
        assert audit(as_of=EVENING).ok
