"""Opening balances: what partners held in the system before, posted once, with a reconciliation."""

from ledger.opening.file import Progress, open_balances
from ledger.opening.mapping import BalanceMapping, load_mapping
from ledger.opening.report import Line, OpeningReport, Unnamed

__all__ = [
    "BalanceMapping",
    "Line",
    "OpeningReport",
    "Progress",
    "Unnamed",
    "load_mapping",
    "open_balances",
]
