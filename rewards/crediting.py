"""
Facts in, points out: the one way in which anything is earned.

``take_in`` stores facts, lets pure policy judge them and posts the difference, in the caller's
transaction. ``preview`` runs the same policy on an order that is not stored, and writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from partners import intake
from partners.intake import ActivityConflict, ActivityReport, Recorded
from partners.models import Partner
from rewards.earning.evaluating import RuleAward, evaluate
from rewards.earning.facts import ActivityFacts, LineFacts
from rewards.earning.judging import Unmatched, tier_before
from rewards.models import Award, Programme, Standing
from rewards.programmes.calendar import local_date
from rewards.programmes.live import version_in_force
from rewards.recalling import facts_of
from rewards.settlement import Settlement
from rewards.settling import settle
from rewards.tiers.qualifying import RollingSpend
from rewards.tiers.recalculating import raise_standings


@dataclass(slots=True)
class TakenIn:
    """What became of a batch: a result per report, and what it earned."""

    results: list[Recorded | ActivityConflict] = field(default_factory=list)
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
        gaps = {gap.line_id: gap for gap in unmatched if gap.cause.id in new}
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
    as an ``ActivityConflict`` and not stored. A bulk import passes ``decide_tiers=False`` and
    decides once, at its end. Facts of a merged partner stay its own and are judged, and paid, as
    the kept one's.
    """
    roots = Partner.objects.lock_roots({report.partner_id for report in reports})
    taken = TakenIn(results=intake.record(reports, recorded_at=as_of))
    touched = sorted(
        {
            roots[result.activity.partner_id]
            for result in taken.results
            if isinstance(result, Recorded)
            and result.is_new
            and result.activity.partner_id in roots
        }
    )
    if not touched:
        return taken
    unmatched: list[Unmatched] = []
    for programme in Programme.objects.live().select_related("main_unit"):
        enrol(touched, programme=programme, as_of=as_of)
        settlement = settle(
            touched, programme=programme, as_of=as_of, post_when_occurred=post_when_occurred
        )
        unmatched += settlement.unmatched
        taken.add(settlement, unit_code=programme.main_unit.code)
        if decide_tiers:
            raise_standings(touched, programme=programme, as_of=as_of)
    taken.count_gaps(unmatched)
    return taken


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


def preview(
    *,
    partner: Partner,
    programme: Programme,
    lines: Sequence[LineFacts],
    currency: str,
    occurred_at: datetime,
) -> list[RuleAward]:
    """
    Return what an order of these lines would earn, by the facts known now. Writes nothing.

    :raises NoVersionInForce: If the programme has no version for this moment.
    """
    definition = version_in_force(programme, occurred_at).definition
    order = ActivityFacts(
        id=None,
        kind="order",
        source="",
        external_id="",
        occurred_at=occurred_at,
        local_date=local_date(occurred_at, programme.time_zone),
        amount_e4=sum(line.amount_e4 for line in lines),
        currency=currency,
        lines=list(lines),
    )
    spend = RollingSpend()
    root_id = partner.merged_into_id or partner.pk
    for fact in facts_of([root_id], programme=programme)[root_id]:
        if fact.canonical_place < order.canonical_place:
            spend.add(fact.local_date, -fact.amount_e4 if fact.kind == "return" else fact.amount_e4)
    tier = tier_before(order, definition=definition, spend=spend)
    return evaluate(order, tier=tier, definition=definition)
