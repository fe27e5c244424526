"""
Personal earning when companies merge: a yes of the one is not the other's.

Whoever comes with the merged company earns for the pool of the kept one, until its approver agrees.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from partners.models import Member, Person
from rewards.models import EarningApprover, EarningConsent

Ended = Mapping[str, list[int]]


def end_consents(member_ids: Iterable[int], *, by: Person | None, at: datetime) -> Ended:
    """End what members who move were allowed and named for; return what, so that it can come back."""
    ids = list(member_ids)
    consents = EarningConsent.objects.filter(member__in=ids, withdrawn_at__isnull=True)
    approvers = EarningApprover.objects.filter(member__in=ids, ended_at__isnull=True)
    ended = {
        "consents": list(consents.values_list("pk", flat=True)),
        "approvers": list(approvers.values_list("pk", flat=True)),
    }
    consents.update(withdrawn_at=at, withdrawn_by=by)
    approvers.update(ended_at=at)
    return ended


def bring_consents_back(ended: Ended) -> None:
    """Let them hold again as if nothing had been: of those who are back, and nothing else since."""
    active = Member.objects.active()
    for consent in EarningConsent.objects.filter(
        pk__in=ended.get("consents", []), member__in=active
    ):
        later = EarningConsent.objects.filter(
            programme=consent.programme_id, member=consent.member_id, version__gt=consent.version
        )
        if not later.exists():
            consent.withdrawn_at, consent.withdrawn_by = None, None
            consent.save(update_fields=["withdrawn_at", "withdrawn_by"])
    for approver in EarningApprover.objects.filter(
        pk__in=ended.get("approvers", []), member__in=active
    ):
        named = EarningApprover.objects.filter(partner=approver.partner_id, ended_at__isnull=True)
        if not named.exists():
            approver.ended_at = None
            approver.save(update_fields=["ended_at"])
