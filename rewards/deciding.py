"""
Awards about which a day decides: what is not paid by then is lost, what waits at the end of a year.

The day is kept with the award. When it is over, the night settles its partner again, and the award
says about the next day, or none.
"""

from dataclasses import dataclass
from datetime import datetime

from partners.models import Partner
from rewards.models import Award, Programme
from rewards.programmes.calendar import local_date
from rewards.settling import settle

# Whoever stores a fact of one of them waits meanwhile: half a second at most.
PARTNERS_PER_CHUNK = 20


@dataclass(frozen=True, slots=True)
class Decided:
    """How many partners were settled again, and the one to go on after; None when all are."""

    partners: int
    last_partner_id: int | None = None


def decide(
    *,
    programme: Programme,
    as_of: datetime,
    after_partner_id: int = 0,
    partners_max: int = PARTNERS_PER_CHUNK,
) -> Decided:
    """
    Settle the next partners that have awards of which the day is over at ``as_of``.

    The caller owns the transaction. Safe to run twice, and twice at once: what was decided waits
    for no day any more.
    """
    due = Award.objects.filter(
        decide_on__lt=local_date(as_of, programme.time_zone), version__programme=programme
    )
    rows = due.filter(partner__gt=after_partner_id).order_by("partner")
    partner_ids = list(rows.values_list("partner", flat=True).distinct()[:partners_max])
    if not partner_ids:
        return Decided(0)
    roots = Partner.objects.lock_roots(partner_ids)
    settle(sorted(set(roots.values())), programme=programme, as_of=as_of)
    return Decided(len(partner_ids), partner_ids[-1])
