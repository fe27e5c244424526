"""
Put partners on lists and take them off. A place that ended keeps its row.

What is due may change with it from that day on: who calls this settles the partner again, as
``rewards.crediting.put_on_segment`` does.
"""

from datetime import date, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from partners.models import Partner
from rewards.models import Segment, SegmentPlace


class AlreadyOn(Exception):
    """The partner stands on the list on that day, or is put on it for a later one already."""

    code = "already_on_segment"

    def __init__(self, place: SegmentPlace) -> None:
        super().__init__(
            _("This partner stands on the list from %(since)s on.")
            % {"since": place.since.isoformat()}
        )
        self.place = place


class NotOn(Exception):
    """The partner does not stand on the list on that day."""

    code = "not_on_segment"

    def __init__(self) -> None:
        super().__init__(_("This partner does not stand on the list on that day."))


def put_on(segment: Segment, partner: Partner, *, since: date) -> SegmentPlace:
    """
    Let a partner stand on a list from a local day on. The caller has locked the partner.

    :raises AlreadyOn: If it does so on that day, or will later.
    """
    places = SegmentPlace.objects.filter(segment=segment, partner=partner)
    there = places.filter(Q(until__isnull=True) | Q(until__gt=since)).order_by("since").first()
    if there is not None:
        raise AlreadyOn(there)
    return SegmentPlace.objects.create(segment=segment, partner=partner, since=since)


def take_off(segment: Segment, partner: Partner, *, until: date) -> SegmentPlace | None:
    """
    Let a partner stand on a list no more from ``until`` on, a local day. The caller has locked it.

    Who never stood there for a whole day leaves no row behind; then there is nothing to return.

    :raises NotOn: If it does not stand there on the day before.
    """
    day_before = until - timedelta(days=1)
    places = SegmentPlace.objects.filter(segment=segment, partner=partner, until__isnull=True)
    place = places.filter(since__lte=until).first()
    if place is None:
        raise NotOn
    if place.since > day_before:
        place.delete()
        return None
    place.until = until
    place.save(update_fields=["until"])
    return place
