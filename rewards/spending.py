"""What redeeming and sharing have in common: a request counts once, and debt comes first."""

from ledger.owing import DebtOutstanding, find_owed, refuse_while_owing

__all__ = ["DebtOutstanding", "RequestIdReused", "find_owed", "refuse_while_owing"]


class RequestIdReused(Exception):
    """This request id already stands for something else."""

    code = "request_id_reused"
