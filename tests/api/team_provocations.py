"""How each code about teams and invitations is provoked."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from partners import inviting
from partners.models import Actor, Invitation, Member, Partner, Person
from tests.api.provocations import World, signed_in
from tests.rewards.cast import NOON, earn, offer, take

IVY = {"partner": "erp:12346", "email": "ivy@example.com", "name": "Ivy", "role": "buyer"}


def invite(world: World, **changes: Any) -> Any:
    return world.erp.post("invitations", {**IVY, **changes})


def change(world: World, member: Member, if_match: str = "*", **changes: Any) -> Any:
    return world.erp.client.patch(
        f"/api/v1/members/{member.public_id}",
        data=json.dumps(changes),
        content_type="application/json",
        headers={"If-Match": if_match} if if_match else {},
    )


def invited_with_other_words(world: World) -> Any:
    invite(world)
    return invite(world, role="viewer")


def too_many_invitations(world: World) -> Any:
    now = datetime.now(UTC)
    for number in range(inviting.MAILS_TO_ADDRESS_A_DAY):
        partner = Partner.objects.create(erp_number=f"9{number}", legal_name="Another")
        inviting.invite(
            partner=partner,
            offer=inviting.Offer(email=IVY["email"], name="Ivy", role="buyer"),
            by=Actor(),
            at=now,
            mail=None,
        )
    return invite(world)


def invitation_not_open(world: World) -> Any:
    invite(world)
    made = Invitation.objects.get()
    person = Person.objects.create(email=made.email, name="Ivy")
    inviting.accept(invitation=made, person=person, at=made.invited_at)
    return world.erp.post(f"invitations/{made.public_id}/withdraw", {})


def closed(world: World) -> Any:
    Partner.objects.update(status="closed")
    return invite(world)


def member_not_active(world: World) -> Any:
    Member.objects.filter(pk=world.shop.bob.pk).update(status="left", left_at=NOON)
    return change(world, world.shop.bob, role="viewer")


def still_pending(world: World) -> Any:
    wallet = world.shop.wallet(world.shop.bob)
    earn(wallet, 50)
    reward = offer(world.shop.programme, audience="person", price=50, approval_required=True)
    take(world.shop.bob, wallet, reward)
    return world.erp.post(f"members/{world.shop.bob.public_id}/deactivate", {})


def not_a_head_buyer(world: World) -> Any:
    body = {"to": str(world.shop.vera.public_id)}
    return world.erp.post(f"members/{world.shop.bob.public_id}/hand-over", body)


def own_address(world: World) -> Any:
    body = {"email": world.shop.alice.person.email, "name": "Alice", "role": "buyer"}
    client = signed_in(world.shop.alice)
    # The portal's session sends its CSRF token along; here the check itself is not the question.
    client.handler.enforce_csrf_checks = False
    return client.post(
        "/api/v1/invitations", body, format="json", headers={"Idempotency-Key": "own"}
    )


PROVOCATIONS: dict[str, Callable[[World], Any]] = {
    "already_on_the_team": lambda world: invite(world, email=world.shop.bob.person.email),
    "already_invited": invited_with_other_words,
    "too_many_invitations": too_many_invitations,
    "invitation_not_open": invitation_not_open,
    "name_not_plain": lambda world: invite(world, name="www.evil.example"),
    "own_invitation": own_address,
    "partner_closed": closed,
    "only_head_buyer_decides": not_a_head_buyer,
    "last_head_buyer": lambda world: change(world, world.shop.alice, role="buyer"),
    "member_not_active": member_not_active,
    "still_pending": still_pending,
    "precondition_required": lambda world: change(world, world.shop.bob, if_match=""),
    "precondition_failed": lambda world: change(world, world.shop.bob, if_match='"7"'),
}
