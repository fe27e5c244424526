"""Finds the reward kinds: every module of ``kinds/`` has one, as ``KIND``."""

from importlib import import_module
from pkgutil import iter_modules

from rewards.catalogue import kinds
from rewards.catalogue.kind import RewardKind


class UnknownKind(LookupError):
    """No file in ``rewards/catalogue/kinds`` has this kind."""


def _find_kinds() -> dict[str, RewardKind]:
    names = sorted(module.name for module in iter_modules(kinds.__path__))
    found: list[RewardKind] = [import_module(f"{kinds.__name__}.{name}").KIND for name in names]
    return {kind.code: kind for kind in found}


_KINDS = _find_kinds()


def kind_of(code: str) -> RewardKind:
    """
    Return the kind with this code.

    :raises UnknownKind: If there is none.
    """
    try:
        return _KINDS[code]
    except KeyError as error:
        raise UnknownKind(code) from error


def every_kind() -> list[RewardKind]:
    return list(_KINDS.values())
