"""Pages of the admin about why points move: programmes, awards, the catalogue, what was taken."""

from rewards.admin import (
    catalogue,
    claims,
    consents,
    earnings,
    inbox,
    members,
    merges,
    people,
    programmes,
    rates,
    redemptions,
    segments,
    shares,
    standings,
    waiting_references,
)

__all__ = [
    "catalogue",
    "claims",
    "consents",
    "earnings",
    "inbox",
    "members",
    "merges",
    "people",
    "programmes",
    "rates",
    "redemptions",
    "segments",
    "shares",
    "standings",
    "waiting_references",
]
