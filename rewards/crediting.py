"""
Facts in, points out: the one way in which anything is earned.

``take_in`` stores facts, lets pure policy judge them and posts the difference, in the caller's
transaction. What something would earn is told by ``rewards.asking``.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from partners import intake
from partners.intake import ActivityConflict, ActivityReport, Recorded
from partners.invoices import make_facts, says_more, take_apart
from partners.models import Activity, Partner
from rewards import segments
from rewards.converting import Conversions, NoRate, keep_converted, look_up
from rewards.earning.judging import Unmatched
from rewards.late import mark_late
from rewards.models import Award, Programme, Segment, SegmentPlace, Standing
from rewards.settlement import Settlement
from rewards.settling import settle
from rewards.tiers.recalculating import raise_standings


@dataclass(slots=True)
class TakenIn:
    """What became of a batch: a result per report, and what it earned."""

    results: list[Recorded | ActivityConflict | NoRate] = field(default_factory=list)
    awards: list[Award] = field(default_factory=list)
    units_awarded: dict[str, int] = field(default_factory=dict)
    units_clawed_back: dict[str, int] = field(default_factory=dict)
    compensated: dict[str, int] = field(default_factory=dict)
    unmatched_lines: int = 0
    unmatched_e4: int = 0

    def add(self, settlement: Settlement, *, unit_code: str) -> None:
        """Add what one programme made of the batch."""
        self.awards += settlement.new_awards
        self.units_awarded[unit_code] = settlement.units_awarded
        self.units_clawed_back[unit_code] = settlement.units_clawed_back
        self.compensated[unit_code] = settlement.compensated

    def count_gaps(self, unmatched: Sequence[Unmatched]) -> None:
        """Count the returns of this batch that no purchase stands for."""
        new = {r.activity.pk for r in self.results if isinstance(r, Recorded) and r.is_new}
        # Programmes of one currency find the same gaps.
        gaps = {(gap.cause.id, gap.line_id): gap for gap in unmatched if gap.cause.id in new}
        self.unmatched_lines = len(gaps)
        self.unmatched_e4 = sum(gap.amount_e4 for gap in gaps.values())


def take_in(
    reports: Sequence[ActivityReport],
    *,
    as_of: datetime,
    post_when_occurred: bool = False,
    decide_tiers: bool = True,
) -> TakenIn:
    """
    Store facts and credit what they earn. The caller owns the transaction.

    A fact known with the same content changes nothing; one known with other content is returned
    as an ``ActivityConflict`` and not stored, and so is one in a currency without a rate, as
    ``NoRate``. A bulk import passes ``decide_tiers=False`` and decides once, at its end. Facts of
    a merged partner stay its own and are judged, and paid, as the kept one's.
    """
    roots = Partner.objects.lock_roots({report.partner_id for report in reports})
    programmes = list(Programme.objects.live().select_related("main_unit").order_by("pk"))
    conversions = look_up(reports, programmes=programmes)
    taken = TakenIn(results=_record(reports, conversions, as_of=as_of))
    stored = [*taken.results, *_record_made(reports, taken.results, as_of=as_of)]
    new = [result.activity for result in stored if isinstance(result, Recorded) and result.is_new]
    new = [activity for activity in new if activity.partner_id in roots]
    if not new:
        return taken
    if not post_when_occurred:
        mark_late(new, roots=roots, programmes=programmes, as_of=as_of)
    unmatched: list[Unmatched] = []
    new_of = _by_root(new, roots)
    touched = sorted(new_of)
    for programme in programmes:
        enrol(touched, programme=programme, as_of=as_of)
        settlement = settle(
            touched,
            programme=programme,
            as_of=as_of,
            post_when_occurred=post_when_occurred,
            new=new_of,
        )
        unmatched += settlement.unmatched
        taken.add(settlement, unit_code=programme.main_unit.code)
        if decide_tiers:
            raise_standings(touched, programme=programme, as_of=as_of)
    taken.count_gaps(unmatched)
    return taken


def _by_root(activities: Iterable[Activity], roots: Mapping[int, int]) -> dict[int, list[Activity]]:
    by_root: dict[int, list[Activity]] = defaultdict(list)
    for activity in activities:
        by_root[roots[activity.partner_id]].append(activity)
    return by_root


def _record(
    reports: Sequence[ActivityReport], conversions: Conversions, *, as_of: datetime
) -> list[Recorded | ActivityConflict | NoRate]:
    """Store what can be taken; keep what it was converted to."""
    missing = conversions.missing
    bare = take_apart([report for report in reports if report.natural_key not in missing])
    recorded = intake.record(bare, recorded_at=as_of)
    if conversions.found:
        stored = [result for result in recorded if isinstance(result, Recorded)]
        keep_converted(stored, conversions)
    answers = iter(recorded)
    return [missing.get(report.natural_key) or next(answers) for report in reports]


def _record_made(
    reports: Sequence[ActivityReport], results: Sequence[object], *, as_of: datetime
) -> list[Recorded | ActivityConflict]:
    """Store the payments and disputes that invoices of this batch say of themselves."""
    made = make_facts(
        report
        for report, result in zip(reports, results, strict=True)
        if says_more(report) and isinstance(result, Recorded)
    )
    return intake.record(made, recorded_at=as_of) if made else []


def settle_again(partner_ids: Sequence[int], *, as_of: datetime) -> None:
    """
    Judge these partners anew where something else than a fact changed what is due.

    They are roots; the caller owns the transaction and has locked them.
    """
    for programme in Programme.objects.live().select_related("main_unit").order_by("pk"):
        settle(partner_ids, programme=programme, as_of=as_of)
        raise_standings(partner_ids, programme=programme, as_of=as_of)


def enrol(partner_ids: Sequence[int], *, programme: Programme, as_of: datetime) -> None:
    """Give these partners a standing in the programme, where they have none yet."""
    Standing.objects.bulk_create(
        [
            Standing(programme=programme, partner_id=partner_id, enrolled_at=as_of)
            for partner_id in partner_ids
        ],
        ignore_conflicts=True,
        batch_size=2_000,
    )


def put_on_segment(
    segment: Segment, partner: Partner, *, since: date, as_of: datetime
) -> SegmentPlace:
    """
    Put a partner on a list from a local day on, and judge it anew by where it stands.

    The caller owns the transaction.

    :raises AlreadyOn: If it stands there on that day, or will later.
    """
    roots = Partner.objects.lock_roots({partner.pk})
    place = segments.put_on(segment, partner, since=since)
    settle_again(sorted(set(roots.values())), as_of=as_of)
    return place


def take_off_segment(segment: Segment, partner: Partner, *, until: date, as_of: datetime) -> None:
    """
    Let a partner stand on a list up to and without a local day, and judge it anew.

    The caller owns the transaction.

    :raises NotOn: If it does not stand there on the day before.
    """
    roots = Partner.objects.lock_roots({partner.pk})
    segments.take_off(segment, partner, until=until)
    settle_again(sorted(set(roots.values())), as_of=as_of)
