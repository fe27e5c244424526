"""Many people at once: threads that start together and leave no connection open."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import connections

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Outcome(Generic[Answer]):
    """What one of them got: an answer or an error."""

    answer: Answer | None = None
    error: Exception | None = None


def run_at_once(count: int, work: Callable[[int], Answer]) -> list[Outcome[Answer]]:
    """
    Call ``work(0)`` to ``work(count - 1)`` in as many threads, released at the same moment.

    Errors are returned as outcomes, in the order of the numbers, so that a test can count them.
    The test needs a database of its own: mark it ``transaction``.
    """
    start = threading.Barrier(count)

    def take_part(number: int) -> Outcome[Answer]:
        try:
            start.wait(timeout=60)
            return Outcome(answer=work(number))
        except Exception as error:
            return Outcome(error=error)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=count) as people:
        return list(people.map(take_part, range(count)))
