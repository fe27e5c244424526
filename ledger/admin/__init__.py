"""
Pages of the admin about the books. Staff read here; what moves goes through the domain.

A correction is asked for on the page of what it corrects, and decided on by somebody else.
"""

from ledger.admin import accounts, corrections, holds, lists, lots, seals, transfers

__all__ = ["accounts", "corrections", "holds", "lists", "lots", "seals", "transfers"]
