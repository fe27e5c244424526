"""Do again what the database broke off through no fault of whoever asked."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

Answer = TypeVar("Answer")

ATTEMPTS_MAX = 5
FIRST_WAIT_SECONDS = 0.02
# A person waits for the answer. After that long, being told is better than waiting on.
PATIENCE_SECONDS = 10
# Serialization failure, deadlock, lock time-out: the server has undone the transaction.
UNDONE_STATES = frozenset({"40001", "40P01", "55P03"})
# The ways in which a server ends a session; where it committed just then, nobody knows.
LOST_STATES = frozenset({"57P01", "57P02", "57P03", "08000", "08001", "08003", "08004", "08006"})
# A statement that took too long, a server that is full: not tried again, but told as being busy.
BUSY_STATES = frozenset({"57014", "53300", "53400"})
SQLITE_BUSY = 5


class StillBusy(OperationalError):
    """It was done again as often as is sensible, and the database broke it off each time."""


def in_transaction(work: Callable[[], Answer], *, attempts_max: int = ATTEMPTS_MAX) -> Answer:
    """
    Call ``work`` in a transaction of its own and return its answer, once that is committed.

    A deadlock, a serialization failure, a lost connection or a busy database makes it start over
    as a whole. See ``again`` for what ``work`` must be.

    :raises RuntimeError: If there is a transaction already: only a whole one can be done again.
    :raises StillBusy: If it does not go away.
    """

    def whole() -> Answer:
        with transaction.atomic(durable=True):
            return work()

    return again(whole, attempts_max=attempts_max)


def again(
    work: Callable[[], Answer], *, takes_effect_once: bool = True, attempts_max: int = ATTEMPTS_MAX
) -> Answer:
    """
    Call ``work``, which opens transactions itself, until the database lets it through.

    It starts over a few times, after a short and uneven wait. Where the connection breaks while it
    commits, nobody knows whether it did: so ``work`` must be something that takes effect once, by
    its key. What may take effect twice (``takes_effect_once`` is false) is done again only if the
    database says that it has undone it. Inside a transaction nothing is done again here: that is
    for whoever owns it.

    :raises StillBusy: If it does not go away.
    """
    if connection.in_atomic_block:
        return work()
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    for attempt in range(1, attempts_max + 1):
        try:
            return work()
        except (OperationalError, InterfaceError) as error:
            if not _may_pass(error, takes_effect_once=takes_effect_once):
                raise
            connection.close_if_unusable_or_obsolete()
            if attempt == attempts_max or time.monotonic() >= give_up_at:
                raise StillBusy(str(error)) from error
            longest = FIRST_WAIT_SECONDS * 2**attempt
            time.sleep(random.uniform(longest / 4, longest))  # noqa: S311 - only to part the two
    raise AssertionError("the last attempt returns or raises")


def is_busy(error: BaseException | None) -> bool:
    """Whether an error says no more than that the database had no time, or went away."""
    if isinstance(error, StillBusy):
        return True
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return _may_pass(error, takes_effect_once=True) or _state_of(error) in BUSY_STATES


def _may_pass(error: Exception, *, takes_effect_once: bool) -> bool:
    if isinstance(error, StillBusy):
        return False
    if connection.vendor == "sqlite":
        # The low byte is the kind of error; the rest says more about it.
        return getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF == SQLITE_BUSY
    state = _state_of(error)
    if state in UNDONE_STATES:
        return True
    # Without a code it is not the server that speaks: the connection to it was lost.
    return takes_effect_once and (state is None or state in LOST_STATES)


def _state_of(error: Exception) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)
