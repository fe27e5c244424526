"""A real worker on a real broker: eager mode would hide what a queue does to a task."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from celery import Celery

from config.nightly import STEPS
from partners.models import JobRun
from tests.databases.clones import Clone
from tests.databases.valkey import run_valkey
from tests.factories import ProgrammeFactory

PATIENCE_SECONDS = 60
IDLE_SECONDS = 4
STOP_SECONDS = 20
CELERY = [sys.executable, "-m", "celery", "-A", "config"]

pytestmark = [pytest.mark.transaction, pytest.mark.slow, pytest.mark.once("PostgreSQL")]


@contextlib.contextmanager
def run_worker(environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = [*CELERY, "worker", "--concurrency", "1", "--loglevel", "WARNING"]
    worker = subprocess.Popen(command, env=environ)
    try:
        yield worker
    finally:
        worker.send_signal(signal.SIGTERM)
        try:
            worker.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def wait_for_steps(expected: set[str]) -> set[str]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    done: set[str] = set()
    while time.monotonic() < deadline and done != expected:
        time.sleep(0.2)
        done = set(JobRun.objects.filter(status=JobRun.Status.DONE).values_list("step", flat=True))
    return done


def test_the_tick_closes_the_day_of_every_live_programme(own_database: Clone) -> None:
    ProgrammeFactory()
    with run_valkey() as (redis_url, _):
        environ = {**os.environ, "DATABASE_URL": own_database.url, "REDIS_URL": redis_url}
        with run_worker(environ) as worker:
            # Longer than the broker's socket time-out: a worker must outlive a quiet night.
            time.sleep(IDLE_SECONDS)
            with Celery(broker=redis_url, set_as_current=False) as beat:
                beat.send_task("config.nightly.close_due_days")
            done = wait_for_steps({step.name for step in STEPS})

            assert worker.poll() is None

    assert done == {step.name for step in STEPS}
