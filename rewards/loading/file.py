"""Load a file of facts: read it whole, group it into documents, take them in and credit them."""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from partners.importing.mapping import Mapping
from partners.importing.runs import RunBusy, claim, find_broken_off, hash_file
from partners.importing.staging import Outcome, Stage
from partners.kinds import all_kinds
from partners.models import ImportRun, Person
from rewards.loading.filling import Progress, fill, keep_largest, keep_quiet
from rewards.loading.loader import Loader
from rewards.loading.report import LoadReport

OBJECTS_BETWEEN_COLLECTIONS = 200_000


def load_file(  # noqa: PLR0913 - these are the options of one command, all named at the call
    *,
    path: Path,
    kind: str,
    source: str,
    mapping: Mapping,
    as_of: datetime,
    shift_days: int = 0,
    post_when_occurred: bool = False,
    partners_max: int | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    report_to: Callable[[Iterable[Outcome]], None] | None = None,
    started_by: Person | None = None,
) -> LoadReport:
    """
    Take in a file: good documents are credited, others wait or are refused, each row with why.

    ``shift_days`` moves every date by whole days; local times stay. ``partners_max`` takes only
    the partners with the largest net value and forgets all other rows. A dry run judges
    everything and rolls every chunk back. ``report_to`` is given what was not accepted. A run over
    the same content that was broken off is gone on with: its report tells of the whole file.

    :raises FileNotReadable: Before anything is written.
    """
    kinds = all_kinds()
    with collecting_rarely(), Stage() as stage:
        fill(
            stage, path, mapping, kind=kind, source=source, shift_days=shift_days, progress=progress
        )
        if partners_max is not None:
            keep_largest(stage, mapping, kind=kinds[kind], partners_max=partners_max)
        run = _make_run(path, kind=kind, source=source, as_of=as_of, by=started_by)
        loader = Loader(
            stage=stage,
            run=run if dry_run else _go_on(run, as_of=as_of),
            mapping=mapping,
            kinds=kinds,
            as_of=as_of,
            post_when_occurred=post_when_occurred,
            # What the demo moves in time may well lie ahead.
            may_lie_ahead=bool(shift_days),
            dry_run=dry_run,
            progress=progress or keep_quiet,
        )
        report = loader.load()
        if report_to is not None:
            report_to(stage.outcomes())
        return report


def _make_run(
    path: Path, *, kind: str, source: str, as_of: datetime, by: Person | None
) -> ImportRun:
    return ImportRun(
        kind=kind,
        source=source,
        file_name=path.name[-255:],
        content_hash=hash_file(path),
        status=ImportRun.Status.RUNNING,
        started_at=as_of,
        beat_at=as_of,
        started_by=by,
    )


def _go_on(run: ImportRun, *, as_of: datetime) -> ImportRun:
    """Return the run of this content that was broken off, if there is one, else this new one."""
    earlier = find_broken_off(
        kind=run.kind, source=run.source, content_hash=run.content_hash, at=as_of
    )
    if earlier is None:
        return run
    try:
        claim(earlier, at=as_of)
    except RunBusy:
        # Somebody was quicker: two runs of one file have the effect of one.
        return run
    return earlier


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """
    Let the collector of reference cycles look less often.

    Millions of plain rows come and go here and hold no cycles. Looking through them again and
    again costs a quarter of the run.
    """
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
