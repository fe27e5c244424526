"""
The first page of the admin: what needs somebody, how the programme does, what ran last.

Every figure is of the partners that the person may see, and shown only to who may see its list.
The number of queries is fixed, whatever the size of the programme.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Max, Q, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ledger.models import Account, Correction, Hold, Seal, Transfer
from ledger.wording import say_amount
from metrics.kpis import METRICS
from metrics.measuring import MONEY_PLACES, Cut, measure, worth_in
from metrics.periods import Length, Period, between, containing, latest_full
from partners.doors.admin import actor_of
from partners.doors.showing import (
    NOTHING,
    language,
    say_day,
    say_money,
    say_number,
    say_time,
)
from partners.models import (
    Activity,
    Actor,
    ApiKey,
    ImportRow,
    ImportRun,
    JobRun,
    ParkedDocument,
    Partner,
    SellOutClaim,
)
from rewards.models import Programme, Redemption

MONTHS_SHOWN = 13
RUNS_SHOWN = 5
REFUSED_DAYS = 7
LAPSING_DAYS = 7
AUDIT_STEP = "audit"
KEY_FIGURES = ("crr", "rpr", "aov")


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for a person, and where to do it."""

    count: int
    sentence: str
    url: str

    @property
    def shown(self) -> str:
        return say_number(self.count)


@dataclass(frozen=True, slots=True)
class Card:
    """One key figure, with what it was before or what it is made of."""

    label: str
    value: str
    note: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    tasks: list[Task]
    cards: list[Card]
    months: list[tuple[str, str, str]]
    chart: str
    imports: list[ImportRun]
    steps: list[JobRun]
    demo_weeks: int
    shows_work: bool
    proof: list[tuple[str, str, str]]


def add_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Put the dashboard into the context of the admin's first page; the theme calls this."""
    context["dashboard"] = read_dashboard(
        actor=actor_of(request), may=request.user.has_perm, as_of=timezone.now()
    )
    return context


def read_dashboard(*, actor: Actor, may: Callable[[str], bool], as_of: datetime) -> Dashboard:
    programme = Programme.objects.live().select_related("main_unit").order_by("pk").first()
    zone = ZoneInfo(programme.time_zone if programme else settings.TIME_ZONE)
    shows_figures = may("partners.view_activity")
    shows_work = may("partners.view_importrun")
    months = read_months(actor, programme, zone, as_of) if shows_figures else []
    return Dashboard(
        tasks=[
            *find_redemption_tasks(actor, may),
            *(find_claim_tasks(actor) if may("partners.view_selloutclaim") else []),
            *(find_ledger_tasks(actor, as_of) if may("ledger.view_correction") else []),
            *(find_intake_tasks(as_of) if shows_work else []),
            *(find_key_tasks(as_of) if may("partners.view_apikey") else []),
        ],
        cards=read_cards(actor, programme, zone, as_of) if shows_figures else [],
        months=[
            (say_month(month), say_number(orders), say_money(value, currency_of(programme)))
            for month, orders, value in months
        ],
        chart=draw_months(months),
        imports=list(ImportRun.objects.order_by("-pk")[:RUNS_SHOWN]) if shows_work else [],
        steps=find_latest_steps() if shows_work else [],
        demo_weeks=programme.shifted_days // 7 if programme else 0,
        shows_work=shows_work,
        proof=read_proof() if may("ledger.view_seal") else [],
    )


# --------------------------------------------------------------- what waits


def find_redemption_tasks(actor: Actor, may: Callable[[str], bool]) -> list[Task]:
    if not may("rewards.view_redemption"):
        return []
    state = Redemption.State
    waiting = Redemption.objects.for_actor(actor).aggregate(
        requested=Count("pk", filter=Q(state=state.REQUESTED)),
        approved=Count("pk", filter=Q(state=state.APPROVED)),
    )
    requested, approved = waiting["requested"], waiting["approved"]
    queue = reverse("admin:rewards_redemption_changelist")
    tasks = [
        Task(
            requested,
            ngettext("redemption to approve", "redemptions to approve", requested),
            f"{queue}?state__exact={state.REQUESTED}",
        ),
        Task(
            approved,
            ngettext("redemption to hand over", "redemptions to hand over", approved),
            f"{queue}?state__exact={state.APPROVED}",
        ),
    ]
    return [task for task in tasks if task.count]


def find_claim_tasks(actor: Actor) -> list[Task]:
    state = SellOutClaim.State
    waiting = SellOutClaim.objects.for_actor(actor).aggregate(
        pending=Count("pk", filter=Q(state=state.PENDING)),
        appealed=Count("pk", filter=Q(state=state.APPEALED)),
    )
    pending, appealed = waiting["pending"], waiting["appealed"]
    queue = reverse("admin:partners_selloutclaim_changelist")
    tasks = [
        Task(
            pending,
            ngettext("claim to review", "claims to review", pending),
            f"{queue}?state__exact={state.PENDING}",
        ),
        Task(
            appealed,
            ngettext("appeal to decide", "appeals to decide", appealed),
            f"{queue}?state__exact={state.APPEALED}",
        ),
    ]
    return [task for task in tasks if task.count]


def find_ledger_tasks(actor: Actor, as_of: datetime) -> list[Task]:
    waiting = Correction.objects.for_actor(actor).waiting().count()
    soon = as_of + timedelta(days=LAPSING_DAYS)
    lapsing = Hold.objects.for_actor(actor).open().filter(lapses_at__lte=soon).count()
    debts = Account.objects.for_actor(actor).filter(kind=Account.Kind.DEBT, balance__gt=0)
    owing = debts.values("partner").distinct().count()
    tasks = [
        Task(
            waiting,
            ngettext(
                "correction waits for a second person",
                "corrections wait for a second person",
                waiting,
            ),
            f"{reverse('admin:ledger_correction_changelist')}?state__exact=waiting",
        ),
        Task(
            lapsing,
            ngettext("hold lapses within 7 days", "holds lapse within 7 days", lapsing),
            f"{reverse('admin:ledger_hold_changelist')}?state__exact=open&o=6",
        ),
        Task(
            owing,
            ngettext("partner owes something", "partners owe something", owing),
            f"{reverse('admin:ledger_account_changelist')}?owing=yes",
        ),
    ]
    return [task for task in tasks if task.count]


def find_intake_tasks(as_of: datetime) -> list[Task]:
    lately = as_of - timedelta(days=REFUSED_DAYS)
    parked = ParkedDocument.objects.waiting().count()
    failed = JobRun.objects.filter(status=JobRun.Status.FAILED).count()
    refused = ImportRow.objects.filter(
        outcome=ImportRow.Outcome.REFUSED, run__started_at__gte=lately
    ).count()
    tasks = [
        Task(
            failed,
            ngettext("nightly step failed", "nightly steps failed", failed),
            f"{reverse('admin:partners_jobrun_changelist')}?status__exact={JobRun.Status.FAILED}",
        ),
        Task(
            parked,
            ngettext("document waits in the inbox", "documents wait in the inbox", parked),
            f"{reverse('admin:partners_parkeddocument_changelist')}?state=waiting",
        ),
        Task(
            refused,
            ngettext("row refused in the last 7 days", "rows refused in the last 7 days", refused),
            reverse("admin:partners_importrun_changelist"),
        ),
    ]
    return [task for task in tasks if task.count]


def find_key_tasks(as_of: datetime) -> list[Task]:
    """Whoever calls with a paused key is refused, so it does not wait for long."""
    in_use = ApiKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=as_of), revoked_at=None)
    paused = in_use.filter(paused_at__isnull=False).count()
    if not paused:
        return []
    return [
        Task(
            paused,
            ngettext("API key is paused", "API keys are paused", paused),
            f"{reverse('admin:partners_apikey_changelist')}?paused_at__isempty=0",
        )
    ]


def read_proof() -> list[tuple[str, str, str]]:
    """Return what proves the books: the latest seal and audit, each with where to read more."""
    seal = Seal.objects.order_by("-number").first()
    audit = JobRun.objects.filter(step=AUDIT_STEP).order_by("-local_date", "-pk").first()
    seals = reverse("admin:ledger_seal_changelist")
    sealed = NOTHING
    if seal is not None:
        seals = reverse("admin:ledger_seal_change", args=[seal.pk])
        sealed = _("number %(number)s, %(at)s") % {
            "number": say_number(seal.number),
            "at": say_time(seal.sealed_at),
        }
    audits = reverse("admin:partners_jobrun_changelist")
    audited = NOTHING
    if audit is not None:
        audits = reverse("admin:partners_jobrun_change", args=[audit.pk])
        audited = f"{say_day(audit.local_date)}: {audit.get_status_display()}"
    return [(_("Latest seal"), sealed, seals), (_("Latest audit"), audited, audits)]


def find_latest_steps() -> list[JobRun]:
    """Return the steps of the latest night, in the order they ran."""
    latest = JobRun.objects.aggregate(day=Max("local_date"))["day"]
    return list(JobRun.objects.filter(local_date=latest).order_by("pk"))


# ------------------------------------------------------------------ figures


def read_cards(
    actor: Actor, programme: Programme | None, zone: ZoneInfo, as_of: datetime
) -> list[Card]:
    partners = (
        Partner.objects.for_actor(actor)
        .companies()
        .aggregate(all=Count("pk"), active=Count("pk", filter=Q(status=Partner.Status.ACTIVE)))
    )
    cards = [
        Card(
            _("Partners"),
            say_number(partners["all"]),
            _("%(count)s active") % {"count": say_number(partners["active"])},
            reverse("admin:partners_partner_changelist"),
        )
    ]
    if programme is not None:
        cards += read_ledger_cards(actor, programme, zone, as_of)
    period = latest_full(length=Length.MONTH, zone=zone, as_of=as_of)
    cut = Cut(actor=actor, programme=programme)
    return cards + [read_metric_card(code, period, cut) for code in KEY_FIGURES]


def read_ledger_cards(
    actor: Actor, programme: Programme, zone: ZoneInfo, as_of: datetime
) -> list[Card]:
    unit = programme.main_unit
    held = (
        Account.objects.for_actor(actor)
        .filter(unit=unit, kind__in=Account.KINDS_WITH_LOTS)
        .aggregate(total=Sum("balance"), wallets=Sum("balance", filter=Q(kind="wallet")))
    )
    month = containing(as_of.astimezone(zone).date(), length=Length.MONTH, zone=zone)
    before = month.previous()
    earned = Transfer.objects.for_actor(actor).filter(
        kind__in=(Transfer.Kind.EARN, Transfer.Kind.PEND),
        debit_account__unit=unit,
        posted_at__gte=before.starts_at,
        posted_at__lt=month.ends_at,
    )
    awarded = earned.aggregate(
        now=Sum("amount", filter=Q(posted_at__gte=month.starts_at)),
        before=Sum("amount", filter=Q(posted_at__lt=month.starts_at)),
    )
    spoken = language()
    in_wallets = say_amount(held["wallets"] or 0, unit, spoken)
    month_before = say_amount(awarded["before"] or 0, unit, spoken)
    return [
        Card(
            _("Points outstanding"),
            say_amount(held["total"] or 0, unit, spoken),
            _("%(amount)s of them in wallets") % {"amount": in_wallets},
            reverse("admin:ledger_account_changelist"),
        ),
        Card(
            _("Awarded this month"),
            say_amount(awarded["now"] or 0, unit, spoken),
            _("%(amount)s the month before") % {"amount": month_before},
            reverse("admin:rewards_award_changelist"),
        ),
    ]


def read_metric_card(code: str, period: Period, cut: Cut) -> Card:
    metric = METRICS[code]
    [now] = measure(metric, period=period, cut=cut)
    [before] = measure(metric, period=period.previous(), cut=cut)
    is_money = metric.places == MONEY_PLACES
    currency = currency_of(cut.programme)
    shown, shown_before = (
        say_value(item.value, is_money=is_money, currency=currency) for item in (now, before)
    )
    note = _("%(month)s; %(value)s the month before") % {
        "month": say_month(period),
        "value": shown_before,
    }
    return Card(str(metric.name), shown, note)


def say_value(value: Decimal | None, *, is_money: bool, currency: str) -> str:
    if value is None:
        return NOTHING
    if is_money:
        return say_money(value, currency)
    return _("%(percent)s %%") % {"percent": f"{value * 100:.1f}"}


def currency_of(programme: Programme | None) -> str:
    return programme.currency if programme else "GBP"


# -------------------------------------------------------------------- chart


def read_months(
    actor: Actor, programme: Programme | None, zone: ZoneInfo, as_of: datetime
) -> list[tuple[Period, int, Decimal]]:
    """Return orders and their value for the last 13 months, this one included, in one query."""
    today = as_of.astimezone(zone).date()
    first = containing(today.replace(year=today.year - 1, day=1), length=Length.MONTH, zone=zone)
    months = between(first.starts_on, today, length=Length.MONTH, zone=zone)[-MONTHS_SHOWN:]
    figures: dict[str, Any] = {}
    for number, month in enumerate(months):
        inside = Q(occurred_at__gte=month.starts_at, occurred_at__lt=month.ends_at)
        figures[f"orders_{number}"] = Count("pk", filter=inside)
        figures[f"value_{number}"] = Sum("worth", filter=inside)
    orders = Activity.objects.for_actor(actor).filter(
        kind=Activity.Kind.ORDER,
        occurred_at__gte=months[0].starts_at,
        occurred_at__lt=months[-1].ends_at,
    )
    found = orders.annotate(worth=worth_in(programme)).aggregate(**figures)
    return [
        (month, found[f"orders_{number}"], found[f"value_{number}"] or Decimal(0))
        for number, month in enumerate(months)
    ]


def draw_months(months: Sequence[tuple[Period, int, Decimal]]) -> str:
    """Return the data of the bar chart, as the theme's chart reads it."""
    return json.dumps(
        {
            "labels": [date_format(month.starts_on, "M y") for month, _orders, _value in months],
            "datasets": [
                {
                    "label": _("Orders"),
                    "data": [orders for _month, orders, _value in months],
                    "backgroundColor": "var(--chart-mark)",
                    "maxBarThickness": 36,
                    "barPercentage": 0.6,
                    "displayYAxis": True,
                    "borderRadius": 4,
                    "borderSkipped": "start",
                }
            ],
        }
    )


def say_month(period: Period) -> str:
    return date_format(period.starts_on, "F Y")
