"""Which rules may have something to say of an activity, before it is judged again."""

from collections.abc import Collection
from datetime import date

from partners.models import Activity
from rewards.earning.due import Dated
from rewards.models import Programme, ProgrammeVersion
from rewards.offering.known import settle
from rewards.programmes.calendar import local_date
from rewards.programmes.definition import Definition
from rewards.programmes.live import definition_of
from rewards.programmes.rules import Rule
from rewards.segments import read_spans


def find_concerned(
    activity: Activity, *, version: ProgrammeVersion, programme: Programme
) -> frozenset[str]:
    """
    Return the codes of the rules of which a partner may read why they gave nothing, or what.

    Left out are those of other kinds and other times, and campaigns for lists on which the partner
    did not stand that day. Two queries where a rule asks for lists, and none without.
    """
    definition = definition_of(version)
    rules = [rule for rule in definition.all_rules if rule.trigger == activity.kind]
    if not any(rule.stop for rule in definition.all_rules):
        # Of rules that another one stopped it is told whether it was their time or not.
        day = local_date(activity.occurred_at, programme.time_zone)
        closed = _find_closed(activity, version, definition, day)
        rules = [rule for rule in rules if _counts(rule, definition, day, closed)]
    return frozenset(rule.code for rule in rules)


def _counts(rule: Rule, definition: Definition, day: date, closed: Collection[str]) -> bool:
    campaign = definition.campaign(rule.campaign_code) if rule.campaign_code else None
    if campaign is not None and (campaign.code in closed or not campaign.runs_on(day)):
        return False
    return rule.counts_on(day)


def _find_closed(
    activity: Activity, version: ProgrammeVersion, definition: Definition, day: date
) -> set[str]:
    """Return the campaigns that were for others by the lists of that day alone."""
    if "segments" not in definition.needs:
        return set()
    root_id = activity.partner.merged_into_id or activity.partner_id
    segments = Dated(segments=read_spans([root_id])[root_id]).segments_on(day)
    return {
        row["code"]
        for row in version.definition.get("campaigns", [])
        if settle(row.get("audience"), segments=segments) is False
    }
