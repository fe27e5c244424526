"""
SQLite in which every writer gets a turn.

SQLite takes one writer at a time, and whoever finds it taken sleeps longer and longer before
looking again: among many, one may sleep through every gap until its time-out is over. So the
threads of a process stand in line, first come, first served. Only the first of the line looks: when
a thread of this process has finished, and at short and uneven intervals. Between processes chance
decides, with equal odds.
"""

import random
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError
from django.db.backends.sqlite3 import base

LONGEST_NAP_SECONDS = 0.004
BUSY = 5


class Line:
    """A queue of threads: each waits until everybody who came before has left."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()

    @contextmanager
    def stand(self, *, seconds_max: float) -> Iterator[None]:
        """Wait for one's turn, but no longer than that; leave when the block ends."""
        turn = threading.Lock()
        turn.acquire()
        with self._guard:
            self._waiting.append(turn)
            if self._waiting[0] is turn:
                turn.release()
        try:
            turn.acquire(timeout=seconds_max)
            yield
        finally:
            with self._guard:
                was_first = self._waiting[0] is turn
                self._waiting.remove(turn)
                if was_first and self._waiting:
                    self._waiting[0].release()


line = Line()
finished = threading.Event()
"""Set when a transaction of this process has ended."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, but for how a transaction begins."""

    def _start_transaction_under_autocommit(self) -> None:
        patience = float(self.settings_dict["OPTIONS"]["timeout"])
        give_up_at = time.monotonic() + patience
        with line.stand(seconds_max=patience), self._looking_only_once(patience):
            while True:
                finished.clear()
                try:
                    super()._start_transaction_under_autocommit()  # type: ignore[misc]  # not in the stubs
                except OperationalError as error:
                    if not is_busy(error) or time.monotonic() >= give_up_at:
                        raise
                    finished.wait(random.uniform(0, LONGEST_NAP_SECONDS))  # noqa: S311 - parts them
                else:
                    return

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]  # not in the stubs
        finished.set()

    def _rollback(self) -> None:
        super()._rollback()  # type: ignore[misc]  # not in the stubs
        finished.set()

    @contextmanager
    def _looking_only_once(self, patience: float) -> Iterator[None]:
        """Keep SQLite's own wait out of it; a write without a transaction still has it."""
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {round(patience * 1000)}")


def is_busy(error: Exception) -> bool:
    """Whether somebody else writes. The low byte is the kind; the rest says more about it."""
    cause = error.__cause__
    return isinstance(cause, sqlite3.Error) and cause.sqlite_errorcode & 0xFF == BUSY
