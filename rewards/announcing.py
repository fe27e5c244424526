"""What a settling tells: events of what was earned, taken back and given back."""

from collections import defaultdict
from collections.abc import Sequence

from ledger.entries import Entry, Posted
from partners.events import EventDraft
from rewards.settlement import Step

Done = tuple[Step, Posted]
"""A step, and what became of it in the ledger."""


def tell_of(steps: Sequence[Step], posted: Sequence[Posted], *, unit_code: str) -> list[EventDraft]:
    """Return what to tell: one event an award, one a return however many orders it touches."""
    drafts: list[EventDraft] = []
    taken: dict[int, list[Done]] = defaultdict(list)
    given_back: dict[int, list[Done]] = defaultdict(list)
    for step, outcome in zip(steps, posted, strict=True):
        if step.claw_back is None:
            drafts.append(_points_earned(step, outcome, unit_code))
        elif isinstance(step.instruction, Entry):
            given_back[step.fact.stored_id].append((step, outcome))
        else:
            taken[step.fact.stored_id].append((step, outcome))
    drafts += [_points_taken_back(done, unit_code) for done in taken.values()]
    drafts += [_points_given_back(done, unit_code) for done in given_back.values()]
    return sorted(drafts, key=lambda draft: draft.occurred_at)


def _points_earned(step: Step, outcome: Posted, unit_code: str) -> EventDraft:
    """What came into a wallet is told to its member."""
    own = step.instruction.credit.member_id if isinstance(step.instruction, Entry) else None
    return EventDraft(
        partner_id=step.partner_id,
        kind="points_earned",
        occurred_at=step.fact.occurred_at,
        member_id=own,
        payload={
            "activity": str(step.fact.public_id),
            "kind": step.fact.kind,
            "document": step.fact.external_id,
            "award": str(step.award.public_id),
            "amount": outcome.transfer.amount,
            "unit": unit_code,
        },
    )


def _points_taken_back(done: Sequence[Done], unit_code: str) -> EventDraft:
    outcomes = [outcome for _step, outcome in done]
    return _about_cause(
        done[0][0],
        "points_taken_back",
        collected=sum(outcome.collected for outcome in outcomes),
        debt=sum(outcome.debt for outcome in outcomes),
        waived=sum(outcome.waived for outcome in outcomes),
        unit=unit_code,
    )


def _points_given_back(done: Sequence[Done], unit_code: str) -> EventDraft:
    """A late fact explains a return better, so that it takes back less than it did."""
    amount = sum(outcome.transfer.amount for _step, outcome in done)
    return _about_cause(done[0][0], "points_given_back", amount=amount, unit=unit_code)


def _about_cause(step: Step, kind: str, **figures: int | str) -> EventDraft:
    return EventDraft(
        partner_id=step.partner_id,
        kind=kind,
        occurred_at=step.fact.occurred_at,
        payload={
            "activity": str(step.fact.public_id),
            "kind": step.fact.kind,
            "document": step.fact.external_id,
            **figures,
        },
    )
