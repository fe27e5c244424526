"""Uploaded files are kept for a while after their run, and then forgotten; reports stay."""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from partners.importing.runs import FOLDER, WORKING, forget_file, notes_of, remove_file
from partners.models import ImportRun

FILES_AT_ONCE = 500
# What belongs to no run after so long never will: the upload was broken off before it was noted.
STRAY_AFTER = timedelta(days=1)


def forget_old_files(*, as_of: datetime, keep_days: int) -> int:
    """Delete uploaded files of runs that ended, or were left alone, ``keep_days`` ago."""
    before = as_of - timedelta(days=keep_days)
    under_way = (ImportRun.Status.QUEUED, *WORKING)
    old = Q(finished_at__lt=before) | Q(finished_at=None, started_at__lt=before)
    runs = ImportRun.objects.filter(old).exclude(stored_as="").exclude(status__in=under_way)
    forgotten = 0
    for run in runs.order_by("pk")[:FILES_AT_ONCE]:
        forget_file(run)
        forgotten += 1
    return forgotten + _forget_strays(as_of)


def _forget_strays(as_of: datetime) -> int:
    folder = Path(settings.PRIVATE_ROOT) / FOLDER
    if not folder.is_dir():
        return 0
    latest = (as_of - STRAY_AFTER).timestamp()
    old = [place for place in folder.iterdir() if place.is_dir() and place.stat().st_mtime < latest]
    kept = ImportRun.objects.exclude(stored_as="").values_list("stored_as", flat=True)
    known = {Path(stored_as).parent.name for stored_as in kept} if old else set()
    strays = [place for place in old if place.name not in known]
    for place in strays:
        for file in place.iterdir():
            remove_file(file)
        if place.is_dir():
            place.rmdir()
        notes_of(place / "any").unlink(missing_ok=True)
    return len(strays)
