"""The ledger against what its goals are measured by: [P1 P2 ...] [--quick] [--json FILE]."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from django.db import connection, transaction

from config.settings import BASE_DIR
from ledger.expiring import expire
from ledger.models import Account, Transfer
from ledger.posting import Entry
from tests.bench._clients import Clients, Slice, percentile, rate, start_clients
from tests.bench._ledger_work import move
from tests.bench._ledger_world import LATER, START, build_tpcb, build_world, give_a_history
from tests.bench._table import Finding, compare, print_table, write_json

WORK = "tests.bench._ledger_work"
RESULTS = BASE_DIR / "var" / "bench" / "ledger.json"


@dataclass(frozen=True)
class Sizes:
    partners: int
    lot_partners: int
    history: int
    expiring: int
    sample: int
    clients: int
    rounds: int
    seconds: float
    batch: int


FULL = Sizes(
    partners=10_000,
    lot_partners=2_500,
    history=1_000_000,
    expiring=10_000,
    sample=300,
    clients=4,
    rounds=5,
    seconds=2.0,
    batch=1_000,
)
QUICK = Sizes(
    partners=20,
    lot_partners=20,
    history=100,
    expiring=20,
    sample=5,
    clients=1,
    rounds=1,
    seconds=0.1,
    batch=10,
)


@dataclass(frozen=True)
class Bench:
    sizes: Sizes
    clients: Clients
    seed: int

    def alternate(self, *doings: Callable[[], list[Slice]]) -> list[list[list[Slice]]]:
        """Do each in turn, round after round, so that a busy moment of the machine hits all."""
        for doing in doings:
            doing()  # to warm up: connections, prepared statements, pages
        done: list[list[list[Slice]]] = [[] for _ in doings]
        for number in range(self.sizes.rounds):
            order = range(len(doings)) if number % 2 == 0 else reversed(range(len(doings)))
            for place in order:
                done[place].append(doings[place]())
        return done

    def slices(self, work: str, clients: int, **options: object) -> Callable[[], list[Slice]]:
        def do() -> list[Slice]:
            return self.clients.work(
                f"{WORK}:{work}", seconds=self.sizes.seconds, clients=clients, **options
            )

        return do


def rates(rounds: list[list[Slice]]) -> list[float]:
    return [rate(slices) for slices in rounds]


def measure_single(bench: Bench) -> list[Finding]:
    """P1 and P3: a post each, and a thousand together, beside a TPC-B-like transaction."""
    redeem, earn, batch, tpcb = bench.alternate(
        bench.slices("redeem_spread", 2, code="spread"),
        bench.slices("earn_spread", 2, code="spread"),
        bench.slices("redeem_batch", 2, code="spread", size=bench.sizes.batch),
        bench.slices("tpcb", 2),
    )
    said = {"unit": "/s", "against": "/s TPC-B-like"}
    return [
        compare(
            rates(redeem),
            rates(tpcb),
            name="P1",
            what="one redeeming post, 2 clients, spread",
            goal=0.30,
            **said,
        ),
        compare(
            rates(earn),
            rates(tpcb),
            name="P1 earn",
            what="one earning post, 2 clients, spread",
            goal=0.30,
            **said,
        ),
        compare(
            rates(batch),
            rates(tpcb),
            name="P3",
            what=f"batches of {bench.sizes.batch:,}, 2 clients",
            goal=1.5,
            **said,
        ),
    ]


def measure_hot(bench: Bench) -> list[Finding]:
    """P2: everybody at one account, beside everybody at their own."""
    hot, spread = bench.alternate(
        bench.slices("redeem_hot", 4, code="spread"),
        bench.slices("redeem_spread", 4, code="spread"),
    )
    return [
        compare(
            rates(hot),
            rates(spread),
            name="P2",
            what="one hot account, 4 clients",
            unit="/s",
            against="/s spread",
            goal=0.5,
        ),
        compare(
            [percentile(slices, 99) * 1000 for slices in hot],
            [percentile(slices, 99) * 1000 for slices in spread],
            name="P2 p99",
            what="the slowest of a hundred there",
            unit="ms",
            against="ms spread",
            goal=3,
            at_most=True,
        ),
    ]


def measure_lots(bench: Bench) -> list[Finding]:
    """P5: what the lots cost."""
    build_world("lots", partners=bench.sizes.lot_partners, lots=20, amount=100, expires=LATER)
    lots, none = bench.alternate(
        bench.slices("redeem_in_turn", 1, code="lots", amount=150),
        bench.slices("move_without_lots", 1, code="lots", amount=150),
    )
    return [
        compare(
            rates(lots),
            rates(none),
            name="P5",
            what="redeem 150 from 20 open lots of 100",
            unit="/s",
            against="/s without lots",
            goal=0.5,
        )
    ]


def measure_peer(bench: Bench) -> list[Finding]:
    """P4: the same beside django-hordak, which has no keys, no overdraft rule and no lots."""
    if not find_spec("hordak"):
        print("P4 needs django-hordak, which ./dev bench installs.")
        return []
    world = build_world("busy", partners=1, lots=0, amount=1, expires=LATER)
    with start_peer(bench) as peer:

        def of_peer(work: str, **options: object) -> Callable[[], list[Slice]]:
            def do() -> list[Slice]:
                return peer.work(
                    f"tests.bench._hordak_work:{work}",
                    seconds=bench.sizes.seconds if work in {"post", "read"} else 0,
                    clients=1,
                    **options,
                )

            return do

        of_peer("prepare")()
        single, alone, batch, theirs = bench.alternate(
            bench.slices("redeem_spread", 1, code="spread"),
            bench.slices("earn_alone", 1, code="spread"),
            bench.slices("redeem_batch", 1, code="spread", size=bench.sizes.batch),
            of_peer("post"),
        )
        give_a_history(world, world.pools[0], movements=bench.sizes.history)
        of_peer("load", legs=bench.sizes.history)()
        read_long, read_short, their_read = bench.alternate(
            bench.slices("read_balance", 1, code="busy"),
            bench.slices("read_balance", 1, code="spread"),
            of_peer("read"),
        )
    posting = {"unit": "/s", "against": "/s hordak"}
    return [
        compare(rates(single), rates(theirs), name="P4", what="one post", goal=2, **posting),
        compare(
            rates(alone),
            rates(theirs),
            name="P4 alone",
            what="without partner's lock and event",
            goal=2,
            **posting,
        ),
        compare(
            rates(batch), rates(theirs), name="P4 batch", what="in batches", goal=10, **posting
        ),
        compare(
            rates(read_long),
            rates(their_read),
            name="P4 read",
            what=f"balance after {bench.sizes.history:,} movements",
            unit="/s",
            against="/s hordak",
            goal=200,
        ),
        compare(
            rates(read_long),
            rates(read_short),
            name="P4 flat",
            what="beside a few movements",
            unit="/s",
            against="/s with a few",
            goal=0.8,
        ),
    ]


@contextmanager
def start_peer(bench: Bench) -> Iterator[Clients]:
    """A client with the peer's settings, on a database of its own in the same server."""
    name = "peer_of_bench"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name}")
    own = {name: os.environ[name] for name in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL")}
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tests.bench._hordak_settings",
        "HORDAK_DATABASE_URL": own["DATABASE_URL"].rpartition("/")[0] + f"/{name}",
    }
    try:
        with start_clients(1, seed=bench.seed) as peer:
            yield peer
    finally:
        os.environ |= own
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def measure_expiry(bench: Bench) -> list[Finding]:
    """P10: a night's expiry beside a loop that retires one lot at a time."""
    night = START + timedelta(days=30)
    batched, looped = [], []
    for number in range(min(bench.sizes.rounds, 2)):
        code = f"night-{number}"
        world = build_world(code, partners=bench.sizes.expiring, lots=5, amount=100, expires=night)
        lots = 5 * bench.sizes.expiring
        began = time.perf_counter()
        for pool in world.pools[: bench.sizes.sample]:
            entry = Entry(
                kind=Transfer.Kind.EXPIRE,
                debit=pool,
                credit=world.house[Account.Kind.EXPIRED],
                amount=100,
                idempotency_key=f"one-by-one:{pool.pk}",
                occurred_at=night,
            )
            move([entry], kind="points_expired")
        looped.append((time.perf_counter() - began) / bench.sizes.sample * lots)
        began, after = time.perf_counter(), 0
        while after is not None:
            with transaction.atomic():
                after = expire(as_of=night, unit=world.unit, after_account_id=after).last_account_id
        batched.append((time.perf_counter() - began) * lots / (lots - bench.sizes.sample))
    return [
        compare(
            batched,
            looped,
            name="P10",
            what=f"expiry of {lots:,} lots of {bench.sizes.expiring:,} accounts",
            unit="s",
            against="s in a loop",
            divide=lambda ours, other: other / ours,
            goal=100,
            note=f"the loop is measured on {bench.sizes.sample} lots and scaled to all",
        )
    ]


MEASUREMENTS: dict[str, Callable[[Bench], list[Finding]]] = {
    "P1": measure_single,
    "P2": measure_hot,
    "P4": measure_peer,
    "P5": measure_lots,
    "P10": measure_expiry,
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev bench ledger")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASUREMENTS))
    parser.add_argument("--quick", action="store_true", help="tiny sizes: that it runs at all")
    parser.add_argument("--json", type=Path, default=RESULTS)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    names = {"P1" if name == "P3" else name for name in options.names} or set(MEASUREMENTS)
    if unknown := names - set(MEASUREMENTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    sizes = QUICK if options.quick else FULL
    build_world("spread", partners=sizes.partners, lots=1, amount=10**9, expires=LATER)
    build_tpcb(10 * sizes.partners)
    findings: list[Finding] = []
    with start_clients(sizes.clients, seed=options.seed) as clients:
        bench = Bench(sizes, clients, options.seed)
        for name, measure in MEASUREMENTS.items():
            if name in names:
                print(f"measuring {name} ...", file=sys.stderr, flush=True)
                findings += measure(bench)
    print_table(findings)
    write_json(findings, options.json, seed=options.seed, quick=options.quick)
    return 0
