"""Read what a programme may ask about partners, and judge it: once for all that needs it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from ledger.models import Transfer
from partners.models import Activity
from rewards.circumstances import asks_what_was_kept, circumstances_of
from rewards.earning.facts import ActivityFacts
from rewards.earning.judging import Judgement, VersionInForce, judge
from rewards.following import Following, find_following
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

    ``awards`` are those on file, ``facts`` and ``judgements`` by partner. Of those ``following``
    there are only the new facts, and no awards.
    """

    versions: Versions
    facts: Mapping[int, Sequence[ActivityFacts]]
    awards: dict[AwardKey, Award]
    judgements: Mapping[int, Judgement]
    following: Mapping[int, Following] = field(default_factory=dict)

    @property
    def heard_in_full(self) -> list[int]:
        """The partners of which all facts were judged."""
        return [root_id for root_id in self.judgements if root_id not in self.following]


def hear(
    root_ids: Sequence[int],
    *,
    programme: Programme,
    as_of: datetime,
    asked_ids: Collection[int] = (),
    suppose: Callable[[Sequence[ActivityFacts]], ActivityFacts] | None = None,
    new: Mapping[int, Sequence[Activity]] | None = None,
) -> Hearing:
    """
    Judge all facts of these partners by what is known at ``as_of``. Writes nothing.

    :param new: What was just stored, by partner: where it only follows what is known, it alone is
        judged.
    :param asked_ids: Activities whose judgement is told in full.
    :param suppose: Makes a fact that is not stored beside those that are; it is told in full too.
    """
    versions = read_versions(programme)
    definitions = [version.definition for _from, version in versions.published]
    following = find_following(new, programme=programme, versions=versions) if new else {}
    in_full = [root_id for root_id in root_ids if root_id not in following]
    facts = _read_facts(in_full, following, programme=programme, asked=Asked.by(definitions))
    if suppose is not None:
        for each in facts.values():
            each.append(suppose(each))
    awards = awards_on_file(in_full, programme=programme, explained=asks_what_was_kept(definitions))
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
        known = dated[root_id]
        if root_id in following:
            known = replace(known, spent=following[root_id].spent)
        judgements[root_id] = judge(each, version_of=version_of, dated=known, asked=asked)
    return Hearing(versions, facts, awards, judgements, following)


def _read_facts(
    in_full: Sequence[int],
    following: Mapping[int, Following],
    *,
    programme: Programme,
    asked: Asked,
) -> dict[int, list[ActivityFacts]]:
    facts: dict[int, list[ActivityFacts]] = {}
    if in_full:
        facts |= facts_of(in_full, programme=programme, asked=asked)
    if following:
        only = {pk for each in following.values() for pk in each.activity_ids}
        facts |= facts_of(list(following), programme=programme, asked=asked, only=only)
    return dict(sorted(facts.items()))


def _today(programme: Programme, definitions: Sequence[Definition], as_of: datetime) -> date:
    """
    Return the local day by which time decides: never one before that of the last posting.

    A night that is made up for closes its own old day. What was lost by time since then stays lost.
    """
    if any(each.waits_for_events for each in definitions):
        posted = Transfer.objects.order_by("-pk").values_list("posted_at", flat=True).first()
        as_of = max(as_of, posted or as_of)
    return local_date(as_of, programme.time_zone)
