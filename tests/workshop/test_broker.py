"""A broken Redis costs whoever speaks to it seconds, never a hung process."""

import json
import os
import signal
import subprocess
import sys
from typing import TypedDict

import pytest

from tests.databases.valkey import run_valkey

SPEAK = """
import json, time
from django.core.cache import cache
from config.celery import app

def speak(statement):
    began = time.monotonic()
    try:
        statement()
    except Exception as error:
        return {"accepted": False, "seconds": time.monotonic() - began}
    return {"accepted": True, "seconds": time.monotonic() - began}

print(json.dumps({
    "broker": speak(lambda: app.send_task("tests.nothing", args=[1])),
    "cache": speak(lambda: cache.set("key", 1)),
}))
"""
LONGEST_SECONDS = 8

pytestmark = [pytest.mark.slow, pytest.mark.once("SQLite")]


class Said(TypedDict):
    accepted: bool
    seconds: float


def speak(redis_url: str) -> dict[str, Said]:
    """Publish a task and write to the cache in a fresh process configured for this Redis."""
    done = subprocess.run(
        [sys.executable, "-c", SPEAK],
        env={**os.environ, "REDIS_URL": redis_url, "DJANGO_SETTINGS_MODULE": "config.settings"},
        stdout=subprocess.PIPE,
        timeout=60,
        check=True,
    )
    said: dict[str, Said] = json.loads(done.stdout)
    return said


def test_a_redis_that_runs_takes_what_it_is_given() -> None:
    with run_valkey() as (url, _):
        said = speak(url)

    assert [one["accepted"] for one in said.values()] == [True, True]


def test_a_frozen_redis_costs_seconds() -> None:
    with run_valkey() as (url, process):
        process.send_signal(signal.SIGSTOP)

        said = speak(url)

    assert [one["accepted"] for one in said.values()] == [False, False]
    assert max(one["seconds"] for one in said.values()) < LONGEST_SECONDS


def test_a_redis_that_is_gone_costs_seconds() -> None:
    with run_valkey() as (url, _):
        pass

    said = speak(url)

    assert [one["accepted"] for one in said.values()] == [False, False]
    assert max(one["seconds"] for one in said.values()) < LONGEST_SECONDS
