"""Read what a programme may ask about partners, and judge it: once for all that needs it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ledger.models import Transfer
from rewards.circumstances import circumstances_of
from rewards.earning.facts import ActivityFacts
from rewards.earning.judging import Judgement, VersionInForce, judge
from rewards.models import Award, Programme
from rewards.programmes.calendar import local_date
from rewards.programmes.definition import Definition
from rewards.programmes.live import Versions, read_versions
from rewards.recalling import Asked, facts_of
from rewards.remembering import AwardKey, awards_on_file


@dataclass(frozen=True, slots=True)
class Hearing:
    """
    What is known of some partners (roots), and what is due to them by it.

    ``awards`` are those on file, ``facts`` and ``judgements`` by partner.
    """

    versions: Versions
    facts: Mapping[int, Sequence[ActivityFacts]]
    awards: dict[AwardKey, Award]
    judgements: Mapping[int, Judgement]


def hear(
    root_ids: Sequence[int],
    *,
    programme: Programme,
    as_of: datetime,
    asked_ids: Collection[int] = (),
    suppose: Callable[[Sequence[ActivityFacts]], ActivityFacts] | None = None,
) -> Hearing:
    """
    Judge all facts of these partners by what is known at ``as_of``. Writes nothing.

    :param asked_ids: Activities whose judgement is told in full.
    :param suppose: Makes a fact that is not stored beside those that are; it is told in full too.
    """
    versions = read_versions(programme)
    definitions = [version.definition for _from, version in versions.published]
    facts = facts_of(root_ids, programme=programme, asked=Asked.by(definitions))
    if suppose is not None:
        for each in facts.values():
            each.append(suppose(each))
    awards = awards_on_file(root_ids, programme=programme)
    # Points once earned keep their version, whatever is published or redated later.
    pinned = {award.activity_id: versions.by_id(award.version_id) for award in awards.values()}

    def version_of(fact: ActivityFacts) -> VersionInForce | None:
        known = pinned.get(fact.id) if fact.id is not None else None
        return known or versions.at(fact.occurred_at)

    dated = circumstances_of(
        facts,
        programme=programme,
        definitions=definitions,
        awards=awards.values(),
        today=_today(programme, definitions, as_of),
    )
    judgements = {}
    for root_id, each in facts.items():
        asked = [fact for fact in each if fact.id is None or fact.id in asked_ids]
        judgements[root_id] = judge(each, version_of=version_of, dated=dated[root_id], asked=asked)
    return Hearing(versions, facts, awards, judgements)


def _today(programme: Programme, definitions: Sequence[Definition], as_of: datetime) -> date:
    """
    Return the local day by which time decides: never one before that of the last posting.

    A night that is made up for closes its own old day. What was lost by time since then stays lost.
    """
    if any(each.waits_for_events for each in definitions):
        posted = Transfer.objects.order_by("-pk").values_list("posted_at", flat=True).first()
        as_of = max(as_of, posted or as_of)
    return local_date(as_of, programme.time_zone)
