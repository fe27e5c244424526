"""Opening balances: what partners held in the system before, posted once, with a reconciliation."""

from ledger.opening.agreeing import Agreement, agree_on, has_two_people, may_agree, may_ask
from ledger.opening.file import Progress, open_balances
from ledger.opening.mapping import BalanceMapping, load_mapping
from ledger.opening.report import Line, OpeningReport, Unnamed

__all__ = [
    "Agreement",
    "BalanceMapping",
    "Line",
    "OpeningReport",
    "Progress",
    "Unnamed",
    "agree_on",
    "has_two_people",
    "load_mapping",
    "may_agree",
    "may_ask",
    "open_balances",
]
