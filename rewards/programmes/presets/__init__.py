"""Ready-made programmes, one TOML file each."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from ledger import accounts
from ledger.models import Unit
from rewards.models import Programme, ProgrammeVersion
from rewards.programmes.definition import parse

FOLDER = Path(__file__).parent


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
class Preset:
    name: str
    programme: dict[str, Any]
    unit: dict[str, Any]
    definition: dict[str, Any]


def preset_names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def read_preset(name: str) -> Preset:
    """
    Read and validate a preset.

    :raises UnknownPreset: If there is no file of this name.
    """
    if name not in preset_names():
        raise UnknownPreset(name, preset_names())
    document = tomllib.loads((FOLDER / f"{name}.toml").read_text())
    parse(document["definition"])
    return Preset(name, document["programme"], document["unit"], document["definition"])


@transaction.atomic
def load_preset(name: str, *, as_of: datetime) -> Programme:
    """
    Create a live programme with its unit, house accounts and first published version.

    :raises UnknownPreset: If there is no preset of this name.
    :raises ProgrammeExists: If its programme was loaded before.
    """
    preset = read_preset(name)
    if Programme.objects.filter(code=preset.programme["code"]).exists():
        raise ProgrammeExists(preset.programme["code"])
    unit = Unit.objects.create(**preset.unit)
    accounts.open_house_accounts(unit)
    programme = Programme.objects.create(
        **preset.programme, main_unit=unit, status=Programme.Status.LIVE
    )
    ProgrammeVersion.objects.create(
        programme=programme, number=1, definition=preset.definition, published_at=as_of
    )
    return programme
