"""Why a stored activity earned what it did, or nothing. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from partners.models import Activity
from rewards.earning.due import AwardDue, ClawBackDue, Judged
from rewards.earning.evaluating import Evaluation
from rewards.hearing import hear
from rewards.models import Programme
from rewards.programmes.definition import Definition
from rewards.programmes.rules import NO_TRIGGERS

EARNS_NEVER: Final = "earns_never"
NOT_JUDGED: Final = "not_judged"
NO_RULE: Final = "no_rule"
RULES_SAID_NO: Final = "rules_said_no"


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
