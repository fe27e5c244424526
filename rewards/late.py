"""
Facts that come in after their day has closed: whose figures must be worked out again.

Points follow at once when a fact comes in. What was decided for closed days, standings first of
all, is looked at again by the night: ``mark_late`` says for whom and from which day on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from partners.bulk_writing import stored_day, stored_time, write_rows
from partners.models import Activity, LateMark, Partner
from rewards.models import Programme
from rewards.programmes.calendar import local_date
from rewards.tiers.recalculating import decide_again

PARTNERS_PER_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class LateCounts:
    """How many partners were looked at again, and the one to go on after; None when all are."""

    partners: int
    last_partner_id: int | None = None


def mark_late(
    activities: Iterable[Activity],
    *,
    roots: Mapping[int, int],
    programmes: Sequence[Programme],
    as_of: datetime,
) -> None:
    """
    Mark who has a new fact of a local day that is over, with the earliest such day.

    The caller has locked the partners, so nobody else marks them meanwhile.
    """
    earliest: dict[int, datetime] = {}
    for activity in activities:
        root_id = roots[activity.partner_id]
        if root_id not in earliest or activity.occurred_at < earliest[root_id]:
            earliest[root_id] = activity.occurred_at
    late = _find_late(earliest, programmes=programmes, as_of=as_of)
    if late:
        _keep_marks(late, as_of=as_of)


def _find_late(
    earliest: Mapping[int, datetime], *, programmes: Sequence[Programme], as_of: datetime
) -> dict[int, date]:
    """Return the local day of those that lie in a day which is over in some programme's zone."""
    zones = {ZoneInfo(programme.time_zone) for programme in programmes}
    late: dict[int, date] = {}
    for root_id, moment in earliest.items():
        days = [moment.astimezone(zone).date() for zone in zones]
        is_late = any(
            day < as_of.astimezone(zone).date() for day, zone in zip(days, zones, strict=True)
        )
        if is_late:
            late[root_id] = min(days)
    return late


def _keep_marks(late: Mapping[int, date], *, as_of: datetime) -> None:
    """Write the marks; of two days for one partner the earlier stands."""
    known = dict(LateMark.objects.filter(partner__in=late).values_list("partner_id", "earliest_on"))
    # The partners are locked: nobody marks them between the question and this.
    write_rows(
        model=LateMark,
        columns=("partner_id", "earliest_on", "marked_at"),
        rows=[
            (root_id, stored_day(day), stored_time(as_of))
            for root_id, day in late.items()
            if root_id not in known
        ],
    )
    LateMark.objects.bulk_create(
        [
            LateMark(partner_id=root_id, earliest_on=day, marked_at=as_of)
            for root_id, day in late.items()
            if root_id in known and day < known[root_id]
        ],
        update_conflicts=True,
        unique_fields=["partner"],
        update_fields=["earliest_on", "marked_at"],
        batch_size=PARTNERS_PER_CHUNK,
    )


def work_out_again(
    *, as_of: datetime, after_partner_id: int = 0, partners_max: int = PARTNERS_PER_CHUNK
) -> LateCounts:
    """
    Decide the standings of the next marked partners anew, in every programme, and clear the marks.

    Each programme decides for its last local day that is over at ``as_of``. The caller owns the
    transaction.
    """
    marked = LateMark.objects.filter(partner__gt=after_partner_id).order_by("partner_id")
    partner_ids = list(marked.values_list("partner_id", flat=True)[:partners_max])
    if not partner_ids:
        return LateCounts(0)
    roots = sorted(Partner.objects.lock_roots(partner_ids).values())
    for programme in Programme.objects.live().order_by("pk"):
        day = local_date(as_of, programme.time_zone) - timedelta(days=1)
        decide_again(roots, programme=programme, day=day, as_of=as_of)
    LateMark.objects.filter(partner__in=partner_ids).delete()
    return LateCounts(len(partner_ids), partner_ids[-1])
