"""What the timeline says of the team: who joined, left, or got another role."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from partners.models import Event, Member

Tell = Callable[[Event, bool], dict[str, Any]]
"""The event, and whether the company reads it or the member it is about."""

# Invitations stand on the team page until they are answered; the seller's own edits are theirs.
HIDDEN_KINDS = (
    "member_invited",
    "invitation_sent_again",
    "invitation_withdrawn",
    "partner_enrolled",
    "partner_changed",
)


def _name(event: Event) -> str:
    return event.member.person.name if event.member else ""


def _joined(event: Event, is_company: bool) -> dict[str, Any]:  # noqa: FBT001 - the shape of a teller
    title = _("%(name)s joined the team") if is_company else _("You joined the team")
    return {"icon": "team", "title": title % {"name": _name(event)}}


def _left(event: Event, is_company: bool) -> dict[str, Any]:  # noqa: FBT001 - the shape of a teller
    title = _("%(name)s left the team") if is_company else _("You left the team")
    return {"icon": "out", "title": title % {"name": _name(event)}}


def _changed(event: Event, is_company: bool) -> dict[str, Any]:  # noqa: FBT001 - the shape of a teller
    role = dict(Member.Role.choices).get(event.payload.get("to_role", ""), "")
    title = _("%(name)s has another role") if is_company else _("You have another role")
    return {"icon": "team", "title": title % {"name": _name(event)}, "detail": str(role)}


def _wallet_returned(event: Event, is_company: bool) -> dict[str, Any]:  # noqa: FBT001 - the shape of a teller
    amount = event.payload.get("amount", 0)
    return {
        "icon": "back",
        "title": _("The wallet of a member who left came back to the pool")
        if is_company
        else _("Your wallet went back to the pool"),
        "detail": _("The expiry dates stay the same"),
        "amount": amount if is_company else -amount,
    }


def _approver_named(event: Event, is_company: bool) -> dict[str, Any]:  # noqa: FBT001 - the shape of a teller
    title = (
        _("%(name)s agrees to personal earning")
        if is_company
        else _("You were named to agree to personal earning")
    )
    return {
        "icon": "shield",
        "title": title % {"name": _name(event)},
    }


def _earning_agreed(event: Event, is_company: bool) -> dict[str, Any]:  # noqa: FBT001 - the shape of a teller
    title = _("%(name)s may earn for themselves") if is_company else _("You may earn for yourself")
    return {
        "icon": "shield",
        "title": title % {"name": _name(event)},
        "detail": _("Your company’s approver agreed to the terms"),
    }


def _earning_withdrawn(event: Event, is_company: bool) -> dict[str, Any]:  # noqa: FBT001 - the shape of a teller
    title = (
        _("%(name)s earns for the company again")
        if is_company
        else _("You earn for the company again")
    )
    return {
        "icon": "shield",
        "title": title % {"name": _name(event)},
    }


TELLERS: dict[str, Tell] = {
    "member_joined": _joined,
    "member_left": _left,
    "member_changed": _changed,
    "wallet_returned": _wallet_returned,
    "approver_named": _approver_named,
    "personal_earning_agreed": _earning_agreed,
    "personal_earning_withdrawn": _earning_withdrawn,
}
