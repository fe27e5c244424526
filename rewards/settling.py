"""
Post what is due and not yet posted.

``judge`` says what is due by the facts; ``Award`` and ``ClawBack`` rows say what was posted before.
The difference becomes transfers, each keyed by (version, order, rule, cause, revision), so that
settling twice moves nothing, and a late fact leads to compensating transfers and nothing else.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from ledger import accounts
from ledger.entries import Entry, Posted
from ledger.models import Account, Transfer
from ledger.posting import post
from partners.events import EventDraft, record
from partners.families import roots_of
from rewards.clawing_back import claw_back_steps, find_excess, keep_outcomes
from rewards.earning.facts import ActivityFacts
from rewards.earning.judging import AwardDue, Judgement, VersionInForce, judge
from rewards.models import Award, Programme
from rewards.programmes.live import read_versions
from rewards.prolonging import prolong
from rewards.recalling import facts_of
from rewards.remembering import AwardKey, awards_on_file, store_awards, store_matches
from rewards.settlement import Books, Settlement, Step, earning_key, expiry

Done = tuple[Step, Posted]
"""A step, and what became of it in the ledger."""


def settle(
    partner_ids: Sequence[int],
    *,
    programme: Programme,
    as_of: datetime,
    post_when_occurred: bool = False,
) -> Settlement:
    """
    Judge all facts of these partners and post the differences, in canonical order per partner.

    A partner that was merged is judged and paid as part of the one that was kept. The caller owns
    the transaction and has locked the partners. ``post_when_occurred`` is for filling an empty
    ledger: each transfer is posted at its fact's own time instead of ``as_of``.
    """
    partner_ids = sorted(set(roots_of(partner_ids).values()))
    versions = read_versions(programme)
    facts = facts_of(partner_ids, programme=programme)
    awards = awards_on_file(partner_ids, programme=programme)
    # Points once earned keep their version, whatever is published or redated later.
    pinned = {award.activity_id: versions.by_id(award.version_id) for award in awards.values()}

    def version_of(fact: ActivityFacts) -> VersionInForce | None:
        return pinned.get(fact.stored_id) or versions.at(fact.occurred_at)

    judgements = {pk: judge(each, version_of=version_of) for pk, each in facts.items()}
    settlement = Settlement(
        unmatched=[gap for judged in judgements.values() for gap in judged.unmatched]
    )
    excess = find_excess(judgements, awards)
    losing = {awards[key].partner_id for key in excess}
    books = _open_books(programme, judgements, losing=losing, as_of=as_of)
    steps = _award_steps(judgements, awards, books, programme, settlement)
    steps += claw_back_steps(facts, judgements, awards, excess, books, versions, settlement)
    steps.sort(key=lambda step: step.fact.canonical_place)
    if post_when_occurred:
        steps = [step.at_its_fact() for step in steps]
    posted = post([step.instruction for step in steps], posted_at=as_of)
    keep_outcomes(steps, posted)
    prolong(judgements, programme=programme, as_of=as_of, post_when_occurred=post_when_occurred)
    store_matches(partner_ids, judgements.values(), programme=programme)
    record(_events(steps, posted, unit_code=programme.main_unit.code), recorded_at=as_of)
    return settlement


def _open_books(
    programme: Programme,
    judgements: Mapping[int, Judgement],
    *,
    losing: set[int],
    as_of: datetime,
) -> Books:
    """Open what settling may write in; ``losing`` are partners whose awards became smaller."""
    unit = programme.main_unit
    earning = losing | {pk for pk, judged in judgements.items() if judged.awards}
    # Whoever returned something may have to give back: pending first, debt last.
    returning = losing | {pk for pk, judged in judgements.items() if judged.claw_backs}
    waiting = {
        pk
        for pk, judged in judgements.items()
        if any(due.version.definition.settings.pending_days for due in judged.awards)
    }
    return Books(
        issued=accounts.house(unit, Account.Kind.ISSUED),
        taken_back=accounts.house(unit, Account.Kind.TAKEN_BACK),
        pools=accounts.of_partners(unit, Account.Kind.POOL, earning),
        pendings=accounts.of_partners(unit, Account.Kind.PENDING, returning | waiting),
        debts=accounts.of_partners(unit, Account.Kind.DEBT, returning),
        time_zone=programme.time_zone,
        as_of=as_of,
    )


def _award_steps(
    judgements: Mapping[int, Judgement],
    awards: dict[AwardKey, Award],
    books: Books,
    programme: Programme,
    settlement: Settlement,
) -> list[Step]:
    """Add awards that are new, raise those that grew, and return what to post for both."""
    steps: list[Step] = []
    for partner_id, judged in judgements.items():
        for due in judged.awards:
            key = (due.order.stored_id, due.version.version_id, due.award.rule_code)
            award = awards.get(key)
            missing = due.award.amount - (award.amount if award else 0)
            if missing <= 0:
                continue
            if award is None:
                award = awards[key] = _new_award(partner_id, due, programme)
                settlement.new_awards.append(award)
            else:
                _raise_award(award, due)
                settlement.compensated += missing
            entry = _earning_entry(due, award, missing, books)
            steps.append(Step(partner_id, due.order, award, entry))
    store_awards(settlement.new_awards)
    return steps


def _new_award(partner_id: int, due: AwardDue, programme: Programme) -> Award:
    return Award(
        partner_id=partner_id,
        activity_id=due.order.stored_id,
        version_id=due.version.version_id,
        rule_code=due.award.rule_code,
        unit_id=programme.main_unit_id,
        amount=due.award.amount,
        explanation=due.award.explanation
        | {"version": due.version.number, "unit": programme.main_unit.code}
        | _note_tier(due),
    )


def _note_tier(due: AwardDue) -> dict[str, str]:
    """What comes back of an award later lives as long as the award: by the tier of its day."""
    return {"tier": due.tier_code} if due.version.definition.tiers_prolong else {}


def _raise_award(award: Award, due: AwardDue) -> None:
    award.amount = due.award.amount
    award.explanation = award.explanation | due.award.explanation | _note_tier(due)
    award.revision += 1
    award.save(update_fields=["amount", "explanation", "revision"])


def _earning_entry(due: AwardDue, award: Award, amount: int, books: Books) -> Entry:
    waits_until = books.waits_until(due.order, due.version)
    accounts_by_partner = books.pools if waits_until is None else books.pendings
    return Entry(
        kind=Transfer.Kind.EARN if waits_until is None else Transfer.Kind.PEND,
        debit=books.issued,
        credit=accounts_by_partner[award.partner_id],
        amount=amount,
        idempotency_key=earning_key(award, revision=award.revision),
        occurred_at=due.order.occurred_at,
        expires_at=expiry(
            due.order,
            award.rule_code,
            due.version,
            tier_code=due.tier_code,
            time_zone=books.time_zone,
        ),
        matures_at=waits_until,
        reference=str(award.public_id),
    )


def _events(steps: Sequence[Step], posted: Sequence[Posted], *, unit_code: str) -> list[EventDraft]:
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
    return EventDraft(
        partner_id=step.partner_id,
        kind="points_earned",
        occurred_at=step.fact.occurred_at,
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
