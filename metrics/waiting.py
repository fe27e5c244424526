"""What waits for somebody of the seller's: each kind of task counted, with where to do it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import ngettext

from ledger.models import Account, Correction, Hold
from partners.doors.showing import say_number
from partners.models import Actor, ApiKey, ImportRow, JobRun, ParkedDocument, SellOutClaim
from rewards.models import Redemption

REFUSED_DAYS = 7
LAPSING_DAYS = 7


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for a person, and where to do it."""

    count: int
    sentence: str
    url: str

    @property
    def shown(self) -> str:
        return say_number(self.count)


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
