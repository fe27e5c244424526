"""
Corrections by people: reversals, adjustments and reinstatements, with a reason and a limit.

Within the asker's limit a correction is posted at once; above it a second person decides. Every
door comes through here, so that bulk actions, imports, commands and the API obey the same rule.
Each function owns its transaction, and is best called once a transaction: a batch of corrections
is a row of calls.
"""

from ledger.correcting.asking import (
    AccountNotAdjustable,
    ExpiryNotAhead,
    ask_adjustment,
    ask_reinstatement,
    ask_reversal,
)
from ledger.correcting.deciding import (
    AlreadyDecided,
    NotTheAsker,
    agree,
    check_may_decide,
    decline,
    withdraw,
)
from ledger.correcting.limits import Allowance, read_allowance
from ledger.correcting.people import Asker, MayNotAsk, MayNotDecide, OwnPartner, OwnRequest
from ledger.correcting.reasons import ReasonNotAllowed, find_reason, offered_reasons, say_reason
from ledger.correcting.reversals import (
    REVERSALS,
    NothingLeftToReverse,
    NotReversible,
    check_reinstatable,
    check_reversible,
    find_left,
)
from ledger.posting import AmountOutOfBounds, IdempotencyKeyReused, InsufficientPoints

__all__ = [
    "REVERSALS",
    "AccountNotAdjustable",
    "Allowance",
    "AlreadyDecided",
    "AmountOutOfBounds",
    "Asker",
    "ExpiryNotAhead",
    "IdempotencyKeyReused",
    "InsufficientPoints",
    "MayNotAsk",
    "MayNotDecide",
    "NotReversible",
    "NotTheAsker",
    "NothingLeftToReverse",
    "OwnPartner",
    "OwnRequest",
    "ReasonNotAllowed",
    "agree",
    "ask_adjustment",
    "ask_reinstatement",
    "ask_reversal",
    "check_may_decide",
    "check_reinstatable",
    "check_reversible",
    "decline",
    "find_left",
    "find_reason",
    "offered_reasons",
    "read_allowance",
    "say_reason",
    "withdraw",
]
