"""A programme begins as a preset, is opened when it is ready, and closed when it is over."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from rewards.models import Programme
from rewards.programmes.drafting import change_settings, check
from rewards.programmes.presets import Choices, load_preset


class NotADraft(Exception):
    """Only a programme that was never open can be opened."""


class NothingPublished(Exception):
    """A programme without rules in force gives nobody anything."""


class NotLive(Exception):
    """Only an open programme can be closed."""


@transaction.atomic
def create_programme(
    *,
    preset: str,
    choices: Choices,
    unit_names: Mapping[str, Mapping[str, str]] | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
    as_of: datetime,
) -> Programme:
    """
    Make a programme of a preset that nobody earns in yet: look at it, change it, then open it.

    ``unit_names`` replace those of the preset in the languages they have.

    :raises UnknownPreset: If there is no preset of this name.
    :raises ChoiceNotValid: If something chosen cannot be used.
    :raises ProgrammeExists: If there is a programme or a unit of this code.
    """
    programme = load_preset(preset, as_of=as_of, choices=choices)
    programme.status = Programme.Status.DRAFT
    programme.starts_on, programme.ends_on = starts_on, ends_on
    programme.save(update_fields=["status", "starts_on", "ends_on"])
    if unit_names:
        first = programme.versions.get()
        names: dict[str, Any] = dict(first.definition["settings"]["unit_names"])
        first.definition = change_settings(
            first.definition, {"unit_names": names | dict(unit_names)}
        )
        check(first.definition)
        first.save(update_fields=["definition"])
    return programme


def open_programme(*, programme: Programme) -> Programme:
    """
    Let partners earn from now on. The caller owns the transaction.

    :raises NotADraft: If it is open, or was closed.
    :raises NothingPublished: If no version was published.
    """
    ready = Programme.objects.select_for_update().get(pk=programme.pk)
    if ready.status != Programme.Status.DRAFT:
        raise NotADraft(_("It is open already, or was closed."))
    if not ready.versions.published().exists():
        raise NothingPublished(_("Publish its rules first."))
    ready.status = Programme.Status.LIVE
    ready.save(update_fields=["status"])
    return ready


def close_programme(*, programme: Programme) -> Programme:
    """
    End earning for good. What partners hold stays theirs. The caller owns the transaction.

    :raises NotLive: If it is not open.
    """
    over = Programme.objects.select_for_update().get(pk=programme.pk)
    if over.status != Programme.Status.LIVE:
        raise NotLive(_("It is not open."))
    over.status = Programme.Status.CLOSED
    over.save(update_fields=["status"])
    return over
