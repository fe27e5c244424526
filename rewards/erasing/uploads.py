"""
Uploaded files that are still kept: one that names the person goes, its report stays.

Files are kept for a few weeks only. A file that cannot be read any more goes too, rather than that
it be found to hold somebody later.
"""

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from functools import partial
from html import unescape
from pathlib import Path

from django.conf import settings
from django.db import transaction

from partners.importing.files import FileNotReadable, open_text
from partners.importing.runs import remove_file
from partners.importing.tables import read_start
from partners.importing.workbooks import ZIP
from partners.models import ImportRun
from rewards.erasing.subject import Subject

PIECE_BYTES = 1 << 20
# Two pieces share so much, so that no name is cut in half.
OVERLAP = 500
UNPACKED_BYTES_MAX = 2 << 30


def find_uploads(subject: Subject) -> list[int]:
    """
    Return the runs whose stored file names the person. Reads whole files: call it without locks.

    A name of a single word counts only in files of imports that have ended: there nothing is lost.
    """
    runs = ImportRun.objects.exclude(stored_as="").order_by("pk")
    return [run.pk for run in runs if _names(run, subject)]


def forget_uploads(run_ids: Iterable[int]) -> int:
    """Forget these files; they go once it is sure that everything else does."""
    runs = ImportRun.objects.filter(pk__in=run_ids).exclude(stored_as="")
    for stored_as in runs.values_list("stored_as", flat=True):
        transaction.on_commit(partial(remove_file, Path(settings.PRIVATE_ROOT) / stored_as))
    return runs.update(stored_as="")


def _names(run: ImportRun, subject: Subject) -> bool:
    path = Path(settings.PRIVATE_ROOT) / run.stored_as
    patterns = [subject.pattern]
    if run.finished_at is not None and subject.single_words:
        patterns.append(subject.single_pattern)
    try:
        return path.is_file() and _has(path, patterns)
    except (FileNotReadable, zipfile.BadZipFile, zlib.error, OSError, RuntimeError):
        return True


def _has(path: Path, patterns: list[re.Pattern[str]]) -> bool:
    if read_start(path).startswith(ZIP):
        return _search(_unpack(path), patterns)
    with open_text(path) as file:
        return _search(file.lines, patterns)


def _search(pieces: Iterable[str], patterns: list[re.Pattern[str]]) -> bool:
    return any(pattern.search(unescape(piece)) for piece in pieces for pattern in patterns)


def _unpack(path: Path) -> Iterator[str]:
    """Yield what is in a workbook, hidden sheets, comments and properties too."""
    unpacked = 0
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            with archive.open(entry) as part:
                end = ""
                while block := part.read(PIECE_BYTES):
                    unpacked += len(block)
                    if unpacked > UNPACKED_BYTES_MAX:
                        raise zipfile.BadZipFile
                    text = block.decode("utf-8", errors="ignore")
                    yield end + text
                    end = text[-OVERLAP:]
