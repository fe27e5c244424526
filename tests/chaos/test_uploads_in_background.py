"""An uploaded file is taken in by a process of its own: started once, killed, gone on with."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from partners.importing.runs import keep_file
from partners.models import Activity, ImportRun
from rewards.loading.queueing import Task, may_go_on, queue
from tests.rewards.cast import open_shop

pytestmark = [pytest.mark.chaos, pytest.mark.transaction, pytest.mark.once("SQLite")]

PATIENCE_SECONDS = 60
DOCUMENTS = 400
HEADERS = "order,occurred_at,partner,sku,quantity,unit_price,currency\n"
ROWS = [f"A{n},2026-01-01,P{n},mug,1,1.00,GBP\n" for n in range(DOCUMENTS)]


def upload(status: str = ImportRun.Status.CHECKED) -> ImportRun:
    stored_as, content_hash = keep_file([(HEADERS + "".join(ROWS)).encode()], name="orders.csv")
    return ImportRun.objects.create(
        kind="order",
        source="shop",
        file_name="orders.csv",
        status=status,
        mapping={"rules": {"create_partners": True}},
        stored_as=stored_as,
        content_hash=content_hash,
        started_at=timezone.now(),
        beat_at=timezone.now(),
    )


def wait_for(run: ImportRun, *statuses: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        run.refresh_from_db()
        if run.status in statuses:
            return
        time.sleep(0.1)
    pytest.fail(f"The run is still {run.status}.")


def list_children() -> set[str]:
    """Return the processes that this one has to wait for, where the system tells them."""
    told = Path(f"/proc/self/task/{os.getpid()}/children")
    return set(told.read_text().split()) if told.exists() else set()


def test_asked_for_twice_it_is_started_once_and_outlives_who_asked(own_database, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", own_database.url)
    open_shop()
    run = upload()
    before = list_children()
    assert queue(run, Task.RUN, at=timezone.now())
    assert not queue(run, Task.RUN, at=timezone.now())
    wait_for(run, "finished", "failed")
    assert (run.status, Activity.objects.count()) == ("finished", DOCUMENTS)
    # It was left behind on purpose: nobody here has to wait for it.
    assert list_children() <= before


@pytest.mark.long
def test_killed_it_is_told_as_broken_off_and_goes_on(own_database, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", own_database.url)
    open_shop()
    run = upload(ImportRun.Status.QUEUED)
    command = [
        sys.executable,
        str(Path(settings.BASE_DIR) / "manage.py"),
        "run_import",
        str(run.pk),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=dict(os.environ))
    wait_for(run, "staging", "running", "finished")
    process.send_signal(signal.SIGKILL)
    process.wait()
    run.refresh_from_db()
    if run.status != "finished":
        later = timezone.now() + timedelta(minutes=3)
        assert may_go_on(run, at=later)
        assert not may_go_on(run, at=timezone.now())
        assert queue(run, Task.RUN, at=later)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=PATIENCE_SECONDS)
    run.refresh_from_db()
    assert (run.status, Activity.objects.count()) == ("finished", DOCUMENTS)
