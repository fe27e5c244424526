"""
What came in and could not be taken: it waits here until somebody, or something, says whose it is.

A document is matched by hand, by a rule, when its partner appears or when its rate is known. It is
then taken in with its own times, so that the same points are due as if it had come on time.
"""

from rewards.inbox.content import NOBODY, read_report
from rewards.inbox.matching import (
    Ending,
    Matching,
    NotDismissed,
    NotWaiting,
    Outcome,
    OwnCompany,
    bring_back,
    dismiss,
    match,
    rehearse,
)
from rewards.inbox.receiving import Parked, Unplaced, receive
from rewards.inbox.retrying import (
    apply_rules,
    match_what_waited,
    retry_no_rate,
    try_again,
)
from rewards.inbox.ruling import RuleKnown, make_rule, rehearse_rule

__all__ = [
    "NOBODY",
    "Ending",
    "Matching",
    "NotDismissed",
    "NotWaiting",
    "Outcome",
    "OwnCompany",
    "Parked",
    "RuleKnown",
    "Unplaced",
    "apply_rules",
    "bring_back",
    "dismiss",
    "make_rule",
    "match",
    "match_what_waited",
    "read_report",
    "receive",
    "rehearse",
    "rehearse_rule",
    "retry_no_rate",
    "try_again",
]
