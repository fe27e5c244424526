"""
What a fact refers to by the number of another one: linked where it is here, waited for else.

Facts come in any order: a return before its order, a payment before its invoice. So a reference
is linked when the later of the two arrives, and looks then as if it had been there at once. Only
a fact of the same company (merged partners are one), and of a kind that may be referred to, is
meant; anything else under that number is waited past.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from partners.families import root_of, roots_of
from partners.kinds.registry import KINDS
from partners.models import Activity, Person, WaitingReference
from partners.reports import NaturalKey

KEYS_PER_QUERY = 900
ROWS_PER_UPDATE = 500


class NotWaiting(Exception):
    """The reference was found meanwhile, or somebody gave up on it already."""

    code = "not_waiting"

    def __init__(self) -> None:
        super().__init__(_("Nothing is waited for here any more."))


@dataclass(frozen=True, slots=True)
class _Original:
    pk: int
    kind: str
    root_id: int


def by_source(keys: Iterable[NaturalKey]) -> Iterator[tuple[str, list[str]]]:
    """Yield each source with external ids of it, no more at once than a query takes."""
    ids_of: dict[str, list[str]] = {}
    for source, external_id in keys:
        ids_of.setdefault(source, []).append(external_id)
    for source, external_ids in ids_of.items():
        remaining = iter(sorted(external_ids))
        while batch := list(islice(remaining, KEYS_PER_QUERY)):
            yield source, batch


def refer(
    stored: Mapping[NaturalKey, Activity], named: Mapping[NaturalKey, NaturalKey], *, at: datetime
) -> None:
    """Link new facts to those they name, which may be among them; let the others wait."""
    originals = _find_originals({named[key] for key in stored if key in named})
    roots = roots_of({stored[key].partner_id for key in stored if key in named})
    linked: list[Activity] = []
    waiting: list[WaitingReference] = []
    for key, activity in stored.items():
        if key not in named:
            continue
        original = originals.get(named[key])
        if original and _is_meant(activity, original, root_id=roots[activity.partner_id]):
            activity.refers_to_id = original.pk
            linked.append(activity)
        else:
            source, external_id = named[key]
            waiting.append(
                WaitingReference(
                    activity=activity, source=source, external_id=external_id, waits_since=at
                )
            )
    Activity.objects.bulk_update(linked, ["refers_to"], batch_size=ROWS_PER_UPDATE)
    WaitingReference.objects.bulk_create(waiting, batch_size=ROWS_PER_UPDATE)


def resolve(arrived: Mapping[NaturalKey, Activity], *, at: datetime) -> None:
    """Link what waited for one of the facts that just came in."""
    if not arrived or not waiting_references().exists():
        return
    found: list[WaitingReference] = []
    for source, external_ids in by_source(arrived):
        found += waiting_references().filter(source=source, external_id__in=external_ids)
    _link(found, at=at)


def resolve_of(partner_ids: Collection[int], *, at: datetime) -> None:
    """Link what facts of these partners wait for: for partners that became one company."""
    _link(list(waiting_references().filter(activity__partner__in=partner_ids)), at=at)


def part(partner_ids: Collection[int], *, at: datetime) -> None:
    """Let facts wait again that refer to one of another company: for one that became two."""
    touched = Q(partner__in=partner_ids) | Q(refers_to__partner__in=partner_ids)
    rows = Activity.objects.filter(touched, refers_to__isnull=False).annotate(
        own_root=root_of("partner__"), other_root=root_of("refers_to__partner__")
    )
    crossing = list(rows.exclude(own_root=F("other_root")).select_related("refers_to"))
    again = [
        WaitingReference(
            activity=row,
            source=row.refers_to.source,
            external_id=row.refers_to.external_id,
            waits_since=at,
        )
        for row in crossing
        if row.refers_to is not None
    ]
    for activity in crossing:
        activity.refers_to = None
    Activity.objects.bulk_update(crossing, ["refers_to"], batch_size=ROWS_PER_UPDATE)
    WaitingReference.objects.bulk_create(
        again,
        update_conflicts=True,
        unique_fields=["activity"],
        update_fields=["waits_since", "found_at"],
        batch_size=ROWS_PER_UPDATE,
    )


def waiting_references() -> QuerySet[WaitingReference]:
    """Return the references that wait still."""
    return WaitingReference.objects.filter(found_at=None, given_up_at=None).select_related(
        "activity"
    )


def stop_waiting(waiting: WaitingReference, *, by: Person | None, at: datetime) -> None:
    """
    Give up on a reference: the fact names none from now on. The caller settles its partner again.

    :raises NotWaiting: If it was found, or given up, meanwhile.
    """
    ended = WaitingReference.objects.filter(pk=waiting.pk, found_at=None, given_up_at=None).update(
        given_up_at=at, given_up_by=by
    )
    if not ended:
        raise NotWaiting


def _link(rows: Collection[WaitingReference], *, at: datetime) -> None:
    if not rows:
        return
    originals = _find_originals({(row.source, row.external_id) for row in rows})
    roots = roots_of({row.activity.partner_id for row in rows})
    linked: list[Activity] = []
    ended: list[int] = []
    for row in rows:
        activity = row.activity
        original = originals.get((row.source, row.external_id))
        if original and _is_meant(activity, original, root_id=roots[activity.partner_id]):
            activity.refers_to_id = original.pk
            linked.append(activity)
            ended.append(row.pk)
    Activity.objects.bulk_update(linked, ["refers_to"], batch_size=ROWS_PER_UPDATE)
    for start in range(0, len(ended), ROWS_PER_UPDATE):
        some = ended[start : start + ROWS_PER_UPDATE]
        WaitingReference.objects.filter(pk__in=some).update(found_at=at)


def _is_meant(activity: Activity, original: _Original, *, root_id: int) -> bool:
    kind = KINDS.get(activity.kind)
    fits = kind is not None and original.kind in kind.may_refer_to
    return fits and original.root_id == root_id and original.pk != activity.pk


def _find_originals(keys: Collection[NaturalKey]) -> dict[NaturalKey, _Original]:
    found: dict[NaturalKey, _Original] = {}
    for source, external_ids in by_source(keys):
        rows = Activity.objects.filter(source=source, external_id__in=external_ids)
        for external_id, *original in rows.annotate(root_id=root_of("partner__")).values_list(
            "external_id", "pk", "kind", "root_id"
        ):
            found[source, external_id] = _Original(*original)
    return found
