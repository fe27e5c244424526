"""What was awarded, taken back and matched so far: read before settling, kept after it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from partners.bulk_writing import reserve_ids, stored_day, stored_id, write_rows
from partners.families import name_roots
from rewards.earning.judging import Judgement
from rewards.models import Award, ClawBack, Programme, ReturnMatch

FEW_AWARDS = 50
AWARDS_PER_QUERY = 5_000
AWARD_COLUMNS = (
    "id",
    "public_id",
    "partner_id",
    "activity_id",
    "version_id",
    "rule_code",
    "unit_id",
    "amount",
    "explanation",
    "revision",
    "campaign_code",
    "withheld",
    "personal",
    "released",
    "decide_on",
)

AwardKey = tuple[int, int, str]
"""The order's activity id, the version's id, the rule's code."""

ClawBackKey = tuple[AwardKey, int]
"""The award, and the activity id of what caused the claw-back."""


def key_of(award: Award) -> AwardKey:
    return (award.activity_id, award.version_id, award.rule_code)


def awards_on_file(
    partner_ids: Sequence[int], *, programme: Programme, explained: bool
) -> dict[AwardKey, Award]:
    """
    Return what was awarded to these partners.

    Explanations take longer to read than all the rest: ``read_explanations`` gets those of a few.
    """
    rows = Award.objects.filter(partner__in=partner_ids, version__programme=programme)
    return {key_of(award): award for award in (rows if explained else rows.defer("explanation"))}


def read_explanations(awards: Iterable[Award]) -> None:
    """Read the explanations of awards that were read without: set by set."""
    bare = {award.pk: award for award in awards if "explanation" in award.get_deferred_fields()}
    ids = list(bare)
    for start in range(0, len(ids), AWARDS_PER_QUERY):
        some = Award.objects.filter(pk__in=ids[start : start + AWARDS_PER_QUERY])
        for pk, explanation in some.values_list("pk", "explanation"):
            bare[pk].explanation = explanation


def claw_backs_on_file(
    partner_ids: Sequence[int], awards: Mapping[AwardKey, Award]
) -> dict[ClawBackKey, ClawBack]:
    """Return what was taken back of awards of these partners; whoever changes one explains it."""
    by_id = {award.pk: award for award in awards.values()}
    rows = ClawBack.objects.filter(award__partner__in=partner_ids).defer("explanation")
    return {
        (key_of(by_id[row.award_id]), row.cause_id): row for row in rows if row.award_id in by_id
    }


def store_awards(awards: Sequence[Award]) -> None:
    """Store new awards and give them their ids. Many go past the ORM, like the facts they are of."""
    if len(awards) < FEW_AWARDS:
        Award.objects.bulk_create(awards)
        return
    for award, award_id in zip(awards, reserve_ids(Award, len(awards)), strict=True):
        award.pk = award_id
    write_rows(model=Award, columns=AWARD_COLUMNS, rows=map(_award_row, awards))
    for award in awards:
        award._state.adding = False


def _award_row(award: Award) -> tuple[Any, ...]:
    return (
        award.pk,
        stored_id(award.public_id),
        award.partner_id,
        award.activity_id,
        award.version_id,
        award.rule_code,
        award.unit_id,
        award.amount,
        json.dumps(award.explanation),
        award.revision,
        award.campaign_code,
        award.withheld,
        award.personal,
        award.released,
        None if award.decide_on is None else stored_day(award.decide_on),
    )


def store_matches(
    partner_ids: Sequence[int], judgements: Iterable[Judgement], *, programme: Programme
) -> None:
    """
    Make the stored matches of these roots what was just judged; touch only what differs.

    Matches depend on nothing of a programme but its currency. Each is stored in the currency of
    the return; what has no lines has nothing to match.
    """
    wanted = {
        (match.return_line.id, match.order_line.id): (match.quantity_e4, match.amount_e4)
        for judged in judgements
        for match in judged.matches
        if match.return_line.id and match.order_line.id
    }
    on_file = {
        (row.return_line_id, row.order_line_id): row
        for row in ReturnMatch.objects.filter(
            return_line__activity__partner__in=name_roots(partner_ids),
            return_line__activity__currency=programme.currency,
        )
    }
    stale = [row.pk for key, row in on_file.items() if wanted.get(key) != row.stored_parts]
    if stale:
        ReturnMatch.objects.filter(pk__in=stale).delete()
    kept = {key for key, row in on_file.items() if wanted.get(key) == row.stored_parts}
    write_rows(
        model=ReturnMatch,
        columns=("return_line_id", "order_line_id", "quantity", "amount"),
        rows=[(*key, *parts) for key, parts in wanted.items() if key not in kept],
    )
