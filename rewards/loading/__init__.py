"""
Files of facts in: read, staged, judged, taken in by chunks, and credited.

``load_file`` is for commands. An uploaded file is an ``ImportRun``: ``look_at`` shows its first
rows, ``prepare`` judges it whole, ``run`` takes it in.
"""

from rewards.loading.file import load_file
from rewards.loading.filling import Progress
from rewards.loading.report import LoadReport, Tally
from rewards.loading.uploaded import Preview, ShownRow, look_at, prepare, read_mapping, run

__all__ = [
    "LoadReport",
    "Preview",
    "Progress",
    "ShownRow",
    "Tally",
    "load_file",
    "look_at",
    "prepare",
    "read_mapping",
    "run",
]
