"""
Take back what returns and late facts undo: due = collected + debt + waived.

What is due follows from the facts. What a row already took back is compared with it, and only the
difference is posted: more is taken as the policy says, less is given back to the pool, which
repays a debt first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ledger.entries import ClawBack as ClawBackInstruction
from ledger.entries import ClawBackPolicy, Entry, Posted
from ledger.models import Transfer
from rewards.earning.facts import ActivityFacts
from rewards.earning.judging import Judgement, VersionInForce
from rewards.hearing import Hearing
from rewards.models import Award, ClawBack
from rewards.remembering import AwardKey, ClawBackKey, claw_backs_on_file
from rewards.settlement import Books, Settlement, Step, earning_key, expiry, tier_of

CLAW_BACKS_PER_WRITE = 500
OUTCOME = ("due", "collected", "debt", "waived", "explanation", "revision")


@dataclass(frozen=True, slots=True)
class _Due:
    """How much of an award a fact takes back in all, whatever was taken before."""

    cause: ActivityFacts
    amount: int
    explanation: dict[str, Any] = field(default_factory=dict)
    is_lost: bool = False

    def plus(self, other: "_Due") -> "_Due":
        """Two reasons with one cause are one claw-back, explained by both."""
        steps = [*self.explanation.get("steps", ()), *other.explanation.get("steps", ())]
        total = self.amount + other.amount
        explanation = self.explanation | {"steps": steps, "total": total}
        return _Due(self.cause, total, explanation, self.is_lost and other.is_lost)


def find_excess(
    judgements: Mapping[int, Judgement], awards: Mapping[AwardKey, Award]
) -> dict[AwardKey, int]:
    """Return by how much awards on file exceed what the facts now give for them."""
    amount_due = {
        (due.activity.stored_id, due.version.version_id, due.award.rule_code): due.award.amount
        for judged in judgements.values()
        for due in judged.awards
    }
    return {
        key: award.amount - amount_due.get(key, 0)
        for key, award in awards.items()
        if award.amount > amount_due.get(key, 0)
    }


def claw_back_steps(
    hearing: Hearing, excess: Mapping[AwardKey, int], books: Books, settlement: Settlement
) -> list[Step]:
    """Compare claw-backs due with those on file; return what to post, and count it.

    A claw-back that was waived and is no longer due changes its row and posts nothing.
    """
    awards = hearing.awards
    on_file = claw_backs_on_file(hearing.heard_in_full, awards)
    fact_by_id = {fact.stored_id: fact for each in hearing.facts.values() for fact in each}
    wanted = _find_wanted(hearing.judgements, awards, excess, on_file, fact_by_id)
    steps: list[Step] = []
    moving_nothing: list[ClawBack] = []
    for (award_key, cause_id), due in wanted.items():
        row = on_file.get((award_key, cause_id))
        if row is None and due.amount == 0:
            continue
        if row is None:
            row = ClawBack(award=awards[award_key], cause_id=cause_id, due=0)
            settlement.units_clawed_back += due.amount
        else:
            settlement.compensated += abs(due.amount - row.due)
        if due.amount == row.due:
            continue
        row.explanation = due.explanation
        activity = fact_by_id[award_key[0]]
        version = hearing.versions.by_id(award_key[1])
        own = _steps(row, awards[award_key], activity, due, books, version)
        steps += own
        if not own:
            moving_nothing.append(row)
    _store(moving_nothing)
    return steps


def keep_outcomes(steps: Sequence[Step], posted: Sequence[Posted]) -> None:
    """Write down how each claw-back was met."""
    new: list[ClawBack] = []
    # What is given back to the pool and to pending is one row in two steps.
    changed: dict[int, ClawBack] = {}
    for step, outcome in zip(steps, posted, strict=True):
        row = step.claw_back
        if row is None:
            continue
        if isinstance(step.instruction, ClawBackInstruction):
            row.due += step.instruction.due
            row.collected += outcome.collected
            row.debt += outcome.debt
            row.waived += outcome.waived
        if row.pk:
            changed[row.pk] = row
        else:
            new.append(row)
    ClawBack.objects.bulk_create(new, batch_size=2_000)
    _store(list(changed.values()))


def _store(rows: Sequence[ClawBack]) -> None:
    ClawBack.objects.bulk_update(rows, OUTCOME, batch_size=CLAW_BACKS_PER_WRITE)


def _find_wanted(
    judgements: Mapping[int, Judgement],
    awards: Mapping[AwardKey, Award],
    excess: Mapping[AwardKey, int],
    on_file: Mapping[ClawBackKey, ClawBack],
    fact_by_id: Mapping[int, ActivityFacts],
) -> dict[ClawBackKey, _Due]:
    """Return what each claw-back is due by now, those on file that are due no more among them."""
    wanted = _due_by_facts(judgements, awards)
    for key, smaller in _due_by_smaller_awards(awards, excess, fact_by_id).items():
        wanted[key] = wanted[key].plus(smaller) if key in wanted else smaller
    for key in on_file.keys() - wanted.keys():
        # Nothing is due any more of a return of another company, since a merge was undone.
        if on_file[key].due:
            wanted[key] = _Due(fact_by_id[key[1]], 0)
    return wanted


def _due_by_facts(
    judgements: Mapping[int, Judgement], awards: Mapping[AwardKey, Award]
) -> dict[ClawBackKey, _Due]:
    """What a campaign's budget withheld was never given: it is taken back first, and moves nothing."""
    withheld = {key: award.withheld for key, award in awards.items() if award.withheld}
    wanted: dict[ClawBackKey, _Due] = {}
    for judged in judgements.values():
        for due in judged.claw_backs:
            key = (due.activity.stored_id, due.version.version_id, due.rule_code)
            one = _Due(due.cause, due.amount, due.explanation, due.is_lost)
            if withheld.get(key):
                one = _without_withheld(one, min(one.amount, withheld[key]))
                withheld[key] -= due.amount - one.amount
            both = (key, due.cause.stored_id)
            # What comes back of two orders of one volume takes of a third one twice.
            wanted[both] = wanted[both].plus(one) if both in wanted else one
    return wanted


def _without_withheld(due: _Due, withheld: int) -> _Due:
    total = due.amount - withheld
    step = {"code": "withheld", "amount": withheld, "result": total}
    steps = [*due.explanation["steps"], step]
    return replace(
        due, amount=total, explanation=due.explanation | {"steps": steps, "total": total}
    )


def _due_by_smaller_awards(
    awards: Mapping[AwardKey, Award],
    excess: Mapping[AwardKey, int],
    fact_by_id: Mapping[int, ActivityFacts],
) -> dict[ClawBackKey, _Due]:
    """Awards that a late fact made smaller give the difference back, with the activity as cause."""
    smaller = {}
    for key, amount in excess.items():
        award, activity = awards[key], fact_by_id[key[0]]
        steps = [
            {"code": "awarded_before", "units": award.amount},
            {"code": "due_by_later_facts", "units": award.amount - amount},
        ]
        explanation = {"rule": award.rule_code, "steps": steps, "total": amount}
        smaller[key, key[0]] = _Due(activity, amount, explanation)
    return smaller


def _steps(
    row: ClawBack,
    award: Award,
    activity: ActivityFacts,
    due: _Due,
    books: Books,
    version: VersionInForce,
) -> list[Step]:
    if row.pk:
        row.revision += 1
    if due.amount > row.due:
        policy = _policy(version, due)
        taking = _taking(row, award, due, books, policy)
        return [Step(award.partner_id, due.cause, award, taking, row)]
    giving = _giving_back(row, award, activity, due, books, version)
    return [Step(award.partner_id, due.cause, award, entry, row) for entry in giving]


def _policy(version: VersionInForce, due: _Due) -> str:
    """
    What is lost is lost of what waits. Where debt is booked it follows the facts as all else does:
    a late invoice must not leave more than one that came in time.
    """
    policy = version.definition.settings.claw_back_policy
    is_booked = policy == ClawBackPolicy.ALLOW_DEBT
    return ClawBackPolicy.ONLY_PENDING if due.is_lost and not is_booked else policy


def _key(row: ClawBack, award: Award) -> str:
    return (
        f"claw:{award.version_id}:{award.activity_id}:{award.rule_code}"
        f":{row.cause_id}:{row.revision}"
    )


def _taking(
    row: ClawBack, award: Award, due: _Due, books: Books, policy: str
) -> ClawBackInstruction:
    return ClawBackInstruction(
        pool=books.pools[award.partner_id],
        pending=books.pendings.get(award.partner_id),
        debt=books.debts.get(award.partner_id),
        taken_back=books.taken_back,
        due=due.amount - row.due,
        origin_key=earning_key(award),
        policy=policy,
        idempotency_key=_key(row, award),
        occurred_at=due.cause.occurred_at,
        reference=str(award.public_id),
    )


def _giving_back(
    row: ClawBack,
    award: Award,
    activity: ActivityFacts,
    due: _Due,
    books: Books,
    version: VersionInForce,
) -> list[Entry]:
    """
    Return what gives back by how much less is due.

    What was booked goes to the pool, where it repays the debt. What was collected goes where the
    award is: to pending while it waits.
    """
    owed, collected = _lower(row, due.amount)
    wait = books.wait_of(activity, version, award.rule_code)
    tier_code = tier_of(award) if version.definition.tiers_prolong else ""
    expires_at = expiry(
        activity, award.rule_code, version, tier_code=tier_code, time_zone=books.time_zone
    )
    entry = Entry(
        kind=Transfer.Kind.REVERSE,
        debit=books.taken_back,
        credit=books.pools[award.partner_id],
        amount=owed if wait else owed + collected,
        idempotency_key=_key(row, award),
        occurred_at=due.cause.occurred_at,
        expires_at=expires_at,
        reference=str(award.public_id),
    )
    if wait is None:
        return [entry] if entry.amount else []
    waiting = replace(
        entry,
        credit=books.pendings[award.partner_id],
        amount=collected,
        idempotency_key=f"{entry.idempotency_key}:pending",
        matures_at=wait.until,
    )
    return [one for one in (entry, waiting) if one.amount]


def _lower(row: ClawBack, due: int) -> tuple[int, int]:
    """
    Lower what was waived first, which moves nothing; then what was booked; then collected.

    Return by how much the last two were lowered.
    """
    excess = row.due - due
    waived = min(excess, row.waived)
    owed = min(excess - waived, row.debt)
    collected = excess - waived - owed
    row.due = due
    row.waived -= waived
    row.debt -= owed
    row.collected -= collected
    return owed, collected
