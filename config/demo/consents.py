"""Who of the story's team earns for themselves: the head buyer agrees, and once thinks again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from partners.models import Actor, Member
from rewards import consenting
from rewards.models import EarningConsent, Programme

THINKS_AGAIN_AFTER = timedelta(days=21)


def let_people_earn(
    *, head_buyer: Member, members: Sequence[Member], programme: Programme, at: datetime
) -> None:
    """Name the head buyer and agree for these members; the last one is withdrawn again."""
    by = Actor(person=head_buyer.person, member=head_buyer)
    consenting.name_approver(partner=head_buyer.partner, member=head_buyer, by=by, at=at)
    for member in members:
        if not EarningConsent.objects.filter(programme=programme, member=member).exists():
            consent = consenting.agree(
                programme=programme,
                member=member,
                by=by,
                terms_version=1,
                language="en",
                at=at,
            )
            if member == members[-1]:
                consenting.withdraw(consent=consent, by=by, at=at + THINKS_AGAIN_AFTER)
