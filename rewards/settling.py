"""
Post what is due and not yet posted.

``judge`` says what is due by the facts; ``Award`` and ``ClawBack`` rows say what was posted before.
The difference becomes transfers, each keyed by (version, order, rule, cause, revision), so that
settling twice moves nothing, and a late fact leads to compensating transfers and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ledger import accounts
from ledger.entries import Entry
from ledger.models import Account, Transfer
from ledger.posting import post
from partners.events import record
from partners.families import roots_of
from partners.models import Activity
from rewards.announcing import tell_of
from rewards.clawing_back import claw_back_steps, find_excess, keep_outcomes
from rewards.earning.judging import Judgement
from rewards.hearing import Hearing, hear
from rewards.models import Award, Programme
from rewards.own_parts import open_wallets
from rewards.programmes.live import Versions
from rewards.programmes.pending import AT_ONCE
from rewards.prolonging import prolong
from rewards.raising import find_raises
from rewards.releasing import release
from rewards.remembering import AwardKey, read_explanations, store_awards, store_matches
from rewards.settlement import Books, Raise, Settlement, Step, earning_key, expiry

RAISED = ("amount", "withheld", "personal", "explanation", "revision")
AWARDS_PER_WRITE = 500


def settle(
    partner_ids: Sequence[int],
    *,
    programme: Programme,
    as_of: datetime,
    post_when_occurred: bool = False,
    new: Mapping[int, Sequence[Activity]] | None = None,
) -> Settlement:
    """
    Judge all facts of these partners and post the differences, in canonical order per partner.

    Where ``new``, what was just stored by root, only follows what is known, it alone is judged:
    see ``rewards.following``.

    A partner that was merged is judged and paid as part of the one that was kept. The caller owns
    the transaction and has locked the partners. ``post_when_occurred`` is for filling an empty
    ledger: each transfer is posted at its fact's own time instead of ``as_of``.
    """
    partner_ids = sorted(set(roots_of(partner_ids).values()))
    hearing = hear(partner_ids, programme=programme, as_of=as_of, new=new)
    versions, judgements, awards = hearing.versions, hearing.judgements, hearing.awards
    settlement = Settlement(
        unmatched=[gap for judged in judgements.values() for gap in judged.unmatched]
    )
    excess = find_excess(judgements, awards)
    losing = {awards[key].partner_id for key in excess}
    raises = find_raises(hearing, programme=programme)
    books = _open_books(programme, judgements, raises, versions, losing=losing, as_of=as_of)
    steps = _award_steps(raises, awards, books, programme, settlement)
    steps += claw_back_steps(hearing, excess, books, settlement)
    steps.sort(key=lambda step: step.fact.canonical_place)
    if post_when_occurred:
        steps = [step.at_its_fact() for step in steps]
    posted = post([step.instruction for step in steps], posted_at=as_of)
    keep_outcomes(steps, posted)
    release(judgements, awards, books, post_when_occurred=post_when_occurred)
    prolong(judgements, programme=programme, as_of=as_of, post_when_occurred=post_when_occurred)
    if hearing.heard_in_full:
        store_matches(hearing.heard_in_full, judgements.values(), programme=programme)
        _note_settled(hearing, programme=programme)
    record(tell_of(steps, posted, unit_code=programme.main_unit.code), recorded_at=as_of)
    return settlement


def _note_settled(hearing: Hearing, *, programme: Programme) -> None:
    """Keep by which rules all facts of these partners are settled by now."""
    edition = hearing.versions.edition
    others = programme.standings.filter(partner__in=hearing.heard_in_full)
    others.exclude(settled_by=edition).update(settled_by=edition)


def _open_books(
    programme: Programme,
    judgements: Mapping[int, Judgement],
    raises: Sequence[Raise],
    versions: Versions,
    *,
    losing: set[int],
    as_of: datetime,
) -> Books:
    """Open what settling may write in; ``losing`` are partners whose awards became smaller."""
    unit = programme.main_unit
    waiting_versions = _find_waiting(versions)
    earning = losing | {pk for pk, judged in judgements.items() if judged.awards}
    # Whoever returned something may have to give back: pending first, debt last.
    returning = losing | {pk for pk, judged in judgements.items() if judged.claw_backs}
    waiting = {
        pk
        for pk, judged in judgements.items()
        if any(due.version.version_id in waiting_versions for due in judged.awards)
    }
    return Books(
        issued=accounts.house(unit, Account.Kind.ISSUED),
        taken_back=accounts.house(unit, Account.Kind.TAKEN_BACK),
        pools=accounts.of_partners(unit, Account.Kind.POOL, earning),
        pendings=accounts.of_partners(unit, Account.Kind.PENDING, returning | waiting),
        debts=accounts.of_partners(unit, Account.Kind.DEBT, returning),
        wallets=open_wallets(raises, unit=unit),
        time_zone=programme.time_zone,
        as_of=as_of,
    )


def _find_waiting(versions: Versions) -> set[int]:
    """Return the versions of which something waits before it can be spent."""
    return {
        version.version_id
        for _from, version in versions.published
        if version.definition.settings.pending != AT_ONCE
        or any(rule.pending for rule in version.definition.all_rules)
    }


def _award_steps(
    raises: Sequence[Raise],
    awards: dict[AwardKey, Award],
    books: Books,
    programme: Programme,
    settlement: Settlement,
) -> list[Step]:
    """Add awards that are new, raise those that grew, and return what to post for both."""
    steps: list[Step] = []
    raised: list[Award] = []
    read_explanations(awards[one.key] for one in raises if one.key in awards)
    for one in raises:
        due, award = one.due, awards.get(one.key)
        if award is None:
            award = awards[one.key] = _new_award(one, programme)
            settlement.new_awards.append(award)
        else:
            _raise_award(award, one)
            settlement.compensated += one.amount
            raised.append(award)
        steps += [
            Step(one.partner_id, due.activity, award, entry)
            for entry in _earning_entries(one, award, books)
        ]
    Award.objects.bulk_update(raised, RAISED, batch_size=AWARDS_PER_WRITE)
    store_awards(settlement.new_awards)
    return steps


def _new_award(one: Raise, programme: Programme) -> Award:
    due = one.due
    return Award(
        partner_id=one.partner_id,
        activity_id=due.activity.stored_id,
        version_id=due.version.version_id,
        rule_code=due.award.rule_code,
        unit_id=programme.main_unit_id,
        amount=one.amount,
        explanation=one.explain(personal=one.personal)
        | {"version": due.version.number, "unit": programme.main_unit.code},
        campaign_code=due.award.campaign_code,
        withheld=one.withheld,
        personal=one.personal,
        decide_on=due.outcome.decide_on if due.outcome else None,
    )


def _raise_award(award: Award, one: Raise) -> None:
    award.amount += one.amount
    award.withheld = one.withheld
    award.personal += one.personal
    award.explanation = award.explanation | one.explain(personal=award.personal)
    award.revision += 1


def _earning_entries(one: Raise, award: Award, books: Books) -> list[Entry]:
    """Return what goes to the pool, or waits for it, and what goes to the wallet of a member."""
    if one.amount == 0:
        return []
    due = one.due
    wait = books.wait_of(due.activity, due.version, award.rule_code)
    accounts_by_partner = books.pools if wait is None else books.pendings
    entry = Entry(
        kind=Transfer.Kind.EARN if wait is None else Transfer.Kind.PEND,
        debit=books.issued,
        credit=accounts_by_partner[award.partner_id],
        amount=one.amount - one.personal,
        idempotency_key=earning_key(award, revision=award.revision),
        occurred_at=due.activity.occurred_at,
        expires_at=expiry(
            due.activity,
            award.rule_code,
            due.version,
            tier_code=due.tier_code,
            time_zone=books.time_zone,
        ),
        matures_at=wait.until if wait else None,
        reference=str(award.public_id),
    )
    if one.personal == 0:
        return [entry]
    own = replace(
        entry,
        credit=books.wallets[due.activity.member_id or 0],
        amount=one.personal,
        idempotency_key=f"{entry.idempotency_key}:personal",
    )
    return [each for each in (entry, own) if each.amount]
