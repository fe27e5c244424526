"""
What partners hold, by double entry.

A transfer moves a whole amount in minor units from a debit account to a credit account and never
changes. *House* accounts (issued, redeemed, expired, taken back, adjusted) are the programme's
side: they store no balance, so that nothing contends on them. *Held* accounts (pool, wallet,
pending, debt) can run out: they store ``balance`` and ``held``, changed only by
``ledger.posting``, and by ``ledger.retiring`` for a night's expiry, under their row lock.

For every held account ``balance`` = sum of its journal. For pools, wallets and pending it is also
the sum of the remaining amounts of its lots. A pool's balance counts credits minus debits; the
debt account counts debits minus credits, so that neither is ever below zero.
"""

from ledger.models.accounts import ACCOUNT_BALANCE_MAX, Account, AccountQuerySet, Unit
from ledger.models.corrections import Correction, CorrectionLimit, CorrectionReason
from ledger.models.finance import AccountCode
from ledger.models.holds import Hold, HoldSlice
from ledger.models.journal import (
    TRANSFER_AMOUNT_MAX,
    Lot,
    LotExtension,
    LotQuerySet,
    LotUse,
    Transfer,
    TransferQuerySet,
)
from ledger.models.seals import Seal, SealedAccount

__all__ = [
    "ACCOUNT_BALANCE_MAX",
    "TRANSFER_AMOUNT_MAX",
    "Account",
    "AccountCode",
    "AccountQuerySet",
    "Correction",
    "CorrectionLimit",
    "CorrectionReason",
    "Hold",
    "HoldSlice",
    "Lot",
    "LotExtension",
    "LotQuerySet",
    "LotUse",
    "Seal",
    "SealedAccount",
    "Transfer",
    "TransferQuerySet",
    "Unit",
]
