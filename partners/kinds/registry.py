"""Finds the kinds: every module of ``known/`` has one, as ``KIND``; a manager defines others."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from django.utils.translation import gettext as _

from partners.kinds import known
from partners.kinds.kind import Kind
from partners.kinds.own import read_own_kind
from partners.models import Activity, OwnKind


class UnknownKind(LookupError):
    """There is no kind of activity with this code."""

    code = "unknown_kind"

    def __init__(self, kind: str) -> None:
        super().__init__(_("There is no kind of activity called %(kind)s.") % {"kind": kind})
        self.kind = kind


class KindNotInUse(UnknownKind):
    """The kind was defined, and may not be reported any more."""

    code = "kind_not_in_use"

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.args = (_("Activities of the kind %(kind)s are not taken any more.") % {"kind": kind},)


def _find_known() -> dict[str, Kind]:
    names = [module.name for module in iter_modules(known.__path__)]
    found: list[Kind] = [import_module(f"{known.__name__}.{name}").KIND for name in names]
    order = Activity.Kind.values
    return {kind.code: kind for kind in sorted(found, key=lambda each: order.index(each.code))}


KINDS: Mapping[str, Kind] = _find_known()
"""The kinds that are built in, by code."""


def all_kinds() -> dict[str, Kind]:
    """Return every kind by code, also those that may not be reported any more: one query."""
    own = OwnKind.objects.order_by("code")
    # A kind that is built in wins over an own one of the same code, whenever that was defined.
    return {**{row.code: read_own_kind(row) for row in own}, **KINDS}


def find_kind(code: str, *, kinds: Mapping[str, Kind] | None = None) -> Kind:
    """
    Return the kind that may be reported under this code; ``kinds`` are those read before.

    :raises UnknownKind: If there is none.
    :raises KindNotInUse: If there is one that may not be reported any more.
    """
    kind = KINDS.get(code)
    if kind is None:
        kind = (all_kinds() if kinds is None else kinds).get(code)
    if kind is None:
        raise UnknownKind(code)
    if not kind.is_active:
        raise KindNotInUse(code)
    return kind
