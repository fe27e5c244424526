"""The version of a programme that is in force at a moment."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from rewards.earning.judging import VersionInForce
from rewards.models import Programme, ProgrammeVersion
from rewards.programmes.calendar import local_date
from rewards.programmes.definition import Definition, Settings, parse


class NoVersionInForce(LookupError):
    """The programme has no published version that is valid at this moment."""


@lru_cache(maxsize=256)
def _parsed(document: str) -> Definition:
    # Keyed by the words themselves: an id may stand for other words in another database.
    return parse(json.loads(document))


def definition_of(version: ProgrammeVersion) -> Definition:
    """Return what a version says; the same document is parsed once per process."""
    return _parsed(json.dumps(version.definition, sort_keys=True))


@dataclass(frozen=True, slots=True)
class Versions:
    """The published versions of a programme, newest first, with the moment each is valid from."""

    programme: Programme
    published: tuple[tuple[datetime | None, VersionInForce], ...]

    def at(self, moment: datetime) -> VersionInForce | None:
        """Return the version that judges facts of this moment; outside the dates there is none."""
        if not _runs_on(self.programme, moment):
            return None
        for valid_from, version in self.published:
            if valid_from is None or valid_from <= moment:
                return version
        return None

    def by_id(self, version_id: int) -> VersionInForce:
        return next(each for _from, each in self.published if each.version_id == version_id)


def read_versions(programme: Programme) -> Versions:
    """Read a programme's published versions: one query."""
    return Versions(
        programme,
        tuple(
            (row.valid_from, VersionInForce(row.pk, row.number or 0, definition_of(row)))
            for row in programme.versions.published().order_by("-number")
        ),
    )


def version_in_force(programme: Programme, at: datetime) -> VersionInForce:
    """
    Return the version that judges facts of this moment.

    :raises NoVersionInForce: If none was valid then.
    """
    version = read_versions(programme).at(at)
    if version is None:
        raise NoVersionInForce(f"{programme.code} has no version in force at {at.isoformat()}.")
    return version


def settings_at(programme: Programme, at: datetime) -> Settings:
    """
    Return the settings that hold at a moment, or the latest published ones where none do.

    What was taken while a programme ran can be given back after it has ended.

    :raises NoVersionInForce: If nothing was ever published.
    """
    versions = read_versions(programme)
    version = versions.at(at) or next((each for _from, each in versions.published), None)
    if version is None:
        raise NoVersionInForce(f"{programme.code} has no published version.")
    return version.definition.settings


def _runs_on(programme: Programme, moment: datetime) -> bool:
    if programme.starts_on is None and programme.ends_on is None:
        return True
    day = local_date(moment, programme.time_zone)
    started = programme.starts_on is None or programme.starts_on <= day
    return started and (programme.ends_on is None or day < programme.ends_on)
