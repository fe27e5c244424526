"""The last lines of ./dev test tell the truth."""

from pathlib import Path

import pytest

from tests.run import Counts, count, judge

REPORT = """<testsuites><testsuite>
  <testcase classname="a" name="passes"/>
  <testcase classname="a" name="fails"><failure/></testcase>
  <testcase classname="a" name="fails"><error/></testcase>
  <testcase classname="a" name="breaks in set-up"><error/></testcase>
  <testcase classname="a" name="is skipped"><skipped/></testcase>
</testsuite></testsuites>"""
GREEN = Counts(passed=3, failed=0, skipped=1)
RED = Counts(passed=3, failed=1, skipped=0)
NOTHING = Counts(passed=0, failed=0, skipped=2)


def test_counts_each_test_once_and_an_error_as_a_failure(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)

    assert count(report) == Counts(passed=1, failed=2, skipped=1)
    assert str(count(report)) == "1 passed, 2 failed, 1 skipped"


def test_a_run_without_a_report_has_failed(tmp_path: Path) -> None:
    assert count(tmp_path / "missing.xml").failed == 1


@pytest.mark.parametrize(
    ("counts", "codes", "narrowed", "expected"),
    [
        pytest.param([GREEN, GREEN], [0, 0], False, 0, id="green"),
        pytest.param([GREEN, RED], [0, 1], False, 1, id="red on one database"),
        pytest.param([GREEN, GREEN], [0, 3], False, 1, id="a process that broke"),
        pytest.param([NOTHING, NOTHING], [0, 0], False, 1, id="nothing ran"),
        pytest.param([GREEN, NOTHING], [0, 5], False, 1, id="one database empty"),
        pytest.param([GREEN, NOTHING], [0, 5], True, 0, id="narrowed to one database"),
    ],
)
def test_judges(counts: list[Counts], codes: list[int], narrowed: bool, expected: int) -> None:
    assert judge(counts, codes, narrowed=narrowed) == expected
