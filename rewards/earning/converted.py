"""How money that was reported in another currency came to what counts: the first step of a bill."""

from collections.abc import Mapping, Sequence
from typing import Any

from rewards.earning.counting import Steps
from rewards.earning.exact import e4_as_text
from rewards.earning.facts import ActivityFacts

RATE_SCALE = 10**8
RATE_DECIMALS = 8


def say_converted(activity: ActivityFacts, steps: Sequence[Mapping[str, Any]]) -> Steps:
    """Return the step that says how it was converted, where the other steps tell of money."""
    if not activity.is_converted or not any("currency" in step for step in steps):
        return []
    return [{"code": "converted", **how_converted(activity)}]


def how_converted(activity: ActivityFacts) -> dict[str, str]:
    """
    Return what was reported, the rate, its day and what that comes to.

    A payment in the currency of its invoice counts by the rate of the invoice, whatever that of
    its own day.
    """
    reported, result_e4, by = activity.reported, activity.amount_e4, activity
    invoice = activity.invoice if activity.kind == "payment" else None
    if invoice is not None and invoice.reported.currency == reported.currency:
        result_e4 = reported.amount_e4 * invoice.amount_e4 // invoice.reported.amount_e4
        by = invoice
    return {
        "amount": e4_as_text(reported.amount_e4),
        "currency": reported.currency,
        "rate": rate_as_text(by.reported.rate_e8),
        "rate_day": by.reported.rate_day.isoformat() if by.reported.rate_day else "",
        "rate_of": by.kind,
        "into": activity.currency,
        "result": e4_as_text(result_e4),
    }


def rate_as_text(rate_e8: int) -> str:
    """Write a rate without zeros at its end."""
    whole, part = divmod(rate_e8, RATE_SCALE)
    return f"{whole}.{part:0{RATE_DECIMALS}d}".rstrip("0") if part else str(whole)
