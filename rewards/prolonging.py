"""
Rolling expiry: each order lets all that its partner holds live longer.

What lives already lives until the latest day that any order of the partner reaches, whatever the
order of arrival; nothing is shortened, and what has expired stays expired. An order counts even if
it is returned later: nothing can be shortened again.
"""

from collections.abc import Mapping
from datetime import datetime

from ledger.extending import extend_each
from rewards.earning.judging import Judgement
from rewards.models import Programme
from rewards.programmes.calendar import end_of_local_day


def prolong(
    judgements: Mapping[int, Judgement],
    *,
    programme: Programme,
    as_of: datetime,
    post_when_occurred: bool = False,
) -> int:
    """
    Extend what these partners hold, by partner id, and return how many lots live longer.

    The caller owns the transaction and has locked the partners. ``post_when_occurred`` is for
    filling an empty ledger: each order then finds what was alive at its own time.
    """
    unit = programme.main_unit
    if post_when_occurred:
        orders = [
            (one.order.occurred_at, partner_id, end_of_local_day(one.last_day, programme.time_zone))
            for partner_id, judged in judgements.items()
            for one in judged.prolonging
        ]
        return sum(
            extend_each(unit=unit, until={partner_id: until}, as_of=occurred_at)
            for occurred_at, partner_id, until in sorted(orders)
        )
    until = {
        partner_id: end_of_local_day(
            max(one.last_day for one in judged.prolonging), programme.time_zone
        )
        for partner_id, judged in judgements.items()
        if judged.prolonging
    }
    return extend_each(unit=unit, until=until, as_of=as_of)
