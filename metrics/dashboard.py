"""
The first page of the admin: what needs somebody, how the programme does, what ran last.

Every figure is of the partners that the person may see, and shown only to who may see its list.
The number of queries is fixed, whatever the size of the programme.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from ledger.models import Seal
from metrics.key_figures import Card, currency_of, draw_months, read_cards, read_months, say_month
from metrics.waiting import (
    Task,
    find_claim_tasks,
    find_intake_tasks,
    find_key_tasks,
    find_ledger_tasks,
    find_redemption_tasks,
)
from partners.doors.admin import actor_of
from partners.doors.showing import NOTHING, say_day, say_money, say_number, say_time
from partners.models import Actor, ImportRun, JobRun
from rewards.models import Programme

RUNS_SHOWN = 5
AUDIT_STEP = "audit"


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
