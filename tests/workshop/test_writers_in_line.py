"""Whoever writes to SQLite waits in a line: first come, first served."""

import threading
import time

import pytest

from config.sqlite.base import Line

pytestmark = pytest.mark.once("SQLite")

PEOPLE = 5


def wait_for_length(line: Line, length: int) -> None:
    deadline = time.monotonic() + 10
    while len(line._waiting) < length:
        assert time.monotonic() < deadline
        time.sleep(0.001)


class TestALine:
    def test_serves_in_the_order_of_arrival(self):
        line, served = Line(), []

        def come(number: int) -> None:
            with line.stand(seconds_max=10):
                served.append(number)

        people = [threading.Thread(target=come, args=(number,)) for number in range(PEOPLE)]
        with line.stand(seconds_max=10):
            for number, person in enumerate(people):
                person.start()
                wait_for_length(line, number + 2)
            assert served == []
        for person in people:
            person.join(timeout=10)

        assert served == list(range(PEOPLE))

    def test_goes_on_behind_somebody_who_gave_up(self):
        line, served = Line(), []

        def come(name: str, seconds_max: float) -> None:
            with line.stand(seconds_max=seconds_max):
                served.append(name)

        impatient = threading.Thread(target=come, args=("impatient", 0.05))
        patient = threading.Thread(target=come, args=("patient", 10))
        with line.stand(seconds_max=10):
            impatient.start()
            wait_for_length(line, 2)
            patient.start()
            impatient.join(timeout=10)
            assert served == ["impatient"], "it may try its luck once, and is gone"
        patient.join(timeout=10)

        assert served == ["impatient", "patient"]

    def test_goes_on_behind_an_error(self):
        line = Line()

        with pytest.raises(LookupError), line.stand(seconds_max=10):
            raise LookupError

        with line.stand(seconds_max=0):
            assert len(line._waiting) == 1
