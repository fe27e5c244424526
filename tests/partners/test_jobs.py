from datetime import date

import pytest

from partners.jobs import ChunkDone, StepFailed, StepRefused, run_step
from partners.models import JobRun
from tests.factories import NOON

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 1)


def run(chunk, **options):
    return run_step(
        scope="starter", local_date=DAY, step="tiers", chunk=chunk, clock=lambda: NOON, **options
    )


class Work:
    """Ten things to do, three a chunk; may be made to stop half-way."""

    def __init__(self, fails_at=None):
        self.done = []
        self.fails_at = fails_at

    def __call__(self, after):
        if after == self.fails_at:
            raise StepRefused("The sums differ.")
        chunk = [number for number in range(1, 11) if number > after][:3]
        self.done += chunk
        return ChunkDone(len(chunk), chunk[-1] if chunk else None)


class TestAStep:
    def test_runs_chunk_by_chunk_to_its_end(self):
        work = Work()

        job = run(work)

        assert work.done == list(range(1, 11))
        assert (job.status, job.changed, job.finished_at) == (JobRun.Status.DONE, 10, NOON)

    def test_that_is_done_is_not_done_again(self):
        run(Work())
        second = Work()

        job = run(second)

        assert second.done == []
        assert job.changed == 10

    def test_may_be_asked_for_again(self):
        run(Work())
        second = Work()

        job = run(second, again=True)

        assert second.done == list(range(1, 11))
        assert job.changed == 10

    def test_that_refuses_says_why_and_goes_on_from_there_next_time(self):
        with pytest.raises(StepFailed, match="The sums differ"):
            run(Work(fails_at=6))
        failed = JobRun.objects.get()
        assert (failed.status, failed.error, failed.checkpoint) == ("failed", "The sums differ.", 6)

        second = Work()
        job = run(second)

        assert second.done == [7, 8, 9, 10]
        assert (job.status, job.error, job.changed) == (JobRun.Status.DONE, "", 10)

    def test_that_was_killed_goes_on_from_its_checkpoint(self):
        def killed(after):
            if after == 3:
                raise KeyboardInterrupt
            return Work()(after)

        with pytest.raises(KeyboardInterrupt):
            run(killed)

        second = Work()
        run(second)

        assert second.done == [4, 5, 6, 7, 8, 9, 10]
