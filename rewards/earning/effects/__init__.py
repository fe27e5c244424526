"""What an earning rule gives: one file an effect, found by looking. Pure, exact arithmetic."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from rewards.earning.counting import Steps
from rewards.earning.effect import Effect
from rewards.earning.reading import Reading
from rewards.programmes.values import read_choice, read_table

__all__ = ["EFFECTS", "Effect", "Steps", "parse_effect"]


def _find() -> dict[str, type[Effect]]:
    names = sorted(module.name for module in iter_modules(__path__))
    found = [import_module(f"{__name__}.{name}").EFFECT for name in names]
    return {effect.KIND: effect for effect in found}


EFFECTS: Mapping[str, type[Effect]] = _find()


def parse_effect(row: Any, path: str, reading: Reading) -> Effect:
    """
    Read an effect of a rule.

    :raises InvalidDefinition: If the kind is unknown, or its fields cannot be used.
    """
    table = read_table(row, path)
    kind = read_choice(table.get("kind"), tuple(EFFECTS), f"{path}.kind")
    return EFFECTS[kind].parse(table, path, reading)
