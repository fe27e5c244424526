"""
Ready-made programmes, one TOML file each.

A file has a table ``about`` (by language: what it is, in one sentence, and whom it suits), the
``programme`` and its ``unit``, the ``definition`` as a version keeps it, and if you like the
``segments`` its rules ask for and the ``rewards`` it begins with.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from ledger import accounts
from ledger.models import Unit
from rewards.catalogue.registry import kind_of
from rewards.models import Programme, ProgrammeVersion, Reward, Segment
from rewards.programmes.definition import parse
from rewards.programmes.presets.choosing import AS_WRITTEN, ChoiceNotValid, Choices, apply

__all__ = [
    "AS_WRITTEN",
    "About",
    "ChoiceNotValid",
    "Choices",
    "Preset",
    "ProgrammeExists",
    "UnknownPreset",
    "load_preset",
    "preset_names",
    "read_preset",
]

FOLDER = Path(__file__).parent
FALLBACK_LANGUAGE = "en"


class UnknownPreset(LookupError):
    """There is no preset of this name."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"There is no preset {name}. Known: {', '.join(known)}.")


class ProgrammeExists(Exception):
    """A programme of this code is there already; a preset never overwrites one."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Programme {code} exists already. Nothing was changed.")
        self.code = code


@dataclass(frozen=True, slots=True)
class About:
    """What a manager reads before choosing: a title, one sentence, and whom it suits."""

    title: str
    sentence: str
    suits: str


@dataclass(frozen=True, slots=True)
class Preset:
    """What a file says, validated. ``programme`` and ``unit`` are columns of their models."""

    name: str
    abouts: Mapping[str, About]
    programme: Mapping[str, Any]
    unit: Mapping[str, Any]
    definition: Mapping[str, Any]
    segments: Sequence[Mapping[str, Any]]
    rewards: Sequence[Mapping[str, Any]]

    def about(self, language: str) -> About:
        return self.abouts.get(language) or self.abouts[FALLBACK_LANGUAGE]


def preset_names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def read_preset(name: str, *, choices: Choices = AS_WRITTEN) -> Preset:
    """
    Read and validate a preset, with what was chosen instead of what it says.

    :raises UnknownPreset: If there is no file of this name.
    :raises ChoiceNotValid: If something chosen cannot be used.
    """
    if name not in preset_names():
        raise UnknownPreset(name, preset_names())
    document = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    apply(choices, document)
    parse(document["definition"])
    return Preset(
        name,
        {language: About(**words) for language, words in document["about"].items()},
        document["programme"],
        document["unit"],
        document["definition"],
        document.get("segments", []),
        [
            reward | {"terms": kind_of(reward["kind"]).validate(reward["terms"])}
            for reward in document.get("rewards", [])
        ],
    )


@transaction.atomic
def load_preset(name: str, *, as_of: datetime, choices: Choices = AS_WRITTEN) -> Programme:
    """
    Create a live programme: its unit, house accounts, first published version and rewards.

    Segments its rules ask for are created empty; those that are there already stay as they are.

    :raises UnknownPreset: If there is no preset of this name.
    :raises ChoiceNotValid: If something chosen cannot be used.
    :raises ProgrammeExists: If its programme was loaded before.
    """
    preset = read_preset(name, choices=choices)
    code = preset.programme["code"]
    taken = Programme.objects.filter(code=code) or Unit.objects.filter(code=preset.unit["code"])
    if taken:
        raise ProgrammeExists(code)
    unit = Unit.objects.create(**preset.unit)
    accounts.open_house_accounts(unit)
    programme = Programme.objects.create(
        **preset.programme, main_unit=unit, status=Programme.Status.LIVE
    )
    ProgrammeVersion.objects.create(
        programme=programme, number=1, definition=preset.definition, published_at=as_of
    )
    for segment in preset.segments:
        Segment.objects.get_or_create(code=segment["code"], defaults=segment)
    Reward.objects.bulk_create(
        Reward(programme=programme, offered_from=as_of, **reward) for reward in preset.rewards
    )
    return programme
