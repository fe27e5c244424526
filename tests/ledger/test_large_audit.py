"""The whole ledger is read in bounded memory. How long it takes is measured, not asserted."""

import sys
import time
from datetime import UTC, datetime

import pytest
from django.db import connection

from ledger.auditing import audit
from ledger.exporting import write_journal
from ledger.sealing import seal
from ledger.verifying import verify_file
from tests.ledger.large_ledger import fill

pytestmark = [pytest.mark.transaction, pytest.mark.timeout(1_800)]

NIGHT = datetime(2026, 6, 1, tzinfo=UTC)


def seal_all() -> int:
    made = 0
    while seal(as_of=NIGHT) is not None:
        made += 1
    return made


def test_a_large_ledger_adds_up_sealed_and_copied(tmp_path, request, capsys):
    long = request.config.getoption("long")
    size = 1_000_000 if long else 8_000
    times = {}
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # The tests run as the web does; this is work for a job, which may take its time.
            cursor.execute("SET statement_timeout = 0")

    def measure(name, work):
        begin = time.perf_counter()
        answer = work()
        times[name] = time.perf_counter() - begin
        return answer

    measure("fill", lambda: fill(transfers=size, partners=size // 100))
    seals = measure("seal", seal_all)
    report = measure("audit", lambda: audit(as_of=NIGHT))
    path = tmp_path / "journal.jsonl"
    with path.open("w", encoding="utf-8") as file:
        measure("export", lambda: write_journal(file))
    copy = measure("verify", lambda: verify_file(path))

    assert report.divergences == ()
    assert (report.transfers, report.seals) == (size, seals)
    assert copy.problems == ()
    assert (copy.transfers, copy.digest) == (size, report.digest)
    with capsys.disabled():
        told = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in times.items())
        sys.stdout.write(f"\n{size} transfers on {connection.display_name}: {told}\n")
