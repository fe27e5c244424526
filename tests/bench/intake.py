"""Intake of order lines from a file against COPY of what it leaves: [--quick] [--json FILE]."""

import argparse
import csv
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, connections
from psycopg import sql

from config.settings import BASE_DIR
from ledger.models import Transfer
from partners.models import Activity, ActivityLine
from tests.bench._table import Finding, compare, print_table, write_json

DATA = BASE_DIR / "data"
ORDERS = DATA / "online_retail_2010-12_2011-12.csv.gz"
MAPPING = DATA / "online_retail.toml"
RESULTS = BASE_DIR / "var" / "bench" / "intake.json"
WORK = "tests.bench._intake_work"
TABLES = tuple(model._meta.db_table for model in (Activity, ActivityLine, Transfer))
MEBIBYTES_PER_MILLION = 64


@dataclass(frozen=True)
class Sizes:
    rows: int | None
    rounds: int


FULL = Sizes(rows=None, rounds=3)
QUICK = Sizes(rows=4_000, rounds=1)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev bench intake", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="Tiny sizes: shows only that it runs.")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE")
    options = parser.parse_args(arguments)
    sizes = QUICK if options.quick else FULL
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), sizes)
        findings = [bench.measure_speed(), bench.measure_memory()]
    print_table(findings)
    write_json(findings, options.json, rows=bench.rows)
    return 0 if all(finding.held for finding in findings) else 1


class Bench:
    def __init__(self, folder: Path, sizes: Sizes) -> None:
        self.folder, self.sizes = folder, sizes
        with gzip.open(ORDERS, "rt", encoding="utf-8", newline="") as real:
            table = csv.reader(real)
            self.header = next(table)
            self.real = sum(1 for _row in islice(table, sizes.rows))
        self.file = self.write_file("orders.csv", rows=self.real)
        self.rows = 0
        address = connection.settings_dict
        self.address = {key.lower(): address[key] for key in ("HOST", "PORT", "USER", "PASSWORD")}
        self.template = address["NAME"]
        # A database can only be copied while nobody is connected to it.
        connections.close_all()

    def measure_speed(self) -> Finding:
        """Take the file in; then COPY the activities, lines and transfers it left, elsewhere."""
        ours, reference, busy = [], [], []
        for number in range(self.sizes.rounds):
            with self.database(f"round_{number}") as url:
                told = self.take_in(self.file, url)
                self.rows = told["rows"]
                busy.append(told["cpu_seconds"])
                ours.append(told["accepted"] / told["seconds"])
                reference.append(told["accepted"] / self.copy_again(url))
        return compare(
            ours,
            reference,
            name="P6",
            what="order lines from CSV, judged, awarded and posted",
            unit="rows/s",
            against="rows/s COPY",
            goal=0.30,
            note=f"the process itself works for {statistics.median(busy):.1f} s",
        )

    def measure_memory(self) -> Finding:
        """Take in half the file, the file, and twice as much; what a doubled input needs more."""
        peaks, millions = [], []
        for halves in (1, 2, 4):
            path = self.write_file(f"orders-{halves}.csv", rows=self.real * halves // 2)
            with self.database(f"memory_{halves}") as url:
                told = self.take_in(path, url)
            peaks.append(told["memory_kib"] / 1024)
            millions.append(told["rows"] / 1_000_000)
        grown = [
            (peaks[place + 1] - peaks[place]) / (millions[place + 1] - millions[place])
            for place in (0, 1)
        ]
        return compare(
            grown,
            [MEBIBYTES_PER_MILLION] * 2,
            name="P6",
            what="memory that a million rows more take",
            unit="MiB",
            against="MiB at most",
            goal=1.0,
            at_most=True,
            note="peaks: "
            + ", ".join(
                f"{peak:.0f} MiB for {rows:.2f} million rows"
                for peak, rows in zip(peaks, millions, strict=True)
            ),
        )

    # ------------------------------------------------------------------ files

    def write_file(self, name: str, *, rows: int) -> Path:
        """Write so many rows of the real orders; where they end they begin anew as other orders."""
        path = self.folder / name
        with path.open("w", newline="") as file:
            out = csv.writer(file)
            out.writerow(self.header)
            out.writerows(islice(self.repeat_orders(), rows))
        return path

    def repeat_orders(self) -> Iterator[list[str]]:
        for copy in count():
            mark = f"-{copy}" if copy else ""
            with gzip.open(ORDERS, "rt", encoding="utf-8", newline="") as real:
                table = csv.reader(real)
                next(table)
                for row in islice(table, self.sizes.rows):
                    yield [row[0] + mark, *row[1:]]

    def take_in(self, path: Path, url: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", WORK, str(path), str(MAPPING)],
            cwd=BASE_DIR,
            env={**os.environ, "DATABASE_URL": url},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    # -------------------------------------------------------------- databases

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """Yield the address of a fresh copy of the migrated database."""
        with psycopg.connect(**self.address, dbname="postgres", autocommit=True) as server:
            make = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            server.execute(make.format(sql.Identifier(name), sql.Identifier(self.template)))
            try:
                user, key = self.address["user"], self.address["password"]
                yield f"postgres://{user}:{key}@{self.address['host']}:{self.address['port']}/{name}"
            finally:
                drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
                server.execute(drop.format(sql.Identifier(name)))

    def copy_again(self, url: str) -> float:
        """Return the seconds that COPY takes for the same rows into tables with the same indexes."""
        with psycopg.connect(url) as database:
            held: list[tuple[sql.Identifier, bytes]] = []
            for name in TABLES:
                table, twin = sql.Identifier(name), sql.Identifier(f"bench_{name}")
                like = sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)")
                database.execute(like.format(twin, table))
                with database.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(table)) as copy:
                    held.append((twin, b"".join(copy)))
            database.commit()
            database.execute("CHECKPOINT")
            database.commit()
            started = time.perf_counter()
            for twin, rows in held:
                with database.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(twin)) as copy:
                    copy.write(rows)
            database.commit()
            return time.perf_counter() - started
