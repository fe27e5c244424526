"""Runs the suite on both databases: ./dev test [--db sqlite|pg] [--seed N] [pytest arguments].

The two runs go side by side, one process each. SQLite's output is shown as it comes, PostgreSQL's
after it. The last lines say how many tests ran on which database.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as Xml

from tests.databases.postgresql import NoPostgresql, find_quick_place, run_postgresql

HERE = Path(__file__).resolve().parents[1]
PYTEST_NOTHING_RAN = 5
LARGEST_SEED = 2**32 - 1


@dataclass
class Run:
    """One pytest process on one database."""

    name: str
    process: subprocess.Popen[bytes]
    output: Path | None
    report: Path


@dataclass(frozen=True)
class Counts:
    passed: int
    failed: int
    skipped: int

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def count(report: Path) -> Counts:
    """Count each test once: an error while setting up or cleaning up makes it a failed one."""
    worst: dict[tuple[str, str], int] = {}
    try:
        cases = list(Xml.parse(report).iter("testcase"))
    except (OSError, Xml.ParseError):
        return Counts(passed=0, failed=1, skipped=0)
    for case in cases:
        broken = case.find("failure") is not None or case.find("error") is not None
        verdict = 2 if broken else 1 if case.find("skipped") is not None else 0
        key = (case.get("classname", ""), case.get("name", ""))
        worst[key] = max(worst.get(key, 0), verdict)
    verdicts = list(worst.values())
    return Counts(passed=verdicts.count(0), failed=verdicts.count(2), skipped=verdicts.count(1))


def keep_bytecode(environ: Mapping[str, str]) -> dict[str, str]:
    """
    Let no process of the run compile again what another one has compiled.

    Some tests start a dozen of processes, and compiling costs each of them seconds. Where nothing
    may be written beside the sources, it is kept in ``var``.
    """
    kept = dict(environ)
    if kept.pop("PYTHONDONTWRITEBYTECODE", ""):
        kept.setdefault("PYTHONPYCACHEPREFIX", str(HERE / "var" / "bytecode"))
    return kept


def start(
    name: str, database_url: str, arguments: list[str], place: Path, *, aside: bool, both: bool
) -> Run:
    report = place / f"{name}.xml"
    temporary = place / f"{name}-tmp"
    temporary.mkdir()
    output = place / f"{name}.txt" if aside else None
    command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *arguments]
    # pytest keeps a cache of what failed last; two processes would write it at once.
    command += ["-o", f"cache_dir=var/pytest-{name.lower()}"]
    environ = {**keep_bytecode(os.environ), "TESSERA_MODE": "test", "TESSERA_PROCESS": "web"}
    environ |= {
        "DATABASE_URL": database_url,
        # Each run keeps its files apart: a night of one deletes what no row of its database names.
        "TESSERA_DATA": str(place / f"{name}-data"),
        "TMPDIR": str(temporary),
        "REDIS_URL": "",
        "TESTS_RUN_ON_BOTH": "1" if both else "",
    }
    with ExitStack() as files:
        target: IO[bytes] | None = files.enter_context(output.open("wb")) if output else None
        # stdout is flushed by then: what was said before stands before.
        process = subprocess.Popen(command, env=environ, stdout=target, stderr=target)
    return Run(name=name, process=process, output=output, report=report)


def follow(run: Run) -> Iterator[bytes]:
    """Yield what a run that was put aside has written, until it ends."""
    if run.output is None:
        return
    with run.output.open("rb") as written:
        while True:
            ended = run.process.poll() is not None
            while chunk := written.read(65_536):
                yield chunk
            if ended:
                return
            time.sleep(0.2)


def finish(runs: list[Run]) -> list[int]:
    codes = []
    try:
        for run in runs:
            if run.output:
                print(f"\n==== {run.name}", flush=True)
            for chunk in follow(run):
                sys.stdout.buffer.write(chunk)
                sys.stdout.flush()
            codes.append(run.process.wait())
    except KeyboardInterrupt:
        for run in runs:
            run.process.send_signal(signal.SIGINT)
            run.process.wait()
        raise
    return codes


def judge(counts: list[Counts], codes: list[int], *, narrowed: bool) -> int:
    """Nothing may pass because nothing ran; a narrowed run may leave one database without tests."""
    ran = sum(one.passed + one.failed for one in counts)
    tolerated = {0, PYTEST_NOTHING_RAN} if narrowed else {0}
    good = ran > 0 and all(code in tolerated for code in codes)
    return 0 if good and not any(one.failed for one in counts) else 1


def parse_arguments() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(prog="./dev test", allow_abbrev=False)
    parser.add_argument("--db", choices=("sqlite", "pg"), help="only this database")
    parser.add_argument("--long", action="store_true", help="the same proofs at full size")
    parser.add_argument("--seed", type=int, help="repeat the run that printed this seed")
    return parser.parse_known_args()


def main() -> int:
    options, rest = parse_arguments()
    seed = (
        options.seed if options.seed is not None else random.SystemRandom().randint(0, LARGEST_SEED)
    )
    print(f"Seed {seed} (repeat with ./dev test --seed {seed})", file=sys.stderr, flush=True)
    arguments = [*rest, f"--randomly-seed={seed}", f"--hypothesis-seed={seed}"]
    if options.long:
        arguments.append("--long")
    with ExitStack() as stack:
        quick = find_quick_place()
        folder = tempfile.TemporaryDirectory(
            prefix="tessera-test-", dir=quick, ignore_cleanup_errors=True
        )
        place = Path(stack.enter_context(folder))
        urls = {}
        if options.db != "pg":
            urls["SQLite"] = f"sqlite:///{place / 'tessera.sqlite3'}"
        if options.db != "sqlite":
            urls["PostgreSQL"] = stack.enter_context(run_postgresql(place=quick)).url_of("tessera")
        runs = [
            start(name, url, arguments, place, aside=number > 0, both=len(urls) > 1)
            for number, (name, url) in enumerate(urls.items())
        ]
        codes = finish(runs)
        counts = [count(run.report) for run in runs]
    print()
    for run, one in zip(runs, counts, strict=True):
        print(f"{run.name}: {one}")
    return judge(counts, codes, narrowed=bool(rest))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NoPostgresql as reason:
        print(reason, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
