"""
Which partners are one company since they were merged.

Facts keep the partner they were reported for; ``merged_into`` points straight to the one that was
kept, the root. What is judged by facts is judged for roots, over the whole family.
"""

from collections.abc import Iterable

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from partners.models import Partner


def root_of(path: str = "") -> Coalesce:
    """
    Return the expression for the root of the partner that ``path`` leads to.

    ``path`` ends in two underscores, as in ``account__partner__``; empty for partners themselves.
    """
    return Coalesce(F(f"{path}merged_into_id"), F(f"{path}pk"))


def roots_of(partner_ids: Iterable[int]) -> dict[int, int]:
    """Return the root of each partner that is there; who was never merged is its own. One query."""
    rows = Partner.objects.filter(pk__in=set(partner_ids)).values_list("pk", "merged_into")
    return {pk: root or pk for pk, root in rows}


def families_of(root_ids: Iterable[int]) -> dict[int, list[int]]:
    """Return every partner of each family, its root first. One query."""
    families = {root_id: [root_id] for root_id in root_ids}
    if families:
        merged = Partner.objects.filter(merged_into__in=families).order_by("pk")
        for pk, root_id in merged.values_list("pk", "merged_into"):
            families[root_id].append(pk)
    return families


def name_roots(root_ids: Iterable[int]) -> dict[int, int]:
    """Return the root of every partner of these families, the roots themselves too. One query."""
    return {pk: root_id for root_id, ids in families_of(root_ids).items() for pk in ids}


def ids_of_families(root_ids: Iterable[int]) -> QuerySet[Partner]:
    """Return the ids of these families for an ``__in`` of another query."""
    roots = list(root_ids)
    return Partner.objects.filter(Q(pk__in=roots) | Q(merged_into__in=roots)).values("pk")


def is_family(path: str) -> Exists:
    """
    Return the condition that the partner that ``path`` leads to is one company with another.

    As an annotation it tells, without a query of its own, whether ``find_family`` is worth asking.
    """
    merged = Q(merged_into=OuterRef(path)) | Q(pk=OuterRef(path), merged_into__isnull=False)
    return Exists(Partner.objects.filter(merged))


def find_family(partner_id: int) -> frozenset[int]:
    """Return the ids of everybody who is one company with this partner, itself included."""
    root = roots_of([partner_id]).get(partner_id, partner_id)
    return frozenset(families_of([root])[root])
