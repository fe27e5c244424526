"""What the admin's search finds beside its own pages: a few rows of each kind, never all of them."""

from collections.abc import Iterator

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from partners.doors.admin import limit
from partners.models import Activity, Member, Partner
from rewards.models import Reward

ROWS_MAX = 8


def find_rows(request: HttpRequest, term: str) -> list[SearchResult]:
    """Return partners, members, documents and rewards that fit, of what the person may see."""
    found: list[SearchResult] = []
    for permission, kind, rows in list_searches(term):
        if not request.user.has_perm(permission):
            continue
        model = rows.model._meta
        page = f"admin:{model.app_label}_{model.model_name}_change"
        found += [
            SearchResult(
                title=str(row), description=kind, link=reverse(page, args=[row.pk]), icon="search"
            )
            for row in limit(rows, request)[:ROWS_MAX]
        ]
    return found


def list_searches(term: str) -> Iterator[tuple[str, str, QuerySet]]:
    partners = Partner.objects.filter(Q(legal_name__icontains=term) | Q(erp_number__iexact=term))
    yield "partners.view_partner", _("Partner"), partners.order_by("legal_name", "pk")
    members = Member.objects.select_related("person").filter(
        Q(person__name__icontains=term) | Q(person__email__icontains=term)
    )
    yield "partners.view_member", _("Member"), members.order_by("pk")
    documents = Activity.objects.filter(external_id__iexact=term)
    yield "partners.view_activity", _("Activity"), documents.order_by("pk")
    rewards = Reward.objects.filter(name__icontains=term)
    yield "rewards.view_reward", _("Reward"), rewards.order_by("pk")
