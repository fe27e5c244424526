"""The people of a merged partner act for the kept one; what they hold goes with them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from partners.models import Invitation, Member, Partner

Changes = dict[str, Any]


def move_people(*, kept: Partner, merged: Partner, at: datetime) -> list[Changes]:
    """
    Let the active members of the merged partner act for the kept one, each in their role.

    Who is on both teams keeps the role they have with the kept one. Returns what was changed, from
    which ``take_people_back`` undoes it.
    """
    there = {member.person_id: member for member in Member.objects.filter(partner=kept)}
    changes = []
    for member in Member.objects.active().filter(partner=merged).order_by("pk"):
        other = there.get(member.person_id)
        changes.append(_move(member, other, kept=kept, at=at))
    return changes


def _move(member: Member, other: Member | None, *, kept: Partner, at: datetime) -> Changes:
    done: Changes = {"from": member.pk, "was": "there"}
    if other is None:
        other = Member.objects.create(
            partner=kept,
            person_id=member.person_id,
            role=member.role,
            job_title=member.job_title,
            joined_at=at,
        )
        done["was"] = "new"
    elif other.status == Member.Status.LEFT:
        left_at = other.left_at.isoformat() if other.left_at else ""
        done |= {"was": "left", "left_at": left_at, "role": other.role}
        other.status, other.left_at, other.role = Member.Status.ACTIVE, None, member.role
        _save(other)
    member.status, member.left_at = Member.Status.LEFT, at
    _save(member)
    return done | {"to": other.pk}


def find_ending(changes: Iterable[Changes]) -> list[Member]:
    """Return the memberships of the kept one that end again when the merge is undone."""
    brought = [done["to"] for done in changes if done["was"] != "there"]
    return list(Member.objects.active().filter(pk__in=brought).order_by("pk"))


def take_people_back(changes: Iterable[Changes], *, at: datetime) -> None:
    """Put both teams back as they were; who left meanwhile has left."""
    for done in changes:
        member = Member.objects.get(pk=done["from"])
        other = Member.objects.get(pk=done["to"])
        if other.status == Member.Status.ACTIVE:
            member.status, member.left_at = Member.Status.ACTIVE, None
            _save(member)
        if done["was"] == "there" or other.status != Member.Status.ACTIVE:
            continue
        other.status, other.left_at = Member.Status.LEFT, at
        if done["was"] == "left":
            other.left_at, other.role = datetime.fromisoformat(done["left_at"]), done["role"]
        _save(other)


def move_invitations(*, kept: Partner, merged: Partner, at: datetime) -> Mapping[str, list[int]]:
    """Let open invitations lead to the kept one; whoever is invited there already needs no other."""
    invited = set(Invitation.objects.open().filter(partner=kept).values_list("email", flat=True))
    team = Member.objects.active().filter(partner=kept)
    invited |= {email.lower() for email in team.values_list("person__email", flat=True)}
    done: dict[str, list[int]] = {"moved": [], "withdrawn": []}
    for invitation in Invitation.objects.open().filter(partner=merged):
        if invitation.email in invited:
            invitation.withdrawn_at = at
            done["withdrawn"].append(invitation.pk)
        else:
            invitation.partner = kept
            done["moved"].append(invitation.pk)
        invitation.save(update_fields=["partner", "withdrawn_at"])
    return done


def take_invitations_back(done: Mapping[str, list[int]], *, merged: Partner) -> None:
    """Open invitations lead to the merged one again."""
    Invitation.objects.filter(pk__in=done["withdrawn"]).update(withdrawn_at=None)
    Invitation.objects.open().filter(pk__in=done["moved"]).update(partner=merged)


def _save(member: Member) -> None:
    member.revision += 1
    member.save(update_fields=["status", "left_at", "role", "revision"])
