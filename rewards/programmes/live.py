"""The version of a programme that is in force at a moment."""

import json
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from rewards.earning.judging import VersionInForce
from rewards.models import Programme, ProgrammeVersion
from rewards.programmes.calendar import local_date
from rewards.programmes.definition import Definition, parse


class NoVersionInForce(LookupError):
    """The programme has no published version that is valid at this moment."""


@lru_cache(maxsize=256)
def _parsed(document: str) -> Definition:
    # Keyed by the words themselves: an id may stand for other words in another database.
    return parse(json.loads(document))


def definition_of(version: ProgrammeVersion) -> Definition:
    """Return what a version says; the same document is parsed once per process."""
    return _parsed(json.dumps(version.definition, sort_keys=True))


def version_in_force(programme: Programme, at: datetime) -> VersionInForce:
    """
    Return the version that judges facts of this moment.

    :raises NoVersionInForce: If none was valid then.
    """
    version = version_lookup(programme)(at)
    if version is None:
        raise NoVersionInForce(f"{programme.code} has no version in force at {at.isoformat()}.")
    return version


def version_lookup(programme: Programme) -> Callable[[datetime], VersionInForce | None]:
    """
    Load the published versions once and return a function from moment to version.

    Outside the programme's dates there is none.
    """
    published = [
        (row.valid_from, VersionInForce(row.pk, row.number or 0, definition_of(row)))
        for row in programme.versions.published().order_by("-number")
    ]

    def version_at(moment: datetime) -> VersionInForce | None:
        if not _runs_on(programme, moment):
            return None
        for valid_from, version in published:
            if valid_from is None or valid_from <= moment:
                return version
        return None

    return version_at


def _runs_on(programme: Programme, moment: datetime) -> bool:
    if programme.starts_on is None and programme.ends_on is None:
        return True
    day = local_date(moment, programme.time_zone)
    started = programme.starts_on is None or programme.starts_on <= day
    return started and (programme.ends_on is None or day < programme.ends_on)
