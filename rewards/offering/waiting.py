"""Awards that a partner has and cannot spend yet: until when, or for what; and what was lost."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ledger.models import Account, Lot
from partners.models import Activity, Actor
from rewards.explaining import Teller
from rewards.models import Award, ClawBack, Programme
from rewards.programmes.live import Versions
from rewards.programmes.pending import Pending

WAITING_SHOWN = 50
LOST_SHOWN = 10
LOST_CODES = ("lost_overdue", "lost_at_year_end")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingAward:
    """
    What of an award waits. ``until`` is the day it becomes available; where there is none,
    ``for_what`` says what has to happen, and ``lost_after`` the last day for it, if there is one.
    """

    activity: Activity
    amount: int
    until: date | None
    for_what: str
    lost_after: date | None


@dataclass(frozen=True, slots=True)
class Lost:
    """What waited of an award and was lost, and why."""

    activity: Activity
    amount: int
    why: str


def read_waiting(
    root_id: int, *, actor: Actor, versions: Versions
) -> tuple[list[WaitingAward], int]:
    """
    Return what waits, what comes first before the rest, and how much waits in all.

    Three queries; of many only the first are told one by one.
    """
    programme = versions.programme
    zone = ZoneInfo(programme.time_zone)
    lots = Lot.objects.open().filter(
        account__kind=Account.Kind.PENDING,
        account__partner=root_id,
        account__unit=programme.main_unit_id,
    )
    amounts: dict[tuple[str, datetime | None], int] = defaultdict(int)
    in_order = lots.order_by(F("matures_at").asc(nulls_last=True), "pk")
    for reference, left, at in in_order.values_list("origin__reference", "remaining", "matures_at"):
        amounts[reference, at] += left
    shown = list(amounts)[:WAITING_SHOWN]
    awards = {
        str(award.public_id): award
        for award in Award.objects.for_actor(actor)
        .filter(public_id__in={reference for reference, _at in shown if _is_id(reference)})
        .select_related("activity")
    }
    invoices = _invoices_of(award.activity_id for award in awards.values())
    waiting = []
    for reference, at in shown:
        award = awards.get(reference)
        if award is None:
            continue
        pending = versions.by_id(award.version_id).definition.pending_of(award.rule_code)
        waiting.append(
            WaitingAward(
                activity=award.activity,
                amount=amounts[reference, at],
                until=at.astimezone(zone).date() if at else None,
                for_what="" if at else say_what_for(pending, invoices.get(award.activity_id, [])),
                lost_after=award.decide_on,
            )
        )
    return sorted(waiting, key=_soonest), sum(amounts.values())


def _is_id(reference: str) -> bool:
    return len(reference) == 36


def _soonest(one: WaitingAward) -> tuple[Any, ...]:
    day = one.until or one.lost_after or date.max
    return (one.until is None, day, one.activity.occurred_at)


def _invoices_of(activity_ids: Iterable[int]) -> Mapping[int, list[Activity]]:
    found: dict[int, list[Activity]] = defaultdict(list)
    rows = Activity.objects.filter(kind=Activity.Kind.INVOICE, refers_to__in=list(activity_ids))
    for invoice in rows.order_by("due_on", "pk"):
        found[invoice.refers_to_id or 0].append(invoice)
    return found


def say_what_for(pending: Pending, invoices: list[Activity]) -> str:
    """Say what has to happen before an award can be spent."""
    if pending.until == "purchases":
        return _("Available as far as this year's purchases reach")
    if pending.until != "paid":
        return _("Available when the seller confirms it")
    if not invoices:
        return _("Available when its invoice is paid")
    numbers = ", ".join(invoice.external_id for invoice in invoices)
    return ngettext(
        "Available as the invoice %(numbers)s is paid",
        "Available as the invoices %(numbers)s are paid",
        len(invoices),
    ) % {"numbers": numbers}


def read_lost(*, actor: Actor, programme: Programme, teller: Teller) -> list[Lost]:
    """Return what was lost lately, newest first: one query."""
    return [
        Lost(row.award.activity, row.due, say_lost(row, teller))
        for row in lost_of(ClawBack.objects.for_actor(actor))
        .filter(award__version__programme=programme, due__gt=0)
        .select_related("award__activity")
        .order_by("-pk")[:LOST_SHOWN]
    ]


def lost_of(rows: QuerySet[ClawBack]) -> QuerySet[ClawBack]:
    """Those that took what waited and was lost by time."""
    # Before it stands only what was awarded.
    is_lost = Q(explanation__steps__1__code__in=LOST_CODES)
    return rows.filter(is_lost)


def say_lost(row: ClawBack, teller: Teller) -> str:
    steps = [step for step in row.explanation.get("steps", []) if step.get("code") in LOST_CODES]
    told = teller.tell({"steps": steps, "total": row.due}).rows
    return str(told[0][0]) if told else str(LOST)


LOST = gettext_lazy("Lost")
