"""``import_rates FILE``: all rows, or none; twice changes nothing."""

import csv
import json

import pytest
from django.core.management import CommandError, call_command

from partners.models import ExchangeRate

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

GOOD = "currency,into,day,rate\nEUR,GBP,2026-03-01,0.85512\nUSD,GBP,2026-03-01,0.7\n"


def write(tmp_path, text: str):
    path = tmp_path / "rates.csv"
    path.write_text(text)
    return path


class TestImportRates:
    def test_states_them_once(self, tmp_path, capsys):
        path = write(tmp_path, GOOD)

        call_command("import_rates", path, "--json", "--source", "bank")
        call_command("import_rates", path, "--json")

        first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
        assert first == {"rows": 2, "new": 2, "changed": 0, "known": 0}
        assert second == {"rows": 2, "new": 0, "changed": 0, "known": 2}
        assert set(ExchangeRate.objects.values_list("source", flat=True)) == {"bank"}

    def test_takes_nothing_of_a_file_with_a_bad_row(self, tmp_path):
        report = tmp_path / "report.csv"
        path = write(tmp_path, GOOD + "GBP,GBP,2026-03-01,1\nEUR,GBP,soon,1\n")

        with pytest.raises(CommandError, match="row 4, into: A currency needs no rate") as caught:
            call_command("import_rates", path, "--report", report)

        assert caught.value.returncode == 1
        assert not ExchangeRate.objects.exists()
        with report.open(encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
        assert [(row["row"], row["column"], row["code"]) for row in rows] == [
            ("4", "into", "same_currency"),
            ("5", "day", "invalid"),
        ]

    def test_judges_without_writing(self, tmp_path):
        call_command("import_rates", write(tmp_path, GOOD), "--dry-run", "--quiet")

        assert not ExchangeRate.objects.exists()

    @pytest.mark.parametrize("text", ["currency,day,rate\nEUR,2026-03-01,1\n", ""])
    def test_names_what_the_first_line_lacks(self, tmp_path, text):
        with pytest.raises(CommandError, match=r"Nothing was written\."):
            call_command("import_rates", write(tmp_path, text))
