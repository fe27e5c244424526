"""
One company becomes two again, as long as nothing that was moved has been used.

Slices go back as they came, and with them what facts of the merged partner earned since. Then both
are judged by their own facts, and what a return of the one took from an order of the other is given
back.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from partners import events
from partners.models import Actor, Member, Partner, PartnerMerge, Person
from partners.references import part
from partners.team import find_head_buyers, takes_part
from rewards import consenting, leaving
from rewards.merging.consents import bring_consents_back
from rewards.merging.doing import judge_again, lock_families
from rewards.merging.returning import Returning, UndoNotPossible
from rewards.merging.team import find_ending, take_invitations_back, take_people_back
from rewards.models import Award

__all__ = ["UndoNotPossible", "undo_merge"]


def undo_merge(*, merge: PartnerMerge, by: Person | None, at: datetime) -> PartnerMerge:
    """
    Make two companies of one again and return the merge. Undoing again changes nothing.

    :raises UndoNotPossible: If something that was moved was used, or a later merge stands upon it.
    """
    with transaction.atomic():
        lock_families(merge.kept)
        made = PartnerMerge.objects.select_related("kept", "merged").get(pk=merge.pk)
        if made.undone_at is not None:
            return made
        family = [made.merged_id, *made.changes["children"]]
        _refuse_if_built_upon(made, family)
        returning = Returning.read(made, family, at=at)
        returning.check()
        ending = find_ending(made.changes["members"])
        _refuse_while_something_waits(ending)
        _refuse_without_head_buyer(made, ending)
        returning.post()
        for member in ending:
            # What the kept one shared with them is not theirs to take along.
            leaving.return_wallets(member, by=Actor(person=by), at=at)
            consenting.withdraw_all(member=member, by=Actor(person=by), at=at)
        Award.objects.filter(pk__in=returning.awards).update(partner=made.merged)
        _part_family(made, family, at=at)
        made.undone_at, made.undone_by = at, by
        made.save(update_fields=["undone_at", "undone_by"])
        _record(made, by=by, at=at)
        part(family, at=at)
        roots = sorted((made.kept_id, made.merged_id))
        judge_again(roots, standing_of=[], as_of=at)
        return made


def _part_family(made: PartnerMerge, family: Sequence[int], *, at: datetime) -> None:
    Partner.objects.filter(pk=made.merged_id).update(merged_into=None)
    Partner.objects.filter(pk__in=made.changes["children"]).update(merged_into=made.merged)
    Partner.objects.filter(pk__in=family).count_edit()
    take_people_back(made.changes["members"], at=at)
    take_invitations_back(made.changes["invitations"], merged=made.merged)
    # Merges of earlier versions did not note what they ended.
    bring_consents_back(made.changes.get("earning", {}))


def _refuse_if_built_upon(made: PartnerMerge, family: Sequence[int]) -> None:
    if made.kept.merged_into is not None:
        says = _("%(kept)s was merged into %(other)s since. Undo that merge first.")
        names = {"kept": made.kept, "other": made.kept.merged_into}
        raise UndoNotPossible("merged_since", says % names)
    still = Partner.objects.filter(pk__in=family, merged_into=made.kept_id).count()
    if still != len(family):
        raise UndoNotPossible("merged_since", _("Undo the later merge first."))


def _refuse_while_something_waits(members: Iterable[Member]) -> None:
    """Nobody decides any more about what somebody asked for in a company they are not in."""
    if any(leaving.find_obstacles(member).count for member in members):
        raise UndoNotPossible(
            "still_pending",
            _("Something waits for a decision that somebody of the merged one asked for since."),
        )


def _refuse_without_head_buyer(made: PartnerMerge, ending: Iterable[Member]) -> None:
    """The kept one has had its own: who came with the merged one may be the last since."""
    own = find_head_buyers(made.kept_id).exclude(pk__in=[member.pk for member in ending])
    had_one = made.changes.get("had_head_buyer", True)
    if takes_part(made.kept) and had_one and not own.exists():
        says = _(
            "%(partner)s would be left without a head buyer. Name one of its own people first."
        )
        raise UndoNotPossible("last_head_buyer", says % {"partner": made.kept})


def _record(made: PartnerMerge, *, by: Person | None, at: datetime) -> None:
    payload = {
        "merge": str(made.public_id),
        "kept": str(made.kept.public_id),
        "merged": str(made.merged.public_id),
    }
    events.record(
        [
            events.EventDraft(
                partner_id=partner_id,
                kind="merge_undone",
                occurred_at=at,
                payload=payload,
                actor_id=by.pk if by else None,
            )
            for partner_id in (made.kept_id, made.merged_id)
        ],
        recorded_at=at,
    )
