"""What the timeline says of points that were spent on rewards or shared with the team."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from metrics.event_background import Background, Fields, Tell
from partners.models import Event
from rewards.explaining import Teller
from rewards.models import Redemption

STATE_BADGES: dict[str, tuple[str, str]] = {
    "requested": ("", "clock"),
    "approved": ("accent", "check"),
    "fulfilled": ("ok", "ok"),
    "rejected": ("bad", "x"),
    "cancelled": ("", "back"),
    "returned": ("", "back"),
    "lapsed": ("", "clock"),
}


def _redemption_moved(
    event: Event, payload: Fields, background: Background, teller: Teller
) -> Fields:
    redemption = background.redemptions.get(str(payload.get("redemption")))
    state = payload.get("to", "")
    kind, icon = STATE_BADGES.get(state, ("", "info"))
    word = dict(Redemption.State.choices).get(state, state)
    has_come_back = state in {"rejected", "cancelled", "returned", "lapsed"}
    is_spent = True
    details = []
    paid_by_pool = True
    if redemption is not None:
        who = {"name": redemption.member.person.name}
        details.append(_("Redeemed by %(name)s") % who)
        paid_by_pool = redemption.account.member_id is None
        if not paid_by_pool:
            details.append(_("from their own wallet"))
        is_spent = redemption.transfer_id is not None
    if not is_spent:
        details.append(
            _("the points are free again") if has_come_back else _("the points are reserved")
        )
    elif has_come_back:
        details.append(_("the points came back"))
    return {
        "occurred_at": redemption.requested_at if redemption else event.occurred_at,
        "icon": "gift",
        "title": redemption.reward.name if redemption else _("A reward"),
        "detail": ", ".join(details),
        "amount": -payload.get("price", 0)
        if paid_by_pool is background.is_company and is_spent and not has_come_back
        else None,
        "state": (kind, icon, str(word)),
        "page": "rewards:redemption",
        "page_id": str(payload.get("redemption")),
    }


def _points_shared(event: Event, payload: Fields, background: Background, teller: Teller) -> Fields:
    people = payload.get("people", 0)
    return {
        "icon": "share",
        "title": ngettext("Shared with %(people)d person", "Shared with %(people)d people", people)
        % {"people": people},
        "detail": _reason(background, payload),
        "amount": -payload["amount"],
        "page": "rewards:share-receipt",
        "page_id": str(payload.get("share")),
    }


def _share_received(
    event: Event, payload: Fields, background: Background, teller: Teller
) -> Fields:
    share = background.shares.get(str(payload.get("share")))
    title = _("You received a share")
    if share is not None:
        title = _("%(name)s shared with you") % {"name": share.shared_by.person.name}
    return {
        "icon": "share",
        "title": title,
        "detail": _reason(background, payload),
        "amount": payload["amount"],
    }


def _share_undone(event: Event, payload: Fields, background: Background, teller: Teller) -> Fields:
    is_mine = event.member_id is not None
    return {
        "icon": "back",
        "title": _("A share was taken back") if is_mine else _("A share came back to the pool"),
        "detail": _reason(background, payload),
        "amount": -payload["amount"] if is_mine else payload["amount"],
    }


def _reason(background: Background, payload: Mapping[str, Any]) -> str:
    share = background.shares.get(str(payload.get("share")))
    return share.reason if share else ""


TELLERS: Mapping[str, Tell] = {
    "redemption_moved": _redemption_moved,
    "points_shared": _points_shared,
    "share_received": _share_received,
    "share_undone": _share_undone,
}
