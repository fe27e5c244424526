"""
Store what sources report, once each: the facts that everything else is derived from.

A fact is known by (source, external id). Reported again with the same content it is the same
fact; with other content it is a conflict, and the first report stands.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from partners.bulk_writing import reserve_ids, stored_day, stored_id, stored_time, write_rows
from partners.models import Activity, ActivityLine
from partners.models.amounts import from_ten_thousandths
from partners.references import KEYS_PER_QUERY, by_source, refer, resolve
from partners.reports import ActivityReport, LineReport, NaturalKey

# A time outside is a slip of the pen; the calendar also ends before what it earns would expire.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
# From so many on, knowing the ids before is worth the two statements more that it takes.
MANY = 100


@dataclass(frozen=True, slots=True)
class Recorded:
    """The stored fact; ``is_new`` is false where it was known with the same content."""

    activity: Activity
    is_new: bool


class ActivityConflict(Exception):
    """The same source reported other content under the same id. The first report stands."""

    def __init__(self, *, source: str, external_id: str, known_hash: str, given_hash: str) -> None:
        super().__init__(
            _("%(external_id)s from %(source)s is already known with other content.")
            % {"external_id": external_id, "source": source}
        )
        self.source = source
        self.external_id = external_id
        self.known_hash = known_hash
        self.given_hash = given_hash


def record(
    reports: Sequence[ActivityReport], *, recorded_at: datetime
) -> list[Recorded | ActivityConflict]:
    """
    Store the facts that are new and answer for each report, in their order.

    Costs a fixed number of statements per batch, whatever the number of lines. Must run inside
    a transaction. A conflict is returned, not raised: the other facts are good. What refers to a
    fact that is not here yet waits for it, and what waited for one of these is linked to it.
    """
    known = find_recorded({report.natural_key for report in reports})
    fresh: dict[NaturalKey, ActivityReport] = {}
    for report in reports:
        if report.natural_key not in known:
            fresh.setdefault(report.natural_key, report)
    inserted = _insert(fresh, recorded_at=recorded_at)
    named = {key: report.refers_to for key, report in fresh.items() if report.refers_to is not None}
    if named:
        refer(inserted, named, at=recorded_at)
    resolve(inserted, at=recorded_at)
    # Somebody else may have been quicker with the same document: theirs stands.
    known |= find_recorded(fresh.keys() - inserted.keys())
    answers: list[Recorded | ActivityConflict] = []
    for report in reports:
        if report.natural_key in known:
            answers.append(_compare(report, known[report.natural_key]))
        else:
            activity = inserted[report.natural_key]
            answers.append(Recorded(activity, is_new=True))
            known[report.natural_key] = activity
    return answers


def find_recorded(keys: Iterable[NaturalKey]) -> dict[NaturalKey, Activity]:
    """Return the activities that are known under these natural keys."""
    found: dict[NaturalKey, Activity] = {}
    for source, external_ids in by_source(keys):
        for activity in Activity.objects.filter(source=source, external_id__in=external_ids):
            found[source, activity.external_id] = activity
    return found


def find_content_hashes(keys: Iterable[NaturalKey]) -> dict[NaturalKey, str]:
    """Return only the content hashes of what is known under these natural keys."""
    found: dict[NaturalKey, str] = {}
    for source, external_ids in by_source(keys):
        known = Activity.objects.filter(source=source, external_id__in=external_ids)
        for external_id, content_hash in known.values_list("external_id", "content_hash"):
            found[source, external_id] = content_hash
    return found


def _compare(report: ActivityReport, known: Activity) -> Recorded | ActivityConflict:
    given_hash = report.fingerprint()
    if given_hash == known.content_hash:
        return Recorded(known, is_new=False)
    return ActivityConflict(
        source=report.source,
        external_id=report.external_id,
        known_hash=known.content_hash,
        given_hash=given_hash,
    )


def _insert(
    reports: Mapping[NaturalKey, ActivityReport], *, recorded_at: datetime
) -> dict[NaturalKey, Activity]:
    """Insert activities with their lines; leave out those that were stored meanwhile."""
    if not reports:
        return {}
    built = {key: _build(report, recorded_at=recorded_at) for key, report in reports.items()}
    insert = _insert_many if len(built) >= MANY else _insert_unless_known
    inserted = insert(built, list(map(_activity_row, built.values(), reports.values())))
    lines = ((inserted[key].pk, reports[key].lines) for key in inserted)
    write_rows(model=ActivityLine, columns=LINE_COLUMNS, rows=_line_rows(lines))
    return inserted


def _insert_many(
    built: dict[NaturalKey, Activity], rows: Sequence[tuple[Any, ...]]
) -> dict[NaturalKey, Activity]:
    """
    Insert activities in one go, with ids that are known before: a third of the time per row.

    Whoever stores the same fact in the same moment spoils that; then each is looked at alone.
    """
    ids = reserve_ids(Activity, len(rows))
    try:
        with transaction.atomic():
            write_rows(
                model=Activity,
                columns=("id", *ACTIVITY_COLUMNS),
                rows=((pk, *row) for pk, row in zip(ids, rows, strict=True)),
            )
    except IntegrityError:
        return _insert_unless_known(built, rows)
    for pk, activity in zip(ids, built.values(), strict=True):
        activity.pk = pk
        activity._state.adding = False
    return built


def _insert_unless_known(
    built: Mapping[NaturalKey, Activity], rows: Sequence[tuple[Any, ...]]
) -> dict[NaturalKey, Activity]:
    write_rows(model=Activity, columns=ACTIVITY_COLUMNS, rows=rows, skip_known=True)
    inserted: dict[NaturalKey, Activity] = {}
    for source, external_ids in by_source(built):
        stored = Activity.objects.filter(source=source, external_id__in=external_ids)
        for pk, external_id, public_id in stored.values_list("pk", "external_id", "public_id"):
            activity = built[source, external_id]
            # Under this number now stands ours, or what somebody else was quicker to store.
            if activity.public_id == public_id:
                activity.pk = pk
                activity._state.adding = False
                inserted[source, external_id] = activity
    return inserted


ACTIVITY_COLUMNS = (
    "public_id",
    "kind",
    "partner_id",
    "member_id",
    "source",
    "external_id",
    "occurred_at",
    "amount",
    "currency",
    "country",
    "quantity",
    "due_on",
    "paid_on",
    "attributes",
    "content_hash",
    "recorded_at",
)
LINE_COLUMNS = (
    "activity_id",
    "position",
    "sku",
    "description",
    "category",
    "quantity",
    "amount",
)


def _activity_row(activity: Activity, report: ActivityReport) -> tuple[Any, ...]:
    return (
        stored_id(activity.public_id),
        activity.kind,
        activity.partner_id,
        activity.member_id,
        activity.source,
        activity.external_id,
        stored_time(activity.occurred_at),
        report.net_amount_e4,
        activity.currency,
        activity.country,
        report.quantity_e4,
        stored_day(activity.due_on),
        stored_day(activity.paid_on),
        json.dumps(activity.attributes),
        activity.content_hash,
        stored_time(activity.recorded_at),
    )


def _line_rows(
    lines_of: Iterable[tuple[int, Sequence[LineReport]]],
) -> Iterator[tuple[int, int, str, str, str, int, int]]:
    for activity_id, lines in lines_of:
        # In canonical order, so that the order in which a source sends lines changes nothing.
        for position, line in enumerate(sorted(lines), start=1):
            sku, quantity_e4, amount_e4, description, category = line
            yield activity_id, position, sku, description, category, quantity_e4, amount_e4


def _build(report: ActivityReport, *, recorded_at: datetime) -> Activity:
    return Activity(
        kind=report.kind,
        partner_id=report.partner_id,
        member_id=report.member_id,
        source=report.source,
        external_id=report.external_id,
        occurred_at=report.occurred_at,
        amount=from_ten_thousandths(report.net_amount_e4),
        currency=report.currency,
        country=report.country,
        quantity=_exact(report.quantity_e4),
        due_on=report.due_on,
        paid_on=report.paid_on,
        attributes=dict(report.attributes),
        content_hash=report.fingerprint(),
        recorded_at=recorded_at,
    )


def _exact(value_e4: int | None) -> Any:
    return None if value_e4 is None else from_ten_thousandths(value_e4)


__all__ = [
    "EARLIEST",
    "KEYS_PER_QUERY",
    "LATEST",
    "ActivityConflict",
    "ActivityReport",
    "LineReport",
    "NaturalKey",
    "Recorded",
    "find_content_hashes",
    "find_recorded",
    "record",
]
