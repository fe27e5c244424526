"""What the suite refuses to run, and what it says about the tests it leaves out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
FLUSHING = """
import pytest

@pytest.mark.django_db(transaction=True)
def test_by_marker(): pass

def test_by_fixture(transactional_db): pass

def test_by_live_server(live_server): pass
"""
MIXED = """
import socket
import warnings

import pytest

def test_runs(): pass

@pytest.mark.long
def test_takes_hours(): pass

@pytest.mark.pg
def test_locks_rows(): pass

def test_warns(): warnings.warn("this is old")

def test_calls_home(): socket.create_connection(("192.0.2.1", 80), timeout=1)
"""
# The file of tests stands in another folder, so the suite's conftest is handed over to it.
CONFTEST = """
import tests.conftest

globals().update(
    {name: value for name, value in vars(tests.conftest).items() if not name.startswith("__")}
)
"""

# Those that the rules need, without the others' start.
PLUGINS = ("pytest_django.plugin", "pytest_socket", "pytest_timeout")

pytestmark = [pytest.mark.slow, pytest.mark.once("SQLite")]


def run_suite_of(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    """Run a file of tests that stands elsewhere under this suite's rules."""
    path = folder / "test_elsewhere.py"
    path.write_text(source)
    (folder / "conftest.py").write_text(CONFTEST)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", "pyproject.toml"]
    command += [word for name in PLUGINS for word in ("-p", name)]
    return subprocess.run(
        [*command, f"--rootdir={ROOT}", str(path)],
        cwd=ROOT,
        # On this database alone: what says nothing about databases runs, too.
        env={**os.environ, "TESTS_RUN_ON_BOTH": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_flush_is_refused_with_the_way_out(tmp_path: Path) -> None:
    done = run_suite_of(tmp_path, FLUSHING)

    assert done.returncode != 0
    assert "The ledger cannot be flushed. Mark these tests transaction" in done.stdout
    for name in ("test_by_marker", "test_by_fixture", "test_by_live_server"):
        assert f"::{name}" in done.stdout


def test_the_rules_of_the_suite_are_kept(tmp_path: Path) -> None:
    done = run_suite_of(tmp_path, MIXED)

    # A warning is an error, and the network ends at this machine.
    assert "UserWarning: this is old" in done.stdout
    assert "SocketConnectBlockedError" in done.stdout
    assert done.returncode == 1
    # What is left out is listed with its reason.
    assert "1 left out: run only with --long" in done.stdout
    assert "::test_takes_hours" in done.stdout
    on_sqlite = connection.vendor == "sqlite"
    assert ("1 left out: need row locks" in done.stdout) == on_sqlite
    counted = "2 failed, 1 passed" if on_sqlite else "2 failed, 2 passed"
    assert counted in done.stdout
