"""The version of a programme that is in force at a moment."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from rewards.earning.judging import VersionInForce
from rewards.models import EDITION_LENGTH, Programme, ProgrammeVersion
from rewards.programmes.calendar import local_date
from rewards.programmes.definition import Definition, Settings, parse

JUDGING: Final = 2
"""Raised by a release that gives something else than before for the same facts and rules."""


class NoVersionInForce(LookupError):
    """The programme has no published version that is valid at this moment."""


@lru_cache(maxsize=256)
def _parsed(document: str) -> Definition:
    # Keyed by the words themselves: an id may stand for other words in another database.
    return parse(json.loads(document), is_published=True)


def definition_of(version: ProgrammeVersion) -> Definition:
    """Return what a version says; the same document is parsed once per process."""
    return _parsed(_write(version))


def _write(version: ProgrammeVersion) -> str:
    return json.dumps(version.definition, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Versions:
    """
    The published versions of a programme, newest first, with the moment each is valid from.

    ``edition`` names all that they and the programme say: what was judged by the same edition was
    judged by the same rules.
    """

    programme: Programme
    published: tuple[tuple[datetime | None, VersionInForce], ...]
    edition: str

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
    rows = [(row, _write(row)) for row in programme.versions.published().order_by("-number")]
    return Versions(
        programme,
        tuple(
            (row.valid_from, VersionInForce(row.pk, row.number or 0, _parsed(document)))
            for row, document in rows
        ),
        _name_edition(programme, rows),
    )


def _name_edition(programme: Programme, rows: Sequence[tuple[ProgrammeVersion, str]]) -> str:
    dates = (programme.starts_on, programme.ends_on)
    said: list[Any] = [
        JUDGING,
        *dates,
        programme.currency,
        programme.time_zone,
        programme.main_unit_id,
    ]
    said += [(row.pk, row.number, row.valid_from, document) for row, document in rows]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:EDITION_LENGTH]


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
