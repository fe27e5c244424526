"""What is outstanding at a moment, by age and place, and how much of it is expected to expire."""

from ledger.liability.bands import BANDS, Band
from ledger.liability.breakage import (
    ENDED_LOTS_MIN,
    ENDED_UNITS_MIN,
    BandRunOff,
    Breakage,
    estimate_breakage,
    work_out,
)
from ledger.liability.outstanding import PLACES, Outstanding, Part, read_outstanding

__all__ = [
    "BANDS",
    "ENDED_LOTS_MIN",
    "ENDED_UNITS_MIN",
    "PLACES",
    "Band",
    "BandRunOff",
    "Breakage",
    "Outstanding",
    "Part",
    "estimate_breakage",
    "read_outstanding",
    "work_out",
]
