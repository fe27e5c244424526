"""Files of facts in: read, staged, judged, taken in by chunks, and credited."""

from rewards.loading.file import Progress, load_file
from rewards.loading.report import LoadReport, Tally

__all__ = ["LoadReport", "Progress", "Tally", "load_file"]
