"""What happened lately: events of the one stream, with names and explanations put beside them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from metrics import claim_events, ledger_events, team_events
from partners.models import Actor, Event, Member
from rewards.explaining import Explanation, Teller
from rewards.models import Award, ClawBack, Redemption, Share

# A redemption may move three times in a second; it is one thing that happened.
EVENTS_READ = 40
PERSONAL_KINDS = ("share_received",)
# What is about a wallet is its member's; what is about the pool is the company's.
# What the seller writes down about the company.
SELLERS_KINDS = ("partner_enrolled", "partner_changed")
MERGE_KINDS = ("partner_merged", "merge_undone")
BOTH_SIDES_KINDS = ("share_undone", *ledger_events.TELLERS)

STATE_BADGES: dict[str, tuple[str, str]] = {
    "requested": ("", "clock"),
    "approved": ("accent", "check"),
    "fulfilled": ("ok", "ok"),
    "rejected": ("bad", "x"),
    "cancelled": ("", "back"),
    "returned": ("", "back"),
    "lapsed": ("", "clock"),
}


@dataclass(frozen=True, slots=True)
class State:
    kind: str
    icon: str
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry. ``page`` and ``page_id`` name the URL with the details, where there is one."""

    occurred_at: datetime
    icon: str
    title: str
    detail: str = ""
    amount: int | None = None
    state: State | None = None
    explanation: Explanation | None = None
    page: str = ""
    page_id: str = ""
    day_form: str = "short"


@dataclass(slots=True)
class Background:
    """The rows that events refer to by id, read once for the whole timeline."""

    awards: dict[str, Award] = field(default_factory=dict)
    claw_backs: dict[str, list[ClawBack]] = field(default_factory=dict)
    redemptions: dict[str, Redemption] = field(default_factory=dict)
    shares: dict[str, Share] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    is_company: bool = True


def read_timeline(
    *, actor: Actor, member: Member, teller: Teller, as_of: datetime, length: int = 12
) -> list[Item]:
    """
    Return the latest entries for this member: the company's, or a buyer's own. Five queries,
    six where something was corrected.

    A head buyer and a viewer read what happened to the pool; a buyer what happened to them.
    """
    events = list(_visible_to(actor, member).filter(occurred_at__lte=as_of)[:EVENTS_READ])
    background = _read_background(actor, events)
    background.is_company = member.role != Member.Role.BUYER
    items, seen = [], set()
    for event in events:
        redemption = event.payload.get("redemption")
        told_once = redemption or event.payload.get("claim")
        if told_once in seen or _is_of_another_wallet(redemption, background, member):
            continue
        if told_once:
            seen.add(told_once)
        items.append(_item(event, background, teller, as_of))
    items.sort(key=lambda item: item.occurred_at, reverse=True)
    return items[:length]


def _visible_to(actor: Actor, member: Member) -> Any:
    events = Event.objects.for_actor(actor).newest_first()
    hidden = (*ledger_events.HIDDEN_KINDS, *team_events.HIDDEN_KINDS)
    # A reinstatement stands there as what came back; a job title is no news.
    events = (
        events.exclude(kind__in=hidden)
        .exclude(kind="correction_posted", payload__kind="reinstatement")
        .exclude(kind="member_changed", payload__to_role__isnull=True)
        .select_related("member__person")
    )
    if member.role == Member.Role.BUYER:
        return events.filter(member=member)
    if member.role == Member.Role.VIEWER:
        # Claims are for those who sell; a viewer cannot open them.
        events = events.exclude(kind=claim_events.KIND)
    events = events.exclude(kind__in=SELLERS_KINDS)
    # Both partners of a merge tell of it; the company reads it once.
    events = events.exclude(Q(kind__in=MERGE_KINDS) & ~Q(partner=member.partner_id))
    return events.exclude(kind__in=PERSONAL_KINDS).exclude(
        Q(kind__in=BOTH_SIDES_KINDS) & Q(member__isnull=False)
    )


def _is_of_another_wallet(
    redemption_id: str | None, background: Background, member: Member
) -> bool:
    """What somebody took from their own wallet is theirs, for a head buyer and a viewer too."""
    redemption = background.redemptions.get(redemption_id or "")
    if redemption is None or redemption.account.member_id is None:
        return False
    return redemption.member_id != member.pk


def _read_background(actor: Actor, events: Sequence[Event]) -> Background:
    redemptions = Redemption.objects.for_actor(actor).filter(
        public_id__in=_ids(events, "redemption")
    )
    shares = Share.objects.for_actor(actor).filter(public_id__in=_ids(events, "share"))
    awards = Award.objects.for_actor(actor).filter(public_id__in=_ids(events, "award"))
    causes = [event for event in events if event.kind == "points_taken_back"]
    claw_backs = (
        ClawBack.objects.for_actor(actor)
        .filter(cause__public_id__in=_ids(causes, "activity"), due__gt=0)
        .select_related("cause", "award__activity")
        .order_by("pk")
    )
    by_cause: dict[str, list[ClawBack]] = defaultdict(list)
    for claw_back in claw_backs:
        by_cause[str(claw_back.cause.public_id)].append(claw_back)
    return Background(
        awards={str(award.public_id): award for award in awards},
        claw_backs=by_cause,
        redemptions={
            str(row.public_id): row
            for row in redemptions.select_related("reward", "member__person", "account")
        },
        shares={str(row.public_id): row for row in shares.select_related("shared_by__person")},
        reasons=ledger_events.read_reasons(events),
    )


def _ids(events: Iterable[Event], name: str) -> list[str]:
    return [event.payload[name] for event in events if event.payload.get(name)]


def _item(event: Event, background: Background, teller: Teller, as_of: datetime) -> Item:
    if event.kind == claim_events.KIND:
        fields = claim_events.tell(event)
        fields["state"] = State(*fields["state"])
    elif event.kind in team_events.TELLERS:
        fields = team_events.TELLERS[event.kind](event, background.is_company)
    elif event.kind in ledger_events.TELLERS:
        fields = ledger_events.TELLERS[event.kind](event.payload, teller, background.reasons)
    else:
        tell = TELLERS.get(event.kind, _unknown)
        fields = tell(event, event.payload, background, teller)
    # A redemption stands at the day its points went, as on the statement, with its latest state.
    occurred_at = fields.pop("occurred_at", event.occurred_at)
    form = "short" if occurred_at.year == as_of.year else "dated"
    return Item(occurred_at=occurred_at, day_form=form, **fields)


# ------------------------------------------------------- one function a kind

Fields = dict[str, Any]


def _points_earned(event: Event, payload: Fields, background: Background, teller: Teller) -> Fields:
    award = background.awards.get(str(payload.get("award")))
    document = payload.get("document", "")
    is_order = payload.get("kind", "order") == "order"
    title = _("Order %(document)s") if is_order else _("Points for %(document)s")
    about = (
        (teller.net_amount(award.explanation), teller.rule_name(award.explanation)) if award else ()
    )
    return {
        "icon": "plus",
        "title": title % {"document": document},
        "detail": " · ".join(part for part in about if part),
        "amount": payload["amount"],
        "explanation": teller.tell(award.explanation) if award else None,
    }


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
    """A return or a cancellation takes back; so does an order that late facts made worth less."""
    titles = {
        "order": _("Order %(document)s"),
        "cancellation": _("Cancellation %(document)s"),
    }
    title = titles.get(str(payload.get("kind")), _("Return %(document)s"))
    return title % {"document": payload.get("document", "")}


def _why_taken_back(claw_backs: Sequence[ClawBack], teller: Teller) -> Explanation | None:
    if not claw_backs:
        return None
    if len(claw_backs) == 1:
        return teller.tell(claw_backs[0].explanation, total_label=_("Taken back"))
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
        "state": State(kind, icon, str(word)),
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


def _unknown(event: Event, payload: Fields, background: Background, teller: Teller) -> Fields:
    return {"icon": "info", "title": event.kind.replace("_", " ").capitalize()}


TELLERS: dict[str, Callable[[Event, Fields, Background, Teller], Fields]] = {
    "points_earned": _points_earned,
    "points_taken_back": _points_taken_back,
    "points_given_back": _points_given_back,
    "tier_changed": _tier_changed,
    "redemption_moved": _redemption_moved,
    "points_shared": _points_shared,
    "share_received": _share_received,
    "share_undone": _share_undone,
    "partner_merged": _partner_merged,
    "merge_undone": _merge_undone,
    "points_expired": _points_expired,
    "points_matured": _points_matured,
    "balance_opened": _balance_opened,
}
