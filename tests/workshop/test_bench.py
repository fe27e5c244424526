"""The measurements still run; what they say at this size means nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases.clones import Clone

ROOT = Path(__file__).parent.parent.parent


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.transaction
@pytest.mark.pg
def test_ledger_measures_all_its_goals(own_database: Clone, tmp_path: Path) -> None:
    results = tmp_path / "ledger.json"

    done = run(
        *("ledger", "P1", "P2", "P5", "P10", "--quick"),
        *("--database", own_database.url, "--json", str(results)),
    )

    assert done.returncode == 0, done.stderr
    findings = json.loads(results.read_text())["findings"]
    names = ["P1", "P1 earn", "P3", "P2", "P2 p99", "P5", "P10"]
    assert [finding["name"] for finding in findings] == names
    assert all(finding["ratio"] > 0 for finding in findings)
    assert all(name in done.stdout for name in names)


@pytest.mark.once("SQLite")
def test_what_is_not_measured_is_said() -> None:
    done = run("weather")

    assert (done.returncode, done.stderr) == (2, "There is no measurement called weather.\n")
