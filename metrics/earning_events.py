"""What the timeline says of points that came, matured, went back or expired, and of the tier."""

from collections.abc import Mapping, Sequence

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from metrics.event_background import Background, Fields, Tell
from partners.models import Event
from rewards.explaining import Explanation, Teller
from rewards.models import ClawBack


def _points_earned(event: Event, payload: Fields, background: Background, teller: Teller) -> Fields:
    award = background.awards.get(str(payload.get("award")))
    document = payload.get("document", "")
    is_order = payload.get("kind", "order") == "order"
    title = _("Order %(document)s") if is_order else _("Points for %(document)s")
    about = (
        (teller.net_amount(award.explanation), teller.rule_name(award.explanation)) if award else ()
    )
    if event.member_id is not None:
        about = (_("Earned for yourself"), *about)
    return {
        "icon": "plus",
        "title": title % {"document": document},
        "detail": " · ".join(part for part in about if part),
        "amount": payload["amount"],
        "explanation": teller.tell(award.explanation) if award else None,
        # The page about an activity is the company's: a buyer has the bill here.
        "activity_id": str(payload.get("activity") or "") if event.member_id is None else "",
    }


def name_activity(kind: str, document: str) -> str:
    """Name an activity that earned nothing as the others are named: by its number."""
    title = _("Order %(document)s") if kind == "order" else _("Reported: %(document)s")
    return title % {"document": document}


def _points_taken_back(
    event: Event, payload: Fields, background: Background, teller: Teller
) -> Fields:
    debt, waived = payload.get("debt", 0), payload.get("waived", 0)
    details = []
    if debt:
        owed = teller.unit.phrase(debt, teller.language)
        details.append(_("%(points)s could not be taken and are owed.") % {"points": owed})
    if waived:
        left = teller.unit.phrase(waived, teller.language)
        details.append(_("%(points)s were not asked for.") % {"points": left})
    return {
        "icon": "back",
        "title": _name_cause(payload),
        "detail": " ".join(details),
        "amount": -payload.get("collected", 0),
        "explanation": _why_taken_back(
            background.claw_backs.get(str(payload.get("activity")), []), teller
        ),
        "activity_id": str(payload.get("activity") or ""),
    }


def _points_given_back(
    event: Event, payload: Fields, background: Background, teller: Teller
) -> Fields:
    return {
        "icon": "back",
        "title": _name_cause(payload),
        "detail": capfirst(_("the points came back")),
        "amount": payload["amount"],
    }


def _name_cause(payload: Fields) -> str:
    """
    A return or a cancellation takes back; so does what late facts made worth less, and an invoice
    that was not paid in time.
    """
    titles = {
        "order": _("Order %(document)s"),
        "return": _("Return %(document)s"),
        "cancellation": _("Cancellation %(document)s"),
        "invoice": _("Invoice %(document)s"),
    }
    title = titles.get(str(payload.get("kind", "return")), _("Points for %(document)s"))
    return title % {"document": payload.get("document", "")}


def _why_taken_back(claw_backs: Sequence[ClawBack], teller: Teller) -> Explanation | None:
    if not claw_backs:
        return None
    if len(claw_backs) == 1:
        return teller.tell_taken_back(claw_backs[0].explanation)
    rows = [
        (
            _("Of what order %(document)s earned") % {"document": each.award.activity.external_id},
            teller.unit.number(each.due, teller.language),
        )
        for each in claw_backs
    ]
    total = sum(each.due for each in claw_backs)
    rows.append((_("Taken back"), teller.unit.number(total, teller.language)))
    return Explanation(tuple(rows), total, "")


def _tier_changed(event: Event, payload: Fields, background: Background, teller: Teller) -> Fields:
    names = teller.tier_names
    reached, left = names.get(payload.get("to", "")), names.get(payload.get("from", ""))
    went_up = payload.get("reason") == "reached"
    title = _("You reached %(tier)s") if went_up else _("Your tier is now %(tier)s")
    detail = _("Before: %(tier)s") % {"tier": left} if left else ""
    return {"icon": "ladder", "title": title % {"tier": reached or "–"}, "detail": detail}


def _points_expired(
    event: Event, payload: Fields, background: Background, teller: Teller
) -> Fields:
    amount = payload.get("amount", 0)
    phrase = teller.unit.phrase(amount, teller.language)
    return {
        "icon": "clock",
        "title": _("Expired: %(points)s") % {"points": phrase},
        "amount": -amount,
    }


def _points_matured(
    event: Event, payload: Fields, background: Background, teller: Teller
) -> Fields:
    return {
        "icon": "check",
        "title": _("Pending points became available"),
        "amount": payload.get("amount"),
    }


def _balance_opened(
    event: Event, payload: Fields, background: Background, teller: Teller
) -> Fields:
    account, amount = payload.get("account"), payload.get("amount", 0)
    titles = {"pending": _("Opening balance, still pending"), "debt": _("Opening balance, owed")}
    return {
        "icon": "plus" if account != "debt" else "back",
        "title": titles.get(str(account), _("Opening balance")),
        "detail": _("Taken over from the system before"),
        "amount": -amount if account == "debt" else amount,
    }


def _partner_merged(
    event: Event, payload: Fields, background: Background, teller: Teller
) -> Fields:
    amounts = [amount for amount in payload.get("amounts", {}).values() if amount]
    return {
        "icon": "plus",
        "title": _("Another company became part of yours"),
        "detail": _("Its points, people and history are yours now."),
        "amount": amounts[0] if len(amounts) == 1 else None,
    }


def _merge_undone(event: Event, payload: Fields, background: Background, teller: Teller) -> Fields:
    return {"icon": "back", "title": _("Two companies stand apart again")}


TELLERS: Mapping[str, Tell] = {
    "points_earned": _points_earned,
    "points_taken_back": _points_taken_back,
    "points_given_back": _points_given_back,
    "tier_changed": _tier_changed,
    "points_expired": _points_expired,
    "points_matured": _points_matured,
    "balance_opened": _balance_opened,
    "partner_merged": _partner_merged,
    "merge_undone": _merge_undone,
}
