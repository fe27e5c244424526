"""Rows of what waits for somebody: claims with their history, and rules of the inbox."""

import uuid

from partners.models import (
    ClaimedSerial,
    ClaimMove,
    ClaimProof,
    Erasure,
    MatchingRule,
    Person,
    SellOutClaim,
)
from partners.models.team import Member
from tests.factories import NOON


def add_row_of_each(member: Member, *, code: str) -> None:
    """A claim of its own, and one more of what hangs on the first claim."""
    MatchingRule.objects.create(
        field="external_id",
        condition="equals",
        value=code,
        partner=member.partner,
        made_at=NOON,
        made_by=member.person,
    )
    SellOutClaim.objects.create(
        partner=member.partner,
        member=member,
        request_id=uuid.uuid4(),
        sku=f"SKU-{code}",
        sold_on=NOON.date(),
        document=code,
        filed_at=NOON,
    )
    claim = SellOutClaim.objects.earliest("pk")
    ClaimedSerial.objects.create(claim=claim, sku="SKU", serial=code)
    ClaimMove.objects.create(
        claim=claim, to_state="pending", by_member=member, by_person=member.person, moved_at=NOON
    )
    ClaimProof.objects.create(
        claim=claim,
        name=f"{code}.pdf",
        content_type="application/pdf",
        size=1,
        stored_as=f"claims/{code}",
        added_at=NOON,
    )
    gone = Person.objects.create(email=f"{uuid.uuid4()}@example.com", name="", is_active=False)
    Erasure.objects.create(
        person=gone, asked_by=member.person, erased_at=NOON, rows={"partners.Member": 1}
    )
