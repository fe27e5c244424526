"""
What the home page answers in one glance: what we have, where we stand, what happened and why.

A head buyer and a viewer see the company's pool, a buyer their own wallet. The number of queries
is fixed, whatever the partner's history.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from metrics.charting import Chart, ExpirySchedule, draw_chart, draw_expiry
from metrics.holdings import Balance, read_holdings, read_movements, weigh
from metrics.ladder import Track, lay_track, read_standing
from metrics.timeline import Item, read_timeline
from partners.access import Frame
from partners.models import Actor, Member
from rewards.explaining import Teller, teller_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Everything the page shows; ``track`` is empty where a programme has no tiers."""

    is_own_wallet: bool
    balance: Balance
    worth: Decimal
    own_wallet: int | None
    track: Track | None
    chart: Chart
    expiry: ExpirySchedule | None
    timeline: list[Item]


def read_home(
    *, member: Member, actor: Actor, frame: Frame, language: str, as_of: datetime
) -> Home:
    """Gather the home page of a member. Eleven queries at most."""
    standing, definition = read_standing(actor, as_of)
    holdings = read_holdings(member, actor, frame)
    teller = (
        teller_of(
            definition,
            language=language,
            currency=frame.currency,
            decimals=frame.unit.decimals,
        )
        if definition
        else Teller(language=language, unit=frame.unit, tier_names={})
    )
    this_month = as_of.astimezone(frame.zone).date().replace(day=1)
    balance, lapses, never = weigh(holdings, as_of, frame.zone)
    movements = read_movements(holdings.shown, frame.zone, this_month)
    schedule = draw_expiry(
        lapses, never=never, first_month=this_month, soon_until=balance.soon_until
    )
    return Home(
        is_own_wallet=holdings.is_wallet,
        balance=balance,
        worth=frame.unit.amount(balance.available) * frame.unit_value,
        own_wallet=holdings.own_wallet,
        track=lay_track(standing, definition, language, frame.currency),
        chart=draw_chart(movements, last_month=this_month),
        expiry=schedule if lapses or never else None,
        timeline=read_timeline(
            actor=actor,
            member=member,
            teller=teller,
            as_of=as_of,
            triggers=definition.triggers if definition else (),
        ),
    )
