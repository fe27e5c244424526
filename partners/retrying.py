"""Do a transaction again that the database broke off through no fault of its own."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

Answer = TypeVar("Answer")

ATTEMPTS_MAX = 5
FIRST_WAIT_SECONDS = 0.02
# Serialization failure, deadlock, and the ways in which a server ends a session.
RETRYABLE_STATES = frozenset({"40001", "40P01", "57P01", "57P02", "57P03", "08003", "08006"})
SQLITE_BUSY = 5


def in_transaction(work: Callable[[], Answer], *, attempts_max: int = ATTEMPTS_MAX) -> Answer:
    """
    Call ``work`` in a transaction of its own and return its answer, once that is committed.

    A deadlock, a serialization failure, a lost connection or a busy SQLite makes it start over as
    a whole, a few times, after a short and uneven wait. Where the connection breaks while it
    commits, nobody knows whether it did: so ``work`` must be something that takes effect once,
    by its idempotency key.

    :raises OperationalError: If it is not of that kind, or does not go away.
    """
    if connection.in_atomic_block:
        raise transaction.TransactionManagementError("only a whole transaction can be done again")
    for attempt in range(1, attempts_max + 1):
        try:
            with transaction.atomic():
                return work()
        except (OperationalError, InterfaceError) as error:
            if attempt == attempts_max or not _may_pass(error):
                raise
            connection.close_if_unusable_or_obsolete()
            longest = FIRST_WAIT_SECONDS * 2**attempt
            time.sleep(random.uniform(longest / 4, longest))  # noqa: S311 - only to part the two
    raise AssertionError("the last attempt returns or raises")


def _may_pass(error: Exception) -> bool:
    cause = error.__cause__
    if connection.vendor == "sqlite":
        # The low byte is the kind of error; the rest says more about it.
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF == SQLITE_BUSY
    # Without a code it is not the server that speaks: the connection to it was lost.
    state = getattr(cause, "sqlstate", None)
    return state is None or state in RETRYABLE_STATES
