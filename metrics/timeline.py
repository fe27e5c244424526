"""What happened lately: events of the one stream, with names and explanations put beside them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from metrics import claim_events, earning_events, ledger_events, spending_events, team_events
from metrics.event_background import Background, Fields, Tell, read_background
from partners.models import Activity, Actor, Event, Member
from rewards.explaining import Explanation, Teller

# A redemption may move three times in a second; it is one thing that happened.
EVENTS_READ = 40
UNREWARDED_READ = 12
PERSONAL_KINDS = ("share_received",)
# What the seller writes down about the company.
SELLERS_KINDS = ("partner_enrolled", "partner_changed")
MERGE_KINDS = ("partner_merged", "merge_undone")
# What is about a wallet is its member's; what is about the pool is the company's.
BOTH_SIDES_KINDS = ("share_undone", "points_earned", *ledger_events.TELLERS)


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
    activity_id: str = ""
    page: str = ""
    page_id: str = ""
    day_form: str = "short"


def read_timeline(
    *,
    actor: Actor,
    member: Member,
    teller: Teller,
    as_of: datetime,
    triggers: Collection[str] = (),
    length: int = 12,
) -> list[Item]:
    """
    Return the latest entries for this member: the company's, or a buyer's own. Five queries,
    six where something was corrected. Activities of the kinds in ``triggers`` stand there too if
    they earned nothing: one more query.

    A head buyer and a viewer read what happened to the pool; a buyer what happened to them.
    """
    events = list(_visible_to(actor, member).filter(occurred_at__lte=as_of)[:EVENTS_READ])
    background = read_background(actor, events)
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
    items += _unrewarded(actor, member, triggers, items, as_of)
    items.sort(key=lambda item: item.occurred_at, reverse=True)
    return items[:length]


def _unrewarded(
    actor: Actor,
    member: Member,
    triggers: Collection[str],
    items: Sequence[Item],
    as_of: datetime,
) -> list[Item]:
    """Return what might have earned something and did not, as far back as the other entries go."""
    if not triggers or not items:
        return []
    found = Activity.objects.for_actor(actor).filter(
        kind__in=sorted(triggers),
        occurred_at__range=(min(item.occurred_at for item in items), as_of),
        awards__isnull=True,
    )
    if member.role == Member.Role.BUYER:
        found = found.filter(member=member)
    return [
        Item(
            occurred_at=activity.occurred_at,
            icon="minus",
            title=earning_events.name_activity(activity.kind, activity.external_id),
            detail=_("Nothing was earned"),
            activity_id=str(activity.public_id),
            day_form="short" if activity.occurred_at.year == as_of.year else "short_dated",
        )
        for activity in found.newest_first()[:UNREWARDED_READ]
    ]


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


def _item(event: Event, background: Background, teller: Teller, as_of: datetime) -> Item:
    if event.kind == claim_events.KIND:
        fields = claim_events.tell(event)
    elif event.kind in team_events.TELLERS:
        fields = team_events.TELLERS[event.kind](event, background.is_company)
    elif event.kind in ledger_events.TELLERS:
        fields = ledger_events.TELLERS[event.kind](event.payload, teller, background.reasons)
    else:
        tell = TELLERS.get(event.kind, _unknown)
        fields = tell(event, event.payload, background, teller)
    if "state" in fields:
        fields["state"] = State(*fields["state"])
    # A redemption stands at the day its points went, as on the statement, with its latest state.
    occurred_at = fields.pop("occurred_at", event.occurred_at)
    form = "short" if occurred_at.year == as_of.year else "short_dated"
    return Item(occurred_at=occurred_at, day_form=form, **fields)


def _unknown(event: Event, payload: Fields, background: Background, teller: Teller) -> Fields:
    return {"icon": "info", "title": event.kind.replace("_", " ").capitalize()}


TELLERS: Mapping[str, Tell] = {**earning_events.TELLERS, **spending_events.TELLERS}
