"""What the timeline says of events of the ledger itself: corrections, holds, awards that wait."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from ledger.correcting import say_reason
from ledger.models import CorrectionReason
from partners.models import Event
from rewards.explaining import Teller

Payload = Mapping[str, Any]
Reasons = Mapping[str, str]
Tell = Callable[[Payload, Teller, Reasons], dict[str, Any]]

# What is asked among the seller's people is theirs until it is posted.
HIDDEN_KINDS = ("correction_asked", "correction_declined", "correction_withdrawn")


def read_reasons(events: Iterable[Event]) -> Reasons:
    """Return the names of the reasons that these events give, in the reader's language."""
    codes = {event.payload.get("reason") for event in events if event.kind == "correction_posted"}
    if not codes:
        return {}
    found = CorrectionReason.objects.filter(code__in=codes)
    return {reason.code: say_reason(reason) for reason in found}


def _correction_posted(payload: Payload, teller: Teller, reasons: Reasons) -> dict[str, Any]:
    amount = int(payload.get("amount", 0))
    if payload.get("account") == "debt":
        title, icon, moved = _("Debt forgiven"), "plus", None
    elif payload.get("kind") == "credit":
        title, icon, moved = _("Correction: points added"), "plus", amount
    elif payload.get("kind") == "debit":
        title, icon, moved = _("Correction: points taken off"), "back", -amount
    else:
        # A reversal goes either way; the statement shows which.
        title, icon, moved = _("Something was reversed"), "back", None
    return {
        "icon": icon,
        "title": title,
        "detail": reasons.get(str(payload.get("reason")), ""),
        "amount": moved,
    }


def _points_reinstated(payload: Payload, teller: Teller, reasons: Reasons) -> dict[str, Any]:
    return {"icon": "plus", "title": _("Expired points came back"), "amount": payload["amount"]}


def _pending_cancelled(payload: Payload, teller: Teller, reasons: Reasons) -> dict[str, Any]:
    phrase = teller.unit.phrase(payload["amount"], teller.language)
    return {"icon": "back", "title": _("Pending points were cancelled"), "detail": phrase}


def _points_held(payload: Payload, teller: Teller, reasons: Reasons) -> dict[str, Any]:
    phrase = teller.unit.phrase(payload["amount"], teller.language)
    return {"icon": "clock", "title": _("Reserved: %(points)s") % {"points": phrase}}


def _hold_captured(payload: Payload, teller: Teller, reasons: Reasons) -> dict[str, Any]:
    return {
        "icon": "check",
        "title": _("What was reserved was used"),
        "amount": -int(payload["amount"]),
    }


def _hold_set_free(payload: Payload, teller: Teller, reasons: Reasons) -> dict[str, Any]:
    phrase = teller.unit.phrase(payload["amount"], teller.language)
    return {"icon": "back", "title": _("Free again: %(points)s") % {"points": phrase}}


TELLERS: Mapping[str, Tell] = {
    "correction_posted": _correction_posted,
    "points_reinstated": _points_reinstated,
    "pending_cancelled": _pending_cancelled,
    "points_held": _points_held,
    "hold_captured": _hold_captured,
    "hold_released": _hold_set_free,
    "hold_lapsed": _hold_set_free,
}
