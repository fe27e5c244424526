"""
What must hold in the ledger, each as one statement that finds where it does not.

One statement sees one snapshot, so that the audit may run while others post. A statement returns
rows of (account, transfer, what it should be, what it is), first divergence first. All run on both
databases and read each table a fixed number of times. ``as_of`` bounds what looks back in time.
What seals promise is in ``ledger.promises.seals``: hashing is not for a statement.
"""

from ledger.promises import balances, corrections, holds, lots
from ledger.promises.promise import Promise

PROMISES = (*balances.PROMISES, *lots.PROMISES, *holds.PROMISES, *corrections.PROMISES)

__all__ = ["PROMISES", "Promise"]
