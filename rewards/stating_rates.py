"""Rates come in, and what waited for them is tried again."""

from collections.abc import Iterable
from datetime import datetime

from partners.models import Person
from partners.rates import RateRow, StoredRates, store_rates
from rewards.inbox import retry_no_rate


def state_rates(
    rows: Iterable[RateRow], *, source: str, by: Person | None, at: datetime
) -> StoredRates:
    """Write rates down and try what waited for them again. The caller owns the transaction."""
    stated = store_rates(rows, source=source, by=by, at=at)
    if stated.currencies:
        retry_no_rate(stated.currencies, at=at)
    return stated
