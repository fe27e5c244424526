"""Any operator or bound of policy changed makes a test fail."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.long
@pytest.mark.once("SQLite")
@pytest.mark.timeout(4 * 3_600)
def test_no_small_change_of_policy_goes_unnoticed():
    checked = subprocess.run(
        [sys.executable, "-m", "tests.mutation"],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout
