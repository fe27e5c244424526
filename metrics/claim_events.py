"""What the timeline says of sell-out claims: each once, with its latest state."""

from typing import Any

from django.utils.translation import gettext as _

from partners.models import Event, SellOutClaim

KIND = "claim_moved"
BADGES = {
    "pending": ("", "clock"),
    "approved": ("accent", "check"),
    "rejected": ("bad", "x"),
    "appealed": ("", "clock"),
    "paid": ("ok", "ok"),
    "withdrawn": ("", "back"),
}


def tell(event: Event) -> dict[str, Any]:
    """Return the title, the state in words and where to read more."""
    state = str(event.payload.get("to", ""))
    badge, icon = BADGES.get(state, ("", "clock"))
    return {
        "icon": "shield",
        "title": _("Sell-out claim"),
        "detail": event.member.person.name if event.member else "",
        "state": (badge, icon, str(dict(SellOutClaim.State.choices).get(state, state))),
        "page": "rewards:claim",
        "page_id": str(event.payload.get("claim", "")),
    }
