"""
Pool points distributed to the wallets of a team, and taken back while nobody has spent them.

``proposing`` is pure; ``giving`` and ``undoing`` move points. The door owns the transaction and a
refused call changes nothing.
"""

from ledger.posting import InsufficientPoints
from rewards.sharing.giving import (
    NotOnTheTeam,
    OnlyHeadBuyerShares,
    PartDraft,
    ProgrammeNotLive,
    ReasonMissing,
    SelfShareNotAllowed,
    SharesDoNotSum,
    find_possible_recipients,
    share,
)
from rewards.sharing.proposing import LimitsTooTight, NothingToSplitBy, propose
from rewards.sharing.undoing import (
    NothingLeftToUndo,
    Undone,
    UndoTooLate,
    find_unspent,
    undo,
)
from rewards.spending import DebtOutstanding, RequestIdReused

__all__ = [
    "DebtOutstanding",
    "InsufficientPoints",
    "LimitsTooTight",
    "NotOnTheTeam",
    "NothingLeftToUndo",
    "NothingToSplitBy",
    "OnlyHeadBuyerShares",
    "PartDraft",
    "ProgrammeNotLive",
    "ReasonMissing",
    "RequestIdReused",
    "SelfShareNotAllowed",
    "SharesDoNotSum",
    "UndoTooLate",
    "Undone",
    "find_possible_recipients",
    "find_unspent",
    "propose",
    "share",
    "undo",
]
