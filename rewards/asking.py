"""What an activity would earn, and why a stored one earned what it did. Nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from partners.models import Activity, Member, Partner
from rewards.earning.due import AwardDue, ClawBackDue, Judged
from rewards.earning.evaluating import Evaluation
from rewards.earning.facts import ActivityFacts, LineFacts
from rewards.hearing import hear
from rewards.models import Programme
from rewards.programmes.calendar import local_date
from rewards.programmes.definition import Definition
from rewards.programmes.live import NoVersionInForce
from rewards.programmes.rules import NO_TRIGGERS

NOTHING_EARNED = Evaluation()

EARNS_NEVER: Final = "earns_never"
NOT_JUDGED: Final = "not_judged"
NO_RULE: Final = "no_rule"
RULES_SAID_NO: Final = "rules_said_no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """
    An activity that did not happen. ``amount_e4`` is the sum of the lines unless it is given.

    ``names_id`` is the stored activity it refers to, such as the invoice that a payment pays.
    """

    occurred_at: datetime
    kind: str = "order"
    lines: Sequence[LineFacts] = ()
    amount_e4: int | None = None
    quantity_e4: int = 0
    member_id: int | None = None
    country: str = ""
    due_on: date | None = None
    paid_on: date | None = None
    names_id: int | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explained:
    """
    How an activity is judged by all that is known now: which rules gave, which did not and why.

    ``awards`` say what of each waits or is available, ``claw_backs`` what was taken back since.
    """

    judged: Judged
    awards: Sequence[AwardDue]
    claw_backs: Sequence[ClawBackDue]

    @property
    def evaluation(self) -> Evaluation:
        return self.judged.evaluation


def preview(
    *, partner: Partner, programme: Programme, supposed: Supposed, as_of: datetime
) -> Evaluation:
    """
    Return what an activity would earn at its time, by the facts known now.

    In the programme's currency; what campaigns give is told before their budgets are looked at.

    :raises NoVersionInForce: If the programme has no version for this moment.
    """
    judged = suppose(partner=partner, programme=programme, supposed=supposed, as_of=as_of)
    return judged.evaluation if judged else NOTHING_EARNED


def suppose(
    *, partner: Partner, programme: Programme, supposed: Supposed, as_of: datetime
) -> Judged | None:
    """
    Return how an activity would be judged: its version, the tier and all that held, every rule.

    None for what is never judged, such as a return, or a payment without an invoice.

    :raises NoVersionInForce: If the programme has no version for this moment.
    """
    root_id = partner.merged_into_id or partner.pk

    def make(facts: Sequence[ActivityFacts]) -> ActivityFacts:
        return _make_fact(supposed, programme, facts)

    hearing = hear([root_id], programme=programme, as_of=as_of, suppose=make)
    if hearing.versions.at(supposed.occurred_at) is None:
        raise NoVersionInForce(f"{programme.code} has no version in force at that time.")
    return next(iter(hearing.judgements[root_id].judged), None)


def _make_fact(
    supposed: Supposed, programme: Programme, facts: Sequence[ActivityFacts]
) -> ActivityFacts:
    amount_e4 = supposed.amount_e4
    if amount_e4 is None:
        amount_e4 = sum(line.amount_e4 for line in supposed.lines)
    named = next((fact for fact in facts if fact.id == supposed.names_id), None)
    return ActivityFacts(
        id=None,
        kind=supposed.kind,
        source="",
        external_id="",
        occurred_at=supposed.occurred_at,
        local_date=local_date(supposed.occurred_at, programme.time_zone),
        amount_e4=amount_e4,
        currency=programme.currency,
        lines=list(supposed.lines),
        invoice=named if named is not None and named.kind == "invoice" else None,
        order=named if named is not None and named.kind == "order" else None,
        member_id=supposed.member_id,
        person_id=_person_of(supposed.member_id),
        quantity_e4=supposed.quantity_e4,
        country=supposed.country,
        due_on=supposed.due_on,
        paid_on=supposed.paid_on,
        attributes=supposed.attributes,
    )


def _person_of(member_id: int | None) -> int | None:
    if member_id is None:
        return None
    return Member.objects.values_list("person", flat=True).get(pk=member_id)


def explain_activity(
    activity: Activity, *, programme: Programme, as_of: datetime
) -> Explained | None:
    """
    Judge a stored activity anew, with every rule that might have counted it.

    None where the programme does not judge it: it has no version for its time, or it is no number
    of the programme's money.
    """
    root_id = activity.partner.merged_into_id or activity.partner_id
    hearing = hear([root_id], programme=programme, as_of=as_of, asked_ids={activity.pk})
    judgement = hearing.judgements[root_id]
    if not judgement.judged:
        return None
    return Explained(
        judgement.judged[0],
        [due for due in judgement.awards if due.activity.id == activity.pk],
        [due for due in judgement.claw_backs if due.activity.id == activity.pk],
    )


def find_why_nothing(
    activity: Activity, explained: Explained | None, definition: Definition
) -> str:
    """
    Return in one code why an activity earned nothing; its rules may say more.

    ``definition`` is the one that would judge it: kinds that no rule counts are not even read.
    """
    if activity.kind in NO_TRIGGERS:
        return EARNS_NEVER
    if activity.kind not in definition.triggers:
        return NO_RULE
    if explained is None:
        return NOT_JUDGED
    return RULES_SAID_NO if explained.evaluation.passed_over else NO_RULE
