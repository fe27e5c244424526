"""
What a rule asks before it gives: one file a condition, found by looking.

A condition is a row with a ``kind``, or a row with ``all``, ``any`` or ``not`` of others.
"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final

from django.utils.translation import gettext as _

from rewards.earning.asking import Condition, Question
from rewards.earning.conditions.combined import All, AnyOf, Not
from rewards.earning.reading import Reading
from rewards.programmes.values import InvalidDefinition, read_choice, read_rows, read_table

__all__ = ["AUDIENCE", "CONDITIONS", "Condition", "parse_condition"]

COMBINED: Final = ("all", "any", "not")
DEPTH_MAX: Final = 8


def _find() -> dict[str, type[Question]]:
    names = sorted(module.name for module in iter_modules(__path__) if module.name != "combined")
    found = [import_module(f"{__name__}.{name}").CONDITION for name in names]
    return {condition.KIND: condition for condition in found}


CONDITIONS: Mapping[str, type[Question]] = _find()

AUDIENCE: Final = tuple(kind for kind, each in CONDITIONS.items() if each.IS_OF_PARTNER)
"""Conditions that ask about the partner alone, so that they can say who a campaign is for."""


def parse_condition(
    row: Any, path: str, reading: Reading, *, kinds: tuple[str, ...] = tuple(CONDITIONS)
) -> Condition:
    """
    Read a condition or a tree of them; ``kinds`` are those that can be asked here.

    :raises InvalidDefinition: If it cannot be used, or not on what triggers the rule.
    """
    return _parse(read_table(row, path), path, reading, kinds, DEPTH_MAX)


def _parse(
    row: Mapping[str, Any], path: str, reading: Reading, kinds: tuple[str, ...], depth: int
) -> Condition:
    combined = [name for name in COMBINED if name in row]
    if not combined:
        kind = read_choice(row.get("kind"), kinds, f"{path}.kind")
        return CONDITIONS[kind].parse(row, path, reading)
    if len(row) != 1:
        raise InvalidDefinition(path, _("all, any and not stand alone"))
    if depth == 0:
        raise InvalidDefinition(path, _("conditions stand too deep in one another"))
    [name] = combined
    if name == "not":
        inner = read_table(row["not"], f"{path}.not")
        return Not(_parse(inner, f"{path}.not", reading, kinds, depth - 1), dict(inner))
    rows = read_rows(row[name], f"{path}.{name}")
    if not rows:
        raise InvalidDefinition(f"{path}.{name}", _("needs at least one condition"))
    conditions = tuple(_parse(each, at, reading, kinds, depth - 1) for each, at in rows)
    return All(conditions) if name == "all" else AnyOf(conditions)
