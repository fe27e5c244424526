"""How an activity in another currency came to what counts, as it was kept when it came in."""

from collections.abc import Iterable, Mapping
from typing import Any

from partners.models import Activity
from partners.rates import write_rate
from rewards.explaining.telling import Teller
from rewards.models import Programme


def say_reported(
    activity: Activity,
    explanations: Iterable[Mapping[str, Any]],
    *,
    programme: Programme,
    teller: Teller,
) -> str:
    """
    Say it where none of these explanations does: awards of before it was told, or no award at all.

    One query for what is in another currency, none for others.
    """
    if activity.currency in {"", programme.currency}:
        return ""
    if tell_conversion(explanations):
        return ""
    row = activity.converted.filter(currency=programme.currency).first()
    if row is None:
        return ""
    return teller.say_converted(
        {
            "amount": activity.amount,
            "currency": activity.currency,
            "rate": write_rate(row.rate_e8),
            "rate_day": row.rate_day.isoformat(),
            "into": row.currency,
            "result": row.amount,
        }
    )


def tell_conversion(explanations: Iterable[Mapping[str, Any]]) -> bool:
    """Say whether one of them tells how it was converted."""
    steps = (step for each in explanations for step in each.get("steps", []))
    return any(step.get("code") == "converted" for step in steps)
