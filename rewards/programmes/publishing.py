"""Drafts of a programme's rules, and publishing them: from then on they never change."""

from datetime import datetime

from rewards.models import Programme, ProgrammeVersion
from rewards.programmes.definition import parse


class AlreadyPublished(Exception):
    """A published version is frozen; a change is another version."""


class StartsInThePast(Exception):
    """Facts that were judged already would be judged again by other rules."""


def draft_from_latest(*, programme: Programme) -> ProgrammeVersion:
    """Return the programme's draft; where there is none, a copy of the latest version."""
    existing = programme.versions.filter(number__isnull=True).order_by("pk").first()
    if existing is not None:
        return existing
    latest = programme.versions.published().order_by("-number").first()
    return ProgrammeVersion.objects.create(
        programme=programme, definition=latest.definition if latest else {}
    )


def publish(*, version: ProgrammeVersion, published_at: datetime) -> ProgrammeVersion:
    """
    Give a draft its number and freeze it. Facts from ``valid_from`` on are judged by it.

    Without a time of its own a version holds from now on; only a programme's first one may hold
    from the beginning. The caller owns the transaction.

    :raises AlreadyPublished: If it has a number.
    :raises InvalidDefinition: If the definition cannot be used.
    :raises StartsInThePast: If it would hold from before ``published_at``.
    """
    programme = Programme.objects.select_for_update().get(pk=version.programme_id)
    draft = ProgrammeVersion.objects.select_for_update().get(pk=version.pk)
    if draft.number is not None:
        raise AlreadyPublished(f"This is version {draft.number}; it is published.")
    parse(draft.definition)
    latest = programme.versions.published().order_by("-number").first()
    if draft.valid_from is not None and draft.valid_from < published_at:
        raise StartsInThePast("It would hold from a time that is over.")
    if draft.valid_from is None and latest is not None:
        draft.valid_from = published_at
    draft.number = latest.number + 1 if latest and latest.number else 1
    draft.published_at = published_at
    draft.save(update_fields=["number", "published_at", "valid_from"])
    return draft
