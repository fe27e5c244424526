"""What is due to a partner by its facts: awards, claw-backs, matches. Plain values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from rewards.earning.evaluating import Evaluation, RuleAward
from rewards.earning.facts import ActivityFacts
from rewards.earning.matching import Match
from rewards.earning.releasing import Outcome
from rewards.earning.situation import Situation
from rewards.earning.usage import Usage
from rewards.earning.whereabouts import Stated
from rewards.programmes.definition import Definition
from rewards.tiers.qualifying import RollingSpend


@dataclass(frozen=True, slots=True)
class VersionInForce:
    """A published version and what it says."""

    version_id: int
    number: int
    definition: Definition


VersionOf = Callable[[ActivityFacts], VersionInForce | None]
"""Which version judges a fact; None where the programme does not run."""


@dataclass(slots=True)
class AwardDue:
    """
    What one rule gives for an activity.

    ``tier_code`` is the tier that it was judged with, where tiers change anything. ``outcome`` says
    what is available by now of an award that waits for something to happen; None for others.
    """

    activity: ActivityFacts
    version: VersionInForce
    award: RuleAward
    tier_code: str = ""
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Prolonging:
    """An order that keeps what its partner holds alive, up to and with a local day."""

    order: ActivityFacts
    last_day: date


@dataclass(frozen=True, slots=True)
class ClawBackDue:
    """
    What one fact takes back of one award, in minor units.

    ``is_lost`` says that nothing was sent back: what waited is lost by time.
    """

    activity: ActivityFacts
    version: VersionInForce
    rule_code: str
    cause: ActivityFacts
    amount: int
    explanation: dict[str, Any]
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Value returned that no earlier purchase stands for; it claws back nothing."""

    cause: ActivityFacts
    line_id: int | None
    amount_e4: int


@dataclass(frozen=True, slots=True)
class Judged:
    """How one activity was judged: what held for its partner then, and what every rule said."""

    activity: ActivityFacts
    version: VersionInForce
    situation: Situation
    evaluation: Evaluation


@dataclass(slots=True)
class Judgement:
    """
    ``judged`` has those activities only that were asked about. ``usage`` is what all of them
    together used up of caps.
    """

    awards: list[AwardDue] = field(default_factory=list)
    claw_backs: list[ClawBackDue] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)
    prolonging: list[Prolonging] = field(default_factory=list)
    spend: RollingSpend = field(default_factory=RollingSpend)
    judged: list[Judged] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)


Agreed = tuple[datetime, datetime | None, int]
"""From when on, until when, and to which version of the terms somebody agreed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """
    What is known of a partner beside its facts.

    ``segments`` are lists with the days from and to which the partner stood on them, ``consents``
    by member the times it might earn personally, and by which terms. ``tiers_used`` are the tiers that were recorded with
    awards, by activity, ``tier_today`` the one for a programme that goes by it. In the same way there are the ``country``
    of the partner, and ``countries_used`` by activity. ``countries_stated`` are those that facts
    state which no version counts. ``spent`` is what was spent on which days
    by facts that are not judged, because all of them came before. ``today`` is the
    local day by which time decides; without it nothing is lost by time.
    """

    segments: Sequence[tuple[str, date, date | None]] = ()
    consents: Mapping[int, Sequence[Agreed]] = field(default_factory=dict)
    country: str = ""
    countries_used: Mapping[int, str] = field(default_factory=dict)
    countries_stated: Sequence[Stated] = ()
    tiers_used: Mapping[int, str] = field(default_factory=dict)
    tier_today: str = ""
    spent: Sequence[tuple[date, int]] = ()
    today: date | None = None

    def segments_on(self, day: date) -> frozenset[str]:
        return frozenset(
            code
            for code, since, until in self.segments
            if since <= day and (until is None or day < until)
        )

    def agreed_at(self, member_id: int | None, moment: datetime, *, terms_version: int) -> bool:
        """Say whether the partner agreed, to these terms, that this member earns for themselves."""
        given = self.consents.get(member_id, ()) if member_id is not None else ()
        return any(
            terms_version == agreed_to and since <= moment and (until is None or moment < until)
            for since, until, agreed_to in given
        )


NOTHING_DATED = Dated()
