"""Who stood on which list on a day. A merged company stands where any of its parts does."""

from collections.abc import Mapping, Sequence
from datetime import date

from partners.families import name_roots
from rewards.models import SegmentPlace

Span = tuple[str, date, date | None]
"""The code of a list, and the local days from and to which a partner stands on it."""


def read_spans(root_ids: Sequence[int]) -> Mapping[int, list[Span]]:
    """Return every place these companies ever had, by root: two queries."""
    root_by_id = name_roots(root_ids)
    spans: dict[int, list[Span]] = {root_id: [] for root_id in root_ids}
    rows = SegmentPlace.objects.filter(partner__in=root_by_id).order_by("pk")
    for partner_id, *span in rows.values_list("partner", "segment__code", "since", "until"):
        spans[root_by_id[partner_id]].append((span[0], span[1], span[2]))
    return spans
