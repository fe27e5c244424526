"""
Rewards taken, and what becomes of them.

``requesting`` takes a reward: checks, stock, points. ``moving`` is the state machine that follows,
``lapsing`` ends what nobody decided about, ``paying`` is what all of them do in the ledger. The door owns the transaction; a refused call changes nothing.
"""

from ledger.posting import HoldEnded, InsufficientPoints
from rewards.catalogue.fields import FieldsNotValid
from rewards.catalogue.kind import CannotBeTakenBack
from rewards.redeeming.moving import (
    LEGAL_MOVES,
    IllegalMove,
    OwnRequest,
    RequestLapsed,
    approve,
    cancel,
    fulfil,
    may_be_withdrawn,
    reject,
    ship,
    take_back,
    withdraw,
)
from rewards.redeeming.requesting import (
    LimitReached,
    NotEligible,
    OutOfStock,
    PriceChanged,
    RewardUnavailable,
    redeem,
)
from rewards.spending import DebtOutstanding, RequestIdReused

__all__ = [
    "LEGAL_MOVES",
    "CannotBeTakenBack",
    "DebtOutstanding",
    "FieldsNotValid",
    "HoldEnded",
    "IllegalMove",
    "InsufficientPoints",
    "LimitReached",
    "NotEligible",
    "OutOfStock",
    "OwnRequest",
    "PriceChanged",
    "RequestIdReused",
    "RequestLapsed",
    "RewardUnavailable",
    "approve",
    "cancel",
    "fulfil",
    "may_be_withdrawn",
    "redeem",
    "reject",
    "ship",
    "take_back",
    "withdraw",
]
