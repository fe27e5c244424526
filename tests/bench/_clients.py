"""Clients as processes: each prepares its works once and then does slices of them on demand."""

import contextlib
import importlib
import multiprocessing
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import django

# Does one piece of work and says how many transfers that was.
Work = Callable[[], int]


@dataclass(frozen=True)
class Slice:
    """What one client did in one slice of time."""

    transfers: int
    seconds: float
    latencies: list[float]


@dataclass(frozen=True)
class Client:
    """What a work knows about who does it."""

    number: int
    clients: int
    chance: random.Random


def serve(pipe: Connection, client: Client) -> None:
    django.setup()
    works: dict[str, Work] = {}
    while True:
        order = pipe.recv()
        if order is None:
            return
        name, seconds, options = order
        known_by = f"{name} {options}"
        if known_by not in works:
            module, _, function = name.partition(":")
            works[known_by] = getattr(importlib.import_module(module), function)(client, **options)
        pipe.send(do_slice(works[known_by], seconds))


def do_slice(work: Work, seconds: float) -> Slice:
    transfers, latencies = 0, []
    began = now = time.perf_counter()
    while now - began < seconds:
        transfers += work()
        latencies.append(time.perf_counter() - now)
        now = time.perf_counter()
    return Slice(transfers, now - began, latencies)


class Clients:
    """So many processes; ``work`` lets the first few of them do one thing for a while."""

    def __init__(self, pipes: list[Connection]) -> None:
        self.pipes = pipes

    def work(self, name: str, *, seconds: float, clients: int, **options: Any) -> list[Slice]:
        chosen = self.pipes[:clients]
        for pipe in chosen:
            pipe.send((name, seconds, options))
        return [pipe.recv() for pipe in chosen]


@contextlib.contextmanager
def start_clients(count: int, *, seed: int) -> Iterator[Clients]:
    spawn = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for number in range(count):
        ours, theirs = spawn.Pipe()
        client = Client(number, count, random.Random(f"{seed}:{number}"))
        process = spawn.Process(target=serve, args=(theirs, client), daemon=True)
        process.start()
        # Only the child holds its end now: if it dies, reading here ends with EOFError.
        theirs.close()
        pipes.append(ours)
        processes.append(process)
    try:
        yield Clients(pipes)
    finally:
        for pipe in pipes:
            with contextlib.suppress(OSError):
                pipe.send(None)
        for process in processes:
            process.join(timeout=10)


def rate(slices: list[Slice]) -> float:
    """Transfers a second of all clients together."""
    return sum(one.transfers / one.seconds for one in slices)


def percentile(slices: list[Slice], percent: float) -> float:
    """Return a latency in seconds, over all clients."""
    every = sorted(latency for one in slices for latency in one.latencies)
    return every[min(len(every) - 1, int(len(every) * percent / 100))]
