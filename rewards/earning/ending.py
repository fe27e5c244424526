"""What of the awards that wait for something to happen is available by now, or lost. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from rewards.earning.due import AwardDue, ClawBackDue, Judgement, VersionInForce
from rewards.earning.matching import OrderKept, Purchases
from rewards.earning.paying import InvoiceKept
from rewards.earning.releasing import MonthlyPurchases, Outcome, Waiting, by_payment, by_purchases
from rewards.earning.said import amount_said


@dataclass(slots=True, kw_only=True)
class Ending:
    """
    What is known once all facts were judged: ``taken`` is what returns took, by activity and rule.
    """

    judgement: Judgement
    purchases: Purchases
    invoices_of: Mapping[int, Sequence[InvoiceKept]]
    monthly: MonthlyPurchases
    taken: Mapping[int, Mapping[str, int]]
    today: date | None
    _waits_by_version: dict[int, bool] = field(default_factory=dict)

    def end_waits(self) -> None:
        """Write the outcome of each award that waits; add what is lost to what is taken back."""
        waiting: list[tuple[AwardDue, Waiting]] = []
        for due in self.judgement.awards:
            if not self._may_wait(due.version):
                continue
            pending = due.version.definition.pending_of(due.award.rule_code)
            if pending.until == "paid":
                self._end(due, self._by_payment(due, pending.lost_after_days))
            elif pending.until == "purchases":
                waiting.append((due, Waiting(due.activity, self._net(due), pending.step)))
        if waiting:
            decimals = waiting[0][0].version.definition.settings.unit_decimals
            outcomes = by_purchases(
                [each for _due, each in waiting],
                self.monthly.in_minor_units(decimals),
                today=self.today,
            )
            for (due, _each), outcome in zip(waiting, outcomes, strict=True):
                self._end(due, outcome)

    def _may_wait(self, version: VersionInForce) -> bool:
        """Say whether anything of a version waits for events; asked once a version."""
        known = self._waits_by_version.get(version.version_id)
        if known is None:
            known = version.definition.waits_for_events
            self._waits_by_version[version.version_id] = known
        return known

    def _by_payment(self, due: AwardDue, lost_after_days: int | None) -> Outcome:
        # Only awards of orders wait to be paid.
        kept = self.purchases.of_order(due.activity)
        return by_payment(
            self._net(due),
            self.invoices_of.get(id(kept), ()),
            kept_e4=_to_be_invoiced(kept),
            lost_after_days=lost_after_days,
            today=self.today,
        )

    def _net(self, due: AwardDue) -> int:
        """Return what returns have left of an award."""
        taken = self.taken.get(id(due.activity), {})
        return due.award.amount - taken.get(due.award.rule_code, 0)

    def _end(self, due: AwardDue, outcome: Outcome) -> None:
        due.outcome = outcome
        left = self._net(due)
        for lost in outcome.lost:
            steps = [
                {"code": "awarded_before", "units": left},
                dict(lost.step) | {"result": left - lost.amount},
            ]
            explanation = {"rule": due.award.rule_code, "steps": steps, "total": lost.amount}
            self.judgement.claw_backs.append(
                ClawBackDue(
                    due.activity,
                    due.version,
                    due.award.rule_code,
                    lost.cause,
                    lost.amount,
                    explanation,
                    is_lost=True,
                )
            )
            left -= lost.amount


def _to_be_invoiced(kept: OrderKept) -> int:
    """What was paid with points is on no invoice."""
    return kept.amount_e4 - kept.part_of(amount_said(kept.order.attributes, "paid_with_points"))
