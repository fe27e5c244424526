"""
Runs over files as others see them: who works on one, how far it is, and whether it fell silent.

A run says every few seconds that it lives (``beat_at``). One that has not done so for a while was
killed; what it took in stays, and running it again goes on from there.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from partners.importing.files import name_on_disk
from partners.models import ImportRun

SILENT_AFTER = timedelta(minutes=2)
BEAT_EVERY_SECONDS = 5.0
FOLDER = "uploads"
WORKING = (ImportRun.Status.STAGING, ImportRun.Status.RUNNING)
ENDED_EARLY = (ImportRun.Status.FAILED, ImportRun.Status.CANCELLED)
CAN_BEGIN = (
    ImportRun.Status.UPLOADED,
    ImportRun.Status.CHECKED,
    ImportRun.Status.QUEUED,
    *ENDED_EARLY,
)


class RunBusy(Exception):
    """Somebody works on this run already, or it is through."""

    code = "run_busy"


class FileGone(Exception):
    """The uploaded file is not kept any more, or is not the one that was uploaded."""

    code = "file_gone"


def is_interrupted(run: ImportRun, *, at: datetime) -> bool:
    """Say whether a run that should be working has fallen silent: it was killed."""
    heard = run.beat_at or run.started_at
    return run.status in WORKING and heard < at - SILENT_AFTER


def can_go_on(run: ImportRun, *, at: datetime) -> bool:
    """Say whether a run was broken off and may be run again."""
    return run.status in ENDED_EARLY or is_interrupted(run, at=at)


def claim(run: ImportRun, *, at: datetime) -> None:
    """
    Begin to work on a run, or go on with one that fell silent.

    :raises RunBusy: If somebody else does, or it is through.
    """
    silent = Q(status__in=WORKING) & (
        Q(beat_at__lt=at - SILENT_AFTER) | Q(beat_at__isnull=True, started_at__lt=at - SILENT_AFTER)
    )
    begun = ImportRun.objects.filter(Q(status__in=CAN_BEGIN) | silent, pk=run.pk).update(
        status=ImportRun.Status.STAGING,
        beat_at=at,
        cancel_asked_at=None,
        finished_at=None,
        error="",
        rows_done=0,
    )
    if not begun:
        raise RunBusy(_("This import is running already, or it is through."))
    run.refresh_from_db()


def find_broken_off(*, kind: str, source: str, content_hash: str, at: datetime) -> ImportRun | None:
    """Return the latest run of a command over this very content that did not get through."""
    same = ImportRun.objects.filter(
        kind=kind, source=source, content_hash=content_hash, stored_as=""
    )
    latest = same.exclude(content_hash="").order_by("-pk").first()
    return latest if latest is not None and can_go_on(latest, at=at) else None


def ask_to_cancel(run: ImportRun, *, at: datetime) -> bool:
    """Ask a run to stop after the chunk it is at; return whether there was anything to stop."""
    waiting = (ImportRun.Status.QUEUED, *WORKING)
    open_runs = ImportRun.objects.filter(pk=run.pk, status__in=waiting)
    return bool(open_runs.update(cancel_asked_at=at))


# ------------------------------------------------------------------------- files


def hash_file(path: Path) -> str:
    """Return what tells one content from another, for ``content_hash``."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep_file(chunks: Iterable[bytes], *, name: str) -> tuple[str, str]:
    """Store an uploaded file; return where (for ``stored_as``) and the hash of its content."""
    place = Path(FOLDER) / uuid4().hex / name_on_disk(name, default="upload")
    target = Path(settings.PRIVATE_ROOT) / place
    target.parent.mkdir(parents=True, exist_ok=True)
    content_hash = hashlib.sha256()
    try:
        with target.open("wb") as file:
            for chunk in chunks:
                content_hash.update(chunk)
                file.write(chunk)
    except BaseException:
        # Half a file is no use to anybody.
        remove_file(target)
        raise
    return str(place), content_hash.hexdigest()


def path_of(run: ImportRun) -> Path:
    """
    Return where the uploaded file of a run lies.

    :raises FileGone: If it is not there, or its content is another one than was uploaded.
    """
    path = Path(settings.PRIVATE_ROOT) / run.stored_as
    if not run.stored_as or not path.is_file():
        raise FileGone(_("The file of this import is not kept any more. Upload it again."))
    if run.content_hash and hash_file(path) != run.content_hash:
        raise FileGone(_("The file of this import has changed since it was uploaded."))
    return path


def forget_file(run: ImportRun) -> None:
    """Delete the uploaded file of a run and what was noted beside it; its report stays."""
    if run.stored_as:
        remove_file(Path(settings.PRIVATE_ROOT) / run.stored_as)
        ImportRun.objects.filter(pk=run.pk).update(stored_as="")


def remove_file(path: Path) -> None:
    """Delete an uploaded file with the folder that it has for itself."""
    path.unlink(missing_ok=True)
    notes_of(path).unlink(missing_ok=True)
    if path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()


def notes_of(path: Path) -> Path:
    """Return where the rows that a dry run would not take are noted, beside an uploaded file."""
    return path.parent.with_suffix(".jsonl")
